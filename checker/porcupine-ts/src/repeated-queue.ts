/**
 * FIFO queues in which values repeat: a search in the order of the queue, not in that of time. In time, a wrong order of two puts
 * shows only when their values come out, after everything in between has been tried in vain. So here an order is built value by
 * value: which put is the i-th, and at once which operations see its value. Sound and complete, for any answers that are unknown.
 *
 * Time is counted in gaps, as in spans.ts: an operation called at event c that returns at event r takes effect in one of the gaps
 * c + 1 … r. Let each take effect as early as it can. Then the i-th put takes effect at P, the latest of c + 1 of the puts up to it, and
 * what sees its value at S, the latest of P and of c + 1 of what saw this or an earlier value. Whatever found nothing does so between
 * two values, at S, and the next put no earlier. That is an order if nothing that must take effect is left behind: P is no later
 * than the first return of a put that is still to come, S than that of an operation that is still to see something. So a put is a
 * candidate only if it was called before the one return, and what sees only if it was called before the other.
 *
 * Of two candidates that do the same, one is enough: the one that returns first, unless it is called later and so makes
 * something later. Swap the two in an order that has the other first: nothing in it takes effect later than before.
 *
 * What failed is remembered by P, S, the value in front and what took effect, which is told as in first-order.ts: by the first
 * return of a put that is to come, that of what sees, and a bit for each slot.
 *
 * Where operations may be left out (`optional`), these owe nothing, and may take effect as long as the moment has not passed their
 * return. One of these makes another pointless, as above, but not one that must take effect: that would be left behind. And what
 * took effect is told by P, S, and a bit for each operation that is open at P, or at S of what sees: what was called later has not, for
 * P and S are no earlier than what took effect; what returned earlier has, or may no longer.
 */

import { ConfigurationSet } from './configuration-set.ts';
import { callPositions } from './decision.ts';
import { EventList } from './event-list.ts';
import type { Value } from './model.ts';
import type { Search, SearchStatus } from './search.ts';
import { NONE, type Step, withAnywhere } from './spans.ts';
import type { Timeline } from './timeline.ts';
import { Interner } from './value.ts';

/** What an operation sees: NOTHING, ANYTHING (nobody knows), or the number of a value. */
const NOTHING = -1;
const ANYTHING = -2;

/** A put, or NONE; and what sees its value, or found nothing. */
interface Move {
  readonly put: number;
  readonly seer: number;
}

/** What a move found and changed. */
interface Frame {
  readonly moves: readonly Move[];
  next: number;
  readonly putMoment: number;
  readonly seenMoment: number;
  readonly front: number;
}

const FRAME_BYTES = 200;

/**
 * Null if null is put, which stands for "nothing".
 * @param optional operations, by position, that may take effect in their time, with the answer that they gave, or not at all
 */
export const repeatedQueueSearch = (
  timeline: Timeline<Step, Value>,
  optional: Uint8Array | null = null,
): Search | null => {
  const { operations } = timeline;
  const seen = new Int32Array(operations.length).fill(NONE);
  const interner = new Interner(operations.length);
  for (let index = 0; index < operations.length; index++) {
    const { input, output } = operations[index]!;
    const value = input.f === 'put' ? (input.value ?? null) : output;
    if (input.f === 'put' && value === null) return null;
    seen[index] = value === undefined ? ANYTHING : value === null ? NOTHING : interner.idOf(value);
  }
  return new RepeatedQueue(timeline, seen, optional);
};

class RepeatedQueue implements Search {
  readonly method = 'search in the order of the queue';
  steps = 0;
  furthestEvent = 0;
  private readonly timeline: Timeline<Step, Value>;
  private readonly calls: Int32Array;
  /** The value that each operation puts or sees, by number. */
  private readonly values: Int32Array;
  private readonly optional: Uint8Array | null;
  private readonly end: number;
  /** Calls of what has not taken effect, and returns of what has not and must. */
  private readonly putCalls: EventList;
  private readonly putReturns: EventList;
  private readonly seerCalls: EventList;
  private readonly seerReturns: EventList;
  private putMoment = 0;
  private seenMoment = 0;
  /** The value that was put, and not taken; NONE if there is none. */
  private front = NONE;
  private readonly frames: Frame[] = [];
  private readonly failed: ConfigurationSet;
  private readonly record: Int32Array;
  private readonly words: number;
  /** Where operations may be left out: of each slot, the latest put that took effect, what saw, and which was the latest before it. */
  private readonly putsLatest: Int32Array;
  private readonly seersLatest: Int32Array;
  private readonly latestBefore: Int32Array;
  private status: SearchStatus = 'more';

