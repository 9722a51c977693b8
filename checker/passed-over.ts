/**
 * Answers of a queue, stack or priority queue that passed something over. A value that was put in once is there from the end of its
 * put until something may take it: the one operation that got it or, where nobody got it, any take of which nobody knows what it
 * got. An answer that needs it to be away is impossible as long as it, or another such, is there (presence.ts): "empty" needs all to
 * be away, a queue's answer what was surely put in before it, a stack's what was surely put on it after, a priority queue's what
 * comes before it by priority.
 */

import type { Operation } from '../history/operation.ts';
import { named, shown, stepOn } from './accesses.ts';
import { type Answer, type Collection, type Element, presenceOf } from './collection-accesses.ts';
import { precedes } from './porcupine-ts/src/models/queues.ts';
import { coverOf, type Presence, presencesOf } from './presence.ts';
import { type Finding, RESTS_MAX } from './shapes.ts';
import type { Anomaly, ElementShape } from './verdict.ts';

export type CollectionKind = 'queue' | 'stack' | 'priority-queue';

/** So many takes of unknown answer are set against elements that nobody got. */
const UNKNOWN_MAX = 3;

/** What an answer returned: a value with its puts, and by whose end it was surely there. */
interface Got {
  readonly element: Element;
  readonly puts: readonly Operation[];
  readonly shownBy: Operation | null;
  readonly from: number;
}

/** Finds what an answer contradicts, in that it must have been away and can't have been. */
export function passedOverBy(
  kind: CollectionKind,
  { elements, unknownTakes }: Collection,
): (answer: Answer) => Finding | null {
  const all = [...elements.values()].flatMap((element) => presenceOf(element, unknownTakes) ?? []);
  const presences = presencesOf(all);
  const neverGot = all.filter(({ value }) => elements.get(value)?.takes.length === 0);
  // Set against takes of unknown answer, each of which can have got only one of them.
  const lasting = presencesOf(neverGot.map((one) => ({ ...one, until: Number.POSITIVE_INFINITY, endedBy: null })));
  const isFound = (one: Presence): boolean => {
    const element = elements.get(one.value);
    return element !== undefined && element.takes.length + element.peeks.length > 0;
  };
  return (answer) => {
    const got = gotBy(answer, elements);
    if (got === null && answer.value !== null) return null;
    const blocks = needsAway(kind, got, elements);
    if (blocks === null) return null;
    const told = (cover: readonly Presence[], unknown: readonly Operation[]): Finding | null =>
      // Where an answer is unknown, however late, that may be who got it: then nobody is known to have.
      passedOver({ kind, answer, got, cover, unknown, isLost: unknownTakes.length === 0 && !cover.some(isFound) });
    const cover = coverOf(presences, answer.call, answer.done, blocks);
    if (cover !== null) return told(cover, []);
    const unknown = unknownTakes.filter(({ invokedAt }) => invokedAt <= answer.done);
    if (unknown.length === 0 || unknown.length > UNKNOWN_MAX) return null;
    const there: Presence[] = [];
    lasting.at(answer.call, (one) => {
      if (there.length <= unknown.length && blocks(one)) there.push(one);
    });
    return there.length > unknown.length ? told(there, unknown) : null;
  };
}

function gotBy({ value, done }: Answer, elements: Collection['elements']): Got | null {
  const element = value === null ? undefined : elements.get(value);
  if (element === undefined) return null;
  const puts = element.puts.filter(({ call }) => call <= done).map(({ operation }) => operation);
  if (puts.length === 0) return null;
  const presence = presenceOf(element, []);
  return { element, puts, shownBy: presence?.shownBy ?? null, from: presence?.from ?? Number.POSITIVE_INFINITY };
}

/** Which elements must have been away for the answer; null if that can't be told. */
function needsAway(
  kind: CollectionKind,
  got: Got | null,
  elements: Collection['elements'],
): ((one: Presence) => boolean) | null {
  if (got === null) return () => true;
  const { name, value } = got.element;
  const [first] = got.puts;
  if (first === undefined) return null;
  switch (kind) {
    case 'queue':
      return (one) => one.value !== name && one.from < first.invokedAt;
    case 'stack':
      return (one) => one.value !== name && got.from < one.put.invokedAt;
    case 'priority-queue':
      return (one) => one.value !== name && precedes(elements.get(one.value)?.value ?? null, value);
  }
}

const ORDER_SHAPES: { readonly [kind in CollectionKind]: ElementShape } = {
  queue: 'fifo-violation',
  stack: 'lifo-violation',
  'priority-queue': 'priority-violation',
};

interface PassedOver {
  readonly kind: CollectionKind;
  readonly answer: Answer;
  /** Null for "empty". */
  readonly got: Got | null;
  readonly cover: readonly Presence[];
  readonly unknown: readonly Operation[];
  /** Whether nobody ever found what was there, nor can have. */
  readonly isLost: boolean;
}

