/**
 * Where the short search stands: as narrow-configuration.ts, in one record and tables that are always the same. An open
 * operation is owed (must still take effect before it returns), done (has), or free (need not, but still can).
 */

import { KINDS, SHORT, tables, writeMore } from './short-history.ts';

const { OPERATIONS_MAX, SLOTS_MAX } = SHORT;
const { kinds, found, left, bits, events, finders, writers, openFinders, written } = tables;
const { SILENT, READ, WRITE, CAS, MISMATCH, CAS_UNKNOWN, OPEN_WRITE, OPEN_CAS } = KINDS;

/** The event up to which everything has happened, the value, what took effect, what need not; then, what is open there. */
const now = {
  position: 0,
  state: 0,
  done: 0,
  free: 0,
  /** How long the trail is. */
  trail: 0,
  writes: 0,
  observers: 0,
  /** Mismatches, and cas of unknown outcome: what is satisfied by a value other than the one it names. */
  avoiders: 0,
  openWrites: 0,
  openCas: 0,
};
/** The operation in each slot. */
const occupants = new Int32Array(SLOTS_MAX);

/** What took effect, i, or was left out at its return, ~i, in order; and at which event. */
const trail = new Int32Array(OPERATIONS_MAX);
const moments = new Int32Array(OPERATIONS_MAX);

export const configuration = { now, occupants, trail, moments };

export const startOver = (): void => {
  now.position = 0;
  now.state = 0;
  now.trail = 0;
  now.done = 0;
  now.free = 0;
  now.writes = 0;
  now.observers = 0;
  now.avoiders = 0;
  now.openWrites = 0;
  now.openCas = 0;
};

/** Moves on to a return that needs a decision; false at the end of the history. */
export const moveOn = (): boolean => {
  let { position } = now;
  while ((position < written.events || writeMore()) && pass(position)) position++;
  now.position = position;
  return position < written.events;
};

/** False at a return that needs a decision. */
const pass = (position: number): boolean => {
  const event = events[position]!;
  if (event >= 0) {
    open(event, bits[event]!, position);
    return true;
  }
  const bit = bits[~event]!;
  if ((now.done & bit) === 0) return false;
  now.done ^= bit;
  toggle(~event, bit);
  return true;
};

/** Enters the operation in, or removes it from, the sets of what is open. */
const toggle = (index: number, bit: number): void => {
  occupants[31 - Math.clz32(bit)] = index;
  switch (kinds[index]) {
    case READ:
      now.observers ^= bit;
      finders[found[index]!]! ^= bit;
      return;
    case WRITE:
      now.writes ^= bit;
      writers[left[index]!]! ^= bit;
      return;
    case MISMATCH:
      now.observers ^= bit;
      now.avoiders ^= bit;
      return;
    case CAS:
      finders[found[index]!]! ^= bit;
      return;
    case CAS_UNKNOWN:
      now.avoiders ^= bit;
      finders[found[index]!]! ^= bit;
      return;
    case OPEN_WRITE:
      now.openWrites ^= bit;
      return;
    case OPEN_CAS:
      now.openCas ^= bit;
      openFinders[found[index]!]! ^= bit;
  }
};

/** A call: as `toggle`, and what can be settled at once is. */
const open = (index: number, bit: number, position: number): void => {
  occupants[31 - Math.clz32(bit)] = index;
  switch (kinds[index]) {
    case READ:
      now.observers ^= bit;
      finders[found[index]!]! ^= bit;
      if (found[index] === now.state) observe(index, bit, position);
      return;
    case WRITE:
      now.writes ^= bit;
      writers[left[index]!]! ^= bit;
      if (left[index] === now.state) now.free |= bit;
      return;
    case MISMATCH:
      now.observers ^= bit;
      now.avoiders ^= bit;
      if (found[index] !== now.state) observe(index, bit, position);
      return;
    case CAS_UNKNOWN:
      if (found[index] !== now.state) now.free |= bit;
      toggle(index, bit);
      return;
    case SILENT:
      observe(index, bit, position);
      return;
    default:
      toggle(index, bit);
  }
};

/** Of what is left out, ~ the index. */
export const observe = (index: number, bit: number, position: number): void => {
  now.done |= bit;
  trail[now.trail] = index;
  moments[now.trail++] = position;
};

/** The operation takes effect now, and all that follows from it. */
export const takeEffect = (index: number): void => {
  const { position } = now;
  const bit = bits[index]!;
  const kind = kinds[index]!;
  const to = left[index]!;
  observe(index, bit, position);
  now.free &= ~bit;
  if (kind === WRITE || kind === OPEN_WRITE) now.free |= now.writes & ~now.done;
  if (to === now.state) return;
  now.state = to;
  // Observers that agree are done, writes of this value are free. What is satisfied by any value but one, and still
  // owed, named the previous one: now it is settled.
  now.free |= writers[to]! & ~now.done;
  let agreeing = finders[to]! & now.observers & ~now.done;
  const avoiders = now.avoiders & ~now.done & ~now.free;
  if (avoiders !== 0) {
    const mismatches = avoiders & now.observers;
    now.free |= avoiders ^ mismatches;
    agreeing |= mismatches;
  }
  for (; agreeing !== 0; agreeing &= agreeing - 1) observe(lowestOf(agreeing), agreeing & -agreeing, position);
};

/** The operation in the lowest slot of the set. */
export const lowestOf = (set: number): number => occupants[31 - Math.clz32(set & -set)]!;

/** What is open is as it was then. */
export const moveBackTo = (target: number): void => {
  for (let position = now.position - 1; position >= target; position--) unpass(position);
  now.position = target;
};

const unpass = (position: number): void => {
  const event = events[position]!;
  const index = event >= 0 ? event : ~event;
  toggle(index, bits[index]!);
};
