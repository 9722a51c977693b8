/**
 * A history of a register in numbers, for the searches that know registers: each operation becomes a kind and two value
 * ids. Operations that say nothing (a read of unknown outcome) are left out.
 */

import type { Value } from './model.ts';
import type { CheckOperation } from './operation.ts';
import type { Relaxation } from './search.ts';
import type { Timeline } from './timeline.ts';
import { createInterner } from './value.ts';

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
  readonly kinds: Uint8Array;
  /** What the operation finds; -1 for none. */
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
  const n = timeline.operations.length;
  const kinds = new Uint8Array(n);
  const from = new Int32Array(n).fill(-1);
  const to = new Int32Array(n).fill(-1);
  const values = createInterner(n);
  const initialId = values.idOf(initial);
  let at = 0;
  let isOpen = false;
  const encoder: RegisterEncoder = {
    read(value) {
      if (isOpen) return;
      kinds[at] = READ;
      from[at] = values.idOf(value);
    },
    write(value) {
      kinds[at] = WRITE;
      to[at] = values.idOf(value);
    },
    cas(expected, value, output) {
      const found = values.idOf(expected);
      const left = values.idOf(value);
      if (output === false) {
        if (isOpen) return;
        kinds[at] = MISMATCH;
        from[at] = found;
      } else if (found === left) {
        if (isOpen || output === undefined) return;
        kinds[at] = READ;
        from[at] = found;
      } else {
        kinds[at] = isOpen || output !== undefined ? CAS : CAS_UNKNOWN;
        from[at] = found;
        to[at] = left;
      }
    },
  };
  for (; at < n; at++) {
    const operation = timeline.operations[at]!;
    isOpen = operation.return === null;
    encode(operation, encoder);
  }
  const { optional = null, unlimited = false } = relaxation;
  // With any answer: a cas that may be left out, and need not find what it names.
  if (optional !== null)
    for (at = 0; at < n; at++) if (optional[at] === 1 && kinds[at] === CAS) kinds[at] = CAS_UNKNOWN;
  const history = { timeline, kinds, from, to, initial: initialId, optional, unlimited, valueCount: values.size };
  silenceUnobserved(history);
  return history;
};

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
