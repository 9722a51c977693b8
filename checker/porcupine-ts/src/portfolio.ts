/**
 * Two searches in turns. Which order a depth-first search tries first is luck, and on some histories the textbook search is
 * the luckier one. Once the favourite has had its head start, both get equal time; the first to decide wins. So no history
 * takes more than about twice the time of the textbook search, and the head start.
 */

import type { Model } from './model.ts';
import type { Search, SearchStatus } from './search.ts';
import { type TextbookResult, textbookRun } from './textbook-search.ts';
import type { Timeline } from './timeline.ts';

/** Steps that the favourite has to itself: some milliseconds. */
const HEAD_START_STEPS = 4000;
/** And for each operation of the history: a long history takes as many steps even if nothing is hard in it. */
const HEAD_START_PER_OPERATION = 4;
const SLICE_STEPS = 1000;
const BYTES_PER_TEXTBOOK_STEP = 150;
/** The textbook search copies a bit set over the whole history at each step: on longer ones it is no help. */
const OPERATIONS_MAX = 20_000;

export const withTextbook = <S, I, O>(model: Model<S, I, O>, timeline: Timeline<I, O>, favourite: Search): Search => {
  const { operations } = timeline;
  const headStart = HEAD_START_STEPS + HEAD_START_PER_OPERATION * operations.length;
  if (operations.length > OPERATIONS_MAX) return favourite;
  let run: Generator<TextbookResult, TextbookResult, void> | null = null;
  let last: TextbookResult | null = null;
  let won = false;

  /** Lets the textbook search go on for as long as the favourite took. */
  const runTextbook = (ms: number, interrupted: () => boolean): SearchStatus => {
    run ??= textbookRun(model, operations);
    const until = performance.now() + ms;
    do {
      const { done, value } = run.next();
      last = value;
      if (done && value.outcome !== 'unknown') {
        won = true;
        return value.outcome;
      }
    } while (performance.now() < until && !interrupted());
    return 'more';
  };

  const advance = (budget: number, interrupted: () => boolean): SearchStatus => {
    if (favourite.steps < headStart) {
      const status = favourite.advance(Math.min(budget, headStart - favourite.steps), interrupted);
      if (status !== 'more') return status;
    }
    for (let spent = 0; spent < budget && !interrupted(); spent += SLICE_STEPS) {
      const started = performance.now();
      const status = favourite.advance(SLICE_STEPS, interrupted);
      if (status !== 'more') return status;
      const other = runTextbook(performance.now() - started, interrupted);
      if (other !== 'more') return other;
    }
    return 'more';
  };

  return {
    get method() {
      return won ? 'textbook search' : favourite.method;
    },
    advance,
    linearization() {
      if (!won) return favourite.linearization();
      const positions = new Map(operations.map(({ id }, index) => [id, index]));
      return last!.linearization!.map((id) => positions.get(id)!);
    },
    get steps() {
      return favourite.steps + (last?.steps ?? 0);
    },
    get memoryBytes() {
      return favourite.memoryBytes + (last?.steps ?? 0) * (BYTES_PER_TEXTBOOK_STEP + (operations.length >>> 3));
    },
    get furthestEvent() {
      // The textbook search does not say where it got stuck: at the last return, at the latest.
      return won ? timeline.events.findLastIndex((event) => event < 0) : favourite.furthestEvent;
    },
  };
};
