/**
 * A quick attempt for any model: the order in which the textbook search tries, depth first, the earliest call before all
 * others, but remembering nothing and for a limited number of steps only. On short histories that is often the luckiest
 * order; and what it finds in few steps, no other search has to be set up for. It is sound for the reason that Wing and Gong
 * gave: an operation may take effect next if no other that has not taken effect returned before its call. Where every order was
 * tried, there is none.
 */

import type { Attempt } from './attempt.ts';
import type { Memory } from './memory.ts';
import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { layOut } from './timeline.ts';

/** Longer histories are worth a search of their own. */
const OPERATIONS_MAX = 1000;
/** Steps of the model: more, and it gives up. */
const STEPS_PER_OPERATION = 3;
const STEPS_MIN = 100;

/** @param operations in order of call */
export const attemptFirstOrder = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  memory: Memory,
  interrupted: () => boolean,
): Attempt | null => {
  const n = operations.length;
  if (n > OPERATIONS_MAX) return null;
  const { events, returns, concurrencyMax, completed } = layOut(operations, memory);
  const end = events.length;
  // What has not taken effect, as a list of events: the next of each and the one before; both ends are `end`.
  const next = memory.ints(end + 1);
  const before = memory.ints(end + 1);
  for (let at = 0; at <= end; at++) {
    next[at] = at === end ? 0 : at + 1;
    before[at] = at === 0 ? end : at - 1;
  }
  /** The calls that took effect, by event, and the states before. */
  const taken = memory.ints(n);
  const states: S[] = [];
  let remaining = completed;
  let steps = 0;
  let furthest = 0;
  let state = model.init();
  let at = end === 0 ? end : next[end]!;
  const budget = STEPS_MIN + STEPS_PER_OPERATION * n;
  while (remaining > 0) {
    const index = at === end ? -1 : events[at]!;
    if (index >= 0) {
      if (++steps > budget || interrupted()) return null;
      const { input, output } = operations[index]!;
      const after = model.step(state, input, output);
      if (after === undefined) {
        at = next[at]!;
        continue;
      }
      taken[states.length] = at;
      states.push(state);
      state = after;
      leave(next, before, at);
      if (returns[index]! < end) {
        leave(next, before, returns[index]!);
        remaining--;
      }
      at = next[end]!;
      continue;
    }
    // A return, or the end: an operation had to take effect before it, and did not.
    if (at > furthest && at < end) furthest = at;
    if (states.length === 0)
      return {
        outcome: 'violation',
        method: METHOD,
        linearization: null,
        stuckAt: ~events[furthest]!,
        concurrencyMax,
        steps,
      };
    state = states.pop()!;
    const last = taken[states.length]!;
    const undone = events[last]!;
    if (returns[undone]! < end) {
      comeBack(next, before, returns[undone]!);
      remaining++;
    }
    comeBack(next, before, last);
    at = next[last]!;
  }
  const linearization = new Array<number>(states.length);
  for (let i = 0; i < states.length; i++) linearization[i] = operations[events[taken[i]!]!]!.id;
  return { outcome: 'pass', method: METHOD, linearization, stuckAt: -1, concurrencyMax, steps };
};

const METHOD = 'first order';

const leave = (next: Int32Array, before: Int32Array, event: number): void => {
  next[before[event]!] = next[event]!;
  before[next[event]!] = before[event]!;
};

const comeBack = (next: Int32Array, before: Int32Array, event: number): void => {
  next[before[event]!] = event;
  before[next[event]!] = event;
};
