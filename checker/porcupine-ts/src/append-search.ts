/**
 * Strings that grow: get, put and append on one key.
 *
 * A target is a get that returned a string (or an append that told the new value) and is not linearized yet. Take the one
 * that returns first. Until it takes effect the string can only grow, unless something can set it back: a put, cas or
 * delete that is open and not linearized, or called before the target returns. If nothing can, the string must be a
 * prefix of the target's at every moment, so an append that leaves the target's prefix is never tried. Where appended
 * texts are unlike, this leaves hardly a choice. It is a condition on configurations that the general search is given.
 */

import { generalSearch } from './general-search.ts';
import type { Model, Value } from './model.ts';
import type { Relaxation, Search, Viability } from './search.ts';
import type { Timeline } from './timeline.ts';

/** What an operation is to a growing string. */
export interface GrowthOf<I, O> {
  /** The string that is there when the operation is done, if that is known; else undefined. */
  target(input: I, output: O | undefined): string | undefined;
  /** True if the operation may make the string anything but longer. */
  resets(input: I): boolean;
}

export const appendSearch = <I, O>(
  model: Model<Value, I, O>,
  timeline: Timeline<I, O>,
  growth: GrowthOf<I, O>,
  relaxation: Relaxation<Value> = {},
): Search =>
  generalSearch(model, timeline, relaxation, targetsOf(timeline, growth, relaxation.optional), 'append-only strings');

const targetsOf = <I, O>(
  timeline: Timeline<I, O>,
  growth: GrowthOf<I, O>,
  optional: Uint8Array | undefined,
): Viability<Value> => {
  const { operations, events, returns, slots } = timeline;
  /** Events at which something that resets is called; how many of them lie before each event. */
  const resetsBefore = new Int32Array(events.length + 1);
  const resets = Uint8Array.from(operations, ({ input }) => (growth.resets(input) ? 1 : 0));
  const texts = operations.map(({ input, output }, index) =>
    returns[index]! < events.length && optional?.[index] !== 1 ? growth.target(input, output) : undefined,
  );
  /** Targets in order of return, and for each event the first that returns there or later. */
  const targets: number[] = [];
  const firstTarget = new Int32Array(events.length + 1);
  for (let at = 0; at < events.length; at++) {
    const event = events[at]!;
    resetsBefore[at + 1] = resetsBefore[at]! + (event >= 0 ? resets[event]! : 0);
    firstTarget[at] = targets.length;
    if (event < 0 && texts[~event] !== undefined) targets.push(~event);
  }
  return (state, position, isOpenOwed, occupants) => {
    if (state !== null && typeof state !== 'string') return -1;
    for (let next = firstTarget[position]!; next < targets.length; next++) {
      const target = targets[next]!;
      // Called already, and no longer owed: done.
      if (occupants[slots[target]!] === target && !isOpenOwed(slots[target]!)) continue;
      if (texts[target]!.startsWith(state ?? '')) return -1;
      if (resetsBefore[returns[target]!]! > resetsBefore[position]!) return -1;
      for (let slot = 0; slot < occupants.length; slot++)
        if (occupants[slot]! >= 0 && resets[occupants[slot]!] === 1 && isOpenOwed(slot)) return -1;
      return returns[target]!;
    }
    return -1;
  };
};
