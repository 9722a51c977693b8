/**
 * From a partition that no order explains to a core: a few operations that no order explains, whatever the others did.
 *
 * To leave an operation out is to make it optional: it may take effect in its time, with the answer that it gave (or with
 * whatever answer, where a search made for the model is the quicker for it), or not at all. So leaving out only ever allows more, a
 * deleted write can't manufacture a violation, and what remains proves that the whole is one. And the predicate is monotone, as
 * minimal-witness.ts asks for.
 */

import { generalSearch } from './general-search.ts';
import { minimalWitness } from './minimal-witness.ts';
import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { layOut } from './timeline.ts';

export interface Core<I, O> {
  /** In order of call. */
  readonly operations: readonly CheckOperation<I, O>[];
  /** False if time, or memory, ran out before it was certain that none can be left out. */
  readonly minimal: boolean;
  /** The one of them whose answer tells the state that it begins in, if it does not begin with the history. */
  readonly anchor: CheckOperation<I, O> | null;
}

/** The first window is this long; then four times as long, and so on, up to the whole. */
const FIRST_WINDOW = 24;
const WINDOW_GROWTH = 4;
/** Of the operations that tell the state, the last ones are all tried, and then fewer. */
const ANCHOR_GROWTH = 1.2;
/** To find out whether what came after an operation that tells the state is illegal by itself: for each of these, and in all. */
const ANCHORED_STEPS_MAX = 50_000;
const ANCHORED_STEPS_IN_ALL = 100_000;
/** For the tables of one search; beyond it the core is left as it is. */
const MEMORY_MAX = 2 ** 28;

/**
 * @param operations a partition, or its beginning, in order of call, that is known to be a violation
 * @param preferred which are kept rather than others: those close to the failure, or the first
 * @param isOver whether time has run out
 * @param mayBeginLate whether it may begin with an operation that tells the state: then it is small, but a contradiction for
 *   another reason, mostly, if it is taken without its history
 */
export const minimise = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  preferred: 'late' | 'early',
  isOver: () => boolean,
  mayBeginLate = true,
): Core<I, O> => {
  let expired = false;
  const interrupted = (): boolean => {
    expired ||= isOver();
    return expired;
  };
  const giveUp = (): void => {
    expired = true;
  };
  const scope = narrowestScope(model, operations, mayBeginLate, interrupted, giveUp);
  /** Out of time counts as legal: nothing more is left out. */
  const isViolation = (strict: readonly CheckOperation<I, O>[]): boolean =>
    isIllegal(model, scope, new Set(strict), interrupted, giveUp);

  // What comes late in the list is dropped first.
  const list = preferred === 'late' ? [...scope.operations].reverse() : scope.operations;
  const found = minimalWitness(list, isViolation, interrupted);
  const { anchor } = scope;
  const core = anchor === null ? [...found] : [anchor, ...found];
  return { operations: core.sort((a, b) => a.call - b.call), minimal: !expired, anchor };
};

/** Operations to choose from, and the states they may start in. */
interface Scope<S, I, O> {
  readonly operations: readonly CheckOperation<I, O>[];
  readonly initial: readonly S[];
  /** Not to choose from, but they may still take effect: they were open when the window began. */
  readonly before: readonly CheckOperation<I, O>[];
  /** What shows that it begins in this state; it belongs to the core. */
  readonly anchor: CheckOperation<I, O> | null;
  /** In a window, those that never returned may take effect as often as they like: nobody counts what was spent before. */
  readonly isWindow: boolean;
}

/** How many operations a core of these is chosen from: those at the end, or after one that tells the state, if they are illegal. */
export const countSuspects = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  isOver: () => boolean,
): number => narrowestScope(model, operations, true, isOver, () => {}).operations.length;

/** Of the last operations alone, and of those after one that tells the state, the fewest that are illegal; else all. */
const narrowestScope = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  mayBeginLate: boolean,
  interrupted: () => boolean,
  giveUp: () => void,
): Scope<S, I, O> => {
  const window = windowScope(model, operations, interrupted, giveUp);
  const longest = window === null ? operations.length : window.operations.length - 1;
  return (
    (mayBeginLate ? anchoredScope(model, operations, longest, interrupted) : null) ??
    window ?? { operations, initial: [model.init()], before: [], anchor: null, isWindow: false }
  );
};

/**
 * The last operations alone, if they are illegal whatever went before: they are if no state that they could start in (the
 * model tells which) allows them. What was open when the window began is optional.
 */
