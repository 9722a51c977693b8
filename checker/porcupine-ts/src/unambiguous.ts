/**
 * Decides an unambiguous history of a queue, stack or priority queue (see spans.ts), given a method for those in which the
 * answer of each take is known; and handles takes whose answer is not.
 *
 * A take of unknown answer took a value that no other take took, or nothing, or did not happen. Leave out these takes, and all
 * values that are not taken: what remains is legal if the whole is, so if the method rejects it, the whole is a violation.
 * If not, guess: that takes without a return did not happen, and others found nothing. As long as a witness
 * against the guess has a value in it that is not taken, let a take of unknown answer have taken it. If a guess has an order,
 * the history has one; after some guesses in vain this method can't tell.
 */

import { type Decision, decideFirst } from './decision.ts';
import type { Value } from './model.ts';
import type { Search } from './search.ts';
import {
  type Contradiction,
  NONE,
  readSpans,
  type Spans,
  type Step,
  valuesThatMatter,
  withAnywhere,
  withZones,
} from './spans.ts';
import type { Timeline } from './timeline.ts';

/** An order of all operations of the values and of those that found nothing, or operations that have none. */
export type OrderOf = (
  spans: Spans,
  ids: readonly number[],
  empties: readonly number[],
) => { readonly order: readonly number[] } | Contradiction;

const GUESSES_MAX = 40;

/** Null if the history is not unambiguous. */
export const unambiguousSearch = (
  method: string,
  timeline: Timeline<Step, Value>,
  orderOf: OrderOf,
  otherwise: () => Search,
): Search | null => {
  const read = readSpans(timeline);
  if (read === null) return null;
  const run = decide(read, orderOf);
  const goOn = (): Decision | null | 'more' => {
    const { done, value } = run.next();
    return done ? value : 'more';
  };
  return decideFirst(method, timeline, goOn, otherwise);
};

/** The decision alone: null if the history is not unambiguous, or the method can't tell. */
export const decideUnambiguous = (timeline: Timeline<Step, Value>, orderOf: OrderOf): Decision | null => {
  const read = readSpans(timeline);
  if (read === null) return null;
  const run = decide(read, orderOf);
  for (;;) {
    const { done, value } = run.next();
    if (done) return value;
  }
};

/** Pauses before each guess. */
function* decide(read: Spans | Contradiction, orderOf: OrderOf): Generator<'more', Decision | null, void> {
  if (isContradiction(read)) return { outcome: 'violation', witness: read.witness };
  const ids = valuesThatMatter(read);
  const known = read.unknownTakes.length === 0 ? ids : ids.filter((id) => read.take[id] !== NONE);
  const result = orderOf(read, known, read.empties);
  if (isContradiction(result)) return { outcome: 'violation', witness: result.witness };
  const order = read.unknownTakes.length === 0 ? result.order : yield* guess(read, ids, orderOf);
  return order === null ? null : { outcome: 'pass', order: withAnywhere(read, order, read.silent) };
}

const isContradiction = (result: object): result is Contradiction => 'witness' in result;

function* guess(
  read: Spans,
  ids: readonly number[],
  orderOf: OrderOf,
): Generator<'more', readonly number[] | null, void> {
  const { returns, events } = read.timeline;
  const free = new Set(read.unknownTakes);
  let spans = read;
  for (let guesses = 0; guesses < GUESSES_MAX; guesses++) {
    yield 'more';
    const idle = [...free].filter((index) => returns[index]! < events.length);
    const result = orderOf(spans, ids, [...read.empties, ...idle]);
    if (!isContradiction(result)) return result.order;
    const blamed = new Set(result.witness);
    const value = ids.find((id) => spans.take[id] === NONE && blamed.has(spans.put[id]!));
    if (value === undefined) return null;
    const candidates = [...free].filter((index) => returns[index]! > spans.calls[spans.put[value]!]!);
    const taker = candidates.find((index) => blamed.has(index)) ?? candidates[0];
    if (taker === undefined) return null;
    free.delete(taker);
    const take = spans.take.slice();
    take[value] = taker;
    const next = withZones({ ...spans, take });
    if (isContradiction(next)) return null;
    spans = next;
  }
  return null;
}
