/**
 * A quick attempt at a history of several objects that was not split: each object's part is attempted alone, and the answers are
 * put together. Sound by locality (Herlihy and Wing, 1990, theorem 1): a history has an order if and only if the part of each
 * object has one.
 *
 * One order of all from the orders of the parts: let each operation take effect as early as its part's order allows, that
 * is at its own call or at the moment of the one before it, whichever is later. That is no later than its return, for all
 * before it in a right order were called before that. So by these moments no operation comes before one that returned
 * before its call, and within a part the order is as it was.
 */

import type { Attempt } from './attempt.ts';
import type { Partition } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { layOut } from './timeline.ts';

/**
 * @param operations all, in order of call
 * @param attempt at one part
 */
export const attemptParts = <I, O>(
  operations: readonly CheckOperation<I, O>[],
  parts: readonly Partition<I, O>[],
  attempt: (operations: readonly CheckOperation<I, O>[]) => Attempt | null,
): Attempt | null => {
  const orders: (readonly number[])[] = [];
  let steps = 0;
  for (const { operations: own } of parts) {
    const answer = attempt(own);
    if (answer === null) continue;
    steps += answer.steps;
    if (answer.linearization !== null) orders.push(answer.linearization);
    else
      return {
        ...answer,
        stuckAt: operations.indexOf(own[answer.stuckAt]!),
        concurrencyMax: layOut(operations).concurrencyMax,
        steps,
      };
  }
  if (orders.length < parts.length) return null;
  return {
    outcome: 'pass',
    method: 'each key by itself',
    linearization: merged(operations, orders),
    stuckAt: -1,
    concurrencyMax: layOut(operations).concurrencyMax,
    steps,
  };
};

const merged = (
  operations: readonly CheckOperation<unknown, unknown>[],
  orders: readonly (readonly number[])[],
): number[] => {
  const calls = new Map<number, number>();
  for (const { id, call } of operations) calls.set(id, call);
  const moments: { readonly id: number; readonly moment: number }[] = [];
  for (const order of orders) {
    let moment = Number.NEGATIVE_INFINITY;
    for (const id of order) {
      moment = Math.max(moment, calls.get(id)!);
      moments.push({ id, moment });
    }
  }
  // Of equal moments, those of one part stay in their order: the sort is stable.
  return moments.sort((a, b) => a.moment - b.moment).map(({ id }) => id);
};
