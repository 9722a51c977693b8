/**
 * Where the narrow search stands: as register-configuration.ts, with a number for each set of open operations. An open
 * operation is owed (must still take effect before it returns), done (has), or free (need not, but still can).
 */

import type { Memory } from './memory.ts';
import {
  FACTS,
  FROM,
  KIND_MASK,
  type NarrowHistory,
  OPEN_CAS,
  OPEN_WRITE,
  SETS,
  SLOT_MASK,
  SLOT_SHIFT,
  TO,
} from './narrow-history.ts';
import { CAS, CAS_UNKNOWN, MISMATCH, READ, SILENT, WRITE } from './register-history.ts';

/** Per value, in `sets`, at value << SETS. Reads and cas that find it, and return. */
export const FINDERS = 0;
/** Writes that leave it, and return. */
export const WRITERS = 1;
/** Cas that find it and never return. */
export const OPEN_FINDERS = 2;
/** Nobody asks for these by value: mismatches that name it, and writes that leave it and never return. */
const OTHERS = 3;
/** A mark of those who look along cas: of narrow-candidates.ts the write that looks, + 1; of narrow-reach.ts, below 0. */
export const MADE_OF = 4;

/** By kind: which of the facts names the value in whose sets the operation is, and which of them that is. */
const NAMING = new Int32Array(8);
const SET = new Int32Array(8);
/** By kind, all ones or none: whether it may be done, or free, at its call; and whether that is where it names the state. */
const DONE_AT_CALL = new Int32Array(8);
const FREE_AT_CALL = new Int32Array(8);
const IF_NAMED = new Int32Array(8);
for (const [kind, naming, set, doneAtCall, freeAtCall, ifNamed] of [
  [READ, FROM, FINDERS, -1, 0, -1],
  [WRITE, TO, WRITERS, 0, -1, -1],
  [CAS, FROM, FINDERS, 0, 0, 0],
  [MISMATCH, FROM, OTHERS, -1, 0, 0],
  [CAS_UNKNOWN, FROM, FINDERS, 0, -1, 0],
  [OPEN_WRITE, TO, OTHERS, 0, 0, 0],
  [OPEN_CAS, FROM, OPEN_FINDERS, 0, 0, 0],
] as const) {
  NAMING[kind] = naming;
  SET[kind] = set;
  DONE_AT_CALL[kind] = doneAtCall;
  FREE_AT_CALL[kind] = freeAtCall;
  IF_NAMED[kind] = ifNamed;
}

export class NarrowConfiguration {
  /** What took effect, i, or was left out at its return, ~i, in order; and at which event. */
  readonly trail: Int32Array;
  readonly moments: Int32Array;
  trailLength = 0;

  protected readonly history: NarrowHistory;
  protected readonly facts: Int32Array;
  protected readonly events: Int32Array;
  protected sets: Int32Array;
  /** The operation in each slot. */
  protected readonly occupants: Int32Array;

  /** The event up to which everything has happened, the value, what took effect, what need not. */
  protected position = 0;
  protected state: number;
  protected done = 0;
  protected free = 0;
  /** What is open at `position`, by kind; besides `sets` and `occupants`. It follows from the position. */
  private readonly open: Int32Array;

  constructor(history: NarrowHistory, memory: Memory) {
    const { facts, events, initial, sets } = history;
    this.history = history;
    this.facts = facts;
    this.events = events;
    this.state = initial;
    this.sets = sets;
    this.occupants = memory.ints(32);
    this.open = memory.ints(8);
    this.trail = memory.unset(facts.length >> FACTS);
    this.moments = memory.unset(facts.length >> FACTS);
  }

  protected get writes(): number {
    return this.open[WRITE]!;
  }

  protected get observers(): number {
    return this.open[READ]! | this.open[MISMATCH]!;
  }

  /** Cas that return. */
  protected get cas(): number {
    return this.open[CAS]! | this.open[CAS_UNKNOWN]!;
  }

  /** What is satisfied by a value other than the one it names. */
  protected get avoiders(): number {
    return this.open[MISMATCH]! | this.open[CAS_UNKNOWN]!;
  }

  protected get openWrites(): number {
    return this.open[OPEN_WRITE]!;
  }

  protected get openCas(): number {
    return this.open[OPEN_CAS]!;
  }

  protected writeMore(): boolean {
    const { history } = this;
    const hasMore = history.writeMore();
    this.sets = history.sets;
    return hasMore;
  }

