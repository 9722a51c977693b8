/**
 * Strings that grow: get, put and append on one key.
 *
 * A target is a get that returned a string (or an append that told the new value) and is not linearized yet. Take the one
 * that returns first. Until it takes effect the string can only grow, unless something can set it back: a put, cas or
 * delete that is open and not linearized, or called before the target returns. If nothing can, the string must be a
 * prefix of the target's at every moment, so an append that leaves the target's prefix is never tried. Where appended
 * texts are unlike, this leaves hardly a choice.
 *
 * If something can set it back, a string that is no prefix of the target's is of use only to another target, called before
 * the first one returns, whose prefix it is. If there is none, nobody will see it, and one state stands for all such
 * strings: lost. (Not where a cas or an append that tells the new value is about: these see it.)
 */

import { generalSearch } from './general-search.ts';
import type { Model, Value } from './model.ts';
import { FINE, lostBy, type Outlook, type Relaxation, type Search } from './search.ts';
import type { Timeline } from './timeline.ts';

/** What an operation is to a growing string. */
export interface GrowthOf<I, O> {
  /** The string that is there when the operation is done, if that is known; else undefined. */
  target(input: I, output: O | undefined): string | undefined;
  /** True if the operation may make the string anything but longer. */
  resets(input: I): boolean;
  /** True if it is a get, or changes the string without regard to what it is. */
  isBlind(input: I, output: O | undefined): boolean;
}

/** The state that stands for all strings that nobody will see. */
const LOST_STRING: Value = { 'a string that nobody will see': true };

export const appendSearch = <I, O>(
  model: Model<Value, I, O>,
  timeline: Timeline<I, O>,
  growth: GrowthOf<I, O>,
  relaxation: Relaxation<Value> = {},
): Search => {
  const isBlind = timeline.operations.every(({ input, output }) => growth.isBlind(input, output));
  const outlook = {
    of: targetsOf(timeline, growth, relaxation.optional),
    lost: isBlind ? LOST_STRING : undefined,
  };
  const withLost: Model<Value, I, O> = {
    ...model,
    step(state, input, output) {
      if (state !== LOST_STRING || growth.resets(input)) return model.step(state, input, output);
      return growth.target(input, output) === undefined && model.observes?.(input, output) !== true ? state : undefined;
    },
  };
  return generalSearch(isBlind ? withLost : model, timeline, relaxation, outlook, 'append-only strings');
};

const targetsOf = <I, O>(
  timeline: Timeline<I, O>,
  growth: GrowthOf<I, O>,
  optional: Uint8Array | undefined,
): Outlook<Value>['of'] => {
  const { operations, events, returns, slots } = timeline;
  const resets = Uint8Array.from(operations, ({ input }) => (growth.resets(input) ? 1 : 0));
  const texts = operations.map(({ input, output }, index) =>
    returns[index]! < events.length && optional?.[index] !== 1 ? growth.target(input, output) : undefined,
  );
  /** How many operations that reset are called before each event. */
  const resetsBefore = new Int32Array(events.length + 1);
  /** Targets in order of return, and for each event the first that returns there or later. */
  const targets: number[] = [];
  const firstTarget = new Int32Array(events.length + 1);
  const calls = new Int32Array(operations.length);
  /** For each event: the last return of a target called before it. */
  const lastReturn = new Int32Array(events.length + 1);
  for (let at = 0; at < events.length; at++) {
    const event = events[at]!;
    resetsBefore[at + 1] = resetsBefore[at]! + (event >= 0 ? resets[event]! : 0);
    firstTarget[at] = targets.length;
    lastReturn[at + 1] = lastReturn[at]!;
    if (event >= 0) {
      calls[event] = at;
      if (texts[event] !== undefined) lastReturn[at + 1] = Math.max(lastReturn[at]!, returns[event]!);
    } else if (texts[~event] !== undefined) targets.push(~event);
  }
  firstTarget[events.length] = targets.length;

  return (state, position, isOwed, occupants) => {
    const text = state ?? '';
    const isString = typeof text === 'string';
    if (!isString && state !== LOST_STRING) return FINE;
    /** Called already, and no longer owed. */
    const isDone = (target: number): boolean => occupants[slots[target]!] === target && !isOwed(slots[target]!);
    let next = firstTarget[position]!;
    while (next < targets.length && isDone(targets[next]!)) next++;
    if (next === targets.length) return FINE;
    const first = targets[next]!;
    if (isString && texts[first]!.startsWith(text)) return FINE;
    const end = returns[first]!;
    let canBeReset = resetsBefore[end]! > resetsBefore[position]!;
    for (let slot = 0; slot < occupants.length && !canBeReset; slot++)
      canBeReset = occupants[slot]! >= 0 && resets[occupants[slot]!] === 1 && isOwed(slot);
    if (!canBeReset) return end;
    if (!isString) return FINE;
    // Another target that may see the string must be called before the first one returns.
    for (let other = next + 1; other < targets.length && returns[targets[other]!]! <= lastReturn[end]!; other++) {
      const target = targets[other]!;
      if (calls[target]! < end && !isDone(target) && texts[target]!.startsWith(text)) return FINE;
    }
    return lostBy(lastReturn[end]!);
  };
};
