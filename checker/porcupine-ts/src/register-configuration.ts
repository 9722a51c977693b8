/**
 * Where the register search stands: an event, a value, and what became of each open operation. An open operation is owed
 * (must still take effect before it returns), done (has), or free (need not, but still can). What follows by the rules 1 and
 * 2 of register-search.ts, without any choice, happens here.
 */

import type { OpenClasses } from './register-classes.ts';
import { CAS, CAS_UNKNOWN, MISMATCH, READ, type RegisterHistory, SILENT, WRITE } from './register-history.ts';
import { Trail } from './trail.ts';

/** Sets of slots are bits in words: slot s is bit s & 31 of word s >>> 5. */
export class RegisterConfiguration {
  /** The event up to which everything has happened. */
  position = 0;
  /** The register's value. */
  state: number;
  readonly done: Int32Array;
  readonly free: Int32Array;
  /** How many of each class of operations that never return took effect. */
  readonly used: Int32Array;
  readonly trail: Trail;

  // What is open at `position`: it follows from it.
  readonly words: number;
  /** The operation in each slot. */
  readonly occupants: Int32Array;
  readonly writes: Int32Array;
  readonly observers: Int32Array;
  /** Cas that return. */
  readonly cas: Int32Array;
  /** Mismatches, and cas of unknown outcome: what is satisfied by a value other than the one it names. */
  readonly avoiders: Int32Array;
  /** Per value, `words` each: reads and cas that find it; writes that leave it. */
  readonly finders: Int32Array;
  readonly writers: Int32Array;
  /** How many of each class were called. */
  readonly called: Int32Array;

  readonly history: RegisterHistory;
  readonly classes: OpenClasses;
  private readonly events: Int32Array;
  private readonly slots: Int32Array;
  private readonly kinds: Int32Array;
  private readonly from: Int32Array;
  private readonly to: Int32Array;

  constructor(history: RegisterHistory, classes: OpenClasses) {
    const { timeline, valueCount, kinds } = history;
    const { memory } = timeline;
    const words = Math.max(1, (timeline.returningSlots + 31) >>> 5);
    this.history = history;
    this.classes = classes;
    this.events = timeline.events;
    this.slots = timeline.slots;
    this.kinds = kinds;
    this.from = history.from;
    this.to = history.to;
    this.state = history.initial;
    this.words = words;
    this.done = memory.ints(words);
    this.free = memory.ints(words);
    this.used = memory.ints(classes.count);
    this.trail = new Trail(kinds.length + 1, memory);
    this.occupants = memory.ints(words * 32);
    this.writes = memory.ints(words);
    this.observers = memory.ints(words);
    this.cas = memory.ints(words);
    this.avoiders = memory.ints(words);
    this.finders = memory.ints(words * valueCount);
    this.writers = memory.ints(words * valueCount);
    this.called = memory.ints(classes.count);
  }

  isFree(index: number): boolean {
    const slot = this.slots[index]!;
    return (this.free[slot >>> 5]! & (1 << (slot & 31))) !== 0;
  }

  /** The operation whose return is the present event. */
  get returning(): number {
    return ~this.events[this.position]!;
  }

  /** Moves on to a return that needs a decision; false at the end of the history. */
  moveOn(): boolean {
    const { events, slots, done } = this;
    const end = events.length;
    for (; this.position < end; this.position++) {
      const event = events[this.position]!;
      if (event >= 0) {
        this.open(event);
        continue;
      }
      const slot = slots[~event]!;
      const bit = 1 << (slot & 31);
      if ((done[slot >>> 5]! & bit) === 0) return true;
      done[slot >>> 5]! &= ~bit;
      this.toggleOpen(~event);
    }
    return false;
  }

  /** What is open is as it was then; `done`, `free` and the state are the caller's to restore. */
  moveBackTo(target: number): void {
    const { events } = this;
    while (this.position > target) {
      const event = events[--this.position]!;
      const index = event >= 0 ? event : ~event;
      if (event >= 0 && this.isNeverReturning(event)) this.called[this.classes.classOf[event]!]!--;
      else if (this.kinds[index] !== SILENT) this.toggleOpen(index);
    }
  }

  /** What took effect since then has not: of operations that never return, as many are left as then. */
  undoTrail(length: number): void {
    const { trail, classes, used } = this;
    if (classes.count > 0 && !this.history.unlimited)
      for (let i = length; i < trail.length; i++) {
        const index = trail.indexes[i]!;
        if (index >= 0 && classes.classOf[index]! >= 0) used[classes.classOf[index]!]!--;
      }
    trail.length = length;
  }

