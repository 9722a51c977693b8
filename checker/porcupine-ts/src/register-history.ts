/**
 * A history of a register in numbers, for the searches that know registers: each operation becomes a kind and two value
 * ids. Operations that say nothing (a read of unknown outcome) are left out.
 */

import type { Memory } from './memory.ts';
import type { Value } from './model.ts';
import type { CheckOperation } from './operation.ts';
import type { Relaxation } from './search.ts';
import type { Timeline } from './timeline.ts';
import { Interner } from './value.ts';

/** Says nothing: may take effect anywhere. */
export const SILENT = 0;
/** Observes the value `from`. */
export const READ = 1;
/** Makes it `to`, whatever it was. */
export const WRITE = 2;
/** Found `from`, made it `to`. */
export const CAS = 3;
/** Found something other than `from`. */
export const MISMATCH = 4;
/** Returned, nobody knows with which answer: either a CAS or a MISMATCH. */
export const CAS_UNKNOWN = 5;

export interface RegisterHistory {
  readonly timeline: Timeline<unknown, unknown>;
  readonly kinds: Int32Array;
  /** What the operation finds; below 0 for nothing, and then it is ~ the event of its call. */
  readonly from: Int32Array;
  /** What it leaves behind; -1 for none. */
  readonly to: Int32Array;
  readonly initial: number;
  /** 1 for operations that may be left out though they returned. */
  readonly optional: Uint8Array | null;
  /** Operations that never returned may take effect any number of times. */
  readonly unlimited: boolean;
  /** Value ids are below this. */
  readonly valueCount: number;
}

/** Writes an operation down: its kind, what it finds and what it leaves, by value. */
export interface RegisterEncoder {
  read(value: Value): void;
  write(value: Value): void;
  /** @param output true, false (did not match) or undefined */
  cas(expected: Value, value: Value, output: unknown): void;
}

/** @param encode tells the encoder what operation `index` does; called once for each, in order of call */
export const encodeRegister = <I, O>(
  timeline: Timeline<I, O>,
  initial: Value,
  encode: (operation: CheckOperation<I, O>, encoder: RegisterEncoder) => void,
  relaxation: Relaxation<unknown> = {},
): RegisterHistory => {
  const { operations, events, memory } = timeline;
  const { optional = null, unlimited = false } = relaxation;
  const encoding = new Encoding(operations.length, memory);
  const initialId = encoding.values.idOf(initial);
  for (let position = 0; position < events.length; position++) {
    const index = events[position]!;
    if (index < 0) continue;
    const operation = operations[index]!;
    encoding.begin(index, position, operation.return === null);
    encode(operation, encoding);
  }
  const { kinds, from, to, values } = encoding;
  // With any answer: a cas that may be left out, and need not find what it names.
  if (optional !== null)
    for (let at = 0; at < optional.length; at++) if (optional[at] === 1 && kinds[at] === CAS) kinds[at] = CAS_UNKNOWN;
  const history = { timeline, kinds, from, to, initial: initialId, optional, unlimited, valueCount: values.size };
  if (timeline.completed < operations.length) silenceUnobserved(history);
  return history;
};

/** The numbers of a history as they are written down, one operation after the other. */
class Encoding implements RegisterEncoder {
  readonly kinds: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly values: Interner;
  private at = 0;
  private isOpen = false;

  constructor(operations: number, memory: Memory) {
    this.kinds = memory.ints(operations);
    this.from = memory.unset(operations);
    this.to = memory.unset(operations);
    this.values = new Interner(operations, memory);
  }

  begin(index: number, position: number, isOpen: boolean): void {
    this.at = index;
    this.isOpen = isOpen;
    this.from[index] = ~position;
    this.to[index] = -1;
  }

  read(value: Value): void {
    if (this.isOpen) return;
    this.kinds[this.at] = READ;
    this.from[this.at] = this.values.idOf(value);
  }

  write(value: Value): void {
    this.kinds[this.at] = WRITE;
    this.to[this.at] = this.values.idOf(value);
  }

  cas(expected: Value, value: Value, output: unknown): void {
    const { at, isOpen } = this;
    const found = this.values.idOf(expected);
    const left = this.values.idOf(value);
    if (output === false) {
      if (isOpen) return;
      this.kinds[at] = MISMATCH;
      this.from[at] = found;
    } else if (found === left) {
      if (isOpen || output === undefined) return;
      this.kinds[at] = READ;
      this.from[at] = found;
    } else {
      this.kinds[at] = isOpen || output !== undefined ? CAS : CAS_UNKNOWN;
      this.from[at] = found;
      this.to[at] = left;
    }
  }
}

/**
 * An operation that never returned, and leaves a value that nothing finds, need not have happened. Not so where a cas did
 * not match: that finds the difference.
 */
const silenceUnobserved = ({ kinds, from, to, timeline, valueCount }: RegisterHistory): void => {
  const found = new Uint8Array(valueCount);
  for (let at = 0; at < kinds.length; at++) {
    if (kinds[at] === MISMATCH || kinds[at] === CAS_UNKNOWN) return;
    if (from[at]! >= 0) found[from[at]!] = 1;
  }
  const end = timeline.events.length;
  for (let at = 0; at < kinds.length; at++)
    if (timeline.returns[at] === end && to[at]! >= 0 && found[to[at]!] === 0) kinds[at] = SILENT;
};