  constructor(timeline: Timeline<Step, Value>, values: Int32Array, optional: Uint8Array | null) {
    const { events, operations, slotCount, memory } = timeline;
    const end = events.length;
    this.timeline = timeline;
    this.values = values;
    this.optional = optional;
    this.end = end;
    this.calls = callPositions(timeline);
    this.putCalls = new EventList(end, memory);
    this.putReturns = new EventList(end, memory);
    this.seerCalls = new EventList(end, memory);
    this.seerReturns = new EventList(end, memory);
    for (let at = 0; at < end; at++) {
      const index = events[at]! < 0 ? ~events[at]! : events[at]!;
      const { f } = operations[index]!.input;
      // A peek of unknown answer fits anywhere.
      if (f === 'peek' && values[index] === ANYTHING) continue;
      const [calls, returns] = f === 'put' ? [this.putCalls, this.putReturns] : [this.seerCalls, this.seerReturns];
      if (events[at]! >= 0) calls.append(at);
      else if (!this.isOptional(index)) returns.append(at);
    }
    this.words = (slotCount + 31) >>> 5;
    const counted = optional === null ? 0 : slotCount;
    this.putsLatest = memory.ints(counted).fill(NONE);
    this.seersLatest = memory.ints(counted).fill(NONE);
    this.latestBefore = memory.ints(optional === null ? 0 : operations.length);
    this.record = new Int32Array(HEADER + 2 * this.words);
    this.failed = new ConfigurationSet(this.record.length, memory);
    this.frames.push(this.frame());
  }

  advance(budget: number, interrupted: () => boolean): SearchStatus {
    for (let spent = 0; this.status === 'more' && spent < budget; spent++) {
      if (interrupted()) break;
      if (this.seerReturns.first() === this.end) this.status = 'pass';
      else this.step();
    }
    return this.status;
  }

  private step(): void {
    const frame = this.frames[this.frames.length - 1]!;
    const move = frame.moves[frame.next++];
    if (move !== undefined) {
      this.steps++;
      this.make(move);
      if (this.isHopeless(move)) this.undo(move, frame);
      else this.frames.push(this.frame());
      return;
    }
    this.fillRecord();
    this.failed.add(this.record);
    this.frames.pop();
    const before = this.frames[this.frames.length - 1];
    if (before === undefined) this.status = 'violation';
    else this.undo(before.moves[before.next - 1]!, before);
  }

  private frame(): Frame {
    const { putMoment, seenMoment, front } = this;
    const blocked = Math.max(this.firstReturn(this.putReturns), this.firstReturn(this.seerReturns));
    if (blocked > this.furthestEvent) this.furthestEvent = blocked;
    return { moves: this.candidates(), next: 0, putMoment, seenMoment, front };
  }

  private firstReturn(returns: EventList): number {
    return returns.first() === this.end ? 0 : returns.first();
  }

  /** Something is left behind, or it failed before. */
  private isHopeless({ put, seer }: Move): boolean {
    const { putMoment, seenMoment } = this;
    const { returns } = this.timeline;
    if (putMoment > this.putReturns.first() || seenMoment > this.seerReturns.first()) return true;
    if (seenMoment > returns[seer]! || (put !== NONE && putMoment > returns[put]!)) return true;
    this.fillRecord();
    return this.failed.has(this.record);
  }

