/** What is not easy to search may be easy to refute: by one operation, or by a part of what the operations say. */

import { impossibleResult } from './impossible-result.ts';
import type { Limits } from './limits.ts';
import type { Focus, Model } from './model.ts';
import type { PartitionResult } from './outcome.ts';
import { blame, decided, giveUp, type Part } from './part.ts';
import type { Timeline } from './timeline.ts';

/**
 * Shorter histories are searched first, for the search of most is as short; longer ones, too: to look through a million operations takes
 * a quarter of the time that most of them need.
 */
const LOOK_FIRST_MIN = 1000;
const LOOK_FIRST_MAX = 20_000;

export const isLookedThroughFirst = ({ operations: { length } }: Part<unknown, unknown>): boolean =>
  length > LOOK_FIRST_MIN && length <= LOOK_FIRST_MAX;

/**
 * What is not easy may be a violation that a single operation shows. Looked at once: before the search, or after a step for each
 * operation, or when the time is up.
 */
export const lookThrough = <S, I, O>(
  model: Model<S, I, O>,
  part: Part<I, O>,
  limits: Limits,
): PartitionResult | null => {
  const { timeline } = part;
  if (part.isLookedThrough || timeline === null) return null;
  part.isLookedThrough = true;
  const started = performance.now();
  const index = impossibleResult(model, timeline);
  part.ms += performance.now() - started;
  if (index < 0) return null;
  giveUp(part, limits);
  blame(part, timeline.returns[index]!, [index]);
  const method = 'an answer that nothing accounts for';
  const { concurrencyMax } = timeline;
  return decided(part, { outcome: 'violation', method, linearization: null, concurrencyMax, steps: 0 });
};

/** What is not easy as a whole may be a violation in a part of what it says. Looked at once, after a step for each operation. */
export const lookAtLess = <S, I, O>(
  model: Model<S, I, O>,
  part: Part<I, O>,
  limits: Limits,
): PartitionResult | null => {
  const { timeline, search } = part;
  if (part.focus !== undefined || timeline === null || search === null || limits.isOver) return null;
  const started = performance.now();
  part.focus = focusOf(model, timeline, search.furthestEvent, limits.interrupted, false);
  part.ms += performance.now() - started;
  if (part.focus === null) return null;
  giveUp(part, limits);
  const { concurrencyMax } = timeline;
  return decided(part, {
    outcome: 'violation',
    method: 'less than all that is said',
    linearization: null,
    concurrencyMax,
    steps: 0,
  });
};

export const focusOf = <S, I, O>(
  model: Model<S, I, O>,
  { operations, events }: Timeline<I, O>,
  stuckAt: number,
  isOver: () => boolean,
  isViolation: boolean,
): Focus<I, O> | null => {
  const stuck = events[stuckAt] ?? 0;
  return model.focus?.(operations, stuck < 0 ? ~stuck : stuck, isOver, isViolation) ?? null;
};
