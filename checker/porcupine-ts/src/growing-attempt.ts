/**
 * A quick attempt at strings that grow (get, put and append on one key), which takes the first order that offers itself and
 * never goes back: what it finds is an order; that it finds none says nothing.
 *
 * Walk the events. A get takes effect as soon as the string is what it found. At the return of an operation that has not taken
 * effect, the next get to return tells which of the open appends comes next: the one whose text goes on where the string
 * ends. A put takes effect when it returns, or when a get can be explained in no other way. An append that no get has room
 * for goes immediately before a put that took effect while it was open: nobody sees it there.
 *
 * A violation is told by two operations alone: the string only grows where no put takes effect. So if a get or an append returns
 * before a get is called, and no put is open at any time from the call of the one to the return of the other, then the other
 * must have found what the one did, or that and more; or what the one appended, somewhere. The latter is looked for only where
 * the walk got stuck.
 */

import type { Attempt } from './attempt.ts';
import type { Memory } from './memory.ts';
import type { Value } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { layOut, type Timeline } from './timeline.ts';
import { isAt } from './value.ts';

/** What an operation does to the string. */
export const GET = 0;
export const APPEND = 1;
export const PUT = 2;

export interface StringSteps<I, O> {
  kindOf(input: I): number;
  /** What a get found (undefined if nobody knows), an append adds, a put leaves. */
  valueOf(input: I, output: O | undefined): Value | undefined;
}

/** @param operations gets, appends and puts of strings (or null) in order of call */
export const attemptGrowing = <I, O>(
  operations: readonly CheckOperation<I, O>[],
  initial: Value,
  steps: StringSteps<I, O>,
  memory: Memory,
  interrupted: () => boolean,
): Attempt | null => {
  const timeline = layOut(operations, memory);
  const string = new GrowingString(timeline, initial, steps, interrupted);
  const outcome = string.walk();
  if (outcome === null) return null;
  return {
    outcome,
    method: 'first order of growing strings',
    linearization: outcome === 'pass' ? idsOf(operations, string.order, string.taken) : null,
    stuckAt: string.shrunkAt,
    concurrencyMax: timeline.concurrencyMax,
    steps: operations.length,
  };
};

const idsOf = (
  operations: readonly CheckOperation<unknown, unknown>[],
  order: Int32Array,
  length: number,
): number[] => {
  const ids = new Array<number>(length);
  for (let at = 0; at < length; at++) ids[at] = operations[order[at]!]!.id;
  return ids;
};

/** Of each operation, in `facts`, at index << FACTS: its kind, and 1 if it has taken effect. */
const FACTS = 2;
const KIND = 0;
const DONE = 1;
/** At the call: the get that had found the longest string, + 1; and how many puts had been called, if none was open. */
const FOUND_BEFORE = 2;
const PUTS_BEFORE = 3;
/** When it is looked for a lost append, in place of the get that had found the longest string: how many had been appended. */
const APPENDED_BEFORE = FOUND_BEFORE;

class GrowingString<I, O> {
  /** The operations that took effect, in order. */
  readonly order: Int32Array;
  taken = 0;
  /** The get that returned without finding what had been found, or appended, before. */
  shrunkAt = -1;
  private readonly timeline: Timeline<I, O>;
  private readonly interrupted: () => boolean;
  private readonly facts: Int32Array;
  /** What each get found (undefined if nobody knows), append adds, put leaves. */
  private readonly values: (Value | undefined)[];
  /** The string is so much of the text: mostly of one that a get found, so that it need not be put together. */
  private text: string;
  private length: number;
  private isNull: boolean;
  /** Called, and not taken effect. */
  private readonly open: Int32Array;
  private openCount = 0;
  /** The event from which the next get to return is looked for. */
  private targetEvent = 0;
  /** Where in the order the latest put is, and the number of operations that had been called when it took effect. */
  private latestPut = -1;
  private calledBeforePut = 0;
  private called = 0;
  /** Puts that were called, and those of them that are open. */
  private puts = 0;
  private openPuts = 0;
  /** The longest string found by a get that has returned, and since whose call no put was open: that get + 1; 0 for none. */
  private found = 0;

