/** Counts that came too low, beside later ones: whether what one lacks was lost, or only came late. */

import type { Operation } from '../history/operation.ts';
import type { Answered, Counted } from './counter-shapes.ts';
import type { Finding } from './shapes.ts';

/** What a later answer says of increments that an earlier one lacks: whether it has them, or may have; null if not, or if none came. */
type Later = { readonly by: Operation; readonly isSure: boolean } | null;

/** Later answers that are looked at for one. */
const LATER_MAX = 16;

/**
 * For an answer that lacks increments, a later one with all that was acknowledged before it: the increments then came late, and
 * were not lost. That is sure only where nothing can have made up for them.
 */
export function countedLater(
  answers: readonly Answered[],
  all: readonly Counted[],
  initial: number,
): (answer: Answered) => Later {
  const adds = all.filter(({ amount }) => amount !== 0);
  const isOnlyUp = adds.every(({ amount }) => amount > 0);
  // An answer that lacks less than this of all that was asked for by then lacks nothing of it.
  const smallest = adds.reduce((least, { amount }) => Math.min(least, amount), Number.POSITIVE_INFINITY);
  const byDone = sums(adds.flatMap(({ done, amount }) => (done === null ? [] : [{ at: done, amount }])));
  const byCall = sums(adds.map(({ call, amount }) => ({ at: call, amount })));
  const full = answers
    .filter(({ call, count, amount }) => count >= initial + byDone(call) + amount)
    .sort((a, b) => a.call - b.call);
  return (answer) => {
    if (!isOnlyUp) return null;
    let low = 0;
    let high = full.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((full[middle] as Answered).call <= answer.done) low = middle + 1;
      else high = middle;
    }
    const later = full.slice(low, low + LATER_MAX);
    const sure = later.find(({ done, count }) => initial + byCall(done) - count < smallest);
    const [one] = later;
    return sure !== undefined
      ? { by: sure.operation, isSure: true }
      : one === undefined
        ? null
        : { by: one.operation, isSure: false };
  };
}

/** The sum of the amounts up to a moment. */
function sums(amounts: readonly { readonly at: number; readonly amount: number }[]): (moment: number) => number {
  const sorted = [...amounts].sort((a, b) => a.at - b.at);
  const totals = [0];
  for (const { amount } of sorted) totals.push((totals.at(-1) ?? 0) + amount);
  return (moment) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle]?.at ?? 0) <= moment) low = middle + 1;
      else high = middle;
    }
    return totals[low] ?? 0;
  };
}

export function orOnlyLate(finding: Finding, later: Later): Finding {
  if (later === null) return finding;
  return {
    ...finding,
    shape: later.isSure ? 'stale-count' : 'count-too-low',
    facts: { ...finding.facts, later: later.by.index, isIncrement: true },
  };
}