  private make({ put, seer }: Move): void {
    const { calls, values, timeline } = this;
    if (put !== NONE) {
      this.putMoment = Math.max(this.putMoment, calls[put]! + 1);
      this.front = values[put]!;
      this.leave(put, this.putCalls, this.putReturns, 0);
    }
    this.seenMoment = Math.max(this.seenMoment, calls[seer]! + 1);
    if (this.front === NONE) this.putMoment = Math.max(this.putMoment, this.seenMoment);
    else this.seenMoment = Math.max(this.seenMoment, this.putMoment);
    if (timeline.operations[seer]!.input.f === 'take') this.front = NONE;
    this.leave(seer, this.seerCalls, this.seerReturns, this.words);
  }

  private undo({ put, seer }: Move, before: Frame): void {
    this.comeBack(seer, this.seerCalls, this.seerReturns, this.words);
    if (put !== NONE) this.comeBack(put, this.putCalls, this.putReturns, 0);
    this.putMoment = before.putMoment;
    this.seenMoment = before.seenMoment;
    this.front = before.front;
  }

  private leave(index: number, calls: EventList, returns: EventList, word: number): void {
    calls.leave(this.calls[index]!);
    if (!this.isOptional(index)) returns.leave(this.timeline.returns[index]!);
    if (this.optional === null) this.flip(index, word);
    else this.takeSlot(index, word > 0 ? this.seersLatest : this.putsLatest);
  }

  private comeBack(index: number, calls: EventList, returns: EventList, word: number): void {
    if (this.optional === null) this.flip(index, word);
    else this.leaveSlot(index, word > 0 ? this.seersLatest : this.putsLatest);
    if (!this.isOptional(index)) returns.comeBack(this.timeline.returns[index]!);
    calls.comeBack(this.calls[index]!);
  }

  private isOptional(index: number): boolean {
    return this.optional !== null && this.optional[index] === 1;
  }

  private flip(index: number, word: number): void {
    const slot = this.timeline.slots[index]!;
    this.record[HEADER + word + (slot >>> 5)]! ^= 1 << (slot & 31);
  }

  private takeSlot(index: number, latest: Int32Array): void {
    const slot = this.timeline.slots[index]!;
    this.latestBefore[index] = latest[slot]!;
    latest[slot] = index;
  }

  private leaveSlot(index: number, latest: Int32Array): void {
    latest[this.timeline.slots[index]!] = this.latestBefore[index]!;
  }

  /** Bits of what took effect and is open at the moment. */
  private fillOpen(latest: Int32Array, moment: number, word: number): void {
    const { record, words } = this;
    const { returns } = this.timeline;
    record.fill(0, HEADER + word, HEADER + word + words);
    for (let slot = 0; slot < latest.length; slot++)
      if (latest[slot] !== NONE && returns[latest[slot]!]! >= moment)
        record[HEADER + word + (slot >>> 5)]! |= 1 << (slot & 31);
  }

  private fillRecord(): void {
    const { record } = this;
    if (this.optional !== null) {
      this.fillOpen(this.putsLatest, this.putMoment, 0);
      this.fillOpen(this.seersLatest, this.seenMoment, this.words);
    }
    record[0] = this.putReturns.first();
    record[1] = this.seerReturns.first();
    record[2] = this.putMoment;
    record[3] = this.seenMoment;
    record[4] = this.front;
  }

  /** What may come next: what sees the value in front, or found nothing, or another value with what sees it. */
  private candidates(): readonly Move[] {
    const { values, front, calls } = this;
    const { returns } = this.timeline;
    const before = this.seerReturns.first();
    const seers = this.worthTrying(this.seerCalls, before, this.seenMoment);
    const moves: Move[] = [];
    if (front !== NONE) {
      for (const seer of seers)
        if (values[seer] === front || values[seer] === ANYTHING) moves.push({ put: NONE, seer });
    } else {
      // A take that never returned need not have found nothing.
      for (const seer of seers)
        if (values[seer] === NOTHING || (values[seer] === ANYTHING && returns[seer]! < this.end))
          moves.push({ put: NONE, seer });
      // One that was called after a return of what must see first would be seen too late.
      for (const put of this.worthTrying(this.putCalls, Math.min(this.putReturns.first(), before), this.putMoment)) {
        const seen = Math.max(this.seenMoment, this.putMoment, calls[put]! + 1);
        // What may be left out may be too late for this value, and makes then nothing pointless.
        const inTime = this.optional === null ? seers : this.worthTrying(this.seerCalls, before, seen);
        for (const seer of inTime)
          if (values[seer] === values[put] || values[seer] === ANYTHING) moves.push({ put, seer });
      }
    }
    return moves.length < 2 ? moves : moves.sort((a, b) => this.urgency(a) - this.urgency(b));
  }

