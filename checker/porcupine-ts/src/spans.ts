/**
 * Unambiguous histories of queues, stacks and priority queues: those in which every value is put once. What must be known of
 * each value to decide them (Lee and Mathur, "Efficient Decrease-and-Conquer Linearizability Monitoring", OOPSLA 2025;
 * Abdulla et al., "Efficient Linearizability Monitoring", PLDI 2025); queue, stack and priority queue each have their own
 * file.
 *
 * Time is counted in gaps: gap j lies immediately before event j of the timeline. An operation with its call at event c and
 * its return at event r takes effect in one of the gaps c + 1 … r.
 *
 * A value's operations are its put, its looks (peeks that saw it) and maybe its take, in this order. So its put takes effect
 * before the first return f of any of them, and the value is there until the last call s: it is surely there in the gaps
 * f + 1 … s (forward), if there are such; else all its operations can take effect at once, in any of the gaps s + 1 … f
 * (backward). A value that is not taken is there to the end.
 *
 * All of the operations of a value together can be left out: what remains is legal if the whole is. And so can a take or peek
 * that found nothing.
 */

import { callPositions } from './decision.ts';
import type { Value } from './model.ts';
import type { Timeline } from './timeline.ts';
import { Interner } from './value.ts';

export interface Step {
  readonly f: 'put' | 'take' | 'peek';
  readonly value?: Value;
}

export const NONE = -1;

/** The values of a history by number. Operations are positions in its timeline. */
export interface Spans {
  readonly timeline: Timeline<unknown, unknown>;
  /** Position of each operation's call among the events. */
  readonly calls: Int32Array;
  readonly values: readonly Value[];
  readonly put: Int32Array;
  /** NONE for a value that is not taken. */
  readonly take: Int32Array;
  /** Peeks that saw the value, in order of call, from `looksAt[value]` to before `looksAt[value + 1]`. */
  readonly looks: Int32Array;
  readonly looksAt: Int32Array;
  /** The first return of any of the value's operations. */
  readonly first: Int32Array;
  /** The last call of any of the value's operations; the number of events for a value that is not taken. */
  readonly last: Int32Array;
  /** Takes and peeks that found nothing. */
  readonly empties: readonly number[];
  /** Takes that returned with an unknown answer, and takes that never returned. */
  readonly unknownTakes: readonly number[];
  /** Peeks that returned with an unknown answer: they fit anywhere. */
  readonly silent: readonly number[];
}

/** A contradiction within one value. */
export interface Contradiction {
  readonly witness: readonly number[];
}

/**
 * Null if the history is not unambiguous: a value is put twice, or is the null that stands for "nothing", or an operation
 * that never returned has an answer.
 */
export const readSpans = (timeline: Timeline<Step, Value>): Spans | Contradiction | null => {
  const { operations, returns, events } = timeline;
  const end = events.length;
  const n = operations.length;
  const interner = new Interner(n);
  const values: Value[] = [];
  const put: number[] = [];
  const empties: number[] = [];
  const unknownTakes: number[] = [];
  const silent: number[] = [];
  /** The value that each take or peek found. */
  const found = new Int32Array(n).fill(NONE);
  const idOf = (value: Value): number => {
    const id = interner.idOf(value);
    if (id === values.length) {
      values.push(value);
      put.push(NONE);
    }
    return id;
  };
  for (let index = 0; index < n; index++) {
    const { input, output } = operations[index]!;
    const isOpen = returns[index] === end;
    if (input.f === 'put') {
      const value = input.value ?? null;
      const id = value === null ? NONE : idOf(value);
      if (id === NONE || put[id] !== NONE) return null;
      put[id] = index;
    } else if (isOpen && output !== undefined) return null;
    else if (output === undefined) {
      if (input.f === 'take') unknownTakes.push(index);
      else if (!isOpen) silent.push(index);
    } else if (output === null) empties.push(index);
    else found[index] = idOf(output);
  }
  const take = new Int32Array(values.length).fill(NONE);
  const looksAt = new Int32Array(values.length + 1);
  for (let index = 0; index < n; index++) {
    const id = found[index]!;
    if (id === NONE) continue;
    if (put[id] === NONE) return { witness: [index] };
    if (operations[index]!.input.f === 'peek') looksAt[id + 1]!++;
    else if (take[id] === NONE) take[id] = index;
    else return { witness: [put[id]!, take[id]!, index] };
  }
  for (let id = 0; id < values.length; id++) looksAt[id + 1]! += looksAt[id]!;
  const looks = new Int32Array(looksAt[values.length]!);
  const filled = looksAt.slice();
  for (let index = 0; index < n; index++)
    if (found[index] !== NONE && operations[index]!.input.f === 'peek') looks[filled[found[index]!]!++] = index;
  const calls = callPositions(timeline);
  const lists = { empties, unknownTakes, silent };
  return withZones({ timeline, calls, values, put: Int32Array.from(put), take, looks, looksAt, ...lists });
};

