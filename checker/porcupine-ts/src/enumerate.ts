/** Plain enumeration of all orders: no memory, no cleverness; the judge of small histories and of cores. */

import type { GivenModel } from './model.ts';
import type { CheckOperation } from './operation.ts';
import type { Outcome } from './outcome.ts';
import { usableModel } from './usable-model.ts';

export const ENUMERATION_MAX = 8;

export interface Enumeration<S> {
  /** Unknown if it was interrupted before it had found an order. */
  readonly outcome: Outcome;
  /** The longest legal beginnings of an order, as ids, each with the state it leads to. At most 64 of them. */
  readonly longest: readonly { readonly ids: readonly number[]; readonly state: S }[];
}

const LONGEST_MAX = 64;

/**
 * @param interrupted asked before each step; true: stop
 * @throws RangeError for more than `ENUMERATION_MAX` operations
 */
export const enumerate = <S, I, O>(
  given: GivenModel<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  interrupted: () => boolean = () => false,
): Enumeration<S> => {
  const model = usableModel(given);
  if (operations.length > ENUMERATION_MAX)
    throw new RangeError(`enumeration takes at most ${ENUMERATION_MAX} operations, not ${operations.length}`);
  let isLinearizable = false;
  let wasInterrupted = false;
  let longest: { ids: number[]; state: S }[] = [];
  const extend = (state: S, order: number[], rest: readonly CheckOperation<I, O>[]): void => {
    if (rest.every((operation) => operation.return === null)) isLinearizable = true;
    if (order.length > (longest[0]?.ids.length ?? -1)) longest = [];
    if (order.length === (longest[0]?.ids.length ?? order.length) && longest.length < LONGEST_MAX)
      longest.push({ ids: [...order], state });
    for (const operation of rest) {
      if (rest.some((other) => other.return !== null && other.return < operation.call)) continue;
      wasInterrupted ||= interrupted();
      if (wasInterrupted) return;
      const next = model.step(state, operation.input, operation.output);
      if (next === undefined) continue;
      extend(
        next,
        [...order, operation.id],
        rest.filter((other) => other !== operation),
      );
    }
  };
  extend(model.init(), [], operations);
  return { outcome: isLinearizable ? 'pass' : wasInterrupted ? 'unknown' : 'violation', longest };
};
