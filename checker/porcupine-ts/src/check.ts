/** Judges a history: partitions it, gives each part a search, and the searches their budgets in turns. */

import type { Attempt } from './attempt.ts';
import { explainViolation } from './explain.ts';
import { generalSearch } from './general-search.ts';
import { type Arena, withArena } from './memory.ts';
import type { Model, Partition } from './model.ts';
import { type CheckOperation, validateOperations } from './operation.ts';
import {
  type CheckOptions,
  type CheckProgress,
  type CheckResult,
  type Outcome,
  type PartitionResult,
  type UnknownReason,
  type Violation,
  validateLimits,
} from './outcome.ts';
import { withTextbook } from './portfolio.ts';
import { withModelsRefuter } from './refuter.ts';
import type { Search, SearchStatus } from './search.ts';
import { layOut, type Timeline } from './timeline.ts';

export const DEFAULT_MEMORY_BYTES = 2 ** 30;
const EXPLAIN_MAX = 10;
/** A part's budget in the first turn; it grows fourfold from turn to turn, so that easy keys are not kept waiting. */
const FIRST_TURN_STEPS = 20_000;
const TURN_GROWTH = 4;
const TURN_STEPS_MAX = 2_000_000;
/** The clock is looked at so seldom at most, and more often where the time between two looks is longer than that. */
const CLOCK_EVERY_POLLS = 64;
const CLOCK_EVERY_MS = 2;
const PROGRESS_EVERY_MS = 100;
/** About what the tables of an attempt take: it does not ask for leave. */
const ATTEMPT_BYTES_PER_OPERATION = 64;

/** A partition, and how far it has got. */
interface Part<I, O> {
  readonly key: string;
  readonly operations: readonly CheckOperation<I, O>[];
  timeline: Timeline<I, O> | null;
  search: Search | null;
  result: PartitionResult | null;
  /** Of a violation found by an attempt: the position of the operation whose return no order gets past. */
  stuckAt: number;
  ms: number;
}

/**
 * Whether the operations are linearizable under the model. Synchronous: a step of the model that never ends is not
 * interrupted (`checkInWorkers` does that); limits hold between steps.
 * @throws HistoryError if the history makes no sense; RangeError if a limit makes none
 */
export const check = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  options: CheckOptions = {},
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
    const left = inOrder && model.attempt !== undefined ? attemptEach(model, parts, limits, options, arena) : parts;
    if (left.length > 0) takeTurns(model, left, limits, options, arena);
    explain(model, parts, options, started);
    const results: PartitionResult[] = [];
    for (const part of parts)
      results.push(part.result ?? undecidedResult(part, limits.exceeded ?? 'not reached', options));
    return summary(model.name, results, operations.length, performance.now() - started);
  });
};

const partOf = <I, O>(key: string, operations: readonly CheckOperation<I, O>[]): Part<I, O> => ({
  key,
  operations,
  timeline: null,
  search: null,
  result: null,
  stuckAt: -1,
  ms: 0,
});

