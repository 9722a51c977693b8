/**
 * When a trial without a violation proves nothing. Thresholds are low on purpose: they are to catch a trial in which something
 * went wrong with the trial itself, not one that could have been longer.
 */

import type { FaultRecord } from '../history/trial-records.ts';
import type { CheckStatistics } from './verdict.ts';

/** Fewer operations that succeeded than this say nothing of a cluster. */
export const OK_MIN = 20;
/** A smaller share of all operations than this: the clients were mostly talking to nobody. */
export const OK_SHARE_MIN = 0.05;
/** Without operations on one key that overlap, any system that answers in order passes. */
export const OVERLAPPING_PAIRS_MIN = 10;

/**
 * Why a trial is vacuous, one sentence each; empty if it is not. `asked` are the kinds of faults that the trial was to have:
 * of each at least one must have taken effect.
 */
export function vacuousReasons(
  statistics: CheckStatistics,
  faults: readonly FaultRecord[] = [],
  asked: readonly string[] = [],
): string[] {
  const reasons: string[] = [];
  const { operations, ok, overlappingPairs } = statistics;
  if (operations === 0) return ['no operation was recorded'];
  if (ok < OK_MIN) reasons.push(`only ${ok} of ${operations} operations succeeded (at least ${OK_MIN} are needed)`);
  else if (ok < OK_SHARE_MIN * operations)
    reasons.push(`only ${ok} of ${operations} operations succeeded (at least ${OK_SHARE_MIN * 100}% are needed)`);
  if (overlappingPairs < OVERLAPPING_PAIRS_MIN)
    reasons.push(
      overlappingPairs === 0
        ? `no two operations on one key overlapped (at least ${OVERLAPPING_PAIRS_MIN} pairs are needed)`
        : `only ${overlappingPairs} ${overlappingPairs === 1 ? 'pair' : 'pairs'} of operations on one key overlapped (at least ${OVERLAPPING_PAIRS_MIN} are needed)`,
    );
  for (const kind of new Set(asked)) {
    const ofKind = faults.filter((fault) => fault.kind === kind);
    if (ofKind.length === 0) reasons.push(`the fault ${kind} was asked for, but never happened`);
    else if (!ofKind.some((fault) => fault.bit))
      reasons.push(
        `the fault ${kind} happened ${ofKind.length === 1 ? 'once, but showed no effect' : `${ofKind.length} times, but none of them showed any effect`}`,
      );
  }
  return reasons;
}

/** Why a history from elsewhere that has no violation says nothing: less is asked of it, as nobody knows how it came about. */
export function vacuousHistoryReasons(statistics: CheckStatistics): string[] {
  if (statistics.operations === 0) return ['the history has no operation'];
  if (statistics.ok === 0) return [`none of the ${statistics.operations} operations succeeded`];
  return [];
}
