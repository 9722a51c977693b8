/**
 * A quick attempt at strings that grow (get, put and append on one key), which takes the first order that offers itself and
 * never goes back: what it finds is an order; that it finds none says nothing.
 *
 * Walk the events. A get takes effect as soon as the string is what it found. At the return of an operation that has not taken
 * effect, the next get to return tells which of the open appends comes next: the one whose text goes on where the string
 * ends. A put takes effect when it returns, or when a get can be explained in no other way. An append that no get has room
 * for goes immediately before a put that took effect while it was open: nobody sees it there.
 *
 * A violation is told by two gets alone: the string only grows where no put takes effect. So if one get returns before another
 * is called, and no put is open at any time from the call of the one to the return of the other, then the other must have found
 * what the one did, or that and more.
 */

import type { Attempt } from './attempt.ts';
import type { Memory } from './memory.ts';
import type { Value } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { layOut, type Timeline } from './timeline.ts';

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
  const { concurrencyMax } = timeline;
  const about = { method: 'first order of growing strings', concurrencyMax, steps: operations.length };
  if (outcome === 'violation') return { ...about, outcome, linearization: null, stuckAt: string.shrunkAt };
  const linearization = new Array<number>(string.order.length);
  for (let at = 0; at < linearization.length; at++) linearization[at] = operations[string.order[at]!]!.id;
  return { ...about, outcome, linearization, stuckAt: -1 };
};

class GrowingString<I, O> {
  readonly order: number[] = [];
  private readonly interrupted: () => boolean;
  private readonly timeline: Timeline<I, O>;
  private readonly kinds: Int32Array;
  private readonly values: (Value | undefined)[] = [];
  /** Gets in order of return. */
  private readonly targets: number[] = [];
  private nextTarget = 0;
  private state: Value;
  /** Called, and not taken effect. */
  private readonly open: number[] = [];
  private readonly isDone: Int32Array;
  /** Where in the order the latest put is, and the number of operations that had been called when it took effect. */
  private latestPut = -1;
  private calledBeforePut = 0;
  private called = 0;
  /** The get that returned without finding what had been found before. */
  shrunkAt = -1;
  /** Puts that were called, and those of them that are open. */
  private puts = 0;
  private openPuts = 0;
  /** The longest string found by a get that has returned, and since whose call no put was open; undefined if there is none. */
  private found: string | undefined;
  /** At the call of each get: what had been found, and the puts that had been called; then none were open. */
  private readonly foundBefore: (string | undefined)[] = [];
  private readonly putsBefore: Int32Array;

  constructor(timeline: Timeline<I, O>, initial: Value, steps: StringSteps<I, O>, interrupted: () => boolean) {
    this.interrupted = interrupted;
    const { operations, events, memory } = timeline;
    this.timeline = timeline;
    this.state = initial;
    this.kinds = memory.ints(operations.length);
    this.isDone = memory.ints(operations.length);
    this.putsBefore = memory.ints(operations.length);
    for (let index = 0; index < operations.length; index++) {
      const { input, output } = operations[index]!;
      const kind = steps.kindOf(input);
      const value = steps.valueOf(input, output);
      this.kinds[index] = kind;
      this.values.push(value);
      this.foundBefore.push(undefined);
    }
    for (let at = 0; at < events.length; at++) {
      const index = ~events[at]!;
      if (index >= 0 && this.kinds[index] === GET && this.values[index] !== undefined) this.targets.push(index);
    }
  }

  /** Null if it gets stuck. */
  walk(): Attempt['outcome'] | null {
    const { events } = this.timeline;
    let isStuck = false;
    for (let at = 0; at < events.length; at++) {
      const event = events[at]!;
      const index = event < 0 ? ~event : event;
      const kind = this.kinds[index]!;
      if (event < 0) {
        if (kind === GET && this.hasShrunk(index)) return 'violation';
        if (kind === PUT) this.openPuts--;
        isStuck ||= this.isDone[index] === 0 && !this.force(index);
        continue;
      }
      if (kind === PUT) {
        this.puts++;
        this.openPuts++;
        this.found = undefined;
      } else if (kind === GET) {
        this.foundBefore[index] = this.found;
        this.putsBefore[index] = this.openPuts > 0 ? -1 : this.puts;
      }
      if (isStuck) continue;
      this.called++;
      if (kind === GET && (this.values[index] === undefined || this.values[index] === this.state)) this.take(index);
      else this.open.push(index);
    }
    return isStuck ? null : 'pass';
  }

