/**
 * Answers of a queue or stack that contradict each other about which of two elements comes first. While both are there, the one
 * that an answer returned comes before the other, and in these two kinds that stays so: no later put changes it.
 */

import type { Operation } from '../history/operation.ts';
import { named, shown, stepOn } from './accesses.ts';
import { type Answer, type Collection, presenceOf } from './collection-accesses.ts';
import { type Presence, presencesOf } from './presence.ts';
import { type Finding, RESTS_MAX } from './shapes.ts';

/** Elements that are looked at beside the one that an answer returned. */
const BESIDE_MAX = 64;

interface Seen {
  readonly answer: Answer;
  readonly own: Presence;
}

/** The first two answers of which each returned what must come after what the other returned. */
export function contraryOrders(
  kind: 'queue' | 'stack',
  { elements, unknownTakes }: Collection,
  answers: readonly Answer[],
  isOver: () => boolean,
): Finding | null {
  // One of the two left there what it returned, or the other could not have found it.
  if (answers.every(({ takes }) => takes)) return null;
  const byValue = new Map<string, Presence>();
  for (const element of elements.values()) {
    const presence = presenceOf(element, unknownTakes);
    if (presence !== null) byValue.set(element.name, presence);
  }
  const presences = presencesOf([...byValue.values()]);
  const firstOf = new Map<string, Map<string, Seen>>();
  for (const answer of answers) {
    if (isOver()) return null;
    const own = answer.value === null ? undefined : byValue.get(answer.value);
    if (own === undefined) continue;
    const beside: Presence[] = [];
    presences.at(answer.call, (one) => {
      if (beside.length < BESIDE_MAX && one.until > answer.done && one.value !== own.value) beside.push(one);
    });
    for (const other of beside) {
      const contrary = firstOf.get(other.value)?.get(own.value);
      if (contrary !== undefined) {
        const finding = disagree(kind, contrary, { answer, own });
        if (finding !== null) return finding;
      }
      const after = firstOf.get(own.value) ?? new Map<string, Seen>();
      firstOf.set(own.value, after);
      if (!after.has(other.value)) after.set(other.value, { answer, own });
    }
  }
  return null;
}

function disagree(kind: 'queue' | 'stack', first: Seen, second: Seen): Finding | null {
  const [a, b] = [first.answer.operation, second.answer.operation];
  const [one, other] = [shown(first.own.value), shown(second.own.value)];
  const rests = new Set<Operation>([a, b]);
  for (const { put, shownBy, endedBy } of [first.own, second.own]) {
    rests.add(put).add(shownBy);
    if (endedBy?.outcome === 'ok') rests.add(endedBy);
  }
  if (rests.size > RESTS_MAX) return null;
  const before = kind === 'queue' ? 'came before' : 'lay above';
  const step = (operation: Operation, got: string, left: string) =>
    stepOn(`${named(operation)} found ${got}, and all that time ${left} was there, so ${got} ${before} it`, operation);
  return {
    shape: kind === 'queue' ? 'fifo-violation' : 'lifo-violation',
    culprit: b,
    rests: [...rests],
    also: [],
    failed: null,
    facts: { read: b.index, other: a.index, contrary: first.own.put.index },
    argument: [
      step(a, one, other),
      step(b, other, one),
      stepOn('which of two comes first does not change while they are there: so one of these answers is wrong', a, b),
    ],
  };
}