  /** Moves on to a return that needs a decision; false at the end of the history. */
  protected moveOn(): boolean {
    const { facts, events, history } = this;
    for (; this.position < history.eventCount || this.writeMore(); this.position++) {
      const event = events[this.position]!;
      if (event >= 0) {
        this.call(event);
        continue;
      }
      const code = facts[~event << FACTS]!;
      const bit = 1 << ((code >>> SLOT_SHIFT) & SLOT_MASK);
      if ((this.done & bit) === 0) return true;
      this.done ^= bit;
      this.toggle(~event, code);
    }
    return false;
  }

  /** What can be settled at once is. Without a case for each kind, either, for the same reason as in `toggle`. */
  private call(index: number): void {
    const { facts, trailLength } = this;
    const base = index << FACTS;
    const code = facts[base]!;
    const slot = (code >>> SLOT_SHIFT) & SLOT_MASK;
    const kind = code & KIND_MASK;
    const bit = 1 << slot;
    if (kind === SILENT) {
      this.observe(index, bit);
      return;
    }
    const value = facts[base + NAMING[kind]!]!;
    this.occupants[slot] = index;
    this.open[kind]! ^= bit;
    this.sets[(value << SETS) + SET[kind]!]! ^= bit;
    const difference = value ^ this.state;
    const settles = ((difference | -difference) >> 31) ^ IF_NAMED[kind]!;
    this.free |= bit & FREE_AT_CALL[kind]! & settles;
    const isDone = DONE_AT_CALL[kind]! & settles;
    this.done |= bit & isDone;
    this.trail[trailLength] = index;
    this.moments[trailLength] = this.position;
    this.trailLength = trailLength - isDone;
  }

  protected observe(index: number, bit: number): void {
    this.done |= bit;
    this.note(index);
  }

  protected note(index: number): void {
    this.trail[this.trailLength] = index;
    this.moments[this.trailLength++] = this.position;
  }

  /**
   * Enters the operation in, or removes it from, the sets of what is open. Without a case for each kind: which comes next is
   * anybody's guess, and to guess wrong costs more than all of this.
   */
  private toggle(index: number, code: number): void {
    const kind = code & KIND_MASK;
    if (kind === SILENT) return;
    const slot = (code >>> SLOT_SHIFT) & SLOT_MASK;
    this.occupants[slot] = index;
    this.open[kind]! ^= 1 << slot;
    this.sets[(this.facts[(index << FACTS) + NAMING[kind]!]! << SETS) + SET[kind]!]! ^= 1 << slot;
  }

  /** The operation takes effect now, and all that follows from it. */
  protected takeEffect(index: number): void {
    const { facts } = this;
    const base = index << FACTS;
    const code = facts[base]!;
    const kind = code & KIND_MASK;
    const bit = 1 << ((code >>> SLOT_SHIFT) & SLOT_MASK);
    const to = facts[base + TO]!;
    this.observe(index, bit);
    this.free &= ~bit;
    if (kind === WRITE || kind === OPEN_WRITE) this.free |= this.writes & ~this.done;
    if (to === this.state) return;
    this.state = to;
    // Observers that agree are done, writes of this value are free. What is satisfied by any value but one, and still
    // owed, named the previous one: now it is settled.
    const at = to << SETS;
    this.free |= this.sets[at + WRITERS]! & ~this.done;
    let agreeing = this.sets[at + FINDERS]! & this.observers & ~this.done;
    const avoiders = this.avoiders & ~this.done & ~this.free;
    if (avoiders !== 0) {
      const mismatches = avoiders & this.observers;
      this.free |= avoiders ^ mismatches;
      agreeing |= mismatches;
    }
    while (agreeing !== 0) {
      const lowest = agreeing & -agreeing;
      agreeing ^= lowest;
      this.observe(this.occupants[31 - Math.clz32(lowest)]!, lowest);
    }
  }

  /** What is open is as it was then. */
  protected moveBackTo(target: number): void {
    const { facts, events } = this;
    while (this.position > target) {
      const event = events[--this.position]!;
      const index = event >= 0 ? event : ~event;
      this.toggle(index, facts[index << FACTS]!);
    }
  }

  protected bitOf(index: number): number {
    return 1 << ((this.facts[index << FACTS]! >>> SLOT_SHIFT) & SLOT_MASK);
  }
}
