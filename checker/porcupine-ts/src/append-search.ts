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
import { FINE, lostBy, type OpenSlots, type Outlook, type Relaxation, type Search } from './search.ts';
import type { Timeline } from './timeline.ts';
import { isAt } from './value.ts';

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

/** @returns how a history of such operations on one key is searched */
export const appendPath = <I, O>(
  model: Model<Value, I, O>,
  growth: GrowthOf<I, O>,
): ((timeline: Timeline<I, O>, relaxation?: Relaxation<Value>) => Search) => {
  const withLost: Model<Value, I, O> = {
    ...model,
    step(state, input, output) {
      if (state !== LOST_STRING || growth.resets(input)) return model.step(state, input, output);
      // A get of unknown answer may see it: nobody knows that it did.
      const isSeen = output !== undefined && model.observes?.(input, output) === true;
      return growth.target(input, output) === undefined && !isSeen ? state : undefined;
    },
  };
  return (timeline, relaxation = {}) => {
    const isBlind = timeline.operations.every(({ input, output }) => growth.isBlind(input, output));
    const outlook = new TargetOutlook(timeline, growth, relaxation.optional ?? null, isBlind);
    return generalSearch(isBlind ? withLost : model, timeline, relaxation, outlook, 'append-only strings');
  };
};

class TargetOutlook<I, O> implements Outlook<Value> {
  readonly lost: Value | undefined;
  private readonly returns: Int32Array;
  private readonly slots: Int32Array;
  private readonly resets: Int32Array;
  private readonly texts: (string | undefined)[] = [];
  /** The event of each target's call. */
  private readonly calls: Int32Array;
  /** How many operations that reset are called before each event. */
  private readonly resetsBefore: Int32Array;
  /** Targets in order of return, and for each event the first that returns there or later. */
  private readonly targets: number[] = [];
  private readonly firstTarget: Int32Array;
  /** For each event: the last return of a target called before it. */
  private readonly lastReturn: Int32Array;

  constructor(
    { operations, events, returns, slots, memory }: Timeline<I, O>,
    growth: GrowthOf<I, O>,
    optional: Uint8Array | null,
    isBlind: boolean,
  ) {
    this.lost = isBlind ? LOST_STRING : undefined;
    this.returns = returns;
    this.slots = slots;
    this.resets = memory.ints(operations.length);
    this.calls = memory.ints(operations.length);
    this.resetsBefore = memory.ints(events.length + 1);
    this.firstTarget = memory.ints(events.length + 1);
    this.lastReturn = memory.ints(events.length + 1);
    const { resets, texts, targets } = this;
    for (let index = 0; index < operations.length; index++) {
      const { input, output } = operations[index]!;
      if (growth.resets(input)) resets[index] = 1;
      const isTarget = returns[index]! < events.length && (optional === null || optional[index] !== 1);
      texts.push(isTarget ? growth.target(input, output) : undefined);
    }
    for (let at = 0; at < events.length; at++) {
      const event = events[at]!;
      this.resetsBefore[at + 1] = this.resetsBefore[at]! + (event >= 0 ? resets[event]! : 0);
      this.firstTarget[at] = targets.length;
      this.lastReturn[at + 1] = this.lastReturn[at]!;
      if (event >= 0) {
        this.calls[event] = at;
        if (texts[event] !== undefined) this.lastReturn[at + 1] = Math.max(this.lastReturn[at]!, returns[event]!);
      } else if (texts[~event] !== undefined) targets.push(~event);
    }
    this.firstTarget[events.length] = targets.length;
  }

  of(state: Value, position: number, open: OpenSlots): number {
    const { targets, texts, returns, lastReturn } = this;
    const text = state ?? '';
    const isString = typeof text === 'string';
    if (!isString && state !== LOST_STRING) return FINE;
    let next = this.firstTarget[position]!;
    while (next < targets.length && this.isDone(targets[next]!, open)) next++;
    if (next === targets.length) return FINE;
    const first = targets[next]!;
    if (isString && isAt(texts[first]!, text, 0)) return FINE;
    const end = returns[first]!;
    if (!this.canBeReset(position, end, open)) return end;
    if (!isString) return FINE;
    // Another target that may see the string must be called before the first one returns.
    for (let other = next + 1; other < targets.length && returns[targets[other]!]! <= lastReturn[end]!; other++) {
      const target = targets[other]!;
      if (this.calls[target]! < end && !this.isDone(target, open) && isAt(texts[target]!, text, 0)) return FINE;
    }
    return lostBy(lastReturn[end]!);
  }

  /** Called already, and linearized. */
  private isDone(target: number, open: OpenSlots): boolean {
    const slot = this.slots[target]!;
    return open.occupants[slot] === target && !open.isOwed(slot);
  }

  private canBeReset(from: number, to: number, open: OpenSlots): boolean {
    if (this.resetsBefore[to]! > this.resetsBefore[from]!) return true;
    const { occupants } = open;
    for (let slot = 0; slot < occupants.length; slot++)
      if (occupants[slot]! >= 0 && this.resets[occupants[slot]!] === 1 && open.isOwed(slot)) return true;
    return false;
  }
}