/** A quick attempt at each part. Returns those that are left undecided. */
const attemptEach = <S, I, O>(
  model: Model<S, I, O>,
  parts: readonly Part<I, O>[],
  limits: Limits,
  options: CheckOptions,
  arena: Arena,
): readonly Part<I, O>[] => {
  const left: Part<I, O>[] = [];
  let started = limits.started;
  for (const part of parts) {
    const { mark } = arena;
    const isAffordable = part.operations.length * ATTEMPT_BYTES_PER_OPERATION <= limits.memoryMax;
    const attempt =
      isAffordable && !limits.areReachedAt(started) ? attemptAt(model, part.operations, limits, arena) : null;
    arena.release(mark);
    const now = performance.now();
    part.ms = now - started;
    started = now;
    if (attempt === null) left.push(part);
    else {
      part.stuckAt = attempt.stuckAt;
      limits.spend(attempt.steps);
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

const settle = <I, O>(part: Part<I, O>, result: PartitionResult, limits: Limits, options: CheckOptions): void => {
  part.result = result;
  options.onDecided?.(result);
  if (result.outcome === 'violation' && options.stopAtViolation === true) limits.exceeded ??= 'not reached';
};

/** Until all parts are decided or a limit is reached: what is left of them gets a turn, each longer than the last. */
const takeTurns = <S, I, O>(
  model: Model<S, I, O>,
  parts: readonly Part<I, O>[],
  limits: Limits,
  options: CheckOptions,
  arena: Arena,
): void => {
  let undecided = parts;
  for (let turn = FIRST_TURN_STEPS; undecided.length > 0; turn *= TURN_GROWTH) {
    for (const part of undecided) {
      const { mark } = arena;
      if (limits.interrupted()) return;
      const result = takeTurn(model, part, Math.min(turn, TURN_STEPS_MAX), limits, arena);
      if (result !== null) settle(part, result, limits, options);
      // What the part took is on top of all else, and no longer needed.
      if (turn === FIRST_TURN_STEPS && part.timeline === null) arena.release(mark);
      limits.onLook?.();
    }
    if (limits.exceeded !== null) return;
    undecided = undecided.filter((part) => part.result === null);
  }
};

/** Watches the limits of a check. */
class Limits {
  exceeded: UnknownReason['cause'] | null = null;
  /** Called whenever the clock is looked at: in the middle of a search, too. */
  onLook: (() => void) | null = null;
  readonly started: number;
  readonly interrupted: () => boolean;
  private readonly deadline: number;
  readonly memoryMax: number;
  private readonly stepsMax: number;
  private readonly signal: AbortSignal | null;
  /** Polls until the clock is looked at, and how many they were last time. */
  private untilClock = 1;
  private pollsPerLook = 1;
  private lastLook: number;
  private steps = 0;
  private memory = 0;

  constructor(options: CheckOptions, started: number) {
    this.started = started;
    this.deadline = started + (options.timeMs ?? Number.POSITIVE_INFINITY);
    this.memoryMax = options.memoryBytes ?? DEFAULT_MEMORY_BYTES;
    this.stepsMax = options.stepsMax ?? Number.POSITIVE_INFINITY;
    this.signal = options.signal ?? null;
    this.lastLook = started;
    this.interrupted = this.poll.bind(this);
  }

  /** To be told after each slice of a search. */
  account(search: Search, stepsBefore: number, memoryBefore: number): void {
    this.steps += search.steps - stepsBefore;
    this.memory += search.memoryBytes - memoryBefore;
    if (this.signal?.aborted) this.exceeded ??= 'aborted';
    else if (performance.now() > this.deadline) this.exceeded ??= 'time';
    else if (this.steps >= this.stepsMax) this.exceeded ??= 'steps';
    else if (this.memory > this.memoryMax) this.exceeded ??= 'memory';
  }

  /** So many steps were made outside a slice. */
  spend(steps: number): void {
    this.steps += steps;
    if (this.steps >= this.stepsMax) this.exceeded ??= 'steps';
  }

  /** For whoever knows what time it is. */
  areReachedAt(now: number): boolean {
    if (this.signal?.aborted) this.exceeded ??= 'aborted';
    else if (now > this.deadline) this.exceeded ??= 'time';
    return this.exceeded !== null;
  }

  private poll(): boolean {
    if (this.signal?.aborted) this.exceeded ??= 'aborted';
    else if (--this.untilClock === 0) this.look();
    return this.exceeded !== null;
  }

  private look(): void {
    const now = performance.now();
    if (now > this.deadline) this.exceeded ??= 'time';
    const isSlow = now - this.lastLook > CLOCK_EVERY_MS;
    this.pollsPerLook = isSlow ? 1 : Math.min(CLOCK_EVERY_POLLS, 2 * this.pollsPerLook);
    this.untilClock = this.pollsPerLook;
    this.lastLook = now;
    this.onLook?.();
  }
}

/** Searches look at memory only between slices: short ones, so that a table can't outgrow the limit unnoticed. */
const SLICE_STEPS = 10_000;

const takeTurn = <S, I, O>(
  model: Model<S, I, O>,
  part: Part<I, O>,
  turnSteps: number,
  limits: Limits,
  arena: Arena,
): PartitionResult | null => {
  const started = performance.now();
  part.timeline ??= layOut(part.operations, arena);
  part.search ??= chooseSearch(model, part.timeline);
  const { timeline, search } = part;
  let status: SearchStatus = 'more';
  for (let spent = 0; spent < turnSteps && status === 'more' && limits.exceeded === null; spent += SLICE_STEPS) {
    const { steps, memoryBytes } = search;
    status = search.advance(SLICE_STEPS, limits.interrupted);
    if (status === 'more') limits.account(search, steps, memoryBytes);
  }
  if (status === 'more') {
    part.ms += performance.now() - started;
    return null;
  }
  const linearization = status === 'pass' ? idsInOrder(timeline, search.linearization()) : null;
  part.ms += performance.now() - started;
  const { method, steps } = search;
  const { concurrencyMax } = timeline;
  if (status === 'pass') {
    part.search = null;
    part.timeline = null;
  }
  return decided(part, { outcome: status, method, linearization, concurrencyMax, steps });
};

const decided = <I, O>(
  { key, operations, ms }: Part<I, O>,
  { outcome, method, linearization, concurrencyMax, steps }: Omit<Attempt, 'stuckAt'>,
): PartitionResult => ({
  key,
  outcome,
  method,
  operations: operations.length,
  linearization,
  violation: null,
  unknown: null,
  concurrencyMax,
  steps,
  ms,
});

const chooseSearch = <S, I, O>(model: Model<S, I, O>, timeline: Timeline<I, O>): Search =>
  withTextbook(
    model,
    timeline,
    () => model.specialised?.(timeline) ?? withModelsRefuter(model, timeline, generalSearch(model, timeline)),
  );

const idsInOrder = (timeline: Timeline<unknown, unknown>, order: ArrayLike<number>): number[] => {
  const ids = new Array<number>(order.length);
  for (let i = 0; i < order.length; i++) ids[i] = timeline.operations[order[i]!]!.id;
  return ids;
};

const explain = <S, I, O>(
  model: Model<S, I, O>,
  parts: readonly Part<I, O>[],
  options: CheckOptions,
  started: number,
): void => {
  let left = options.explainMax ?? EXPLAIN_MAX;
  for (const part of parts) {
    if (part.result?.outcome !== 'violation' || left-- <= 0) continue;
    const timeMs = options.timeMs === undefined ? undefined : Math.max(0, started + options.timeMs - performance.now());
    const before = performance.now();
    const timeline = part.timeline ?? layOut(part.operations);
    const search = part.search ?? { furthestEvent: timeline.returns[part.stuckAt]! };
    const violation: Violation = explainViolation(model, timeline, search, {
      ...(timeMs === undefined ? {} : { timeMs }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    part.result = { ...part.result, violation, ms: part.ms + performance.now() - before };
    part.search = null;
    part.timeline = null;
  }
};

const CAUSES: { readonly [cause in UnknownReason['cause']]: (options: CheckOptions) => string } = {
  time: ({ timeMs }) => `out of time after ${timeMs} ms`,
  memory: ({ memoryBytes }) => `the search needs more memory than ${memoryBytes ?? DEFAULT_MEMORY_BYTES} bytes`,
  steps: ({ stepsMax }) => `out of steps after ${stepsMax}`,
  aborted: () => 'aborted',
  'not reached': () => 'left undecided after a violation elsewhere',
};

const OPEN_SHOWN_MAX = 100;

/** The result of a partition that no search came to decide. */
export const undecidedPart = <I, O>(
  part: Partition<I, O>,
  cause: UnknownReason['cause'],
  options: CheckOptions,
): PartitionResult => undecidedResult(partOf(part.key, part.operations), cause, options);

const undecidedResult = <I, O>(
  part: Part<I, O>,
  cause: UnknownReason['cause'],
  options: CheckOptions,
): PartitionResult => {
  const timeline = part.timeline ?? layOut(part.operations);
  const widest = openAt(timeline, timeline.concurrencyMaxAt);
  const unreturned = timeline.operations.filter((operation) => operation.return === null);
  const unanswered = timeline.operations.filter((one) => one.return !== null && one.output === undefined);
  const open = [...unreturned, ...unanswered];
  const text =
    `${CAUSES[cause](options)}; at the widest moment ${widest.length} operations were open, ` +
    `${unreturned.length} operations never returned` +
    (unanswered.length > 0 ? `, of ${unanswered.length} more nobody knows the answer` : '');
  return {
    key: part.key,
    outcome: 'unknown',
    method: part.search?.method ?? 'none',
    operations: part.operations.length,
    linearization: null,
    violation: null,
    unknown: { cause, text, widest, open: open.slice(0, OPEN_SHOWN_MAX).map(({ id }) => id) },
    concurrencyMax: timeline.concurrencyMax,
    steps: part.search?.steps ?? 0,
    ms: part.ms,
  };
};

const openAt = (timeline: Timeline<unknown, unknown>, position: number): number[] => {
  const open = new Set<number>();
  for (const event of timeline.events.subarray(0, position + 1)) {
    if (event >= 0) open.add(event);
    else open.delete(~event);
  }
  return Array.from(open, (index) => timeline.operations[index]!.id);
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
  parts: readonly { readonly result: PartitionResult | null; readonly search: Search | null }[],
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
      steps: parts.reduce((sum, part) => sum + (part.result?.steps ?? part.search?.steps ?? 0), 0),
      ms: now - started,
    });
  };
};