/** Adds the first return and the last call of each value; a contradiction if a value's operations are in a wrong order. */
export const withZones = (shape: Omit<Spans, 'first' | 'last'>): Spans | Contradiction => {
  const { timeline, calls, values, put, take, looks, looksAt } = shape;
  const { returns, events } = timeline;
  const first = new Int32Array(values.length);
  const last = new Int32Array(values.length);
  for (let id = 0; id < values.length; id++) {
    const puts = put[id]!;
    const takes = take[id]!;
    first[id] = returns[puts]!;
    last[id] = calls[puts]!;
    for (let at = looksAt[id]!; at <= looksAt[id + 1]!; at++) {
      const index = at < looksAt[id + 1]! ? looks[at]! : takes;
      if (index === NONE) continue;
      if (returns[index]! < calls[puts]!) return { witness: [puts, index] };
      if (takes !== NONE && returns[takes]! < calls[index]!) return { witness: [puts, index, takes] };
      first[id] = Math.min(first[id]!, returns[index]!);
      last[id] = Math.max(last[id]!, calls[index]!);
    }
    if (takes === NONE) last[id] = events.length;
  }
  return { ...shape, first, last };
};

/** Whether somebody saw the value; if not, it need not have been put if that has no known outcome. */
export const isSeen = ({ take, looksAt }: Spans, id: number): boolean =>
  take[id] !== NONE || looksAt[id]! < looksAt[id + 1]!;

/** Values that must have been put, in order of their puts' calls. */
export const valuesThatMatter = (spans: Spans): number[] => {
  const { put, timeline, values } = spans;
  const ids: number[] = [];
  for (let id = 0; id < values.length; id++)
    if (timeline.returns[put[id]!]! < timeline.events.length || isSeen(spans, id)) ids.push(id);
  return ids;
};

/** All operations of a value: put, looks, take. */
export const operationsOf = ({ put, take, looks, looksAt }: Spans, id: number): number[] => {
  const operations = [put[id]!, ...looks.subarray(looksAt[id]!, looksAt[id + 1]!)];
  if (take[id] !== NONE) operations.push(take[id]!);
  return operations;
};

/** Looks and take of a value, in this order: what takes effect while it is next. */
export const seersOf = ({ take, looks, looksAt }: Spans, id: number): number[] => {
  const seers = Array.from(looks.subarray(looksAt[id]!, looksAt[id + 1]!));
  if (take[id] !== NONE) seers.push(take[id]!);
  return seers;
};

/**
 * The next gap, from each on, in which none of the values is surely there; the number of gaps if there is none.
 */
export const freeGaps = (spans: Spans, ids: readonly number[]): Int32Array => {
  const { first, last, timeline } = spans;
  const gaps = timeline.events.length + 1;
  const changes = new Int32Array(gaps + 1);
  for (const id of ids) {
    if (first[id]! >= last[id]!) continue;
    changes[first[id]! + 1]!++;
    changes[last[id]! + 1]!--;
  }
  const next = new Int32Array(gaps + 1);
  next[gaps] = gaps;
  for (let gap = 1; gap < gaps; gap++) changes[gap]! += changes[gap - 1]!;
  for (let gap = gaps - 1; gap >= 0; gap--) next[gap] = changes[gap] === 0 ? gap : next[gap + 1]!;
  return next;
};

/** Few values of those given such that in each gap of the range one of them is surely there. There must be such. */
export const coveringValues = (spans: Spans, ids: readonly number[], from: number, to: number): number[] => {
  const { first, last } = spans;
  const ascending = ids.filter((id) => first[id]! < last[id]! && first[id]! < to && last[id]! >= from);
  ascending.sort((a, b) => first[a]! - first[b]!);
  const chosen: number[] = [];
  let next = 0;
  let best = NONE;
  for (let gap = from; gap <= to; gap = last[best]! + 1) {
    for (; next < ascending.length && first[ascending[next]!]! < gap; next++)
      if (best === NONE || last[ascending[next]!]! > last[best]!) best = ascending[next]!;
    chosen.push(best);
  }
  return chosen;
};

/**
 * The order with further operations that may take effect anywhere in their time.
 * @param order in which each operation can take effect at the latest call up to it
 */
export const withAnywhere = (
  spans: Pick<Spans, 'calls' | 'timeline'>,
  order: readonly number[],
  extras: readonly number[],
): readonly number[] => {
  if (extras.length === 0) return order;
  const { calls } = spans;
  const waiting = [...extras].sort((a, b) => calls[a]! - calls[b]!);
  const complete: number[] = [];
  let moment = 0;
  let next = 0;
  for (const index of order) {
    moment = Math.max(moment, calls[index]!);
    while (next < waiting.length && calls[waiting[next]!]! < moment) complete.push(waiting[next++]!);
    complete.push(index);
  }
  complete.push(...waiting.slice(next));
  return complete;
};
