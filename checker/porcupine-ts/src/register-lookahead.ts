/** What the register search needs to know of the future: whether leaving a write out, or not, can make a difference. */

import type { OpenClasses } from './register-classes.ts';
import { CAS_UNKNOWN, MISMATCH, type RegisterHistory, SILENT, WRITE } from './register-history.ts';

/**
 * For each write that returns: 1 if an operation called after its return, but before another write called after its return
 * must have taken effect, may find its value, or one that open cas make of it. (A mismatch finds every value, to be on the
 * safe side.)
 */
export const futureObservers = (history: RegisterHistory, classes: OpenClasses): Uint8Array => {
  const { kinds, from, to, optional, timeline } = history;
  const { events, slots, returns, memory } = timeline;
  const end = events.length;
  const madeOf = classes.count === 0 ? null : valuesMadeByOpenCas(history, classes);
  const observable = new Uint8Array(kinds.length);
  const nextObserver = memory.ints(history.valueCount).fill(end);
  let nextMismatch = end;
  let firstOverwritten = Number.MAX_SAFE_INTEGER;
  /** The return of the operation that holds each slot. */
  const returnInSlot = memory.ints(timeline.slotCount);
  for (let position = end - 1; position >= 0; position--) {
    const event = events[position]!;
    if (event < 0) {
      const index = ~event;
      returnInSlot[slots[index]!] = position;
      if (kinds[index] !== WRITE) continue;
      let next = Math.min(nextObserver[to[index]!]!, nextMismatch);
      if (madeOf !== null)
        for (const value of madeOf.get(to[index]!) ?? []) next = Math.min(next, nextObserver[value]!);
      if (next < firstOverwritten) observable[index] = 1;
      continue;
    }
    const kind = kinds[event]!;
    if (kind === MISMATCH || kind === CAS_UNKNOWN) nextMismatch = position;
    if (kind !== MISMATCH && kind !== WRITE && kind !== SILENT) nextObserver[from[event]!] = position;
    if (kind === WRITE && returns[event]! < end && optional?.[event] !== 1)
      firstOverwritten = Math.min(firstOverwritten, returnInSlot[slots[event]!]!);
  }
  return observable;
};

/** For each value that cas which never returned can change: the values that a chain of them can make of it. */
const valuesMadeByOpenCas = (
  { kinds, from, to }: RegisterHistory,
  { members }: OpenClasses,
): ReadonlyMap<number, readonly number[]> => {
  const changes = new Map<number, number[]>();
  for (const [first] of members) {
    if (kinds[first!] === WRITE) continue;
    const known = changes.get(from[first!]!);
    if (known === undefined) changes.set(from[first!]!, [to[first!]!]);
    else known.push(to[first!]!);
  }
  const made = new Map<number, readonly number[]>();
  for (const value of changes.keys()) {
    const reached = new Set<number>();
    const left = [value];
    for (let at = left.pop(); at !== undefined; at = left.pop())
      for (const next of changes.get(at) ?? []) {
        if (!reached.has(next)) left.push(next);
        reached.add(next);
      }
    made.set(value, [...reached]);
  }
  return made;
};
