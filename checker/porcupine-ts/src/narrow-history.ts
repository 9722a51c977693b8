/**
 * A history of a register in numbers, as register-history.ts has it, but made on demand: operations that are in order of call
 * are written down as the search comes to them, so that nobody looks at what comes after a violation. Only where no more
 * than thirty are open at once: a set of open operations is then one small whole number.
 */

import { grown, type Memory } from './memory.ts';
import type { Value } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { CAS, CAS_UNKNOWN, MISMATCH, READ, type RegisterEncoder, SILENT, WRITE } from './register-history.ts';
import { OpenReturns } from './timeline.ts';
import { Interner } from './value.ts';

/** A set of so many is a whole number that the engine keeps without a box. */
const SLOTS_MAX = 30;
/** Beside the kinds of register-history.ts: a write, and a cas, that never returned. */
export const OPEN_WRITE = 6;
export const OPEN_CAS = 7;

/**
 * The facts of operation i begin at i << FACTS: kind and slot, what it finds (below 0 if nothing; of a write, ~ the event of its
 * call), what it leaves, the event of its return.
 */
export const FACTS = 2;
export const FROM = 1;
export const TO = 2;
export const RETURN = 3;
/** In the first of the facts: the kind, then the slot, then what the search marks. */
export const KIND_MASK = 7;
export const SLOT_SHIFT = 3;
export const SLOT_MASK = 31;
export const MARKS_SHIFT = 8;
/** The event of a return that has not been written down, or never comes. */
export const NEVER = 0x3fffffff;

/** Words per value, in `sets`: narrow-configuration.ts says what they are. */
export const SETS = 3;
const SETS_MIN = 16 << SETS;

/** Tells the encoder what an operation does. */
export type Encode = (operation: CheckOperation<unknown, unknown>, encoder: RegisterEncoder) => void;

export class NarrowHistory implements RegisterEncoder {
  readonly operations: readonly CheckOperation<unknown, unknown>[];
  readonly facts: Int32Array;
  /** i is the call of operation i, ~i its return. */
  readonly events: Int32Array;
  /** So many events have been written down. */
  eventCount = 0;
  readonly initial: number;
  /** The words of the search for each value. */
  sets: Int32Array;
  /** The most operations written down that were open at once. */
  private concurrencyMax = 0;
  /** How many operations written down never returned. */
  neverReturned = 0;
  /** The cas among them that may matter. */
  readonly openCas: number[] = [];
  /** Whether the id of each operation written down is its position. */
  isNumbered = true;
  /** Too many operations are open at once: what has been written down is of no use. */
  isTooWide = false;
  private readonly encode: Encode;
  private readonly values: Interner;
  /** The operation to be written down next, and where its facts are. */
  private next = 0;
  private at = 0;
  private isOpen = false;
  private freeSlots = (1 << SLOTS_MAX) - 1;
  private readonly returns: OpenReturns;

  constructor(operations: readonly CheckOperation<unknown, unknown>[], initial: Value, encode: Encode, memory: Memory) {
    this.operations = operations;
    this.encode = encode;
    this.facts = memory.unset(operations.length << FACTS);
    this.events = memory.unset(2 * operations.length);
    this.values = new Interner(operations.length, memory);
    this.initial = this.values.idOf(initial);
    this.sets = memory.ints(SETS_MIN);
    this.returns = new OpenReturns(operations, memory);
  }

  /** Writes some more events down; false at the end, or if the history is too wide: from then on there are no more. */
  writeMore(): boolean {
    // It ended in the midst of a call, which must not be written down a second time.
    if (this.isTooWide) return false;
    const { events, facts, operations, returns } = this;
    const written = this.eventCount;
    let { freeSlots, eventCount: length } = this;
    // Not one by one, so that what is needed for it stays at hand; not many more than are needed.
    const end = Math.min(operations.length, this.next + CALLS_AT_ONCE);
    for (let index = this.next; index < end; index++) {
      const operation = operations[index]!;
      const { id, call, return: returned } = operation;
      if (id !== index) this.isNumbered = false;
      while (returns.due < call) {
        const returning = returns.shift();
        const base = returning << FACTS;
        facts[base + RETURN] = length;
        events[length++] = ~returning;
        freeSlots |= 1 << ((facts[base]! >>> SLOT_SHIFT) & SLOT_MASK);
      }
      if (returns.size + this.neverReturned >= this.concurrencyMax)
        this.concurrencyMax = returns.size + this.neverReturned + 1;
      const base = index << FACTS;
      this.at = base;
      this.isOpen = returned === null;
      facts[base] = SILENT;
      facts[base + FROM] = ~length;
      facts[base + TO] = -1;
      facts[base + RETURN] = NEVER;
      this.encode(operation, this);
      if (returned === null) {
        this.neverReturned++;
        // What says nothing and never returned takes no slot.
        if (facts[base] === SILENT) continue;
      }
      if (freeSlots === 0) {
        this.isTooWide = true;
        return false;
      }
      const slot = freeSlots & -freeSlots;
      freeSlots ^= slot;
      facts[base]! |= (31 - Math.clz32(slot)) << SLOT_SHIFT;
      events[length++] = index;
      if (returned === null) continue;
      returns.insert(index, returned);
    }
    if (end === operations.length)
      while (returns.size > 0) {
        const returning = returns.shift();
        facts[(returning << FACTS) + RETURN] = length;
        events[length++] = ~returning;
      }
    this.next = end;
    this.freeSlots = freeSlots;
    this.eventCount = length;
    // Some that were written down may be no events.
    return length > written || (end < operations.length && this.writeMore());
  }

  /** The most operations of the whole history that are open at once. Nothing more can be written down afterwards. */
  widest(): number {
    const { operations } = this;
    const { returns } = this;
    let { neverReturned, concurrencyMax } = this;
    for (let index = this.next; index < operations.length; index++) {
      const { call, return: returned } = operations[index]!;
      while (returns.due < call) returns.shift();
      if (returns.size + neverReturned >= concurrencyMax) concurrencyMax = returns.size + neverReturned + 1;
      if (returned === null) neverReturned++;
      else returns.insert(index, returned);
    }
    return concurrencyMax;
  }

  read(value: Value): void {
    if (!this.isOpen) this.find(READ, this.idOf(value));
  }

  write(value: Value): void {
    this.leave(this.isOpen ? OPEN_WRITE : WRITE, this.idOf(value));
  }

  cas(expected: Value, value: Value, output: unknown): void {
    const { isOpen } = this;
    const found = this.idOf(expected);
    const left = this.idOf(value);
    if (output === false) {
      if (!isOpen) this.find(MISMATCH, found);
    } else if (found === left) {
      if (!isOpen && output !== undefined) this.find(READ, found);
    } else if (isOpen) {
      this.openCas.push(this.at);
      this.find(OPEN_CAS, found);
      this.leave(OPEN_CAS, left);
    } else {
      const kind = output === undefined ? CAS_UNKNOWN : CAS;
      this.find(kind, found);
      this.leave(kind, left);
    }
  }

  private idOf(value: Value): number {
    const id = this.values.idOf(value);
    if (id << SETS >= this.sets.length) this.sets = grown(this.sets);
    return id;
  }

  private find(kind: number, value: number): void {
    const { facts, at } = this;
    facts[at] = kind;
    facts[at + FROM] = value;
  }

  private leave(kind: number, value: number): void {
    const { facts, at } = this;
    facts[at] = kind;
    facts[at + TO] = value;
  }
}

const CALLS_AT_ONCE = 16;