const windowScope = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  interrupted: () => boolean,
  giveUp: () => void,
): Scope<S, I, O> | null => {
  for (let length = FIRST_WINDOW; length < operations.length && model.cutStates; length *= WINDOW_GROWTH) {
    const inWindow = operations.slice(-length);
    const start = inWindow[0]!.call;
    const before = operations
      .slice(0, -length)
      .filter((operation) => operation.return === null || operation.return >= start);
    const initial = model.cutStates([...before, ...inWindow]);
    if (initial === undefined) break;
    const scope = { operations: inWindow, initial, before, anchor: null, isWindow: true };
    if (isIllegal(model, scope, new Set(inWindow), interrupted, giveUp)) return scope;
  }
  return null;
};

/**
 * What was called after an operation whose answer tells the state, if that alone is illegal. In an order of the whole, all of it comes
 * after that operation; what was open with it may come after it, or may not.
 */
const anchoredScope = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  longest: number,
  interrupted: () => boolean,
): Scope<S, I, O> | null => {
  if (model.stateAfter === undefined) return null;
  let stepsLeft = ANCHORED_STEPS_IN_ALL;
  for (let length = 1; length <= longest && stepsLeft > 0 && !interrupted(); ) {
    let at = operations.length - length;
    while (at >= 0 && !tellsState(model, operations[at]!)) at--;
    const anchor = operations[at];
    length = Math.max(operations.length - at + 1, Math.ceil(length * ANCHOR_GROWTH));
    if (anchor === undefined) return null;
    const end = anchor.return!;
    const scope = {
      operations: operations.filter((one) => one.call > end),
      initial: [model.stateAfter(anchor.input, anchor.output)!],
      before: operations.filter(
        (one) => one !== anchor && one.call <= end && (one.return === null || one.return >= anchor.call),
      ),
      anchor,
      isWindow: false,
    };
    const { isIllegal, steps } = judgeAfter(model, scope, Math.min(stepsLeft, ANCHORED_STEPS_MAX), interrupted);
    if (isIllegal) return scope;
    stepsLeft -= steps;
  }
  return null;
};

/** Whether all that came after the anchor has no order; false if it can't be told in the steps there are. */
const judgeAfter = <S, I, O>(
  model: Model<S, I, O>,
  { operations, initial, before }: Scope<S, I, O>,
  stepsMax: number,
  interrupted: () => boolean,
): { readonly isIllegal: boolean; readonly steps: number } => {
  const timeline = layOut([...before, ...operations]);
  const optional = Uint8Array.from(timeline.operations, (_, at) => (at < before.length ? 1 : 0));
  const [state] = initial as readonly [S];
  const isWholeHistory = before.length === 0 && model.key(state) === model.key(model.init());
  const relaxation = { optional, initial: state };
  const search =
    (isWholeHistory ? model.specialised?.(timeline) : null) ??
    (model.recallsAnswers ? model.specialised?.(timeline, relaxation) : null) ??
    generalSearch(model, timeline, relaxation);
  const isIllegal = search.advance(stepsMax, interrupted) === 'violation';
  return { isIllegal, steps: search.steps };
};

const tellsState = <S, I, O>(model: Model<S, I, O>, { input, output, return: end }: CheckOperation<I, O>): boolean =>
  end !== null && output !== undefined && model.stateAfter!(input, output) !== undefined;

/** Whether the strict operations have no order, even though the others may do as they please in their time. */
const isIllegal = <S, I, O>(
  model: Model<S, I, O>,
  { operations, initial, before, isWindow }: Scope<S, I, O>,
  strict: ReadonlySet<CheckOperation<I, O>>,
  interrupted: () => boolean,
  giveUp: () => void,
): boolean => {
  const kept = [...before, ...operations]
    .filter((operation) => strict.has(operation) || !model.observes?.(operation.input, operation.output))
    .sort((a, b) => a.call - b.call);
  const optional = Uint8Array.from(kept, (operation) => (strict.has(operation) ? 0 : 1));
  const timeline = layOut(kept);
  const forgetful = (): typeof timeline =>
    layOut(kept.map((operation) => (strict.has(operation) ? operation : relaxed(operation))));
  return initial.every((state) => {
    if (interrupted()) return false;
    const relaxation = { optional, initial: state, unlimited: isWindow };
    const told = model.recallsAnswers ? timeline : forgetful();
    const search = model.specialised?.(told, relaxation) ?? generalSearch(model, timeline, relaxation);
    for (;;) {
      const status = search.advance(1000, interrupted);
      if (status !== 'more') return status === 'violation';
      if (search.memoryBytes > MEMORY_MAX) giveUp();
      if (interrupted()) return false;
    }
  });
};

const relaxed = <I, O>(operation: CheckOperation<I, O>): CheckOperation<I, O> => ({ ...operation, output: undefined });