  /** A get returns: whether it did not find what had been found before. */
  private hasShrunk(index: number): boolean {
    const value = this.values[index];
    if (typeof value !== 'string' || this.putsBefore[index] !== this.puts) return false;
    const before = this.foundBefore[index];
    if (before !== undefined && !value.startsWith(before)) {
      this.shrunkAt = index;
      return true;
    }
    if (this.found === undefined || value.length > this.found.length) this.found = value;
    return false;
  }

  private take(index: number): void {
    this.isDone[index] = 1;
    this.order.push(index);
  }

  /** The operation returns now, and must have taken effect. */
  private force(index: number): boolean {
    if (this.interrupted()) return false;
    const target = this.kinds[index] === GET ? this.values[index] : this.target();
    if (target === undefined) return this.change(index);
    if (this.kinds[index] !== PUT)
      while (this.isDone[index] === 0 && (this.goOn(target) || (!this.leadsTo(target) && this.putBack(target))));
    if (this.isDone[index] === 1) return true;
    if (this.kinds[index] === GET) return false;
    // No get has room for it: it was overwritten at once, if it can have been.
    if (this.latestPut < 0 || index >= this.calledBeforePut || (this.kinds[index] === PUT && !this.leadsTo(target)))
      return this.change(index);
    this.isDone[index] = 1;
    this.open.splice(this.open.indexOf(index), 1);
    this.order.splice(this.latestPut++, 0, index);
    return true;
  }

  /** Whether the string as it is may become this one without a put. */
  private leadsTo(found: Value): boolean {
    const before = this.state ?? '';
    return typeof found === 'string' && typeof before === 'string' && found.startsWith(before);
  }

  /** What the next get to return found; undefined if there is none. */
  private target(): Value | undefined {
    const { targets, isDone } = this;
    while (this.nextTarget < targets.length && isDone[targets[this.nextTarget]!] === 1) this.nextTarget++;
    return this.nextTarget < targets.length ? this.values[targets[this.nextTarget]!] : undefined;
  }

  /** An open append that leads on to this string takes effect, the one that returns first; false if there is none. */
  private goOn(found: Value): boolean {
    if (!this.leadsTo(found) || this.interrupted()) return false;
    const length = ((this.state ?? '') as string).length;
    const { returns } = this.timeline;
    let best = -1;
    for (let i = 0; i < this.open.length; i++) {
      const index = this.open[i]!;
      if (this.kinds[index] !== APPEND || (best >= 0 && returns[best]! <= returns[index]!)) continue;
      if ((found as string).startsWith(this.values[index] as string, length)) best = index;
    }
    return best >= 0 && this.change(best);
  }

  /** An open put of a string that this one begins with takes effect; false if there is none. */
  private putBack(found: Value): boolean {
    for (let i = 0; i < this.open.length; i++) {
      const index = this.open[i]!;
      const value = this.values[index];
      if (this.kinds[index] !== PUT) continue;
      if (value === found || (typeof value === 'string' && typeof found === 'string' && found.startsWith(value)))
        return this.change(index);
    }
    return false;
  }

  /** An append or put takes effect, and the gets that find what it leaves. */
  private change(index: number): boolean {
    const { open, values, kinds } = this;
    if (kinds[index] === PUT) {
      this.state = values[index]!;
      this.latestPut = this.order.length;
      this.calledBeforePut = this.called;
    } else this.state = ((this.state ?? '') as string) + (values[index] as string);
    this.take(index);
    let kept = 0;
    for (let i = 0; i < open.length; i++) {
      const other = open[i]!;
      if (other === index) continue;
      if (kinds[other] === GET && values[other] === this.state) this.take(other);
      else open[kept++] = other;
    }
    open.length = kept;
    return true;
  }
}
