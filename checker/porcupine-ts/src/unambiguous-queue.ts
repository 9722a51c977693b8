/**
 * FIFO queues in which every value is put once, in O(n log n). Sound and complete, with an order on a pass; the argument follows
 * the ideas of Lee and Mathur (OOPSLA 2025), who take away one value after another, and of Abdulla et al. (PLDI 2025).
 *
 * Puts and what sees values must come in the same order of values. Value a must come before b if a's put must have taken
 * effect before b's (first return f(a) < call of b's put), or if an operation that saw a returned before the last call of
 * those that saw b. A value that nobody took is seen last. To find an order, take away a value that none of the
 * remaining ones must precede, and so on. For "none" it suffices to look at the least f, and the least return of an operation that
 * saw another value: both only grow, so each value becomes eligible once. If no value is eligible, then from each one the
 * holder of the least return that blocks it must come before it; following these leads into a cycle of at most three
 * values: a violation by itself.
 *
 * Given an order of values without such contradictions, let each put take effect as early as it can: at the latest call of a put
 * up to its own; and each operation that sees a value at the latest of the calls of those up to it and of the puts up to
 * its value's. That is in time: a put's call later than the return of an operation that saw this or an earlier value would
 * be later than that value's f, too.
 *
 * Takes and peeks that found nothing need a gap in which no value is surely there (values that overlap keep the queue
 * filled). In such a gap x, chosen for each, cut the history. A value whose operations can all take effect in
 * x, do so. Each other value lies on one side for sure, and nothing on a later side must precede anything on an earlier one. So
 * each side has an order if the whole without the empty answers has one, and the queue is empty between.
 */

import { coveringValues, freeGaps, NONE, operationsOf, type Spans, seersOf } from './spans.ts';
import type { OrderOf } from './unambiguous.ts';

export const queueOrder: OrderOf = (spans, ids, empties) => {
  const { calls, first, last, timeline } = spans;
  const free = freeGaps(spans, ids);
  const byGap = new Map<number, number[]>();
  for (const index of empties) {
    const gap = free[calls[index]! + 1]!;
    if (gap > timeline.returns[index]!) {
      const covering = coveringValues(spans, ids, calls[index]! + 1, timeline.returns[index]!);
      return { witness: [index, ...covering.flatMap((id) => operationsOf(spans, id))] };
    }
    byGap.set(gap, [...(byGap.get(gap) ?? []), index]);
  }
  const cuts = Int32Array.from(byGap.keys()).sort();
  // Side k lies between the cuts k - 1 and k.
  const sides: number[][] = Array.from({ length: cuts.length + 1 }, () => []);
  for (const id of ids) {
    const side = countBelow(cuts, Math.min(first[id]!, last[id]!) + 1);
    const cut = cuts[side];
    if (cut !== undefined && cut > last[id]! && cut <= first[id]!) byGap.get(cut)!.push(...operationsOf(spans, id));
    else sides[side]!.push(id);
  }
  const order: number[] = [];
  for (const [side, members] of sides.entries()) {
    const values = orderOfValues(spans, members);
    if ('cycle' in values) return { witness: values.cycle.flatMap((id) => operationsOf(spans, id)) };
    appendSide(spans, values.order, cuts[side - 1] ?? 0, order);
    if (side < cuts.length) order.push(...byGap.get(cuts[side]!)!);
  }
  return { order };
};

/** How many of the ascending numbers are below the limit. */
const countBelow = (ascending: Int32Array, limit: number): number => {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
};

type ValueOrder = { readonly order: readonly number[] } | { readonly cycle: readonly number[] };

