/** FIFO queue, stack and priority queue. */

import { generalSearch } from '../general-search.ts';
import { Sightings } from '../impossible-result.ts';
import { countSuspects } from '../minimise.ts';
import { ELEMENT, misfitOf, refuseInput, VALUE } from '../misfit.ts';
import { type Model, type Value, VETTED } from '../model.ts';
import { withModelsRefuter } from '../refuter.ts';
import { repeatedQueueSearch } from '../repeated-queue.ts';
import type { Search } from '../search.ts';
import type { Timeline } from '../timeline.ts';
import { type OrderOf, unambiguousSearch } from '../unambiguous.ts';
import { priorityQueueOrder } from '../unambiguous-priority-queue.ts';
import { queueOrder } from '../unambiguous-queue.ts';
import { stackOrder } from '../unambiguous-stack.ts';
import { countKnown, sawUnknown, UNKNOWN_CONTENTS } from '../unknown-contents.ts';
import { canonical, sameValue, show } from '../value.ts';
import { focusOnValues, type Judge } from '../value-focus.ts';

/**
 * put adds (anything but null); take removes and answers the next element, or null if there is none; peek answers it, and leaves
 * it.
 */
export type QueueInput = { readonly f: 'put'; readonly value: Value } | { readonly f: 'take' } | { readonly f: 'peek' };
export type QueueOutput = Value;
export type QueueModel = Model<readonly Value[], QueueInput, QueueOutput>;

interface Hiding {
  /** Whether a value that was there before may still be taken first; null if none may. */
  readonly precedes: ((a: Value, b: Value) => boolean) | null;
}

/** Elements, held in place. */
interface Held {
  put(value: Value): void;
  /** The next to be taken; undefined if there is none. */
  first(): Value | undefined;
  take(): void;
}

/**
 * @param insert where a value goes; the first element is the next to be taken
 * @param hold the same in place
 * @param orderOf for histories in which every value is put once
 * @param hides null unless what is put hides what was there
 * @param searchRepeated for others, if there is anything better than the general search
 */
const ordered = (
  name: string,
  insert: (state: readonly Value[], value: Value) => readonly Value[],
  hold: () => Held,
  orderOf: OrderOf,
  hides: Hiding | null,
  searchRepeated: typeof repeatedQueueSearch = () => null,
): QueueModel => {
  const otherwise = (timeline: Timeline<QueueInput, QueueOutput>): Search =>
    searchRepeated(timeline) ?? withModelsRefuter(model, timeline, generalSearch(model, timeline), true);
  const judge: Judge<QueueInput> = {
    searchOf: otherwise,
    countSuspects: (operations, isOver) => countSuspects(model, operations, isOver),
  };
  const model: QueueModel = {
    name,
    [VETTED]: true,
    init: () => [],
    step(state, input, output) {
      if (input.f === 'put') return insert(state, input.value);
      if (input.f !== 'take' && input.f !== 'peek') return refuseInput(input);
      if (hides !== null && sawUnknown(state, output, hides.precedes)) return state;
      if (!answers(state[0], output)) return undefined;
      return input.f === 'peek' || state.length === 0 ? state : state.slice(1);
    },
    replay() {
      const held = hold();
      return (input, output) => {
        if (input.f === 'put') held.put(input.value);
        else if (!answers(held.first(), output)) return false;
        else if (input.f === 'take') held.take();
        else if (input.f !== 'peek') refuseInput(input);
        return true;
      };
    },
    key: canonical,
    causes() {
      const put = new Sightings();
      put.add(null);
      return {
        note(input) {
          if (input.f === 'put') put.add(input.value);
        },
        accountFor: (input, output) => input.f === 'put' || put.has(output),
      };
    },
    misfit: misfitOf({ put: { input: { value: ELEMENT } }, take: { output: VALUE }, peek: { output: VALUE } }),
    focus: (operations, stuck, isOver) => focusOnValues(operations, stuck, judge, isOver),
    recallsAnswers: true,
    specialised(timeline, relaxation) {
      if (relaxation !== undefined)
        return (relaxation.initial ?? []).length === 0 ? searchRepeated(timeline, relaxation.optional) : null;
      const instead = (): Search => otherwise(timeline);
      return unambiguousSearch(`intervals of values (${name})`, timeline, orderOf, instead) ?? instead();
    },
    observes: (input, output) => input.f === 'peek' || (input.f === 'take' && output === null),
    ...(hides === null ? {} : { cutStates: () => [UNKNOWN_CONTENTS] }),
    stateAfter: (input, output) => (input.f !== 'put' && output === null ? [] : undefined),
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

const answers = (first: Value | undefined, output: Value | undefined): boolean =>
  output === undefined || sameValue(first ?? null, output);

/** First in, first out. */
export const queue = (): QueueModel =>
  ordered('queue', (state, value) => [...state, value], holdQueue, queueOrder, null, repeatedQueueSearch);

const holdQueue = (): Held => {
  const values: Value[] = [];
  let next = 0;
  return {
    put: (value) => void values.push(value),
    first: () => values[next],
    take() {
      if (next < values.length) next++;
    },
  };
};

/** Last in, first out. */
export const stack = (): QueueModel =>
  ordered('stack', (state, value) => [value, ...state], holdStack, stackOrder, { precedes: null });

const holdStack = (): Held => {
  const values: Value[] = [];
  return { put: (value) => void values.push(value), first: () => values.at(-1), take: () => void values.pop() };
};

/** Smallest first: numbers by size, texts by their code units, other values by their JSON text; texts before numbers. */
export const priorityQueue = (): QueueModel =>
  ordered(
    'priority-queue',
    (state, value) => {
      let at = countKnown(state);
      while (at > 0 && precedes(value, state[at - 1]!)) at--;
      return [...state.slice(0, at), value, ...state.slice(at)];
    },
    holdHeap,
    priorityQueueOrder(precedes),
    { precedes },
  );

/** Total on values: equal only for the same ones, so that a queue's state is one list. */
export const precedes = (a: Value, b: Value): boolean => {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  // Not by JSON text: the quote at its end comes after a space.
  if (typeof a === 'string' && typeof b === 'string') return a < b;
  return canonical(a) < canonical(b);
};

/** A binary heap: no value precedes the one at half its place. */
const holdHeap = (): Held => {
  const values: Value[] = [];
  const swap = (a: number, b: number): void => {
    [values[a], values[b]] = [values[b]!, values[a]!];
  };
  const sink = (from: number): void => {
    let least = from;
    for (const child of [2 * from + 1, 2 * from + 2])
      if (child < values.length && precedes(values[child]!, values[least]!)) least = child;
    if (least === from) return;
    swap(from, least);
    sink(least);
  };
  return {
    put(value) {
      values.push(value);
      for (let at = values.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (!precedes(values[at]!, values[parent]!)) break;
        swap(at, parent);
        at = parent;
      }
    },
    first: () => values[0],
    take() {
      const last = values.pop();
      if (last === undefined || values.length === 0) return;
      values[0] = last;
      sink(0);
    },
  };
};
