/**
 * A short history of a register in numbers, made on demand as narrow-history.ts does it, but in tables that are always the
 * same: what a check of eighty operations costs is mostly what surrounds the search. Where a table is a constant of its module,
 * the engine knows where it is, and to read it is to read memory. It does not know so of imported constants, so each file
 * names those that it uses often once more; and hardly within a loop, so what a loop does is a function of its own.
 *
 * One history is judged at a time, from begin() to forget(): nothing foreign is called in between but the encoder of the
 * built-in model.
 */

import type { Value } from './model.ts';
import * as narrow from './narrow-history.ts';
import type { CheckOperation } from './operation.ts';
import * as register from './register-history.ts';
import { Interner } from './value.ts';

/** Longer histories, and those with more values, are left to others. */
const OPERATIONS_MAX = 256;
const VALUES_MAX = 64;
/** A set of so many is a whole number that the engine keeps without a box. */
const SLOTS_MAX = 30;
/** Under other names: what is exported is no constant to the engine. */
export const SHORT = { OPERATIONS_MAX, SLOTS_MAX };
/** Not one by one, so that what is needed for it stays at hand; not many more than are needed. */
const CALLS_AT_ONCE = 16;

export const KINDS = {
  SILENT: register.SILENT,
  READ: register.READ,
  WRITE: register.WRITE,
  CAS: register.CAS,
  MISMATCH: register.MISMATCH,
  CAS_UNKNOWN: register.CAS_UNKNOWN,
  OPEN_WRITE: narrow.OPEN_WRITE,
  OPEN_CAS: narrow.OPEN_CAS,
};
const { SILENT, READ, WRITE, CAS, MISMATCH, CAS_UNKNOWN, OPEN_WRITE, OPEN_CAS } = KINDS;

const NONE = -1;
const NEVER = Number.POSITIVE_INFINITY;

const perOperation = (): Int32Array => new Int32Array(OPERATIONS_MAX);
const perValue = (): Int32Array => new Int32Array(VALUES_MAX);

const kinds = perOperation();
/** What each operation finds, and what it leaves: numbers of values, or NONE. */
const found = perOperation();
const left = perOperation();
/** The bit of its slot: no two that are open at once share one. */
const bits = perOperation();
/** The event of its call. */
const calls = perOperation();
/** When it returns; NEVER after the last operation, too. */
const due = new Float64Array(OPERATIONS_MAX + 1).fill(NEVER);
/** i is the call of operation i, ~i its return. */
const events = new Int32Array(2 * OPERATIONS_MAX);
/** By value: the open operations that find it and return, leave it and return, find it and never return. */
const finders = perValue();
const writers = perValue();
const openFinders = perValue();
/** What the search makes of an operation, and of a value: 0 to begin with. */
const marks = perOperation();
const valueMarks = perValue();
/** The cas written down that never return. */
const openCas: number[] = [];

/** Of what has been written down. */
const written = {
  calls: 0,
  events: 0,
  values: 0,
  neverReturned: 0,
  concurrencyMax: 0,
  /** Too many values, or too many operations open at once: what has been written down is of no use. */
  isTooMuch: false,
};

export const tables = {
  kinds,
  found,
  left,
  bits,
  calls,
  due,
  events,
  finders,
  writers,
  openFinders,
  marks,
  valueMarks,
  openCas,
  written,
};

type Operations = readonly CheckOperation<unknown, unknown>[];

/** Tells the encoder what an operation does. */
export type Encode = (operation: CheckOperation<unknown, unknown>, encoder: register.RegisterEncoder) => void;

const NO_OPERATIONS: Operations = [];
const encodeNothing: Encode = () => {};

/** What is being written down. */
const source = { operations: NO_OPERATIONS, encode: encodeNothing };
const operationNow = { index: 0, isOpen: false };

/** Those that are open and return, in order of return, then one that never does: a ring. */
const ring = { head: 0, open: 0, freeSlots: 0 };
const RING_MASK = SLOTS_MAX + 1;
const returning = new Int32Array(RING_MASK + 1);

/** Small whole numbers, the commonest values by far: their number + 1. Others have one among themselves first. */
const SMALL_MAX = 32;
const smallNumbers = new Int32Array(SMALL_MAX);
const others = new Interner(0);
const otherNumbers = perOperation();

/**
 * The value 0 is the initial one.
 * @param operations in order of call
 * @returns false if the history is too long
 */
export const begin = (operations: Operations, initial: Value, encode: Encode): boolean => {
  if (operations.length > OPERATIONS_MAX) return false;
  source.operations = operations;
  source.encode = encode;
  if (openCas.length > 0) openCas.length = 0;
  written.calls = 0;
  written.events = 0;
  written.values = 0;
  written.neverReturned = 0;
  written.concurrencyMax = 0;
  written.isTooMuch = false;
  ring.head = 0;
  ring.open = 0;
  ring.freeSlots = (1 << SLOTS_MAX) - 1;
  returning[0] = OPERATIONS_MAX;
  if (others.size > 0) others.clear();
  for (let value = 0; value < SMALL_MAX; value++) forgetSmall(value);
  idOf(initial);
  return true;
};

export const forget = (): void => {
  source.operations = NO_OPERATIONS;
  if (others.size > 0) others.clear();
};

