/** Judges a history: partitions it, gives each part a search, and the searches their budgets in turns. */

import type { Attempt } from './attempt.ts';
import { EXPLAIN_MS, explainViolation } from './explain.ts';
import { generalSearch } from './general-search.ts';
import { impossibleResult } from './impossible-result.ts';
import { EXPLAIN_MAX, Limits } from './limits.ts';
import { focusOf, isLookedThroughFirst, lookAtLess, lookThrough } from './look-through.ts';
import { type Arena, withArena } from './memory.ts';
import { refuseMisfits } from './misfit.ts';
import type { GivenModel, Model } from './model.ts';
import { type CheckOperation, refuseOddOnes, validateOperations } from './operation.ts';
import {
  type CheckOptions,
  type CheckProgress,
  type CheckResult,
  type Outcome,
  type PartitionResult,
  type Violation,
  validateLimits,
} from './outcome.ts';
import {
  BYTES_PER_OPERATION,
  blame,
  decided,
  giveUp,
  hold,
  makeRoom,
  type Part,
  partOf,
  stepsOf,
  undecidedResult,
} from './part.ts';
import { RACE_MAX, withTextbook } from './portfolio.ts';
import { withModelsRefuter } from './refuter.ts';
import type { Search, SearchStatus } from './search.ts';
import { isInOrderOfCall, lastReturn, layOut, type Timeline } from './timeline.ts';
import { usableModel } from './usable-model.ts';

/** A part's budget in the first turn; it grows fourfold from turn to turn, so that easy keys are not kept waiting. */
const FIRST_TURN_STEPS = 20_000;
const TURN_GROWTH = 4;
const TURN_STEPS_MAX = 2_000_000;
const PROGRESS_EVERY_MS = 100;
/** Where there are several keys, each has a part of so much of the time for its first turn: none is kept waiting for ever. */
const FIRST_TURNS_SHARE = 0.5;

/**
 * Whether the operations are linearizable under the model. Synchronous: a step of the model that never ends is not
 * interrupted (`checkInWorkers` does that); limits hold between steps.
 * @throws HistoryError if the history makes no sense; RangeError if a limit makes none; TypeError if the model does not do what
 *   it must
 */
export const check = <S, I, O>(
  given: GivenModel<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  options: CheckOptions = {},
): CheckResult => {
  const model = usableModel(given);
  try {
    return checkUsable(model, operations, options);
  } catch (error) {
    // Whatever it was, an operation that is none, or makes no sense to the model, explains it better.
    refuseOddOnes(operations);
    refuseMisfits(model, operations);
    throw error;
  }
};

const checkUsable = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  options: CheckOptions,
): CheckResult => {
  const started = performance.now();
  validateLimits(options);
  const inOrder = validateOperations(operations);
  const parts: Part<I, O>[] = [];
  if (model.partition === undefined) parts.push(partOf('', operations));
  else for (const { key, operations: own } of model.partition(operations)) parts.push(partOf(key, own));
  return withArena((arena) => {
    const limits = new Limits(options, started);
    if (options.onProgress !== undefined) limits.onLook = progressReporter(parts, options.onProgress, started);
    const left = model.attempt !== undefined ? attemptEach(model, parts, inOrder, limits, options, arena) : parts;
    if (left.length > 0) takeTurns(model, left, limits, options, arena);
    if (limits.exceeded === 'time' || limits.exceeded === 'steps')
      for (const part of left)
        if (part.result === null) settle(part, lookThrough(model, part, limits), limits, options);
    const isExplained = explain(model, parts, options, started);
    const results: PartitionResult[] = [];
    for (const part of parts)
      results.push(part.result ?? undecidedResult(part, part.cause ?? limits.exceeded ?? 'not reached', options));
    // To look at the clock once more takes as long as some operations do.
    const ms =
      left.length > 0 || isExplained ? performance.now() - started : parts.reduce((sum, part) => sum + part.ms, 0);
    return summary(model.name, results, operations.length, ms);
  });
};

/** A quick attempt at each part. Returns those that are left undecided. */
const attemptEach = <S, I, O>(
  model: Model<S, I, O>,
  parts: readonly Part<I, O>[],
  areInOrder: boolean,
  limits: Limits,
  options: CheckOptions,
  arena: Arena,
): readonly Part<I, O>[] => {
  const left: Part<I, O>[] = [];
  let started = limits.started;
  const turnsEnd = started + (limits.deadline - started) * FIRST_TURNS_SHARE;
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]!;
    const { mark } = arena;
    const isAffordable = part.operations.length * BYTES_PER_OPERATION <= limits.memoryMax;
    const isInOrder = areInOrder || isInOrderOfCall(part.operations);
    if (parts.length > 1) limits.beginTurn(started + (turnsEnd - started) / (parts.length - at));
    const attempt =
      isAffordable && isInOrder && !limits.areReachedAt(started)
        ? attemptAt(model, part.operations, limits, arena)
        : null;
    arena.release(mark);
    const now = performance.now();
    part.ms = now - started;
    started = now;
    if (attempt === null || !limits.spend(attempt.steps)) left.push(part);
    else {
      part.stuckAt = attempt.stuckAt;
      settle(part, decided(part, attempt), limits, options);
    }
    limits.onLook?.();
  }
  return left;
};

