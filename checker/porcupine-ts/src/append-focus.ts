/**
 * Of a string that grows, and whose appends are answered with what they made: what was got alone, where no order explains even that.
 *
 * An append of which no notice is taken but that it appended says less than before; an order that explains all answers explains
 * what is left of them, too. So if nothing explains that, nothing explains the whole. It is shown by a few operations, while
 * each answered append says as much as a get: left out of a core, it may still take effect, but no longer with its answer alone, so
 * that those before it can't be left out, either.
 */

import type { Focus, Value } from './model.ts';
import type { CheckOperation } from './operation.ts';

/** Null if no append is answered, or if that is not known to be a violation. @param operations in order of call */
export const focusOnGets = <I extends { readonly f: string }>(
  operations: readonly CheckOperation<I, Value>[],
  isViolation: (operations: readonly CheckOperation<I, Value>[]) => boolean,
): Focus<I, Value> | null => {
  const isAnswered = ({ input, output }: CheckOperation<I, Value>): boolean =>
    input.f === 'append' && typeof output === 'string';
  if (!operations.some(isAnswered)) return null;
  const weaker = operations.map((operation) => (isAnswered(operation) ? { ...operation, output: null } : operation));
  return isViolation(weaker) ? { operations: weaker, about: 'what was got' } : null;
};
