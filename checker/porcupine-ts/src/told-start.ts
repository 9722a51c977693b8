/**
 * A core that begins where an answer tells the state: what followed has no order from that state. It is judged from there, by all
 * who judge it, for from the model's initial state even its first operation would be impossible, if only for the want of what
 * brought the state about.
 *
 * In an order of the whole, what was called after that operation's return comes after it; what was open with it may come after it,
 * or may have come before. So the latter may help to mend the core, and belong to it only as
 * something that never returned, which need not have an effect.
 */

import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { textbookSearch } from './textbook-search.ts';

type Operations<I, O> = readonly CheckOperation<I, O>[];

/** What was known, and what came after that. */
export interface ToldStart<S, I, O> {
  /** Whose answer tells the state. */
  readonly teller: CheckOperation<I, O>;
  readonly state: S;
  /** The model, from that state on. */
  readonly model: Model<S, I, O>;
  /** All that may have come after the teller, in order of call. */
  readonly operations: Operations<I, O>;
  /** Those of them that must have: they may belong to the core. */
  readonly after: Operations<I, O>;
  /** These, and the others as they may belong to it. */
  readonly withOpen: Operations<I, O>;
}

/** Of one search, where a state is looked for from which there is an order. */
const STEPS_MAX = 10_000;

/**
 * Null if the operation's answer does not tell the state, or tells the initial one: then it may take its place in a core like others.
 * @param operations of the partition
 */
export const toldStart = <S, I, O>(
  model: Model<S, I, O>,
  operations: Operations<I, O>,
  teller: CheckOperation<I, O>,
): ToldStart<S, I, O> | null => {
  const { input, output, return: end } = teller;
  if (end === null || output === undefined) return null;
  const state = model.stateAfter?.(input, output);
  if (state === undefined || model.key(state) === model.key(model.init())) return null;
  const possible = operations.filter(
    (one) => one.id !== teller.id && (one.return === null || one.return >= teller.call),
  );
  const after = possible.filter((one) => one.call > end);
  const withOpen = possible.map((one) => (one.call > end ? one : { ...one, return: null }));
  return { teller, state, model: startingFrom(model, state), operations: possible, after, withOpen };
};

/** What was made for histories from their beginning on is left out. */
const startingFrom = <S, I, O>(model: Model<S, I, O>, state: S): Model<S, I, O> => {
  const { attempt: _, specialised: __, causes: ___, replay: ____, ...rest } = model;
  return { ...rest, init: () => state };
};

/** Whether it needs to be known: there is another state from which these operations have an order. False if none was found. */
export const restsOnStart = <S, I, O>(model: Model<S, I, O>, core: Operations<I, O>, timeLeft: () => number): boolean =>
  (model.cutStates?.(core) ?? [model.init()]).some((state) => {
    const from = { ...model, init: () => state };
    return textbookSearch(from, core, { stepsMax: STEPS_MAX, timeMs: timeLeft() }).outcome === 'pass';
  });
