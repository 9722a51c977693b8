/**
 * Completes the order that the register search found: operations that it left out, because they need not be observed, are
 * put where they do no harm. A write goes immediately before another write that takes effect while it is open, or to a
 * moment at which the register has its value anyway; a cas of unknown outcome to a moment at which it does not match.
 */

import { type RegisterHistory, SILENT, WRITE } from './register-history.ts';
import type { Trail } from './trail.ts';

/** @returns positions in the timeline, in order */
export const certificate = (history: RegisterHistory, trail: Trail): Int32Array => {
  const { kinds, from, to, timeline } = history;
  const { events, returns, memory } = timeline;
  const end = events.length;
  const inTrail = new Uint8Array(kinds.length);
  for (let i = 0; i < trail.length; i++) inTrail[trail.indexes[i]!] = 1;
  // Where open operations may take effect again and again, the trail may be longer than the history; nobody asks then.
  const order = memory.unset(kinds.length);
  let length = 0;
  let state = history.initial;
  const waiting: number[] = [];
  const fits = (index: number): boolean => (kinds[index] === WRITE ? to[index] === state : from[index] !== state);
  /** Those that wait for nothing but a moment at which they do no harm: writes for any write, all for the right state. */
  const place = (beforeWrite: boolean): void => {
    let kept = 0;
    for (let i = 0; i < waiting.length; i++) {
      const index = waiting[i]!;
      if (beforeWrite ? kinds[index] === WRITE : fits(index)) order[length++] = index;
      else waiting[kept++] = index;
    }
    waiting.length = kept;
  };
  let next = 0;
  for (let position = 0; position <= end; position++) {
    const event = position < end ? events[position]! : -1;
    if (event >= 0 && inTrail[event] === 0 && returns[event]! < end) {
      // What says nothing fits anywhere. An observer that is settled by its call is in the trail at that event.
      if (kinds[event] === SILENT || fits(event)) order[length++] = event;
      else waiting.push(event);
    }
    for (; next < trail.length && trail.positions[next] === position; next++) {
      const taken = trail.indexes[next]!;
      if (kinds[taken] === WRITE && waiting.length > 0) place(true);
      order[length++] = taken;
      if (to[taken]! >= 0) {
        state = to[taken]!;
        if (waiting.length > 0) place(false);
      }
    }
  }
  return order.subarray(0, length);
};
