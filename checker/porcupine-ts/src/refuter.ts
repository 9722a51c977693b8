/**
 * A quicker way to a violation. A search for an order must exhaust everything that could have happened before the moment at
 * which it gets stuck; where many operations never returned, that is too much. But mostly the contradiction lies in the
 * last few operations. So from time to time the operations called shortly before that moment are searched alone, allowed
 * everything that could help: each state that they may start in, operations that were open when the window begins as if they
 * never returned, and those that never returned as often as they like. If even so there is no order, the history has none.
 */

import { generalSearch } from './general-search.ts';
import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';
import type { Relaxation, Search, SearchStatus } from './search.ts';
import { layOut, type Timeline } from './timeline.ts';

const WINDOWS = [16, 64, 256];
/** For a window: so many steps, or a part of those that the search has made. */
const WINDOW_STEPS = 4000;
const WINDOW_SHARE = 1 / 8;
/** Tried after this many steps, and again after twice as many, or four times if it was in vain. */
const FIRST_AFTER_STEPS = 3000;
const GROWTH = 4;

/** How parts of a history are searched alone. */
export interface Windows<S, I, O> {
  /** As in Model, for the operations of a window. */
  cutStates(operations: readonly CheckOperation<I, O>[]): readonly S[] | undefined;
  /** A search of a part of the history under a relaxation. */
  searchPart(part: Timeline<I, O>, relaxation: Relaxation<S>): Search;
  /** Whether that may be told of the operations that were open when the window begins, when they returned and what they answered. */
  readonly knowsAnswers?: boolean;
}

/** The same, where a model tells what a window may begin in. */
export const withModelsRefuter = <S, I, O>(
  model: Model<S, I, O>,
  timeline: Timeline<I, O>,
  search: Search,
  knowsAnswers = false,
): Search => {
  if (model.cutStates === undefined) return search;
  return withRefuter(timeline, search, {
    knowsAnswers,
    cutStates: (operations) => model.cutStates!(operations),
    searchPart: (part, relaxation) => model.specialised?.(part, relaxation) ?? generalSearch(model, part, relaxation),
  });
};

export const withRefuter = <S, I, O>(timeline: Timeline<I, O>, search: Search, windows: Windows<S, I, O>): Search =>
  new RefutingSearch(timeline, search, windows);

class RefutingSearch<S, I, O> implements Search {
  private readonly timeline: Timeline<I, O>;
  private readonly search: Search;
  private readonly windows: Windows<S, I, O>;
  private refuted = false;
  private refuterSteps = 0;
  private nextAt = FIRST_AFTER_STEPS;
  private furthestAtLast = -1;

  constructor(timeline: Timeline<I, O>, search: Search, windows: Windows<S, I, O>) {
    this.timeline = timeline;
    this.search = search;
    this.windows = windows;
  }

  advance(budget: number, interrupted: () => boolean): SearchStatus {
    const { search } = this;
    for (let left = budget; left > 0; ) {
      const slice = Math.min(left, Math.max(1, this.nextAt - search.steps));
      const status = search.advance(slice, interrupted);
      if (status !== 'more' || interrupted()) return status;
      left -= slice;
      if (search.steps < this.nextAt) continue;
      this.nextAt = search.steps * GROWTH;
      const stuck = search.furthestEvent;
      // While the search gets on, there is nothing to refute.
      if (stuck === this.furthestAtLast)
        this.refuted = WINDOWS.some((length) => this.isRefuted(stuck, length, interrupted));
      if (this.refuted) return 'violation';
      if (stuck !== this.furthestAtLast) this.nextAt = search.steps * 2;
      this.furthestAtLast = stuck;
    }
    return 'more';
  }

  private isRefuted(stuckEvent: number, length: number, interrupted: () => boolean): boolean {
    const stepsMax = Math.max(WINDOW_STEPS, WINDOW_SHARE * this.search.steps);
    const { refutes, steps } = refuteWindow(this.timeline, stuckEvent, length, this.windows, interrupted, stepsMax);
    this.refuterSteps += steps;
    return refutes;
  }

  linearization(): Int32Array | readonly number[] {
    return this.search.linearization();
  }

  get method(): string {
    return this.refuted ? 'refuted by its last operations' : this.search.method;
  }

  get steps(): number {
    return this.search.steps + this.refuterSteps;
  }

  get memoryBytes(): number {
    return this.search.memoryBytes;
  }

  get furthestEvent(): number {
    return this.search.furthestEvent;
  }
}

/** Whether the last operations called before the event, a return, have no order up to it, whatever went before. */
export const refuteWindow = <S, I, O>(
  timeline: Timeline<I, O>,
  stuckEvent: number,
  length: number,
  { cutStates, searchPart, knowsAnswers = false }: Windows<S, I, O>,
  interrupted: () => boolean,
  stepsMax = WINDOW_STEPS,
): { refutes: boolean; steps: number } => {
  const { part, optional } = windowBefore(timeline, stuckEvent, length, knowsAnswers);
  const states = cutStates(part.operations);
  let steps = 0;
  if (states === undefined) return { refutes: false, steps };
  for (const initial of states) {
    const attempt = searchPart(part, { initial, unlimited: true, ...(knowsAnswers ? { optional } : {}) });
    const status = attempt.advance(stepsMax - steps, interrupted);
    steps += attempt.steps;
    if (status !== 'violation') return { refutes: false, steps };
  }
  return { refutes: true, steps };
};

/**
 * The operations open in the last stretch before the event: those called before it, and those that return after the event, as if
 * they never returned; or if their answers are known, with these, and the former in their time or not at all.
 */
const windowBefore = <I, O>(
  timeline: Timeline<I, O>,
  stuckEvent: number,
  length: number,
  knowsAnswers: boolean,
): { readonly part: Timeline<I, O>; readonly optional: Uint8Array } => {
  const { events, operations, returns } = timeline;
  let start = stuckEvent;
  for (let calls = 0; start > 0 && calls < length; start--) if (events[start - 1]! >= 0) calls++;
  const part: CheckOperation<I, O>[] = [];
  const optional: number[] = [];
  for (let at = 0; at < stuckEvent; at++) {
    const index = events[at]!;
    if (index < 0 || returns[index]! < start) continue;
    const operation = operations[index]!;
    const returnsInTime = returns[index]! <= stuckEvent;
    const isBound = at >= start && returnsInTime;
    if (isBound || operation.return === null || (knowsAnswers && returnsInTime)) part.push(operation);
    else part.push(knowsAnswers ? { ...operation, return: null } : { ...operation, output: undefined, return: null });
    optional.push(isBound ? 0 : 1);
  }
  return { part: layOut(part), optional: Uint8Array.from(optional) };
};
