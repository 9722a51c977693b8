/**
 * The check, spread over worker threads. Limits hold in the middle of a step of the model too, however slow: a worker that
 * has overrun its time is stopped. Partitions that need more than a first budget, of steps and of time, wait until all others
 * have had theirs, and then start over with a larger one.
 */

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { check, summary } from './check.ts';
import { DEFAULT_MEMORY_BYTES, EXPLAIN_MAX } from './limits.ts';
import type { Partition } from './model.ts';
import { type CheckOperation, validateOperations } from './operation.ts';
import {
  type CheckOptions,
  type CheckResult,
  type PartitionResult,
  type UnknownReason,
  validateLimits,
} from './outcome.ts';
import { undecidedPart } from './undecided.ts';
import { BEGUN, type ModelReference, modelAt, type WorkerTask } from './worker.ts';

export type { ModelReference } from './worker.ts';

export interface WorkerOptions extends CheckOptions {
  /** Threads, at least one; as many as there are processors by default. */
  readonly workers?: number;
}

/** For each partition, in the first round. */
const FIRST_STEPS = 20_000;
/** So much of the time is for the first round. */
const FIRST_SHARE = 0.5;
const STEPS_GROWTH = 8;
const MAX_OPERATIONS_PER_TASK = 20_000;
const PROGRESS_EVERY_MS = 100;
/** What a worker is left beyond the limit, to find by itself that time is up. */
const GRACE_MS = 250;
/** What a worker's heap may hold beside the tables of the searches: the program, and its part of the history. */
const HEAP_MB = 256;

/**
 * As `check`, for a model that a worker can import. Where the worker's file is not beside this one (in a bundle), the check
 * runs in this thread instead, and its limits hold between steps only.
 * @throws HistoryError if the history makes no sense; RangeError if a limit makes none; TypeError if there is no model at the reference
 */