const orderOfValues = (spans: Spans, ids: readonly number[]): ValueOrder => {
  const { calls, put, first, last, timeline } = spans;
  const end = timeline.events.length;
  // In positions within `ids` from here on.
  const putCall = ids.map((id) => calls[put[id]!]!);
  const firstReturn = ids.map((id) => first[id]!);
  /** Of what saw the value: first return and last call. */
  const seenReturn = ids.map((id) => seersOf(spans, id).reduce((min, at) => Math.min(min, timeline.returns[at]!), end));
  const seenCall = ids.map((id) => last[id]!);

  const byPutCall = ascending(putCall);
  const bySeenCall = ascending(seenCall);
  const leastReturn = createMinimum(firstReturn);
  const leastSeen = createMinimum(seenReturn);
  const putEligible = new Uint8Array(ids.length);
  const seenEligible = new Uint8Array(ids.length);
  const ready: number[] = [];
  let nextPut = 0;
  let nextSeen = 0;
  const order: number[] = [];
  /** When none is eligible: from each value to one that must come before it, until one comes up again. */
  const cycleFrom = (start: number): number[] => {
    const path: number[] = [];
    let at = start;
    while (!path.includes(at)) {
      path.push(at);
      if (putEligible[at] === 0) at = leastReturn.holder();
      else at = leastSeen.holder() === at ? leastSeen.other() : leastSeen.holder();
    }
    return path.slice(path.indexOf(at)).map((position) => ids[position]!);
  };
  while (order.length < ids.length) {
    const leastPutReturn = firstReturn[leastReturn.holder()]!;
    for (; nextPut < ids.length && putCall[byPutCall[nextPut]!]! <= leastPutReturn; nextPut++) {
      const at = byPutCall[nextPut]!;
      putEligible[at] = 1;
      if (seenEligible[at] === 1) ready.push(at);
    }
    const holder = leastSeen.holder();
    for (; nextSeen < ids.length && seenCall[bySeenCall[nextSeen]!]! <= seenReturn[holder]!; nextSeen++) {
      const at = bySeenCall[nextSeen]!;
      if (seenEligible[at] === 1) continue;
      seenEligible[at] = 1;
      if (putEligible[at] === 1) ready.push(at);
    }
    // The holder of the least return is not blocked by that: what counts is the least of the others.
    if (seenEligible[holder] === 0 && seenCall[holder]! <= (seenReturn[leastSeen.other()] ?? end)) {
      seenEligible[holder] = 1;
      if (putEligible[holder] === 1) ready.push(holder);
    }
    const at = ready.pop();
    if (at === undefined) return { cycle: cycleFrom(holder) };
    order.push(ids[at]!);
    leastReturn.remove(at);
    leastSeen.remove(at);
  }
  return { order };
};

const ascending = (keys: readonly number[]): number[] => keys.map((_, at) => at).sort((a, b) => keys[a]! - keys[b]!);

/** The least and the second least of some numbers, as they are taken away. */
const createMinimum = (keys: readonly number[]) => {
  const sorted = ascending(keys);
  const rank = new Int32Array(keys.length);
  for (let at = 0; at < sorted.length; at++) rank[sorted[at]!] = at;
  // A linked list over ranks, with a head at the end.
  const head = keys.length;
  const next = Int32Array.from(keys, (_, at) => at + 1);
  const previous = Int32Array.from(keys, (_, at) => (at === 0 ? head : at - 1));
  let least = 0;
  return {
    /** Position of the least that remains. */
    holder: (): number => sorted[least] ?? NONE,
    /** Position of the second least; NONE if there is but one. */
    other: (): number => sorted[next[least]!] ?? NONE,
    remove(at: number): void {
      const place = rank[at]!;
      if (place === least) least = next[place]!;
      else next[previous[place]!] = next[place]!;
      if (next[place]! < head) previous[next[place]!] = previous[place]!;
    },
  };
};

/** Puts, and what sees values, each as early as it can; a put comes before what sees a value in the same gap. */
const appendSide = (spans: Spans, values: readonly number[], start: number, order: number[]): void => {
  const { calls, put } = spans;
  let putMoment = start;
  const puts: { readonly index: number; readonly moment: number }[] = [];
  const seers: { readonly index: number; readonly moment: number }[] = [];
  let seenMoment = start;
  for (const id of values) {
    putMoment = Math.max(putMoment, calls[put[id]!]! + 1);
    puts.push({ index: put[id]!, moment: putMoment });
    for (const index of seersOf(spans, id)) {
      seenMoment = Math.max(seenMoment, putMoment, calls[index]! + 1);
      seers.push({ index, moment: seenMoment });
    }
  }
  let next = 0;
  for (const { index, moment } of seers) {
    while (next < puts.length && puts[next]!.moment <= moment) order.push(puts[next++]!.index);
    order.push(index);
  }
  for (; next < puts.length; next++) order.push(puts[next]!.index);
};
