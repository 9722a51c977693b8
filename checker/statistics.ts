/** Counts of a history, for the verdict and for deciding whether it says anything. */

import type { Operation } from '../history/operation.ts';
import { keyTag } from './history-model.ts';

export interface HistoryCounts {
  readonly operations: number;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  readonly keys: number;
  /** Pairs of operations on one key that were under way at the same time, both answered ok. */
  readonly overlappingPairs: number;
}

export function countHistory(operations: readonly Operation[]): HistoryCounts {
  const outcomes = { ok: 0, fail: 0, info: 0 };
  const byKey = new Map<string, Operation[]>();
  for (const operation of operations) {
    outcomes[operation.outcome]++;
    const tag = keyTag(operation.key);
    const list = byKey.get(tag);
    if (list === undefined) byKey.set(tag, [operation]);
    else list.push(operation);
  }
  let overlappingPairs = 0;
  for (const list of byKey.values()) overlappingPairs += overlaps(list);
  return { operations: operations.length, ...outcomes, keys: byKey.size, overlappingPairs };
}

/** Each invocation overlaps those invoked before it that were not completed yet. */
function overlaps(operations: readonly Operation[]): number {
  const calls: number[] = [];
  const returns: number[] = [];
  for (const operation of operations)
    if (operation.outcome === 'ok' && operation.completedAt !== null) {
      calls.push(operation.invokedAt);
      returns.push(operation.completedAt);
    }
  calls.sort((a, b) => a - b);
  returns.sort((a, b) => a - b);
  let pairs = 0;
  let returned = 0;
  calls.forEach((call, before) => {
    while (returned < returns.length && (returns[returned] ?? 0) < call) returned++;
    pairs += before - returned;
  });
  return pairs;
}
