/**
 * Completes the order that the register search found: operations that it left out, because they need not be observed, are
 * put where they do no harm. A write goes immediately before another write that takes effect while it is open, or to a
 * moment at which the register has its value anyway; a cas of unknown outcome to a moment at which it does not match.
 */

import { type RegisterHistory, SILENT, WRITE } from './register-history.ts';

/** @returns positions in the timeline, in order */
export const certificate = (
  history: RegisterHistory,
  trail: Int32Array,
  trailPositions: Int32Array,
  trailLength: number,
): Int32Array => {
  const { kinds, from, to, timeline } = history;
  const { returns } = timeline;
  const inTrail = new Uint8Array(kinds.length);
  for (let i = 0; i < trailLength; i++) inTrail[trail[i]!] = 1;
  const order = new Int32Array(kinds.length);
  let length = 0;
  let state = history.initial;
  let waiting: number[] = [];
  const fits = (index: number): boolean => (kinds[index] === WRITE ? to[index] === state : from[index] !== state);
  const placeIf = (test: (index: number) => boolean): void => {
    if (waiting.length === 0) return;
    const still: number[] = [];
    for (const index of waiting) {
      if (test(index)) order[length++] = index;
      else still.push(index);
    }
    waiting = still;
  };
  let next = 0;
  let position = 0;
  const { events } = timeline;
  for (let at = 0; at <= events.length; at++) {
    const event = at < events.length ? events[at]! : -1;
    const index = event >= 0 ? event : ~event;
    // The search numbers only the events of operations that say something.
    if (at < events.length && kinds[index] === SILENT) {
      if (event >= 0 && returns[event]! < events.length) order[length++] = event;
      continue;
    }
    // An observer that is settled by its call is in the trail at that event; a write there is not.
    if (event >= 0 && inTrail[event] === 0 && returns[event]! < events.length) {
      waiting.push(event);
      placeIf(fits);
    }
    while (next < trailLength && trailPositions[next] === position) {
      const taken = trail[next++]!;
      if (kinds[taken] === WRITE) placeIf((other) => kinds[other] === WRITE);
      order[length++] = taken;
      if (to[taken]! >= 0) {
        state = to[taken]!;
        placeIf(fits);
      }
    }
    position++;
  }
  return order.subarray(0, length);
};
