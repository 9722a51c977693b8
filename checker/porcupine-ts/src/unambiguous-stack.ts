/**
 * Stacks in which every value is put (pushed) once: sound and complete, with an order on a pass. The idea of taking away values
 * that can't matter is that of Lee and Mathur (OOPSLA 2025); which those are, and why, is argued here.
 *
 * A backward value (see spans.ts) can be put, seen and taken all in one gap, where it disturbs nothing: leave it out, and
 * insert it at the end. The others are surely there in the gaps f + 1 … s. Where these overlap they make a component.
 *
 * 1. Components are independent. Between two of them there is a gap in which no value is surely there. Take an order of the
 *    whole, and of it the values before the gap alone, each operation no later than the gap; then those after it alone, no
 *    earlier. That is an order, too: a value on one side has all calls before the gap or all returns after it.
 * 2. In a component, from its first gap to its last, there always is a value. So one lies at the bottom all that time; every other
 *    is put after it and taken before. It can be b only if the call of b's put comes before the first return of all others, and
 *    the return of its take (if it is taken) after the last call of all others; and if whoever saw b in place (a peek) did so in
 *    a gap in which no other value is surely there.
 * 3. Any such b will do. Without b, the component has an order if it has one with it; by 1 the parts between the gaps in
 *    which b was seen are independent, and nothing keeps b from being put before all and taken after all. So take b away, and
 *    go on with the components of what remains.
 * 4. Takes and peeks that found nothing are like peeks at a bottom below all values.
 *
 * Components come from a segment tree over gaps, candidates for b from one over values. Each value is taken away once:
 * O(n log n) if the candidates that fit by time are few or were not seen in place by a peek; the tree may have to look at more of them.
 */

import { createCoverage } from './coverage.ts';
import { minimalWitness } from './minimal-witness.ts';
import { coveringValues, NONE, operationsOf, type Spans } from './spans.ts';
import type { OrderOf } from './unambiguous.ts';

export const stackOrder: OrderOf = (spans, ids, empties) => {
  const result = decompose(spans, ids, empties);
  if ('order' in result) return result;
  if ('empty' in result) {
    const { calls, timeline } = spans;
    const covering = coveringValues(spans, ids, calls[result.empty]! + 1, timeline.returns[result.empty]!);
    return { witness: [result.empty, ...covering.flatMap((id) => operationsOf(spans, id))] };
  }
  const values = minimalWitness(result.stuck, (part) => !('order' in decompose(spans, part, [])));
  return { witness: values.flatMap((id) => operationsOf(spans, id)) };
};

type Decomposition =
  | { readonly order: readonly number[] }
  /** An answer "nothing" for which there is no gap. */
  | { readonly empty: number }
  /** Values that have no order. */
  | { readonly stuck: readonly number[] };

/** An operation that needs a gap in which nothing lies above the value that it saw. */
interface Look {
  readonly index: number;
  readonly gap: number;
}

/** A bottom that has been put, and what is still to come above it. */
interface Level {
  readonly bottom: number;
  /** In order of gap. */
  readonly looks: readonly Look[];
  nextLook: number;
  /** Values of the level that come from here on, in order of first return, up to before `end`. */
  next: number;
  readonly end: number;
}

