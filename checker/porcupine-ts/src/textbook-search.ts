/**
 * The textbook search, kept faithful: Wing and Gong's algorithm with Lowe's memoization, as Porcupine has it. A doubly
 * linked list of calls and returns, from which an operation is lifted when it is linearized and put back on backtracking;
 * a bit set over the whole history; a cache of (bit set, state). It is the twin that the fast searches are compared
 * with, the second opinion on violations, and the peer in the benchmark. It deliberately shares no code with them.
 */

import type { GivenModel, Model } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { usableModel } from './usable-model.ts';

type Cache = Map<number, { readonly linearized: Int32Array; readonly key: string | number }[]>;

interface Entry {
  readonly index: number;
  /** Where it stands in time, among all calls and returns. */
  readonly position: number;
  /** The entry of the operation's return; null in the return itself. */
  match: Entry | null;
  previous: Entry | null;
  next: Entry | null;
}

export interface TextbookResult {
  readonly outcome: 'pass' | 'violation' | 'unknown';
  /** Ids in order, of a pass. */
  readonly linearization: readonly number[] | null;
  /** Ids of the longest order that was tried. */
  readonly longest: readonly number[];
  /** Of a violation: the id of the operation whose return no order gets past. */
  readonly stuckAt: number | null;
  readonly steps: number;
}

export interface TextbookLimits {
  readonly timeMs?: number;
  readonly stepsMax?: number;
  /** For the cache: each step remembers a bit of each operation. */
  readonly memoryBytes?: number;
}

const BYTES_PER_STEP = 150;

/** Decides one partition. Time O(n · 2^c · states) at best, memory likewise; `unknown` beyond the limits. */
export const textbookSearch = <S, I, O>(
  model: GivenModel<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  limits: TextbookLimits = {},
): TextbookResult => {
  const deadline = limits.timeMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + limits.timeMs;
  const affordable = (limits.memoryBytes ?? Number.POSITIVE_INFINITY) / (BYTES_PER_STEP + operations.length / 8);
  const stepsMax = Math.min(limits.stepsMax ?? Number.POSITIVE_INFINITY, affordable);
  const pace: Pace = { steps: 1 };
  const run = textbookRun(usableModel(model), operations, pace);
  for (let last = performance.now(); ; ) {
    const { done, value } = run.next();
    const now = performance.now();
    if (done || value.steps > stepsMax || now > deadline) return value;
    pace.steps = nextPace(pace.steps, now - last);
    last = now;
  }
};

const PACE_MAX = 256;
const PACE_MS = 2;

/** As many steps as take some two milliseconds. */
export const nextPace = (steps: number, ms: number): number =>
  ms > PACE_MS ? Math.max(1, steps >> 2) : Math.min(PACE_MAX, 2 * steps);

/** How many steps are made at a time. It may be changed on the way, where steps turn out to be slow or quick. */
export interface Pace {
  steps: number;
}

/** The same, a little at a time: yields `unknown` results on the way. */
export function* textbookRun<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  pace: Pace,
): Generator<TextbookResult, TextbookResult, void> {
  const { head, completed } = linkedList(operations);
  const linearized = new Int32Array((operations.length + 31) >>> 5);
  const cache: Cache = new Map();
  const calls: { entry: Entry; state: S }[] = [];
  let longest: number[] = [];
  let furthest: Entry = head;
  let remaining = completed;
  let state = model.init();
  let steps = 0;
  let untilYield = pace.steps;
  let entry = head.next;
  const idsOf = (): number[] => calls.map((call) => operations[call.entry.index]!.id);
  const result = (outcome: TextbookResult['outcome']): TextbookResult => {
    const ids = outcome === 'pass' ? idsOf() : longest;
    const stuckAt = outcome === 'violation' ? (operations[furthest.index]?.id ?? null) : null;
    return { outcome, linearization: outcome === 'pass' ? ids : null, longest: ids, stuckAt, steps };
  };

  while (remaining > 0) {
    if (entry?.match) {
      steps++;
      if (--untilYield === 0) {
        yield result('unknown');
        untilYield = pace.steps;
      }
      const operation = operations[entry.index]!;
      const next = model.step(state, operation.input, operation.output);
      if (next !== undefined) {
        const bits = linearized.slice();
        bits[entry.index >>> 5]! |= 1 << (entry.index & 31);
        if (isNew(cache, bits, model.key(next))) {
          calls.push({ entry, state });
          state = next;
          linearized.set(bits);
          lift(entry);
          if (operation.return !== null) remaining--;
          entry = head.next;
          continue;
        }
      }
      entry = entry.next;
      continue;
    }
    // A return (or the end): an operation had to take effect before it, and did not.
    if (calls.length > longest.length) longest = idsOf();
    if (entry !== null && entry.position > furthest.position) furthest = entry;
    const last = calls.pop();
    if (last === undefined) return result('violation');
    entry = last.entry;
    state = last.state;
    linearized[entry.index >>> 5]! &= ~(1 << (entry.index & 31));
    if (operations[entry.index]!.return !== null) remaining++;
    unlift(entry);
    entry = entry.next;
  }
  return result('pass');
}

const linkedList = (operations: readonly CheckOperation<unknown, unknown>[]): { head: Entry; completed: number } => {
  const times: { time: number; isReturn: boolean; index: number }[] = [];
  operations.forEach((operation, index) => {
    times.push({ time: operation.call, isReturn: false, index });
    times.push({ time: operation.return ?? Number.POSITIVE_INFINITY, isReturn: true, index });
  });
  times.sort((a, b) => (a.time === b.time ? Number(a.isReturn) - Number(b.isReturn) : a.time < b.time ? -1 : 1));
  const head: Entry = { index: -1, position: -1, match: null, previous: null, next: null };
  const calls: Entry[] = [];
  let tail = head;
  for (const { isReturn, index } of times) {
    const entry: Entry = { index, position: tail.position + 1, match: null, previous: tail, next: null };
    tail.next = entry;
    tail = entry;
    if (isReturn) calls[index]!.match = entry;
    else calls[index] = entry;
  }
  return { head, completed: operations.filter((operation) => operation.return !== null).length };
};

const lift = (entry: Entry): void => {
  const match = entry.match!;
  entry.previous!.next = entry.next;
  entry.next!.previous = entry.previous;
  match.previous!.next = match.next;
  if (match.next) match.next.previous = match.previous;
};

const unlift = (entry: Entry): void => {
  const match = entry.match!;
  match.previous!.next = match;
  if (match.next) match.next.previous = match;
  entry.previous!.next = entry;
  entry.next!.previous = entry;
};

const isNew = (cache: Cache, linearized: Int32Array, key: string | number): boolean => {
  let hash = 0;
  for (const word of linearized) hash = Math.imul(hash ^ word, 0x9e3779b1) ^ (hash >>> 15);
  const entries = cache.get(hash);
  if (entries === undefined) {
    cache.set(hash, [{ linearized, key }]);
    return true;
  }
  for (const other of entries)
    if (other.key === key && other.linearized.every((word, at) => word === linearized[at])) return false;
  entries.push({ linearized, key });
  return true;
};
