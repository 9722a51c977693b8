/** The verifier of linearizations. It shares no code with any search: what it accepts is a proof. */

import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';

/**
 * Why the order of ids does not explain the operations, or null if it does: each completed operation occurs once, each
 * open one at most once, none comes before one that returned before its call, and the model allows every step.
 */
export const verify = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  linearization: readonly number[],
): string | null => {
  const missing = new Map(operations.map((operation) => [operation.id, operation]));
  let state = model.init();
  let latestCall = Number.NEGATIVE_INFINITY;
  for (const id of linearization) {
    const operation = missing.get(id);
    if (operation === undefined) return `operation ${id} is not in the history, or occurs twice`;
    missing.delete(id);
    if (operation.return !== null && operation.return < latestCall)
      return `operation ${id} returned before the call of an operation that is ordered before it`;
    latestCall = Math.max(latestCall, operation.call);
    const next = model.step(state, operation.input, operation.output);
    if (next === undefined) return `operation ${id} is not allowed at its place`;
    state = next;
  }
  for (const operation of missing.values())
    if (operation.return !== null) return `operation ${operation.id} returned, but is not in the order`;
  return null;
};
