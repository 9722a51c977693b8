/** What a reader needs to believe a violation: a minimal core, a second opinion, and where every order of it gets stuck. */

import { completeCore } from './complete-core.ts';
import { checkInContext } from './context-check.ts';
import { leavesOrder } from './dependence.ts';
import { ENUMERATION_MAX, enumerate } from './enumerate.ts';
import { isFounded, withFounders } from './founded-core.ts';
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
import { restsOnStart, type ToldStart, toldStart } from './told-start.ts';

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
/** And of one that can't be followed by itself it is the same. */
const IF_FOUNDED = 24;
/** Of so many suspects a core is looked for that need not begin where the state is told, if the other is not known to be minimal. */
const FROM_START_MAX = 100;

type Operations<I, O> = readonly CheckOperation<I, O>[];

interface FoundCore<S, I, O> {
  /** Without the operation that tells where it starts. */
  readonly core: Operations<I, O>;
  readonly start: ToldStart<S, I, O> | null;
  /** False if something in it is impossible only for the want of what was left out. */
  readonly isFounded: boolean;
  readonly minimal: boolean;
  readonly wasInTime: boolean;
}

const rank = <S, I, O>({ core, start, isFounded, minimal }: FoundCore<S, I, O>): number =>
  core.length + (start === null ? 0 : 1) + (minimal ? 0 : IF_MINIMAL) + (isFounded ? 0 : IF_FOUNDED);

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
  // Nobody can have caused what it found: by itself it needs no others.
  const isAlone = blamed?.length === 1 && impossibleResult(model, timeline) === blamed[0];
  const suspects =
    blamed === null ? beginningUpTo(timeline, furthestEvent) : suspectsFrom(model, timeline, blamed, isAlone);
  const isOver = isOverAfter(timeMs);
  const coreFrom = (preferred: 'late' | 'early', mayBeginLate: boolean): FoundCore<S, I, O> => {
    const isLate = isOverAfter(timeMs * SMALL_BY);
    const { operations, minimal, anchor } = minimise(model, suspects, preferred, isLate, mayBeginLate);
    const start = anchor === null ? null : toldStart(model, timeline.operations, anchor);
    const from = start ?? { model, operations: timeline.operations };
    const ids = new Set(operations.map(({ id }) => id));
    const proof = from.operations.filter(({ id }) => ids.has(id));
    const completed = (candidates: Operations<I, O>): FoundCore<S, I, O> => {
      const timeLeft = timeLeftOf(timeMs * COMPLETE_BY);
      const complete = completeCore(from.model, from.operations, proof, timeLeft, candidates);
      // Beside one that is alone to blame goes, at most, what brought its value too late: more does not make up its answer.
      const isEnough = blamed?.length === 1 && complete.operations.length > 2;
      if (isEnough) return { core: proof, start, isFounded: true, minimal, wasInTime: minimal };
      const isLate = (): boolean => timeLeft() <= 0;
      const founded =
        isAlone && complete.operations.length === 1
          ? complete.operations
          : withFounders(from.model, complete.operations, from.operations, candidates, isLate);
      const core = founded ?? complete.operations;
      const isComplete =
        core.length === complete.operations.length
          ? complete.isMinimal
          : core.every((one) => leavesOrder(from.model, core, one, isLate));
      const isMinimal =
        minimal && isComplete && founded !== null && (start === null || restsOnStart(model, core, timeLeft));
      return { core, start, isFounded: founded !== null, minimal: isMinimal, wasInTime: minimal };
    };
    if (start === null) return completed(timeline.operations);
    const later = completed(start.after);
    const withOpen = later.isFounded ? later : completed(start.withOpen);
    return withOpen.isFounded && proves(withOpen) ? withOpen : later;
  };
  // A core may be rejected for the want of something that was left out; then it proves nothing.
  const proves = ({ core, start }: FoundCore<S, I, O>): boolean => {
    const from = start ?? { model, operations: timeline.operations };
    const shown = new Set(core.map(({ id }) => id));
    const rest = from.operations.filter(({ id }) => !shown.has(id));
    const verdict = checkInContext(from.model, core, rest, isOver);
    if (verdict !== 'unknown' || rest.length > REST_MAX) return verdict !== 'legal';
    const able = rest.filter((one) => !model.observes?.(one.input, one.output));
    return searchWithOptional(from.model, core, able, isOver).status !== 'pass';
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
    const core = timeline.operations.filter((_, index) => all.has(index));
    const whole = {
      core,
      start: null,
      isFounded: isFounded(model, core, timeline.operations, isOver),
      minimal: false,
      wasInTime: true,
    };
    if (proves(whole)) {
      found = whole;
      isProof = true;
    }
  }
  const { core, start, minimal } = found;
  const { confirmedBy, longest } = secondOpinion(start?.model ?? model, core, timeLeftOf(timeMs));
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
  const ids = new Set(core.map(({ id }) => id));
  if (start !== null) ids.add(start.teller.id);
  return {
    core: timeline.operations.filter(({ id }) => ids.has(id)).map(({ id }) => id),
    about: null,
    startsFrom: start === null ? null : { operation: start.teller.id, state: describeState(model, start.state) },
    confirmedBy: isProof ? confirmedBy : null,
    minimal,
    stuckAt: stuck.id,
    // Its first operations would be told to be impossible, which they were not.
    longest: found.isFounded ? longest : [],
  };
};

/** Those who are blamed, with who may have given them what they found: but not where nobody can have caused what one found. */
const suspectsFrom = <S, I, O>(
  model: Model<S, I, O>,
  timeline: Timeline<I, O>,
  blamed: readonly number[],
  isAlone: boolean,
): Operations<I, O> => {
  const operations = [...blamed].sort((a, b) => a - b).map((index) => timeline.operations[index]!);
  return isAlone ? operations : withGivers(model, timeline.operations, operations);
};

/**
 * The operations called before the event: what was called later can't help to get past it. Those that return after it need not
 * have taken effect; but if they have, then with their answers, which the search knew.
 */
const beginningUpTo = <I, O>(timeline: Timeline<I, O>, event: number): Operations<I, O> => {
  const { operations, events, returns } = timeline;
  const called = events.subarray(0, event).reduce((calls, one) => (one >= 0 ? calls + 1 : calls), 0);
  return operations
    .slice(0, called)
    .map((operation, index) => (returns[index]! <= event ? operation : { ...operation, return: null }));
};

const secondOpinion = <S, I, O>(
  model: Model<S, I, O>,
  core: Operations<I, O>,
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

const replay = <S, I, O>(model: Model<S, I, O>, operations: Operations<I, O>, ids: readonly number[]): S => {
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  return ids.reduce((state, id) => {
    const { input, output } = byId.get(id)!;
    return model.step(state, input, output)!;
  }, model.init());
};

const legalPrefix = <S, I, O>(
  model: Model<S, I, O>,
  core: Operations<I, O>,
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
