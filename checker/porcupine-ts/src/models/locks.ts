/** A mutex with an owner, and a semaphore. */

import type { Model } from '../model.ts';

export interface LockInput {
  readonly f: 'acquire' | 'release';
  /** Who acquires or releases. */
  readonly owner: string | number;
}

/** True: done. False: refused, because it was held (by someone else) or, of a release, not held by this owner. */
export type LockOutput = boolean;

const lockText = ({ f, owner }: LockInput, output: LockOutput | undefined): string =>
  `${f} by ${owner}${output === true ? '' : ` → ${output === undefined ? '?' : 'refused'}`}`;

/** Null when free. Not reentrant: its owner is refused, too. An acquire without an answer waits until it is free. */
export const mutex = (): Model<string | number | null, LockInput, LockOutput> => ({
  name: 'mutex',
  init: () => null,
  step(state, { f, owner }, output) {
    const isPossible = f === 'acquire' ? state === null : state === owner;
    if (output === false) return isPossible ? undefined : state;
    if (isPossible) return f === 'acquire' ? owner : null;
    return output === undefined ? state : undefined;
  },
  key: (state) => (typeof state === 'string' ? `"${state}` : (state ?? 'free')),
  observes: (_, output) => output === false,
  effect: ({ f, owner }, output) => `${f} ${typeof owner} ${owner} ${output ?? '?'}`,
  // Free, held by one of these, or by somebody else.
  cutStates(operations) {
    const owners = new Set(operations.map(({ input }) => input.owner));
    let stranger = 'somebody else';
    while (owners.has(stranger)) stranger += ' still';
    return [null, ...owners, stranger];
  },
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

export interface SemaphoreInput {
  readonly f: 'acquire' | 'release';
}

export interface SemaphoreOptions {
  /** How many can hold it at once. */
  readonly permits: number;
}

/** The state is how many permits are left; a release of one that is not held is refused. */
export const semaphore = ({ permits }: SemaphoreOptions): Model<number, SemaphoreInput, LockOutput> => ({
  name: 'semaphore',
  init: () => permits,
  step(state, { f }, output) {
    const isPossible = f === 'acquire' ? state > 0 : state < permits;
    if (output === false) return isPossible ? undefined : state;
    if (isPossible) return f === 'acquire' ? state - 1 : state + 1;
    return output === undefined ? state : undefined;
  },
  key: (state) => state,
  observes: (_, output) => output === false,
  effect: ({ f }, output) => `${f} ${output ?? '?'}`,
  cutStates: () => Array.from({ length: permits + 1 }, (_, left) => permits - left),
  describe: ({ f }, output) => `${f}${output === true ? '' : ` → ${output === undefined ? '?' : 'refused'}`}`,
  describeState: (state) => `${state} of ${permits} left`,
});