  /** What returns first goes first; but what is known to be seen before what may be, and that before what need not happen. */
  private urgency({ put, seer }: Move): number {
    const { returns } = this.timeline;
    const first = Math.min(returns[seer]!, put === NONE ? this.end : returns[put]!);
    if (this.values[seer] !== ANYTHING) return first;
    return first + (returns[seer]! < this.end ? 1 : 2) * (this.end + 1);
  }

  /** Of those called before the event, in order of call: those that no other makes pointless. */
  private worthTrying(calls: EventList, before: number, moment: number): readonly number[] {
    const { events, returns } = this.timeline;
    const found: number[] = [];
    for (let at = calls.first(); at < before; at = calls.next[at]!) {
      const index = events[at]!;
      if (returns[index]! < moment || found.some((other) => this.canReplace(other, index))) continue;
      // This one is called later, which makes no difference if that was long ago.
      const other = found.findIndex((one) => this.canReplace(index, one));
      if (other >= 0 && at < moment) found[other] = index;
      else found.push(index);
    }
    return found;
  }

  /** Whether it does the same, returns no later, and is owed if the other is. */
  private canReplace(one: number, other: number): boolean {
    const { operations, returns } = this.timeline;
    if (this.values[one] !== this.values[other] || operations[one]!.input.f !== operations[other]!.input.f)
      return false;
    return returns[one]! <= returns[other]! && (!this.isOptional(one) || this.isOptional(other));
  }

  linearization(): readonly number[] {
    const { calls, timeline } = this;
    /** With each: how many found nothing before it. It may not come earlier than these, in the same gap as the last of them. */
    const puts: { readonly index: number; readonly moment: number; readonly nothings: number }[] = [];
    const seers: typeof puts = [];
    let nothings = 0;
    for (let at = 0; at + 1 < this.frames.length; at++) {
      const { moves, next, front } = this.frames[at]!;
      const { put, seer } = moves[next - 1]!;
      const after = this.frames[at + 1]!;
      if (put !== NONE) puts.push({ index: put, moment: after.putMoment, nothings });
      seers.push({ index: seer, moment: after.seenMoment, nothings });
      if (put === NONE && front === NONE) nothings++;
    }
    const order: number[] = [];
    let waiting = 0;
    // Puts of values that nobody saw come last.
    for (let at = this.putCalls.first(), moment = this.putMoment; at < this.end; at = this.putCalls.next[at]!) {
      const index = timeline.events[at]!;
      if (timeline.returns[index] === this.end || this.isOptional(index)) continue;
      moment = Math.max(moment, calls[index]! + 1);
      puts.push({ index, moment, nothings });
    }
    for (const { index, moment, nothings: before } of seers) {
      for (; waiting < puts.length; waiting++) {
        const put = puts[waiting]!;
        if (put.moment > moment || put.nothings > before) break;
        order.push(put.index);
      }
      order.push(index);
    }
    while (waiting < puts.length) order.push(puts[waiting++]!.index);
    const silent: number[] = [];
    for (let index = 0; index < timeline.operations.length; index++)
      if (
        timeline.operations[index]!.input.f === 'peek' &&
        this.values[index] === ANYTHING &&
        timeline.returns[index]! < this.end &&
        !this.isOptional(index)
      )
        silent.push(index);
    return withAnywhere({ calls, timeline }, order, silent);
  }

  get memoryBytes(): number {
    return this.failed.memoryBytes + this.frames.length * FRAME_BYTES;
  }
}

/** Words of a record before those of the slots. */
const HEADER = 5;
