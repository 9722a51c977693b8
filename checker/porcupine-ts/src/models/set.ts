/** A set. */

import { type Decision, decideFirst } from '../decision.ts';
import { generalSearch } from '../general-search.ts';
import { growOnlySet, type SetStep } from '../grow-only-set.ts';
import { Sightings } from '../impossible-result.ts';
import { FLAG, flagOf, LIST_OF_VALUES, misfitOf, orNull, refuseInput, VALUE } from '../misfit.ts';
import { type Focus, type Model, partitionBy, type Value, VETTED } from '../model.ts';
import type { CheckOperation } from '../operation.ts';
import { encodeRegister, type RegisterEncoder } from '../register-history.ts';
import { registerPath } from '../register-path.ts';
import { focusOnElements, type IsViolation } from '../set-focus.ts';
import type { Timeline } from '../timeline.ts';
import { unambiguousElement } from '../unambiguous-set.ts';
import { canonical, sameValue, show } from '../value.ts';

export type SetInput =
  | { readonly f: 'add'; readonly value: Value }
  | { readonly f: 'remove'; readonly value: Value }
  | { readonly f: 'contains'; readonly value: Value }
  | { readonly f: 'read' };

/**
 * Of contains: whether it is there. Of add and remove: whether it changed anything, or null where the system does not say. Of
 * read: all elements, in any order.
 */
export type SetOutput = boolean | null | readonly Value[];
export type SetModel = Model<ReadonlySet<string>, SetInput, SetOutput>;

/**
 * A set. Its state in a partition is that of one element, for each element is a history of its own (locality, and Horn
 * and Kroening's P-compositionality, FORTE 2015): operations on unlike elements never affect each other. Not so where the set
 * is read as a whole.
 */
export const set = (): SetModel => ({
  name: 'set',
  [VETTED]: true,
  init: () => new Set(),
  step(state, input, output) {
    const change = changeOf(state, input, output);
    if (change === undefined || change === null) return change === null ? state : undefined;
    const next = new Set(state);
    carryOut(change, next);
    return next;
  },
  replay() {
    const state = new Set<string>();
    return (input, output) => {
      const change = changeOf(state, input, output);
      if (change) carryOut(change, state);
      return change !== undefined;
    };
  },
  key: (state) => [...state].sort().join(','),
  misfit,
  partition: (operations) =>
    operations.some(({ input }) => input.f === 'read') ? [{ key: '', operations }] : byElement(operations),
  observes: ({ f }, output) => f === 'contains' || f === 'read' || output === false,
  effect: (input, output) =>
    input.f === 'read'
      ? undefined
      : `${input.f} ${canonical(input.value)} ${output === undefined ? '?' : output === null ? 'any' : String(output)}`,
  causes() {
    const added = new Sightings();
    return {
      note(input, output) {
        if (input.f === 'add' && output !== false) added.add(input.value);
      },
      accountFor(input, output) {
        if (input.f === 'read') return !Array.isArray(output) || output.every((one: Value) => added.has(one));
        // What was found, what was taken away, and what could not be added again, was there.
        return output !== (input.f !== 'add') || added.has(input.value);
      },
    };
  },
  attempt: (operations, memory, interrupted) =>
    elementOf(operations) === null ? null : asRegister.attempt(operations, memory, interrupted),
  specialised(timeline, relaxation) {
    const { operations } = timeline;
    const element = elementOf(operations);
    if (element === null) {
      if (relaxation !== undefined) return null;
      const decide = (): Decision | null => growOnlySet(timeline as Timeline<SetInput, Value>);
      return decideFirst('chain of reads', timeline, decide, () => generalSearch(set(), timeline));
    }
    const { initial, ...rest } = relaxation ?? {};
    if (relaxation !== undefined)
      return asRegister.search(timeline, initial === undefined ? rest : { ...rest, initial: initial.has(element) });
    const decide = (): Decision | null => unambiguousElement(encodeRegister(timeline, false, encodeElement));
    return decideFirst('stretches of an element', timeline, decide, () => asRegister.search(timeline));
  },
  focus: (operations, _, isOver) =>
    operations.some(({ input }) => input.f === 'read')
      ? (focusOnElements(operations as readonly CheckOperation<SetStep, Value>[], isViolation, isOver) as Focus<
          SetInput,
          SetOutput
        > | null)
      : null,
  cutStates(operations) {
    const element = elementOf(operations);
    return element === null ? undefined : [new Set(), new Set([element])];
  },
  provides(writer, reader) {
    if (writer.input.f !== 'add' || writer.output === false) return undefined;
    const { value } = writer.input;
    const seen =
      reader.input.f === 'read'
        ? Array.isArray(reader.output) && reader.output.some((one: Value) => sameValue(one, value))
        : reader.input.f !== 'add' && reader.output === true && sameValue(value, reader.input.value);
    return seen ? canonical(value) : undefined;
  },
  describe: (input, output) =>
    `${input.f}${input.f === 'read' ? '' : ` ${show(input.value)}`}${output === null ? '' : ` → ${show(output)}`}`,
  describeState: (state) => `{${[...state].slice(0, SHOWN_MAX).join(', ')}${state.size > SHOWN_MAX ? ', …' : ''}}`,
});

