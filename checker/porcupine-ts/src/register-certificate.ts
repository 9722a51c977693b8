/**
 * Completes the order that a register search found: operations that it left out, because they need not be observed, are put
 * where they do no harm. That is immediately before a write that takes effect while they are open, or where they change
 * nothing: a write where the register has its value anyway, a cas of unknown outcome where it does not match.
 *
 * From the end to the beginning: of such places, the last before its return is taken. If there is none since its call, its
 * call is one: it may be left out because the register had the right value then, and nothing has changed that.
 */

import { KIND_MASK, OPEN_WRITE } from './narrow-history.ts';
import { WRITE } from './register-history.ts';

/** An encoded history: what is known of operation i is at i << shift of each array. */
export interface Encoded {
  /** The kind is in the lowest bits. */
  readonly kinds: Int32Array;
  /** What it finds; of a write, ~ the event of its call. */
  readonly from: Int32Array;
  /** What it leaves, below 0 for nothing. */
  readonly to: Int32Array;
  /** The event of its return. */
  readonly returns: Int32Array;
  readonly shift: number;
  readonly events: Int32Array;
}

/**
 * @param trail what took effect, i, or was left out at its return, ~i, in order
 * @param moments the event of each
 * @returns positions of operations, in order
 */
export const certificate = (history: Encoded, trail: Int32Array, moments: Int32Array, length: number): number[] => {
  const { kinds, to, shift } = history;
  const order = new Array<number>(length);
  /** What was left out, and has not found its place; and the latest of their calls. */
  const waiting: number[] = [];
  let waitingCount = 0;
  let lastCall = -1;
  let next = length - 1;
  for (let at = length - 1; at >= 0; at--) {
    const index = trail[at]!;
    if (index < 0) {
      waiting[waitingCount++] = ~index;
      lastCall = Math.max(lastCall, callOf(history, ~index));
      continue;
    }
    const state = to[index << shift]!;
    if (waitingCount === 0 || (state < 0 && lastCall <= moments[at]!)) {
      order[next--] = index;
      continue;
    }
    let kept = 0;
    lastCall = -1;
    for (let i = 0; i < waitingCount; i++) {
      const other = waiting[i]!;
      const call = callOf(history, other);
      if (call > moments[at]! || (state >= 0 && agrees(history, other, state))) order[next--] = other;
      else {
        waiting[kept++] = other;
        lastCall = Math.max(lastCall, call);
      }
    }
    order[next--] = index;
    const kind = kinds[index << shift]! & KIND_MASK;
    waitingCount = kind === WRITE || kind === OPEN_WRITE ? 0 : kept;
    if (waitingCount > 0) continue;
    for (let i = 0; i < kept; i++) order[next--] = waiting[i]!;
    lastCall = -1;
  }
  for (let i = 0; i < waitingCount; i++) order[next--] = waiting[i]!;
  return order;
};

/** The event of the call of an operation that was left out. */
const callOf = ({ kinds, from, returns, events, shift }: Encoded, index: number): number => {
  const at = index << shift;
  if ((kinds[at]! & KIND_MASK) === WRITE) return ~from[at]!;
  let position = returns[at]! - 1;
  while (events[position] !== index) position--;
  return position;
};

/** Whether an operation that was left out can take effect while the register has this value, and change nothing. */
const agrees = ({ kinds, from, to, shift }: Encoded, index: number, state: number): boolean => {
  const at = index << shift;
  return (kinds[at]! & KIND_MASK) === WRITE ? to[at] === state : from[at] !== state;
};
