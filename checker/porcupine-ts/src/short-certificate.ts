/** As register-certificate.ts, over the tables of the short search. */

import type { CheckOperation } from './operation.ts';
import { configuration } from './short-configuration.ts';
import { KINDS, SHORT, tables } from './short-history.ts';

const { kinds, left, found, calls } = tables;
const { now, trail, moments } = configuration;
const { WRITE, OPEN_WRITE } = KINDS;

/** What was left out, and has not found its place. */
const waiting = new Int32Array(SHORT.OPERATIONS_MAX);
const count = { waiting: 0, next: 0 };

/** Ids in order. */
export const completed = (operations: readonly CheckOperation<unknown, unknown>[]): number[] => {
  const ids = new Array<number>(now.trail);
  count.waiting = 0;
  count.next = now.trail - 1;
  for (let at = now.trail - 1; at >= 0; at--) {
    const index = trail[at]!;
    if (index < 0) {
      waiting[count.waiting++] = ~index;
      continue;
    }
    if (count.waiting > 0) placeAfter(index, moments[at]!, operations, ids);
    ids[count.next--] = operations[index]!.id;
    if (count.waiting > 0 && isWrite(index)) placeAll(operations, ids);
  }
  placeAll(operations, ids);
  return ids;
};

const isWrite = (index: number): boolean => kinds[index] === WRITE || kinds[index] === OPEN_WRITE;

/** Those that were called since go after the operation, or agree with what it leaves. */
const placeAfter = (
  index: number,
  moment: number,
  operations: readonly CheckOperation<unknown, unknown>[],
  ids: number[],
): void => {
  const state = left[index]!;
  let kept = 0;
  for (let i = 0; i < count.waiting; i++) {
    const other = waiting[i]!;
    if (calls[other]! > moment || (state >= 0 && agrees(other, state))) ids[count.next--] = operations[other]!.id;
    else waiting[kept++] = other;
  }
  count.waiting = kept;
};

const placeAll = (operations: readonly CheckOperation<unknown, unknown>[], ids: number[]): void => {
  for (let i = 0; i < count.waiting; i++) ids[count.next--] = operations[waiting[i]!]!.id;
  count.waiting = 0;
};

/** Whether an operation that was left out can take effect while the register has this value, and change nothing. */
const agrees = (index: number, state: number): boolean =>
  kinds[index] === WRITE ? left[index] === state : found[index] !== state;
