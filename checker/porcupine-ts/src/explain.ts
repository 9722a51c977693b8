/** What a reader needs to believe a violation: a minimal core, a second opinion, and where every order of it gets stuck. */

import { completeCore } from './complete-core.ts';
import { checkInContext } from './context-check.ts';
import { ENUMERATION_MAX, enumerate } from './enumerate.ts';
import { withGivers } from './givers.ts';
import { impossibleResult } from './impossible-result.ts';
import { minimise } from './minimise.ts';
import { describeOperation, describeState, type Model } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { searchWithOptional } from './optional-search.ts';
import type { LegalPrefix, Violation } from './outcome.ts';
import type { Search } from './search.ts';
import { textbookSearch } from './textbook-search.ts';
import { lastReturn, type Timeline } from './timeline.ts';

/** If no limit is given. */
export const EXPLAIN_MS = 15_000;
/** Parts of the time by whose end the core is to be small, and complete; what is left is for the second opinion. */
const SMALL_BY = 0.5;
const COMPLETE_BY = 0.8;
/** A core that could not be made small may have 100,000 operations, of which the textbook search remembers a bit each per step. */
const SECOND_OPINION_BYTES = 2 ** 28;
/** What a reader expects of a core; a larger one is looked for again from the other end. */
const EXPECTED_MAX = 6;
/** Whether so many others can mend a core is searched for where to go through all that they can do takes too long. */
const REST_MAX = 2000;
/** So many who are blamed are shown as they are, if no part of them proves it. */
const READABLE_MAX = 20;
/** One that is not known to be minimal must have so many fewer to be the better one. */
const IF_MINIMAL = 12;
/** Of so many suspects a core is looked for that need not begin where the state is told, if the other is not known to be minimal. */
const FROM_START_MAX = 100;

interface FoundCore<I, O> {
  readonly core: readonly CheckOperation<I, O>[];
  readonly minimal: boolean;
  readonly wasInTime: boolean;
}

const rank = ({ core, minimal }: FoundCore<unknown, unknown>): number => core.length + (minimal ? 0 : IF_MINIMAL);

export interface ExplainLimits {
  readonly timeMs?: number;
  readonly signal?: AbortSignal;
}

/** @param search that found the violation: it knows the return that no order gets past and, maybe, a few operations to blame */
export const explainViolation = <S, I, O>(
  model: Model<S, I, O>,
  timeline: Timeline<I, O>,
  search: Pick<Search, 'furthestEvent' | 'witness'>,
  limits: ExplainLimits,
): Violation => {
  const { furthestEvent } = search;
  const timeMs = limits.timeMs ?? EXPLAIN_MS;
  const started = performance.now();
  const timeLeftOf = (ms: number) => (): number =>
    limits.signal?.aborted === true ? 0 : Math.max(0, started + ms - performance.now());
  const isOverAfter = (ms: number) => (): boolean => timeLeftOf(ms)() <= 0;
  const stuck = timeline.operations[~timeline.events[furthestEvent]!]!;
  const blamed = search.witness?.() ?? null;
  const suspects = blamed === null ? beginningUpTo(timeline, furthestEvent) : suspectsFrom(model, timeline, blamed);
  const coreFrom = (preferred: 'late' | 'early', mayBeginLate: boolean): FoundCore<I, O> => {
    const isOver = isOverAfter(timeMs * SMALL_BY);
    const { operations, minimal } = minimise(model, suspects, preferred, isOver, mayBeginLate);
    const ids = new Set(operations.map(({ id }) => id));
    const proof = timeline.operations.filter(({ id }) => ids.has(id));
    const complete = completeCore(model, timeline.operations, proof, timeLeftOf(timeMs * COMPLETE_BY));
    // Beside one that is alone to blame goes, at most, what brought its value too late: more does not make up its answer.
    const isEnough = blamed?.length === 1 && complete.operations.length > 2;
    if (isEnough) return { core: proof, minimal, wasInTime: minimal };
    return { core: complete.operations, minimal: minimal && complete.isMinimal, wasInTime: minimal };
  };
  const isOver = isOverAfter(timeMs);
  // A core may be rejected for the want of something that was left out; then it proves nothing.
  const proves = ({ core }: FoundCore<I, O>): boolean => {
    const shown = new Set(core);
    const rest = timeline.operations.filter((operation) => !shown.has(operation));
    const verdict = checkInContext(model, core, rest, isOver);
    if (verdict !== 'unknown' || rest.length > REST_MAX) return verdict !== 'legal';
    const able = rest.filter((one) => !model.observes?.(one.input, one.output));
    return searchWithOptional(model, core, able, isOver).status !== 'pass';
  };
  let found = coreFrom('late', true);
  let isProof = proves(found);
  const { wasInTime } = found;
  const tryOther = (preferred: 'late' | 'early', mayBeginLate: boolean): void => {
    const other = coreFrom(preferred, mayBeginLate);
    if ((isProof && rank(other) >= rank(found)) || !proves(other)) return;
    found = other;
    isProof = true;
  };
  const isGood = (): boolean => isProof && found.minimal;
  if (wasInTime && !(isGood() && found.core.length <= EXPECTED_MAX)) tryOther('early', true);
  const mayBeginEarlier = model.stateAfter !== undefined && suspects.length <= FROM_START_MAX;
  for (const preferred of ['late', 'early'] as const)
    if (wasInTime && !isGood() && mayBeginEarlier) tryOther(preferred, false);
  if (!isProof && blamed !== null && blamed.length <= READABLE_MAX) {
    // Of those who are blamed some were left out whose place others may take: then none is.
    const all = new Set(blamed);
    const whole = { core: timeline.operations.filter((_, index) => all.has(index)), minimal: false, wasInTime: true };
    if (proves(whole)) {
      found = whole;
      isProof = true;
    }
  }
  const { core, minimal } = found;
  const { confirmedBy, longest } = secondOpinion(model, core, timeLeftOf(timeMs));
  if (!isProof && blamed !== null && !isOver()) {
    // Those who are blamed do not prove it alone: another, left out, takes a value that one of them could have taken. So look at all.
    const all = explainViolation(
      model,
      timeline,
      { furthestEvent: lastReturn(timeline) },
      { ...limits, timeMs: timeLeftOf(timeMs)() },
    );
    return { ...all, stuckAt: stuck.id };
  }
  return {
    core: core.map(({ id }) => id),
    about: null,
    confirmedBy: isProof ? confirmedBy : null,
    minimal,
    stuckAt: stuck.id,
    longest,
  };
};