const decompose = (spans: Spans, ids: readonly number[], empties: readonly number[]): Decomposition => {
  const { calls, put, take, first, last, timeline } = spans;
  const { returns } = timeline;
  const gaps = timeline.events.length + 1;
  const forward = ids.filter((id) => first[id]! < last[id]!).sort((a, b) => first[a]! - first[b]!);
  const coverage = createCoverage(gaps);
  for (const id of forward) coverage.add(first[id]! + 1, last[id]!, 1);
  const candidates = createCandidates(
    forward.map((id) => calls[put[id]!]!),
    forward.map((id) => (take[id] === NONE ? gaps : returns[take[id]!]!)),
  );

  const looksOf = (indexes: readonly number[], from: number, to: number): Look[] | number => {
    const looks: Look[] = [];
    for (const index of indexes) {
      const gap = coverage.nextFree(Math.max(from, calls[index]! + 1));
      if (gap > Math.min(to, returns[index]!)) return index;
      looks.push({ index, gap });
    }
    return looks.sort((a, b) => a.gap - b.gap);
  };

  /** Takes away the bottom of the component that covers the gaps from + 1 … to, and gives its level; null if there is none. */
  const takeBottom = (from: number, to: number, start: number, end: number): Level | null => {
    for (let at = candidates.find(start, end, from, to); at !== NONE; at = candidates.find(at + 1, end, from, to)) {
      const bottom = forward[at]!;
      coverage.add(first[bottom]! + 1, last[bottom]!, -1);
      const { looks, looksAt } = spans;
      const found = looksOf(Array.from(looks.subarray(looksAt[bottom]!, looksAt[bottom + 1]!)), from, to + 1);
      if (typeof found !== 'number') {
        candidates.remove(at);
        return { bottom, looks: found, nextLook: 0, next: start, end };
      }
      coverage.add(first[bottom]! + 1, last[bottom]!, 1);
    }
    return null;
  };

  const ground = looksOf(empties, 0, gaps);
  if (typeof ground === 'number') return { empty: ground };
  const order: number[] = [];
  const levels: Level[] = [{ bottom: NONE, looks: ground, nextLook: 0, next: 0, end: forward.length }];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const start = candidates.nextFrom(level.next);
    const from = start < level.end ? first[forward[start]!]! : gaps;
    for (; level.nextLook < level.looks.length && level.looks[level.nextLook]!.gap <= from; level.nextLook++)
      order.push(level.looks[level.nextLook]!.index);
    if (start >= level.end) {
      if (level.bottom !== NONE && take[level.bottom] !== NONE) order.push(take[level.bottom]!);
      levels.pop();
      continue;
    }
    const to = coverage.nextFree(from + 1) - 1;
    let end = start;
    for (let high = level.end; end < high; ) {
      const middle = (end + high) >>> 1;
      if (first[forward[middle]!]! <= to) end = middle + 1;
      else high = middle;
    }
    level.next = end;
    const above = takeBottom(from, to, start, end);
    if (above === null) return { stuck: forward.slice(start, end).filter((_, at) => candidates.isThere(start + at)) };
    order.push(put[above.bottom]!);
    levels.push(above);
  }
  return { order: withBackward(spans, order, ids) };
};

/** The order with the values that can be put, seen and taken in one gap. */
const withBackward = (spans: Spans, order: readonly number[], ids: readonly number[]): readonly number[] => {
  const { calls, first, last } = spans;
  const backward = ids.filter((id) => first[id]! > last[id]!).sort((a, b) => last[a]! - last[b]!);
  const complete: number[] = [];
  let moment = 0;
  let next = 0;
  for (const index of order) {
    moment = Math.max(moment, calls[index]!);
    // In the gap after the value's last call.
    while (next < backward.length && last[backward[next]!]! < moment)
      complete.push(...operationsOf(spans, backward[next++]!));
    complete.push(index);
  }
  for (; next < backward.length; next++) complete.push(...operationsOf(spans, backward[next]!));
  return complete;
};

/** Values that may be a bottom: a segment tree with the earliest put's call and the latest take's return in each node. */
const createCandidates = (putCalls: readonly number[], takeReturns: readonly number[]) => {
  const n = putCalls.length;
  let leaves = 1;
  while (leaves < n) leaves *= 2;
  const earliest = new Int32Array(2 * leaves).fill(2 ** 31 - 1);
  const latest = new Int32Array(2 * leaves).fill(-1);
  const update = (node: number): void => {
    earliest[node] = Math.min(earliest[2 * node]!, earliest[2 * node + 1]!);
    latest[node] = Math.max(latest[2 * node]!, latest[2 * node + 1]!);
  };
  for (let at = 0; at < n; at++) {
    earliest[leaves + at] = putCalls[at]!;
    latest[leaves + at] = takeReturns[at]!;
  }
  for (let node = leaves - 1; node >= 1; node--) update(node);

  const isThere = (at: number): boolean => latest[leaves + at]! >= 0;
  /** The first in the node, which begins at `begin`, that lies in the range and fits; NONE if there is none. */
  const descend = (
    node: number,
    begin: number,
    size: number,
    start: number,
    end: number,
    putBefore: number,
    takeAfter: number,
  ): number => {
    if (begin >= end || begin + size <= start) return NONE;
    if (earliest[node]! >= putBefore || latest[node]! <= takeAfter) return NONE;
    if (size === 1) return begin;
    const half = size / 2;
    const left = descend(2 * node, begin, half, start, end, putBefore, takeAfter);
    return left !== NONE ? left : descend(2 * node + 1, begin + half, half, start, end, putBefore, takeAfter);
  };
  return {
    isThere,
    /** The first from `start` to before `end` whose put is called before an event, and whose take returns after one. */
    find: (start: number, end: number, putBefore: number, takeAfter: number): number =>
      descend(1, 0, leaves, start, end, putBefore, takeAfter),
    /** The first from `start` on that has not been taken away; `n` or more if there is none. */
    nextFrom(start: number): number {
      const found = descend(1, 0, leaves, start, n, 2 ** 31 - 1, -1);
      return found === NONE ? n : found;
    },
    remove(at: number): void {
      earliest[leaves + at] = 2 ** 31 - 1;
      latest[leaves + at] = -1;
      for (let node = (leaves + at) >> 1; node >= 1; node >>= 1) update(node);
    },
  };
};
