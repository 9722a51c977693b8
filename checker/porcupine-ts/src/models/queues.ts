/** FIFO queue, stack and priority queue. */

import { generalSearch } from '../general-search.ts';
import type { Model, Value } from '../model.ts';
import { type OrderOf, unambiguousSearch } from '../unambiguous.ts';
import { priorityQueueOrder } from '../unambiguous-priority-queue.ts';
import { queueOrder } from '../unambiguous-queue.ts';
import { stackOrder } from '../unambiguous-stack.ts';
import { canonical, sameValue, show } from '../value.ts';

/** put adds; take removes and answers the next element, or null if there is none; peek answers it, and leaves it. */
export type QueueInput = { readonly f: 'put'; readonly value: Value } | { readonly f: 'take' } | { readonly f: 'peek' };
export type QueueOutput = Value;
export type QueueModel = Model<readonly Value[], QueueInput, QueueOutput>;

/**
 * @param insert where a value goes; the first element is the next to be taken
 * @param orderOf for histories in which every value is put once
 */
const ordered = (
  name: string,
  insert: (state: readonly Value[], value: Value) => readonly Value[],
  orderOf: OrderOf,
): QueueModel => {
  const model: QueueModel = {
    name,
    init: () => [],
    step(state, input, output) {
      if (input.f === 'put') return insert(state, input.value);
      if (output !== undefined && !sameValue(state[0] ?? null, output)) return undefined;
      return input.f === 'peek' || state.length === 0 ? state : state.slice(1);
    },
    key: canonical,
    specialised: (timeline, relaxation) =>
      relaxation === undefined
        ? unambiguousSearch(`intervals of values (${name})`, timeline, orderOf, () => generalSearch(model, timeline))
        : null,
    observes: (input, output) => input.f === 'peek' || (input.f === 'take' && output === null),
    effect: (input, output) =>
      input.f === 'put'
        ? `put ${canonical(input.value)}`
        : `${input.f} ${output === undefined ? '?' : canonical(output)}`,
    provides: (writer, reader) =>
      writer.input.f === 'put' &&
      reader.input.f !== 'put' &&
      reader.output !== undefined &&
      sameValue(writer.input.value, reader.output)
        ? canonical(reader.output)
        : undefined,
    describe: (input, output) => (input.f === 'put' ? `put ${show(input.value)}` : `${input.f} → ${show(output)}`),
    describeState: (state) =>
      state.length === 0 ? 'empty' : `[${state.slice(0, 20).map(show).join(', ')}${state.length > 20 ? ', …' : ''}]`,
  };
  return model;
};

/** First in, first out. */
export const queue = (): QueueModel => ordered('queue', (state, value) => [...state, value], queueOrder);

/** Last in, first out. */
export const stack = (): QueueModel => ordered('stack', (state, value) => [value, ...state], stackOrder);

/** Smallest first: by number, else by text. */
export const priorityQueue = (): QueueModel =>
  ordered(
    'priority-queue',
    (state, value) => {
      let at = state.length;
      while (at > 0 && precedes(value, state[at - 1]!)) at--;
      return [...state.slice(0, at), value, ...state.slice(at)];
    },
    priorityQueueOrder(precedes),
  );

/** Total on values: equal only for the same ones, so that a queue's state is one list. */
export const precedes = (a: Value, b: Value): boolean =>
  typeof a === 'number' && typeof b === 'number' ? a < b : canonical(a) < canonical(b);
