/**
 * Stretches of time in which something was surely there: an element in a queue, from the end of its enqueue to the call of the
 * dequeue that took it. An answer that is possible only while none of some elements is there contradicts them if, from its call to
 * its end, there always was one. (For queues: Henzinger, Sezgin and Vafeiadis, Aspect-oriented linearizability proofs, CONCUR
 * 2013, VWit; and by it an element that is passed over.)
 */

import type { Operation } from '../history/operation.ts';

/** Surely there at every moment after `from` and before `until`, both excluded: what touches is concurrent. */
export interface Presence {
  readonly value: string;
  readonly put: Operation;
  readonly from: number;
  /** By whose end it had surely been put there: the put itself, or an operation that saw it. */
  readonly shownBy: Operation;
  readonly until: number;
  /** What may have taken it as soon as it was called; null if nothing did. */
  readonly endedBy: Operation | null;
}

/** Presences that can be asked which of them were there at a moment. */
export interface Presences {
  /** Calls `visit` with each that was surely there at the moment. */
  at(moment: number, visit: (presence: Presence) => void): void;
}

/** A tree over the presences by their beginning, with the latest end below each node. */
export function presencesOf(all: readonly Presence[]): Presences {
  const list = all.filter(({ from, until }) => from < until).sort((a, b) => a.from - b.from);
  let leaves = 1;
  while (leaves < list.length) leaves *= 2;
  const latest = new Float64Array(2 * leaves).fill(Number.NEGATIVE_INFINITY);
  for (const [i, { until }] of list.entries()) latest[leaves + i] = until;
  for (let node = leaves - 1; node > 0; node--)
    latest[node] = Math.max(latest[2 * node] as number, latest[2 * node + 1] as number);
  const firstFrom = (node: number): number => {
    let leaf = node;
    while (leaf < leaves) leaf *= 2;
    return list[leaf - leaves]?.from ?? Number.POSITIVE_INFINITY;
  };
  return {
    at(moment, visit) {
      const look = (node: number): void => {
        if ((latest[node] as number) <= moment || firstFrom(node) >= moment) return;
        if (node < leaves) {
          look(2 * node);
          look(2 * node + 1);
          return;
        }
        const presence = list[node - leaves];
        if (presence !== undefined) visit(presence);
      };
      look(1);
    },
  };
}

/** More than this don't make an argument that anybody follows. */
const COVER_MAX = 4;

/** Presences, each taking over from the one before, of which at every moment from call to end one is there; null if there are none. */
export function coverOf(
  presences: Presences,
  call: number,
  end: number,
  counts: (presence: Presence) => boolean,
): readonly Presence[] | null {
  const cover: Presence[] = [];
  for (let moment = call; cover.length < COVER_MAX; ) {
    let longest: Presence | null = null;
    presences.at(moment, (presence) => {
      if (longest !== null && !lastsLonger(presence, longest)) return;
      if (counts(presence)) longest = presence;
    });
    const chosen = longest as Presence | null;
    if (chosen === null) return null;
    cover.push(chosen);
    if (chosen.until > end) return cover;
    moment = chosen.until;
  }
  return null;
}

/** Of those that last as long, the one that was there first tells the story best: most had time to see it. */
function lastsLonger(a: Presence, b: Presence): boolean {
  return a.until > b.until || (a.until === b.until && a.from < b.from);
}