/** Writes some more events down; false at the end, or if it is too much: from then on there are no more. */
export const writeMore = (): boolean => {
  // It ended in the midst of a call, which must not be written down a second time.
  if (written.isTooMuch) return false;
  const { operations, encode } = source;
  const before = written.events;
  const end = Math.min(operations.length, written.calls + CALLS_AT_ONCE);
  for (let index = written.calls; index < end; index++) {
    const operation = operations[index]!;
    const { call, return: returned } = operation;
    while (nextReturn() < call) writeReturn();
    beginOperation(index, returned);
    encode(operation, encoder);
    writeCall(index, returned !== null);
    if (written.isTooMuch) return false;
  }
  written.calls = end;
  if (end === operations.length) while (ring.open > 0) writeReturn();
  // Some that were written down may be no events.
  return written.events > before || (end < operations.length && writeMore());
};

/** The most operations of the whole history that are open at once. Nothing more can be written down afterwards. */
export const widest = (): number => {
  const { operations } = source;
  for (let index = written.calls; index < operations.length; index++) {
    const { call, return: returned } = operations[index]!;
    while (nextReturn() < call) dropReturn();
    countOpen();
    if (returned === null) written.neverReturned++;
    else if (ring.open === SLOTS_MAX) return NONE;
    else {
      due[index] = returned;
      putReturn(index);
    }
  }
  return written.concurrencyMax;
};

const nextReturn = (): number => due[returning[ring.head]!]!;

const dropReturn = (): void => {
  ring.head = (ring.head + 1) & RING_MASK;
  ring.open--;
};

const writeReturn = (): void => {
  const index = returning[ring.head]!;
  events[written.events++] = ~index;
  ring.freeSlots |= bits[index]!;
  dropReturn();
};

const countOpen = (): void => {
  const open = ring.open + written.neverReturned;
  if (open >= written.concurrencyMax) written.concurrencyMax = open + 1;
};

const beginOperation = (index: number, returned: number | null): void => {
  countOpen();
  operationNow.index = index;
  operationNow.isOpen = returned === null;
  kinds[index] = SILENT;
  found[index] = NONE;
  left[index] = NONE;
  marks[index] = 0;
  due[index] = returned ?? NEVER;
};

const writeCall = (index: number, returns: boolean): void => {
  calls[index] = written.events;
  if (!returns) {
    written.neverReturned++;
    // What says nothing and never returned takes no slot.
    if (kinds[index] === SILENT) return;
  }
  const { freeSlots } = ring;
  const bit = freeSlots & -freeSlots;
  ring.freeSlots = freeSlots ^ bit;
  if (bit === 0) written.isTooMuch = true;
  bits[index] = bit;
  events[written.events++] = index;
  if (returns && bit !== 0) putReturn(index);
};

/** Operations return mostly in the order in which they were called: the place is looked for from the end. */
const putReturn = (index: number): void => {
  const { head } = ring;
  const time = due[index]!;
  let place = head + ring.open++;
  setAt(place + 1, OPERATIONS_MAX);
  for (; place > head && due[indexAt(place - 1)]! > time; place--) setAt(place, indexAt(place - 1));
  setAt(place, index);
};

const indexAt = (place: number): number => returning[place & RING_MASK]!;
const setAt = (place: number, index: number): void => {
  returning[place & RING_MASK] = index;
};

const idOf = (value: Value): number => {
  if (typeof value !== 'number' || !(value >= 0 && value < SMALL_MAX) || (value | 0) !== value) return idOfOther(value);
  if (smallNumbers[value] === 0) smallNumbers[value] = newValue() + 1;
  return smallNumbers[value]! - 1;
};

const idOfOther = (value: Value): number => {
  const { size } = others;
  const number = others.idOf(value);
  if (number === size) otherNumbers[number] = newValue();
  return otherNumbers[number]!;
};

const newValue = (): number => {
  const id = written.values++;
  if (id >= VALUES_MAX) written.isTooMuch = true;
  else clear(id);
  return id;
};

const clear = (id: number): void => {
  finders[id] = 0;
  writers[id] = 0;
  openFinders[id] = 0;
  valueMarks[id] = 0;
};

const forgetSmall = (value: number): void => {
  smallNumbers[value] = 0;
};

const note = (kind: number, from: number, to: number): void => {
  const { index } = operationNow;
  kinds[index] = kind;
  found[index] = from;
  left[index] = to;
};

const encoder: register.RegisterEncoder = {
  read(value) {
    if (!operationNow.isOpen) note(READ, idOf(value), NONE);
  },
  write(value) {
    note(operationNow.isOpen ? OPEN_WRITE : WRITE, NONE, idOf(value));
  },
  cas(expected, value, output) {
    const { isOpen, index } = operationNow;
    const from = idOf(expected);
    const to = idOf(value);
    if (output === false) {
      if (!isOpen) note(MISMATCH, from, NONE);
    } else if (from === to) {
      if (!isOpen && output !== undefined) note(READ, from, NONE);
    } else if (isOpen) {
      openCas.push(index);
      note(OPEN_CAS, from, to);
    } else note(output === undefined ? CAS_UNKNOWN : CAS, from, to);
  },
};