  constructor(timeline: Timeline<I, O>, initial: Value, steps: StringSteps<I, O>, interrupted: () => boolean) {
    const { operations, memory } = timeline;
    const { length } = operations;
    this.timeline = timeline;
    this.interrupted = interrupted;
    this.text = typeof initial === 'string' ? initial : '';
    this.length = this.text.length;
    this.isNull = initial === null;
    this.facts = memory.ints(length << FACTS);
    this.order = memory.ints(length);
    this.open = memory.ints(length);
    this.values = new Array(length);
    for (let index = 0; index < length; index++) {
      const { input, output } = operations[index]!;
      this.facts[(index << FACTS) + KIND] = steps.kindOf(input);
      this.values[index] = steps.valueOf(input, output);
    }
  }

  /** Null if it gets stuck. */
  walk(): Attempt['outcome'] | null {
    const { facts } = this;
    const { events } = this.timeline;
    let isStuck = false;
    for (let at = 0; at < events.length; at++) {
      const event = events[at]!;
      const index = event < 0 ? ~event : event;
      const base = index << FACTS;
      const kind = facts[base + KIND]!;
      if (event < 0) {
        if (kind === GET && this.hasShrunk(index)) return 'violation';
        if (kind === PUT) this.openPuts--;
        isStuck ||= facts[base + DONE] === 0 && !this.force(index);
        continue;
      }
      if (kind === PUT) {
        this.puts++;
        this.openPuts++;
        this.found = 0;
      } else {
        facts[base + FOUND_BEFORE] = this.found;
        facts[base + PUTS_BEFORE] = this.openPuts > 0 ? -1 : this.puts;
      }
      if (isStuck) continue;
      this.called++;
      if (kind === GET && this.agrees(index)) this.take(index);
      else this.open[this.openCount++] = index;
    }
    if (!isStuck) return 'pass';
    return this.hasLost() ? 'violation' : null;
  }

  private isDone(index: number): boolean {
    return this.facts[(index << FACTS) + DONE] === 1;
  }

  private kindOf(index: number): number {
    return this.facts[(index << FACTS) + KIND]!;
  }

  /** Whether a get may take effect now. */
  private agrees(index: number): boolean {
    const value = this.values[index];
    if (typeof value !== 'string') return value === undefined || this.isNull;
    return value.length === this.length && !this.isNull && isAt(this.text, value, 0);
  }

  /** A get returns: whether it did not find what had been found before. */
  private hasShrunk(index: number): boolean {
    const value = this.values[index];
    const base = index << FACTS;
    if (typeof value !== 'string' || this.facts[base + PUTS_BEFORE] !== this.puts) return false;
    const before = this.facts[base + FOUND_BEFORE]!;
    if (before > 0 && !isAt(value, this.values[before - 1] as string, 0)) {
      this.shrunkAt = index;
      return true;
    }
    if (this.found === 0 || value.length > (this.values[this.found - 1] as string).length) this.found = index + 1;
    return false;
  }

  /** Once more from the beginning: whether some get did not find what had been appended. */
  private hasLost(): boolean {
    const { facts, values } = this;
    const { events } = this.timeline;
    /** Those that returned since a put was called last; of these, so many are in `text`, which was found since. */
    const appended: number[] = [];
    let checked = 0;
    let text = '';
    this.puts = 0;
    for (let at = 0; at < events.length; at++) {
      const event = events[at]!;
      const index = event < 0 ? ~event : event;
      const base = index << FACTS;
      const kind = facts[base + KIND]!;
      if (kind === PUT) {
        if (event < 0) continue;
        this.puts++;
        appended.length = 0;
        checked = 0;
        text = '';
      } else if (event >= 0) facts[base + APPENDED_BEFORE] = appended.length;
      else if (facts[base + PUTS_BEFORE] !== this.puts || values[index] === undefined) continue;
      else if (kind === APPEND) appended.push(index);
      else {
        if (this.interrupted()) return false;
        const found = (values[index] ?? '') as string;
        const goesOn = isAt(found, text, 0);
        const before = facts[base + APPENDED_BEFORE]!;
        for (let i = goesOn ? checked : 0; i < before; i++)
          if (!found.includes(values[appended[i]!] as string)) {
            this.shrunkAt = index;
            return true;
          }
        if (!goesOn) continue;
        checked = Math.max(checked, before);
        text = found;
      }
    }
    return false;
  }