  /** The operation takes effect now, and all that follows from it. */
  takeEffect(index: number): void {
    const { done, free, writes, words, to } = this;
    this.trail.push(index, this.position);
    if (this.isNeverReturning(index)) {
      if (!this.history.unlimited) this.used[this.classes.classOf[index]!]!++;
    } else {
      const slot = this.slots[index]!;
      done[slot >>> 5]! |= 1 << (slot & 31);
      free[slot >>> 5]! &= ~(1 << (slot & 31));
    }
    if (this.kinds[index] === WRITE)
      for (let word = 0; word < words; word++) free[word]! |= writes[word]! & ~done[word]!;
    if (to[index] === this.state) return;
    this.state = to[index]!;
    this.settleOpen();
  }

  /** The returning operation, which is free, is left out: its return is passed as if it were done. */
  leaveOut(): void {
    const { returning } = this;
    const slot = this.slots[returning]!;
    this.free[slot >>> 5]! &= ~(1 << (slot & 31));
    this.done[slot >>> 5]! |= 1 << (slot & 31);
    this.trail.push(~returning, this.position);
  }

  isNeverReturning(index: number): boolean {
    return this.classes.count > 0 && this.classes.classOf[index]! >= 0;
  }

  /** A call: what can be settled at once is. */
  private open(index: number): void {
    const { done, free, from, state } = this;
    const { timeline, optional } = this.history;
    if (this.isNeverReturning(index)) {
      this.called[this.classes.classOf[index]!]!++;
      return;
    }
    const kind = this.kinds[index]!;
    const slot = this.slots[index]!;
    const bit = 1 << (slot & 31);
    if (kind === SILENT) {
      if (timeline.returns[index]! === timeline.events.length) return;
      done[slot >>> 5]! |= bit;
      this.trail.push(index, this.position);
      return;
    }
    this.toggleOpen(index);
    if (optional !== null && optional[index] === 1) {
      free[slot >>> 5]! |= bit;
      return;
    }
    switch (kind) {
      case READ:
        if (from[index] !== state) return;
        done[slot >>> 5]! |= bit;
        this.trail.push(index, this.position);
        return;
      case MISMATCH:
        if (from[index] === state) return;
        done[slot >>> 5]! |= bit;
        this.trail.push(index, this.position);
        return;
      case WRITE:
        if (this.to[index] === state) free[slot >>> 5]! |= bit;
        return;
      case CAS_UNKNOWN:
        if (from[index] !== state) free[slot >>> 5]! |= bit;
    }
  }

  /** Enters the operation in, or removes it from, the sets of what is open. */
  private toggleOpen(index: number): void {
    const { words } = this;
    const slot = this.slots[index]!;
    const word = slot >>> 5;
    const bit = 1 << (slot & 31);
    this.occupants[slot] = index;
    switch (this.kinds[index]) {
      case READ:
        this.observers[word]! ^= bit;
        this.finders[this.from[index]! * words + word]! ^= bit;
        return;
      case WRITE:
        this.writes[word]! ^= bit;
        this.writers[this.to[index]! * words + word]! ^= bit;
        return;
      case CAS:
        this.cas[word]! ^= bit;
        this.finders[this.from[index]! * words + word]! ^= bit;
        return;
      case MISMATCH:
        this.observers[word]! ^= bit;
        this.avoiders[word]! ^= bit;
        return;
      case CAS_UNKNOWN:
        this.cas[word]! ^= bit;
        this.finders[this.from[index]! * words + word]! ^= bit;
        this.avoiders[word]! ^= bit;
    }
  }

  /**
   * After the state has changed: observers that agree are done, writes of this value are free. What is satisfied by any
   * value but one, and still owed, named the previous state: now it is settled.
   */
  private settleOpen(): void {
    const { words, done, free, occupants } = this;
    const base = this.state * words;
    for (let word = 0; word < words; word++) {
      free[word]! |= this.writers[base + word]! & ~done[word]!;
      const owedAvoiders = this.avoiders[word]! & ~done[word]! & ~free[word]!;
      const mismatches = owedAvoiders & this.observers[word]!;
      free[word]! |= owedAvoiders & ~mismatches;
      let agreeing = (this.finders[base + word]! & this.observers[word]! & ~done[word]!) | mismatches;
      done[word]! |= agreeing;
      while (agreeing !== 0) {
        const bit = agreeing & -agreeing;
        agreeing ^= bit;
        this.trail.push(occupants[(word << 5) | (31 - Math.clz32(bit))]!, this.position);
      }
    }
  }
}