const attemptAt = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  { interrupted }: Limits,
  arena: Arena,
): Attempt | null => model.attempt?.(operations, arena, interrupted) ?? null;

/** @param result null if there is none */
const settle = <I, O>(
  part: Part<I, O>,
  result: PartitionResult | null,
  limits: Limits,
  options: CheckOptions,
): void => {
  if (result === null) return;
  part.result = result;
  options.onDecided?.(result);
  if (result.outcome !== 'violation') return;
  limits.keepTimeToExplain();
  if (options.stopAtViolation === true) limits.exceeded ??= 'not reached';
};

/**
 * Until all parts are decided or a limit is reached: what is left of them gets a turn, each longer than the last. Those that
 * had to give their memory back come last, one at a time and with all of it.
 */
const takeTurns = <S, I, O>(
  model: Model<S, I, O>,
  parts: readonly Part<I, O>[],
  limits: Limits,
  options: CheckOptions,
  arena: Arena,
): void => {
  for (const { operations } of parts)
    if (operations.length <= RACE_MAX || model.searchRefusesMisfits !== true) refuseMisfits(model, operations);
  // Short ones first: they are not kept waiting for the others.
  let undecided = [...parts].sort((a, b) => a.operations.length - b.operations.length);
  const shareOut = (part: Part<I, O>, turn: number, ends: number): void => {
    const { mark } = arena;
    limits.beginTurn(ends);
    if (limits.areReached()) return;
    settle(part, takeTurn(model, part, parts, turn, limits, arena), limits, options);
    // What the part took is on top of all else, and no longer needed.
    if (turn === FIRST_TURN_STEPS && part.timeline === null) arena.release(mark);
    limits.onLook?.();
  };
  for (let turn = FIRST_TURN_STEPS; undecided.length > 0; turn *= TURN_GROWTH) {
    const runnable = undecided.filter((part) => !part.isParked);
    const isFirst = turn === FIRST_TURN_STEPS && runnable.length > 1;
    const now = performance.now();
    const turnsEnd = now + (limits.deadline - now) * FIRST_TURNS_SHARE;
    for (const [at, part] of runnable.entries()) {
      const started = isFirst ? performance.now() : 0;
      const ends = isFirst ? started + Math.max(0, turnsEnd - started) / (runnable.length - at) : limits.deadline;
      if (!part.isParked) shareOut(part, Math.min(turn, TURN_STEPS_MAX), ends);
      if (limits.exceeded !== null) return;
    }
    if (runnable.length === 0) {
      const [part] = undecided as [Part<I, O>];
      part.isParked = false;
      shareOut(part, Number.POSITIVE_INFINITY, now + (limits.deadline - now) / undecided.length);
      if (limits.exceeded !== null) return;
      if (part.result === null) {
        part.cause ??= 'time';
        giveUp(part, limits);
      }
    }
    // The long tables of a part that gives its memory back must not be kept for the next check.
    arena.isSpent = undecided.length > 1;
    undecided = undecided.filter((part) => part.result === null && part.cause === null);
  }
};

/** Searches look at memory only between slices: short ones, so that a table can't outgrow the limit unnoticed. */
const SLICE_STEPS = 10_000;

const takeTurn = <S, I, O>(
  model: Model<S, I, O>,
  part: Part<I, O>,
  parts: readonly Part<I, O>[],
  turnSteps: number,
  limits: Limits,
  arena: Arena,
): PartitionResult | null => {
  if (part.operations.length * BYTES_PER_OPERATION > limits.memoryMax) {
    part.cause = 'memory';
    return null;
  }
  const started = performance.now();
  part.timeline ??= layOut(part.operations, arena);
  if (isLookedThroughFirst(part)) {
    const result = lookThrough(model, part, limits);
    if (result !== null) return result;
  }
  part.search ??= chooseSearch(model, part.timeline);
  const { timeline, search } = part;
  let status: SearchStatus = 'more';
  for (let spent = 0; spent < turnSteps && status === 'more' && !limits.isOver; spent += SLICE_STEPS) {
    status = advance(part, search, limits);
    if (status === 'more') makeRoom(parts, limits);
    if (part.search !== search) break;
  }
  const linearization = status === 'pass' ? idsInOrder(timeline, search.linearization()) : null;
  part.ms += performance.now() - started;
  if (status === 'more') {
    if (stepsOf(part) < part.operations.length) return null;
    return lookThrough(model, part, limits) ?? lookAtLess(model, part, limits);
  }
  if (status === 'pass') part.timeline = null;
  else blame(part, search.furthestEvent, search.witness?.() ?? null);
  const { method, steps } = search;
  const { concurrencyMax } = timeline;
  part.search = null;
  hold(part, limits);
  return decided(part, { outcome: status, method, linearization, concurrencyMax, steps });
};

