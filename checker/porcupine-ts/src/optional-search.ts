/**
 * A search for an order of some operations in which others may take effect in their time, with the answers that they gave, or not
 * at all. For few operations: it knows nothing of the model but its steps, unless that has a search for just this.
 */

import { generalSearch } from './general-search.ts';
import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';
import type { SearchStatus } from './search.ts';
import { layOut } from './timeline.ts';

const STEPS_MAX = 10_000;

export interface OptionalOrder<I, O> {
  /** `more` if it can't be told in the steps there are. */
  readonly status: SearchStatus;
  /** Of a pass: which of the others took effect. */
  readonly used: readonly CheckOperation<I, O>[];
}

export const searchWithOptional = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  others: readonly CheckOperation<I, O>[],
  isOver: () => boolean,
): OptionalOrder<I, O> => {
  const strict = new Set(operations);
  const timeline = layOut([...operations, ...others].sort((a, b) => a.call - b.call));
  const optional = Uint8Array.from(timeline.operations, (one) => (strict.has(one) ? 0 : 1));
  const search =
    (model.recallsAnswers ? model.specialised?.(timeline, { optional }) : null) ??
    generalSearch(model, timeline, { optional });
  const status = search.advance(STEPS_MAX, isOver);
  if (status !== 'pass') return { status, used: [] };
  const order = Array.from(search.linearization(), (index) => timeline.operations[index]!);
  return { status, used: order.filter((one) => !strict.has(one)) };
};
