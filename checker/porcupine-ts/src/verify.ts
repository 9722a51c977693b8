/** The verifier of linearizations. It shares no code with any search: what it accepts is a proof. */

import type { GivenModel, Model } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { usableModel } from './usable-model.ts';

/**
 * Why the order of ids does not explain the operations, or null if it does: each completed operation occurs once, each
 * open one at most once, none comes before one that returned before its call, and the model allows every step.
 */
export const verify = <S, I, O>(
  given: GivenModel<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  linearization: readonly number[],
): string | null => {
  const model = usableModel(given);
  const missing = new Map(operations.map((operation) => [operation.id, operation]));
  const allows = model.replay?.() ?? stepwise(model);
  let latestCall = Number.NEGATIVE_INFINITY;
  for (const id of linearization) {
    const operation = missing.get(id);
    if (operation === undefined) return `operation ${id} is not in the history, or occurs twice`;
    missing.delete(id);
    if (operation.return !== null && operation.return < latestCall)
      return `operation ${id} returned before the call of an operation that is ordered before it`;
    latestCall = Math.max(latestCall, operation.call);
    if (!allows(operation.input, operation.output)) return `operation ${id} is not allowed at its place`;
  }
  for (const operation of missing.values())
    if (operation.return !== null) return `operation ${operation.id} returned, but is not in the order`;
  return null;
};

const stepwise = <S, I, O>(model: Model<S, I, O>): ((input: I, output: O | undefined) => boolean) => {
  let state: S | undefined = model.init();
  return (input, output) => {
    state = model.step(state as S, input, output);
    return state !== undefined;
  };
};