  private take(index: number): void {
    this.facts[(index << FACTS) + DONE] = 1;
    this.order[this.taken++] = index;
  }

  /** The operation returns now, and must have taken effect. */
  private force(index: number): boolean {
    if (this.interrupted()) return false;
    const kind = this.kindOf(index);
    const target = kind === GET ? this.values[index] : this.target();
    if (target === undefined) return this.change(index);
    if (kind !== PUT)
      while (!this.isDone(index) && (this.goOn(target) || (!this.leadsTo(target) && this.putBack(target))));
    if (this.isDone(index)) return true;
    if (kind === GET) return false;
    // No get has room for it: it was overwritten at once, if it can have been.
    if (this.latestPut < 0 || index >= this.calledBeforePut || (kind === PUT && !this.leadsTo(target)))
      return this.change(index);
    this.close(index);
    this.take(index);
    this.order.copyWithin(this.latestPut + 1, this.latestPut, this.taken - 1);
    this.order[this.latestPut++] = index;
    return true;
  }

  /** What the next get to return found; undefined if there is none. */
  private target(): Value | undefined {
    const { events } = this.timeline;
    for (; this.targetEvent < events.length; this.targetEvent++) {
      const index = ~events[this.targetEvent]!;
      if (index < 0 || this.kindOf(index) !== GET || this.isDone(index)) continue;
      const value = this.values[index];
      if (value !== undefined) return value;
    }
    return undefined;
  }

  private string(): string {
    if (this.length < this.text.length) this.text = this.text.slice(0, this.length);
    return this.text;
  }

  /** Whether the string as it is may become this one without a put. */
  private leadsTo(found: Value): found is string {
    return typeof found === 'string' && (found === this.text || isAt(found, this.string(), 0));
  }

  /** An open append that leads on to this string takes effect, the one that returns first; false if there is none. */
  private goOn(found: Value): boolean {
    if (!this.leadsTo(found) || this.interrupted()) return false;
    const { length } = this;
    const { returns } = this.timeline;
    let best = -1;
    for (let i = 0; i < this.openCount; i++) {
      const index = this.open[i]!;
      if (this.kindOf(index) !== APPEND || (best >= 0 && returns[best]! <= returns[index]!)) continue;
      if (isAt(found, this.values[index] as string, length)) best = index;
    }
    if (best < 0) return false;
    this.become(found, length + (this.values[best] as string).length);
    this.take(best);
    this.close(best);
    return true;
  }

  /** An open put of a string that this one begins with takes effect; false if there is none. */
  private putBack(found: Value): boolean {
    for (let i = 0; i < this.openCount; i++) {
      const index = this.open[i]!;
      if (this.kindOf(index) !== PUT) continue;
      const value = this.values[index];
      if (value === found || (typeof value === 'string' && typeof found === 'string' && isAt(found, value, 0)))
        return this.change(index);
    }
    return false;
  }

  private become(text: string, length: number): void {
    this.text = text;
    this.length = length;
    this.isNull = false;
  }

  /** An append or put takes effect, and the gets that find what it leaves. */
  private change(index: number): boolean {
    const value = this.values[index];
    if (this.kindOf(index) === PUT) {
      this.become(typeof value === 'string' ? value : '', typeof value === 'string' ? value.length : 0);
      this.isNull = value === null;
      this.latestPut = this.taken;
      this.calledBeforePut = this.called;
    } else {
      const text = this.string() + (value as string);
      this.become(text, text.length);
    }
    this.take(index);
    this.close(index);
    return true;
  }

  /** The operation is no longer open, nor are gets that find the string as it is. */
  private close(index: number): void {
    const { open } = this;
    let kept = 0;
    for (let i = 0; i < this.openCount; i++) {
      const other = open[i]!;
      if (other === index) continue;
      if (this.kindOf(other) === GET && this.agrees(other)) this.take(other);
      else open[kept++] = other;
    }
    this.openCount = kept;
  }
}
