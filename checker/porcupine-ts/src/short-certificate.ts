/**
 * The order that short-register.ts finds, completed as register-certificate.ts does it: with what the search left out, put
 * where it does no harm. A write goes where the register has its value already, or immediately before another write; a cas of
 * unknown outcome where it does not match; what says nothing, anywhere. The search left out only what has such a place while it
 * is open.
 */

import type { CheckOperation } from './operation.ts';
import { configuration } from './short-configuration.ts';
import { KINDS, SHORT, tables } from './short-history.ts';

const { OPERATIONS_MAX } = SHORT;
const { kinds, left, found, calls, due, written } = tables;
const NEVER = Number.POSITIVE_INFINITY;
const { now, trail, moments } = configuration;
const { SILENT, WRITE, OPEN_WRITE } = KINDS;

const isTaken = new Uint8Array(OPERATIONS_MAX);
/** What was left out, in order of call; those of it that have been called and wait for their place. */
const leftOut = new Int32Array(OPERATIONS_MAX);
const waiting = new Int32Array(OPERATIONS_MAX);
const count = { leftOut: 0, waiting: 0 };

/** Ids in order. */
export const completed = (operations: readonly CheckOperation<unknown, unknown>[]): number[] => {
  const taken = now.trail;
  let openTaken = 0;
  for (let at = 0; at < taken; at++) if (due[trail[at]!] === NEVER) openTaken++;
  const ids = new Array<number>(operations.length - written.neverReturned + openTaken);
  findLeftOut(operations.length, ids.length - taken);
  count.waiting = 0;
  let length = 0;
  let state = 0;
  let next = 0;
  for (let at = 0; at <= taken; at++) {
    for (; next < count.leftOut && (at === taken || calls[leftOut[next]!]! < moments[at]!); next++) {
      const index = leftOut[next]!;
      if (kinds[index] === SILENT || agrees(index, state)) ids[length++] = operations[index]!.id;
      else waiting[count.waiting++] = index;
    }
    if (at === taken) break;
    const index = trail[at]!;
    const kind = kinds[index]!;
    if (count.waiting > 0 && (kind === WRITE || kind === OPEN_WRITE))
      length = place(operations, OVERWRITTEN, ids, length);
    ids[length++] = operations[index]!.id;
    if (left[index]! < 0) continue;
    state = left[index]!;
    if (count.waiting > 0) length = place(operations, state, ids, length);
  }
  return ids;
};

const findLeftOut = (operations: number, expected: number): void => {
  count.leftOut = 0;
  if (expected === 0) return;
  for (let index = 0; index < operations; index++) isTaken[index] = 0;
  for (let at = 0; at < now.trail; at++) isTaken[trail[at]!] = 1;
  for (let index = 0; count.leftOut < expected; index++)
    if (isTaken[index] === 0 && due[index]! < NEVER) leftOut[count.leftOut++] = index;
};

/** Whether an operation that was left out can take effect while the register has this value, and change nothing. */
const agrees = (index: number, state: number): boolean =>
  kinds[index] === WRITE ? left[index] === state : found[index] !== state;

/** In place of a value: it is about to be overwritten, so that every write can go before. */
const OVERWRITTEN = -1;

/** Those that waited for nothing but this moment take effect. Returns how many ids there are then. */
const place = (
  operations: readonly CheckOperation<unknown, unknown>[],
  state: number,
  ids: number[],
  before: number,
): number => {
  let length = before;
  let kept = 0;
  for (let i = 0; i < count.waiting; i++) {
    const index = waiting[i]!;
    const fits = state === OVERWRITTEN ? kinds[index] === WRITE : agrees(index, state);
    if (fits) ids[length++] = operations[index]!.id;
    else waiting[kept++] = index;
  }
  count.waiting = kept;
  return length;
};