/** Those who are blamed, with who may have given them what they found: but not where nobody can have caused what one found. */
const suspectsFrom = <S, I, O>(
  model: Model<S, I, O>,
  timeline: Timeline<I, O>,
  blamed: readonly number[],
): readonly CheckOperation<I, O>[] => {
  const operations = [...blamed].sort((a, b) => a - b).map((index) => timeline.operations[index]!);
  const isAlone = blamed.length === 1 && impossibleResult(model, timeline) === blamed[0];
  return isAlone ? operations : withGivers(model, timeline.operations, operations);
};

/**
 * The operations called before the event: what was called later can't help to get past it. Those that return after it need not
 * have taken effect; but if they have, then with their answers, which the search knew.
 */
const beginningUpTo = <I, O>(timeline: Timeline<I, O>, event: number): readonly CheckOperation<I, O>[] => {
  const { operations, events, returns } = timeline;
  const called = events.subarray(0, event).reduce((calls, one) => (one >= 0 ? calls + 1 : calls), 0);
  return operations
    .slice(0, called)
    .map((operation, index) => (returns[index]! <= event ? operation : { ...operation, return: null }));
};

const secondOpinion = <S, I, O>(
  model: Model<S, I, O>,
  core: readonly CheckOperation<I, O>[],
  timeLeft: () => number,
): Pick<Violation, 'confirmedBy' | 'longest'> => {
  if (core.length <= ENUMERATION_MAX) {
    const { outcome, longest } = enumerate(model, core, () => timeLeft() <= 0);
    return {
      confirmedBy: outcome === 'violation' ? 'enumeration' : null,
      longest: longest.map(({ ids, state }) => legalPrefix(model, core, ids, state)),
    };
  }
  const { outcome, longest } = textbookSearch(model, core, { timeMs: timeLeft(), memoryBytes: SECOND_OPINION_BYTES });
  return {
    confirmedBy: outcome === 'violation' ? 'textbook search' : null,
    longest: [legalPrefix(model, core, longest, replay(model, core, longest))],
  };
};

const replay = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  ids: readonly number[],
): S => {
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  return ids.reduce((state, id) => {
    const { input, output } = byId.get(id)!;
    return model.step(state, input, output)!;
  }, model.init());
};

const legalPrefix = <S, I, O>(
  model: Model<S, I, O>,
  core: readonly CheckOperation<I, O>[],
  ids: readonly number[],
  state: S,
): LegalPrefix => {
  const placed = new Set(ids);
  const rest = core.filter((operation) => !placed.has(operation.id));
  const firstReturn = rest.reduce(
    (first, operation) => Math.min(first, operation.return ?? first),
    Number.POSITIVE_INFINITY,
  );
  const next = rest.filter((operation) => operation.call <= firstReturn);
  const where = describeState(model, state);
  return {
    ids,
    state: where,
    blocked: next
      .filter(({ input, output }) => model.step(state, input, output) === undefined)
      .map(({ id, input, output }) => ({
        id,
        why: `${describeOperation(model, input, output)} is not possible when the state is ${where}`,
      })),
  };
};