const misfit = misfitOf({
  add: { input: { value: VALUE }, output: orNull(FLAG) },
  remove: { input: { value: VALUE }, output: orNull(FLAG) },
  contains: { input: { value: VALUE }, output: FLAG },
  read: { output: LIST_OF_VALUES },
});

interface Change {
  readonly element: string;
  readonly adds: boolean;
}

/** Null if nothing is changed; undefined if the operation can't have given this output. */
const changeOf = (
  state: ReadonlySet<string>,
  input: SetInput,
  output: SetOutput | undefined,
): Change | null | undefined => {
  if (input.f === 'read') return output === undefined || holdsExactly(state, output) ? null : undefined;
  const element = canonical(input.value);
  const isThere = state.has(element);
  if (input.f === 'contains') return output === undefined || output === isThere ? null : undefined;
  const adds = input.f === 'add';
  if (!adds && input.f !== 'remove') return refuseInput(input);
  const changes = isThere !== adds;
  if (typeof output === 'boolean' && output !== changes) return undefined;
  return changes ? { element, adds } : null;
};

const carryOut = ({ element, adds }: Change, state: Set<string>): void => {
  if (adds) state.add(element);
  else state.delete(element);
};

const SHOWN_MAX = 20;

const byElement = partitionBy<SetInput, SetOutput>((input) => (input.f === 'read' ? '' : canonical(input.value)));

/** The one element that all operations are about, or null if there are several or the whole set is read. */
const elementOf = (operations: readonly CheckOperation<SetInput, SetOutput>[]): string | null => {
  const [first] = operations;
  if (first === undefined || first.input.f === 'read') return null;
  const { value } = first.input;
  const isAlone = operations.every(({ input }) => input.f !== 'read' && sameValue(input.value, value));
  return isAlone ? canonical(value) : null;
};

const holdsExactly = (state: ReadonlySet<string>, answer: SetOutput): boolean => {
  if (!Array.isArray(answer) || answer.length !== state.size) return false;
  const elements = new Set((answer as readonly Value[]).map(canonical));
  return elements.size === state.size && [...elements].every((element) => state.has(element));
};

/** One element as a register that is true while it is there. */
export const encodeElement = (
  { input, output }: CheckOperation<SetInput, SetOutput>,
  encoder: RegisterEncoder,
): void => {
  const adds = input.f === 'add';
  if (input.f === 'contains') {
    const found = flagOf(output);
    if (found !== undefined) encoder.read(found);
  } else if (!adds && input.f !== 'remove') refuseInput(input);
  else if (output === true) encoder.cas(!adds, adds, true);
  else if (output === false) encoder.read(adds);
  else encoder.write(adds);
};

const asRegister = registerPath<SetInput, SetOutput>(false, encodeElement);

/** Of operations on one element. */
const isViolation: IsViolation = (operations, memory, isOver) =>
  asRegister.attempt(operations as readonly CheckOperation<SetInput, SetOutput>[], memory, isOver)?.outcome ===
  'violation';