export const checkInWorkers = async (
  reference: ModelReference,
  operations: readonly CheckOperation<unknown, unknown>[],
  options: WorkerOptions = {},
): Promise<CheckResult> => {
  const started = performance.now();
  validateLimits(options);
  const workers = options.workers ?? availableParallelism();
  if (!(Number.isSafeInteger(workers) && workers > 0))
    throw new RangeError(`the number of workers is ${workers}; expected a whole number from 1 on`);
  validateOperations(operations);
  const model = await modelAt(reference);
  const file = new URL('./worker-start.mjs', import.meta.url);
  if (!existsSync(fileURLToPath(file))) return check(model, operations, options);

  const named = model.partition?.(operations) ?? [{ key: '', operations }];
  // On the way parts are known by their numbers: a model may give two of them the same name.
  const parts = named.map((part, number) => ({ ...part, key: `${number}` }));
  const results = new Map<string, PartitionResult>();
  const report = progressReporter(parts.length, results, options, started);
  const deadline = started + (options.timeMs ?? Number.POSITIVE_INFINITY);
  let spent = 0;
  /** Steps that tasks under way were given. */
  let lent = 0;
  const isDecided = (key: string): boolean => (results.get(key)?.outcome ?? 'unknown') !== 'unknown';
  const memoryBytes = options.memoryBytes ?? DEFAULT_MEMORY_BYTES;
  const pool = new Piscina({
    filename: file.href,
    name: 'judgeParts',
    maxThreads: workers,
    minThreads: 1,
    execArgv: [],
    // A step of the model that takes memory without end is stopped by the engine.
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB + Math.ceil(memoryBytes / workers / 2 ** 20) },
  });
  const stop = new AbortController();
  let cause: UnknownReason['cause'] = 'time';
  const stopFor = (reason: UnknownReason['cause']): void => {
    if (stop.signal.aborted) return;
    cause = reason;
    stop.abort();
  };
  const onAbort = (): void => stopFor('aborted');
  options.signal?.addEventListener('abort', onAbort);
  if (options.signal?.aborted) onAbort();
  const timer = options.timeMs === undefined ? null : setTimeout(() => stopFor('time'), options.timeMs + GRACE_MS);
  let failure: unknown = null;
  /** Parts in whose midst a task ran out of its time. */
  const overran = new Set<string>();

  const runTask = async (
    group: readonly Partition<unknown, unknown>[],
    stepsPerPart: number,
    searchMs: number,
  ): Promise<void> => {
    const stepsLeft = (options.stepsMax ?? Number.POSITIVE_INFINITY) - spent - lent;
    if (stepsLeft <= 0) return;
    const stepsMax = Math.min(stepsPerPart * group.length, stepsLeft);
    lent += stepsMax;
    const { port1: decided, port2 } = new MessageChannel();
    const overrun = new AbortController();
    const stopTask = (): void => overrun.abort();
    stop.signal.addEventListener('abort', stopTask);
    let timeout: NodeJS.Timeout | undefined;
    const task: WorkerTask = {
      reference,
      parts: group,
      limits: {
        stepsMax,
        memoryBytes: memoryBytes / workers,
        ...(options.timeMs === undefined ? {} : { timeMs: Math.max(1, deadline - performance.now()), searchMs }),
      },
      explainMax: options.explainMax ?? EXPLAIN_MAX,
      stopAtViolation: options.stopAtViolation === true,
      decided: port2,
    };
    const take = (result: PartitionResult): void => {
      const wasDecided = isDecided(result.key);
      if (!wasDecided) spent += result.steps;
      results.set(result.key, result);
      if (!wasDecided && isDecided(result.key)) options.onDecided?.({ ...result, key: named[Number(result.key)]!.key });
      report();
    };
    decided.on('message', (message: PartitionResult | typeof BEGUN) => {
      if (message === BEGUN) {
        if (Number.isFinite(searchMs)) timeout = setTimeout(stopTask, searchMs + GRACE_MS);
        return;
      }
      // What was found is explained, until all the time is up.
      if (message.outcome === 'violation') clearTimeout(timeout);
      take(message);
    });
    const run = pool.run(task, { signal: overrun.signal, transferList: [port2] });
    const judged = await run.catch((error: unknown) => {
      if (overrun.signal.aborted) return null;
      if ((error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY') return 'out of memory';
      failure ??= error;
      stopFor('aborted');
      return null;
    });
    // What was decided before the task was stopped counts, though its violations were not explained.
    for (let sent = receiveMessageOnPort(decided); sent !== undefined; sent = receiveMessageOnPort(decided))
      if (sent.message !== BEGUN) take(sent.message);
    decided.close();
    clearTimeout(timeout);
    stop.signal.removeEventListener('abort', stopTask);
    lent -= stepsMax;
    const left = group.filter(({ key }) => !results.has(key));
    if (judged === null && left.length > 0) overran.add(left[0]!.key);
    if (judged === 'out of memory') {
      // One of them was too greedy: who is left alone was it.
      if (left.length === 1) take(undecidedPart(left[0]!, 'memory', options));
      else await Promise.all(left.map((part) => runTask([part], stepsPerPart, searchMs)));
      return;
    }
    for (const result of (judged ?? []) as readonly PartitionResult[]) {
      take(result);
      if (result.outcome === 'violation' && options.stopAtViolation === true) stopFor('not reached');
    }
  };

  /**
   * One at a time for each worker, so that each is given what the others have left of the limits, and its part of the time
   * until the round ends.
   */
  const runTasks = async (
    tasks: readonly (readonly Partition<unknown, unknown>[])[],
    stepsPerPart: number,
    ends: number,
  ): Promise<void> => {
    const waiting = [...tasks].reverse();
    const work = async (): Promise<void> => {
      for (let group = waiting.pop(); group !== undefined && !stop.signal.aborted; group = waiting.pop()) {
        const turns = Math.ceil((waiting.length + 1) / workers);
        await runTask(group, stepsPerPart, Math.max(1, (ends - performance.now()) / turns));
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
  };

  try {
    // Short ones first: they are not kept waiting for the others.
    let undecided = [...parts].sort((a, b) => a.operations.length - b.operations.length);
    const now = performance.now();
    await runTasks(groups(undecided, workers), FIRST_STEPS, now + (deadline - now) * FIRST_SHARE);
    for (let steps = FIRST_STEPS * STEPS_GROWTH; !stop.signal.aborted; steps *= STEPS_GROWTH) {
      undecided = undecided.filter(({ key }) => !isDecided(key) && results.get(key)?.unknown?.cause !== 'memory');
      // What takes more steps at once than there are has none that count.
      const stepsMax = options.stepsMax ?? Number.POSITIVE_INFINITY;
      if (undecided.length === 0 || spent >= stepsMax || steps > stepsMax * STEPS_GROWTH) break;
      if (performance.now() >= deadline) stopFor('time');
      // Those after it have had no time at all.
      undecided.sort((a, b) => Number(overran.has(a.key)) - Number(overran.has(b.key)));
      await runTasks(
        undecided.map((part) => [part]),
        steps,
        deadline,
      );
    }
  } finally {
    if (timer !== null) clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
    await pool.destroy();
  }
  if (failure !== null) throw failure;
  const all = named.map((part, number) => {
    const result = results.get(`${number}`);
    if (result !== undefined && result.outcome !== 'unknown') return { ...result, key: part.key };
    // A worker knows what it was given of the limits; what counts are those of the check.
    const why = result?.unknown?.cause === 'memory' ? 'memory' : stop.signal.aborted ? cause : result?.unknown?.cause;
    const { method = 'none', steps = 0, ms = 0 } = result ?? {};
    return { ...undecidedPart(part, why ?? 'steps', options), method, steps, ms };
  });
  return summary(model.name, all, operations.length, performance.now() - started);
};

/** Small partitions travel together; each worker gets some. */
const groups = (parts: readonly Partition<unknown, unknown>[], workers: number): Partition<unknown, unknown>[][] => {
  const total = parts.reduce((sum, { operations }) => sum + operations.length, 0);
  const max = Math.min(MAX_OPERATIONS_PER_TASK, Math.ceil(total / (4 * workers)));
  const packed: Partition<unknown, unknown>[][] = [];
  let room = 0;
  for (const part of parts) {
    if (room <= 0) {
      packed.push([]);
      room = max;
    }
    packed[packed.length - 1]!.push(part);
    room -= part.operations.length;
  }
  return packed;
};

const progressReporter = (
  partitions: number,
  results: ReadonlyMap<string, PartitionResult>,
  { onProgress }: CheckOptions,
  started: number,
): (() => void) => {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (onProgress === undefined || now - last < PROGRESS_EVERY_MS) return;
    last = now;
    const all = [...results.values()];
    onProgress({
      partitions,
      decided: all.filter(({ outcome }) => outcome !== 'unknown').length,
      violations: all.filter(({ outcome }) => outcome === 'violation').length,
      steps: all.reduce((sum, { steps }) => sum + steps, 0),
      ms: now - started,
    });
  };
};
