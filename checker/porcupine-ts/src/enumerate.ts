/** Plain enumeration of all orders: no memory, no cleverness; the judge of small histories and of cores. */

import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';

export const ENUMERATION_MAX = 8;

export interface Enumeration<S> {
  readonly linearizable: boolean;
  /** The longest legal beginnings of an order, as ids, each with the state it leads to. At most 64 of them. */
  readonly longest: readonly { readonly ids: readonly number[]; readonly state: S }[];
}

const LONGEST_MAX = 64;

/** @throws RangeError for more than `ENUMERATION_MAX` operations (or `max`, where the caller knows them to be sequential enough). */
export const enumerate = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  max: number = ENUMERATION_MAX,
): Enumeration<S> => {
  if (operations.length > max)
    throw new RangeError(`enumeration takes at most ${max} operations, not ${operations.length}`);
  let linearizable = false;
  let longest: { ids: number[]; state: S }[] = [];
  const extend = (state: S, order: number[], rest: readonly CheckOperation<I, O>[]): void => {
    if (rest.every((operation) => operation.return === null)) linearizable = true;
    if (order.length > (longest[0]?.ids.length ?? -1)) longest = [];
    if (order.length === (longest[0]?.ids.length ?? order.length) && longest.length < LONGEST_MAX)
      longest.push({ ids: [...order], state });
    for (const operation of rest) {
      if (rest.some((other) => other.return !== null && other.return < operation.call)) continue;
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
  return { linearizable, longest };
};
