/**
 * Priority queues in which every value is put once: sound and complete, in O(n log n), with an order on a pass. That values can
 * be taken away from one end of their order is Lee and Mathur's idea (OOPSLA 2025); the construction is argued here.
 *
 * An operation that sees value v (its take, or a peek) needs a gap of its time in which no smaller value (one that
 * precedes v) is surely there; one that found nothing needs a gap in which no value at all is. That is necessary. It is sufficient:
 *
 * Choose such a gap for each of these operations. They ask that all smaller values be absent there. Settle the values
 * from the last to the first, keeping the gaps in which larger ones were seen (the points). No point lies where v is
 * surely there. If all of v's operations can take effect in a point, put, see and take it there at once: smaller
 * values are absent in that point anyway. Else v lies between two points for sure: let its put be called, and its
 * operations return, within them. A gap that was chosen for one of its operations and lies outside moves to the nearer of the
 * two points, where smaller values are absent, too. Its gaps become points for the smaller values. Its put comes as early as it
 * can; larger values do not mind.
 */

import { createCoverage } from './coverage.ts';
import type { Value } from './model.ts';
import { createPoints } from './points.ts';
import { type Contradiction, coveringValues, NONE, operationsOf, type Spans, seersOf } from './spans.ts';
import type { OrderOf } from './unambiguous.ts';

/** @param precedes whether the first of two values is taken before the second */
export const priorityQueueOrder =
  (precedes: (a: Value, b: Value) => boolean): OrderOf =>
  (spans, ids, empties) => {
    const { values } = spans;
    const smallestFirst = [...ids].sort((a, b) => (precedes(values[a]!, values[b]!) ? -1 : 1));
    const chosen = chooseGaps(spans, smallestFirst, empties);
    return 'witness' in chosen ? chosen : { order: arrange(spans, smallestFirst, empties, chosen.gaps) };
  };

/** For each operation that saw a value or found nothing, by position: the first gap that it may take effect in. */
const chooseGaps = (
  spans: Spans,
  smallestFirst: readonly number[],
  empties: readonly number[],
): { readonly gaps: Int32Array } | Contradiction => {
  const { calls, put, take, first, last, timeline } = spans;
  const { returns, events, operations } = timeline;
  const gaps = new Int32Array(operations.length);
  const coverage = createCoverage(events.length + 1);
  const blocked = (index: number, from: number, to: number, own: readonly number[], smaller: number): Contradiction => {
    const covering = coveringValues(spans, smallestFirst.slice(0, smaller), from, to);
    return { witness: [...new Set([index, ...[...own, ...covering].flatMap((id) => operationsOf(spans, id))])] };
  };
  for (const [rank, id] of smallestFirst.entries()) {
    const taken = take[id] === NONE ? events.length : returns[take[id]!]!;
    // The put comes before whatever sees the value, the take after all of that.
    const putGap = calls[put[id]!]! + 1;
    let latest = 0;
    for (const index of seersOf(spans, id)) {
      const start = Math.max(index === take[id] ? latest : 0, putGap, calls[index]! + 1);
      const end = Math.min(taken, returns[index]!);
      gaps[index] = coverage.nextFree(start);
      if (gaps[index]! > end) return blocked(index, start, end, [id], rank);
      latest = Math.max(latest, gaps[index]!);
    }
    coverage.add(first[id]! + 1, last[id]!, 1);
  }
  for (const index of empties) {
    const start = calls[index]! + 1;
    gaps[index] = coverage.nextFree(start);
    if (gaps[index]! > returns[index]!) return blocked(index, start, returns[index]!, [], smallestFirst.length);
  }
  return { gaps };
};

/** One order from the gaps; a linked list of what sees, in order of gap, and apart from it the puts. */
const arrange = (
  spans: Spans,
  smallestFirst: readonly number[],
  empties: readonly number[],
  gaps: Int32Array,
): readonly number[] => {
  const { calls, put, first, last, timeline } = spans;
  const end = timeline.events.length + 1;
  const points = createPoints(end);
  /** Of each point: the first and the last entry of the list that take effect in it. */
  const firstAt = new Int32Array(end + 1).fill(NONE);
  const lastAt = new Int32Array(end + 1).fill(NONE);
  const head = timeline.operations.length;
  /** The list, by operation; `head` comes before all. */
  const next = new Int32Array(head + 1).fill(NONE);
  const previous = new Int32Array(head + 1).fill(NONE);
  const gapOf = gaps.slice();
  const insertAfter = (index: number, before: number, gap: number): void => {
    gapOf[index] = gap;
    const after = next[before]!;
    next[before] = index;
    previous[index] = before;
    next[index] = after;
    if (after !== NONE) previous[after] = index;
  };
  let tail = head;
  for (const index of [...empties].sort((a, b) => gaps[a]! - gaps[b]!)) {
    const gap = gaps[index]!;
    insertAfter(index, tail, gap);
    if (firstAt[gap] === NONE) firstAt[gap] = index;
    lastAt[gap] = index;
    points.insert(gap);
    tail = index;
  }

  /** Puts that come before whatever takes effect in their gap or later. */
  const puts: { readonly index: number; readonly gap: number }[] = [];
  for (const id of [...smallestFirst].reverse()) {
    const [earlier, later] = [Math.min(first[id]!, last[id]!), Math.max(first[id]!, last[id]!)];
    const above = points.atOrAfter(earlier + 1);
    if (above !== NONE && above <= later) {
      // A backward value, all of which can take effect there.
      let at = previous[firstAt[above]!]!;
      const operations = operationsOf(spans, id);
      for (const index of operations) {
        insertAfter(index, at, above);
        at = index;
      }
      firstAt[above] = operations[0]!;
      continue;
    }
    const below = points.atOrBefore(earlier);
    let at = below === NONE ? head : lastAt[below]!;
    const putGap = calls[put[id]!]! + 1;
    if (putGap > below) puts.push({ index: put[id]!, gap: putGap });
    else {
      insertAfter(put[id]!, at, below);
      at = put[id]!;
      lastAt[below] = at;
    }
    for (const index of seersOf(spans, id)) {
      const gap = Math.min(Math.max(gaps[index]!, below), above === NONE ? end : above);
      const isFirstThere = gap !== gapOf[at] || at === head;
      insertAfter(index, at, gap);
      at = index;
      if (firstAt[gap] === NONE || (gap === above && isFirstThere)) firstAt[gap] = index;
      if (gap !== above) lastAt[gap] = index;
      points.insert(gap);
    }
  }

  puts.sort((a, b) => a.gap - b.gap);
  const order: number[] = [];
  let waiting = 0;
  for (let index = next[head]!; index !== NONE; index = next[index]!) {
    while (waiting < puts.length && puts[waiting]!.gap <= gapOf[index]!) order.push(puts[waiting++]!.index);
    order.push(index);
  }
  for (; waiting < puts.length; waiting++) order.push(puts[waiting]!.index);
  return order;
};
