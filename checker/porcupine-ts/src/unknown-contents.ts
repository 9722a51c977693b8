/**
 * Stacks and priority queues of which nobody knows what they hold: so a few operations in the middle of a history can be judged,
 * whatever went before. What is put goes on top, or in front of what is larger, and hides what was there: most contradictions are
 * of what was put a short time ago.
 *
 * The state is what has been put since, and a mark at its end: there may be anything else. Let a true state stand beside it: of
 * a stack, the same values above others; of a priority queue, the same values and others.
 * - put: both get the value, of a stack on top.
 * - a stack, take: where values were put since, the first of them is on top in both, and goes. Else what is taken is one of the
 *   others, or nothing, and whatever is answered, it is still true that nothing was put since.
 * - a priority queue, take: the smallest goes. If it is the first of those put since, from both. If it is another, it comes
 *   before that one, and the state stays as it is. If nobody knows which it was, the first of those put since goes: what is
 *   not there forbids less.
 * - peek: likewise, and nothing goes.
 * So the state allows each operation that a true state allows, and what it leads to stands beside what that leads to: it allows
 * whatever any state does.
 */

import type { Value } from './model.ts';

/** The last of a state: there may be anything else. Told by its identity; values of a history are others. */
const ANYTHING: Value = Object.freeze({ anything: 'that was there before' });

export const UNKNOWN_CONTENTS: readonly Value[] = Object.freeze([ANYTHING]);

/** How many of a state's values are known. */
export const countKnown = (state: readonly Value[]): number =>
  state.length > 0 && state[state.length - 1] === ANYTHING ? state.length - 1 : state.length;

/**
 * Whether a take or a peek saw one of the values that nobody knows, or may have.
 * @param precedes whether one may come before what was put since; not so in a stack
 */
export const sawUnknown = (
  state: readonly Value[],
  output: Value | undefined,
  precedes: ((a: Value, b: Value) => boolean) | null,
): boolean => {
  const known = countKnown(state);
  if (known === state.length) return false;
  if (known === 0) return true;
  return precedes !== null && output !== undefined && output !== null && precedes(output, state[0]!);
};
