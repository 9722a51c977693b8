/** A mutex with an owner, and a semaphore. */

import { FLAG, flagOf, type Kind, misfitOf, refuseInput } from '../misfit.ts';
import { type Model, VETTED } from '../model.ts';
import type { CheckOperation } from '../operation.ts';
import { registerPath } from '../register-path.ts';

export interface LockInput {
  readonly f: 'acquire' | 'release';
  /** Who acquires or releases. */
  readonly owner: string | number;
}

/** True: done. False: refused, because it was held (by someone else) or, of a release, not held by this owner. */
export type LockOutput = boolean;

const lockText = ({ f, owner }: LockInput, output: LockOutput | undefined): string =>
  `${f} by ${owner}${output === true ? '' : ` → ${output === undefined ? '?' : 'refused'}`}`;

const OWNER: Kind = {
  accepts: (value) => typeof value === 'string' || Number.isFinite(value),
  expected: 'a string or a finite number',
};

/**
 * A mutex is a register of its owner: to acquire is to replace nobody by an owner, to release is the reverse, and to be refused is
 * not to match. So whatever is known of registers tells its histories.
 */
const ownerRegister = registerPath<LockInput, LockOutput>(null, ({ input, output }, encoder) => {
  const { f, owner } = input;
  if (!OWNER.accepts(owner)) refuseInput(input);
  if (f === 'acquire') encoder.cas(null, owner, flagOf(output));
  else if (f === 'release') encoder.cas(owner, null, flagOf(output));
  else refuseInput(input);
});

/** Null when free. Not reentrant: its owner is refused, too. An acquire without an answer waits until it is free. */
export const mutex = (): Model<string | number | null, LockInput, LockOutput> => ({
  name: 'mutex',
  [VETTED]: true,
  init: () => null,
  step(state, input, output) {
    const { f, owner } = input;
    if (f !== 'acquire' && f !== 'release') return refuseInput(input);
    const isPossible = f === 'acquire' ? state === null : state === owner;
    if (output === false) return isPossible ? undefined : state;
    if (isPossible) return f === 'acquire' ? owner : null;
    return output === undefined ? state : undefined;
  },
  key: (state) => (typeof state === 'string' ? `"${state}` : (state ?? 'free')),
  attempt: ownerRegister.attempt,
  specialised: ownerRegister.search,
  misfit: misfitOf({
    acquire: { input: { owner: OWNER }, output: FLAG },
    release: { input: { owner: OWNER }, output: FLAG },
  }),
  observes: (_, output) => output === false,
  effect: ({ f, owner }, output) => `${f} ${typeof owner} ${owner} ${output ?? '?'}`,
  cutStates: (operations) => ownersBefore(operations),
  provides: (writer, reader) =>
    writer.output !== false &&
    writer.input.f === 'acquire' &&
    reader.input.f === 'release' &&
    reader.output === true &&
    writer.input.owner === reader.input.owner
      ? `acquired by ${reader.input.owner}`
      : undefined,
  describe: lockText,
  describeState: (state) => (state === null ? 'free' : `held by ${state}`),
});

/**
 * Who may have held the mutex before these operations: nobody, one who releases it, or somebody else. Of those of whom
 * nothing is left but a release that never returned, which needn't have had an effect, one stands for all: the first to call it. The
 * releases of the others do nothing, for they never hold it.
 */
const ownersBefore = (
  operations: readonly CheckOperation<LockInput, LockOutput>[],
): readonly (string | number | null)[] => {
  const owners = new Set<string | number>();
  const releasing = new Set<string | number>();
  const doingMore = new Set<string | number>();
  for (const { input, return: end } of operations) {
    owners.add(input.owner);
    if (input.f === 'release') releasing.add(input.owner);
    if (input.f === 'acquire' || end !== null) doingMore.add(input.owner);
  }
  const alike = operations.filter(({ input }) => !doingMore.has(input.owner));
  const first = alike.reduce<(typeof alike)[number] | null>(
    (earliest, one) => (earliest === null || one.call < earliest.call ? one : earliest),
    null,
  );
  let stranger = 'somebody else';
  while (owners.has(stranger)) stranger += ' still';
  const bound = [...releasing].filter((owner) => doingMore.has(owner));
  return [null, ...bound, ...(first === null ? [] : [first.input.owner]), stranger];
};

export interface SemaphoreInput {
  readonly f: 'acquire' | 'release';
}

export interface SemaphoreOptions {
  /** How many can hold it at once. */
  readonly permits: number;
}

/**
 * The state is how many permits are left; a release of one that is not held is refused.
 * @throws RangeError unless the permits are a whole number from 1 on
 */
export const semaphore = ({ permits }: SemaphoreOptions): Model<number, SemaphoreInput, LockOutput> => {
  if (!Number.isSafeInteger(permits) || permits < 1)
    throw new RangeError(`a semaphore of ${permits} permits; expected a whole number from 1 on`);
  return permitsModel(permits);
};

const permitsModel = (permits: number): Model<number, SemaphoreInput, LockOutput> => ({
  name: 'semaphore',
  [VETTED]: true,
  init: () => permits,
  step(state, input, output) {
    const { f } = input;
    if (f !== 'acquire' && f !== 'release') return refuseInput(input);
    const isPossible = f === 'acquire' ? state > 0 : state < permits;
    if (output === false) return isPossible ? undefined : state;
    if (isPossible) return f === 'acquire' ? state - 1 : state + 1;
    return output === undefined ? state : undefined;
  },
  key: (state) => state,
  misfit: misfitOf({ acquire: { output: FLAG }, release: { output: FLAG } }),
  observes: (_, output) => output === false,
  effect: ({ f }, output) => `${f} ${output ?? '?'}`,
  cutStates: () => Array.from({ length: permits + 1 }, (_, left) => permits - left),
  // Who is refused found all permits taken, or all of them there.
  stateAfter: ({ f }, output) => (output === false ? (f === 'acquire' ? 0 : permits) : undefined),
  describe: ({ f }, output) => `${f}${output === true ? '' : ` → ${output === undefined ? '?' : 'refused'}`}`,
  describeState: (state) => `${state} of ${permits} left`,
});