/** Goes on for a slice. What is found beyond the limits does not count. */
const advance = (part: Part<unknown, unknown>, search: Search, limits: Limits): SearchStatus => {
  const { steps } = search;
  const status = search.advance(Math.min(SLICE_STEPS, limits.stepsLeft), limits.interrupted);
  const isAllowed = limits.spend(search.steps - steps);
  hold(part, limits);
  return isAllowed && part.held <= limits.memoryMax ? status : 'more';
};

const chooseSearch = <S, I, O>(model: Model<S, I, O>, timeline: Timeline<I, O>): Search =>
  withTextbook(
    model,
    timeline,
    () => model.specialised?.(timeline) ?? withModelsRefuter(model, timeline, generalSearch(model, timeline)),
  );

const idsInOrder = (
  { operations, isNumbered }: Timeline<unknown, unknown>,
  order: Int32Array | readonly number[],
): readonly number[] => {
  if (isNumbered) return order instanceof Int32Array ? Array.from(order) : order;
  const ids = new Array<number>(order.length);
  for (let i = 0; i < order.length; i++) ids[i] = operations[order[i]!]!.id;
  return ids;
};

/** @returns whether there was anything to explain */
const explain = <S, I, O>(
  model: Model<S, I, O>,
  parts: readonly Part<I, O>[],
  options: CheckOptions,
  started: number,
): boolean => {
  const explainMax = options.explainMax ?? EXPLAIN_MAX;
  if (explainMax === 0) return false;
  const violations = parts.filter(({ result }) => result?.outcome === 'violation');
  const explained = violations.slice(0, explainMax);
  for (const [at, part] of explained.entries()) {
    const before = performance.now();
    const timeLeft = Math.max(0, started + (options.timeMs ?? 0) - before);
    const timeMs = options.timeMs === undefined ? undefined : timeLeft / (explained.length - at);
    const isHalfOver = (): boolean => performance.now() - before > (timeMs ?? EXPLAIN_MS) / 2;
    let timeline = part.timeline ?? layOut(part.operations);
    const alone = impossibleResult(model, timeline);
    const stuckAt = part.found === null ? timeline.returns[part.stuckAt]! : part.found.furthestEvent;
    const focus = alone >= 0 ? null : (part.focus ?? focusOf(model, timeline, stuckAt, isHalfOver, true));
    if (focus !== null) {
      timeline = layOut(focus.operations);
      part.found = null;
    }
    if (alone >= 0) blame(part, timeline.returns[alone]!, [alone]);
    else seekWitness(model, part, timeline, isHalfOver);
    const found = part.found ?? {
      furthestEvent: focus === null ? timeline.returns[part.stuckAt]! : lastReturn(timeline),
    };
    const violation: Violation = explainViolation(model, timeline, found, {
      ...(timeMs === undefined ? {} : { timeMs }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    part.result = {
      ...part.result!,
      violation: { ...violation, about: focus?.about ?? null },
      ms: part.ms + performance.now() - before,
    };
    part.timeline = null;
  }
  return explained.length > 0;
};

/** Steps that may be spent on it. */
const WITNESS_STEPS = 20_000;

/** Whatever was quickest to find the violation may not know whom to blame; the method made for such histories mostly does. */
const seekWitness = <S, I, O>(
  model: Model<S, I, O>,
  part: Part<I, O>,
  timeline: Timeline<I, O>,
  interrupted: () => boolean,
): void => {
  if ((part.found?.witness?.() ?? null) !== null) return;
  const search = model.specialised?.(timeline) ?? null;
  if (search === null || search.advance(WITNESS_STEPS, interrupted) !== 'violation') return;
  const witness = search.witness?.() ?? null;
  if (witness !== null || part.found === null) blame(part, search.furthestEvent, witness);
};

export const summary = (
  model: string,
  partitions: readonly PartitionResult[],
  operations: number,
  ms: number,
): CheckResult => {
  let outcome: Outcome = 'pass';
  let decided = 0;
  let concurrencyMax = 0;
  let steps = 0;
  for (const part of partitions) {
    if (part.outcome === 'violation' || outcome === 'pass') outcome = part.outcome;
    if (part.outcome !== 'unknown') decided++;
    if (part.concurrencyMax > concurrencyMax) concurrencyMax = part.concurrencyMax;
    steps += part.steps;
  }
  return {
    outcome,
    model,
    partitions,
    statistics: {
      operations,
      partitions: partitions.length,
      decided,
      concurrencyMax,
      steps,
      ms,
    },
  };
};

const progressReporter = (
  parts: readonly Part<unknown, unknown>[],
  onProgress: (progress: CheckProgress) => void,
  started: number,
): (() => void) => {
  let last = started;
  return () => {
    const now = performance.now();
    if (now - last < PROGRESS_EVERY_MS) return;
    last = now;
    onProgress({
      partitions: parts.length,
      decided: parts.filter((part) => part.result !== null).length,
      violations: parts.filter((part) => part.result?.outcome === 'violation').length,
      steps: parts.reduce((sum, part) => sum + stepsOf(part), 0),
      ms: now - started,
    });
  };
};