function passedOver(told: PassedOver): Finding | null {
  const { kind, answer, got, cover, unknown, isLost } = told;
  const { operation, done, call } = answer;
  const [main] = cover;
  if (main === undefined) return null;
  const rests = new Set<Operation>([...(got?.puts ?? []), ...unknown, operation]);
  for (const { put, shownBy, until, endedBy } of cover) {
    rests.add(put).add(shownBy);
    // One that took it later shows that it was there until then.
    if (endedBy !== null && (until <= done || endedBy.outcome === 'ok')) rests.add(endedBy);
  }
  if (kind === 'stack' && got?.shownBy) rests.add(got.shownBy);
  if (rests.size > RESTS_MAX) return null;
  const [put] = got?.puts ?? [];
  return {
    shape: got !== null ? ORDER_SHAPES[kind] : isLost ? 'lost-element' : 'wrongly-empty',
    culprit: operation,
    rests: [...rests],
    also: [],
    failed: null,
    facts: {
      read: operation.index,
      other: main.put.index,
      ...(put === undefined ? {} : { put: put.index }),
      there: cover.map(({ value }) => shown(value)),
      unknown: unknown.length,
      isLost,
    },
    argument: [
      ...cover.flatMap((one, at) => [
        putStep(told, one, cover[at - 1] ?? null),
        ...(unknown.length > 0 ? [] : [lastingStep(one, operation, call, done)]),
      ]),
      ...(unknown.length > 0 ? [unknownStep(cover, unknown)] : []),
      got === null
        ? stepOn(`so at no moment until ${named(operation)} ended was it empty; yet that found nothing`, operation)
        : stepOn(
            `so ${shown(got.element.name)} can't have been next in turn; yet ${named(operation)} returned it`,
            operation,
          ),
    ],
  };
}

/** That it was put in, and when with respect to what the answer returned. */
function putStep(
  { kind, answer, got }: PassedOver,
  one: Presence,
  before: Presence | null,
): Anomaly['argument'][number] {
  const what = shown(one.value);
  const after = (operation: Operation, by: Operation | null): string =>
    by === null || by === operation
      ? `${named(operation)} was acknowledged`
      : `${named(operation)} had taken effect, as ${named(by)} shows,`;
  const [first] = got?.puts ?? [];
  const name = got === null ? '' : shown(got.element.name);
  if (kind === 'stack' && got !== null && first !== undefined)
    return stepOn(
      `${after(first, got.shownBy)} before ${named(one.put)} began, so ${what} lay above ${name}`,
      first,
      ...(got.shownBy === null ? [] : [got.shownBy]),
      one.put,
    );
  if (kind === 'queue' && first !== undefined)
    return stepOn(
      `${after(one.put, one.shownBy)} before ${named(first)} began, so ${what} comes out before ${name}`,
      one.put,
      one.shownBy,
      first,
    );
  const began = before?.endedBy ?? answer.operation;
  return stepOn(
    `${after(one.put, one.shownBy)} before ${named(began)} began${got === null ? '' : `, and ${what} comes before ${name} by priority`}`,
    one.put,
    one.shownBy,
    began,
  );
}

/** That nothing can have taken it away, and until when. */
function lastingStep(one: Presence, answer: Operation, call: number, done: number): Anomaly['argument'][number] {
  const what = shown(one.value);
  const { endedBy, until, put, shownBy, from } = one;
  // Of a stack: it may have been put on only after the answer's call, or its own put has not been told to be acknowledged.
  const since = from < call && shownBy === put ? '' : `, once ${named(shownBy)} was over`;
  if (endedBy === null) return stepOn(`no operation ever got ${what}, so it stayed there${since}`, put);
  const isKnown = endedBy.outcome === 'ok';
  if (until > done)
    return isKnown
      ? stepOn(
          `${named(endedBy)} began only after ${named(answer)} had ended, so ${what} was there until then`,
          endedBy,
          answer,
        )
      : stepOn(
          `no operation is known to have got ${what}, and none whose answer is unknown began before ${named(answer)} ended`,
          answer,
        );
  return isKnown
    ? stepOn(`${what} was there until ${named(endedBy)} began`, endedBy)
    : stepOn(`${what} was there until ${named(endedBy)}, whose answer is unknown, began`, endedBy);
}

function unknownStep(cover: readonly Presence[], unknown: readonly Operation[]): Anomaly['argument'][number] {
  const all = cover.length === 2 ? 'both' : 'all';
  return unknown.length === 1
    ? stepOn(
        `no operation is known to have got any of them, and the one whose answer is unknown can't have got ${all}`,
        ...unknown,
      )
    : stepOn(
        `no operation is known to have got any of them, and the ${unknown.length} whose answers are unknown can't have got ${all}`,
        ...unknown,
      );
}
