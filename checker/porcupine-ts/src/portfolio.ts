/**
 * Two searches in turns. Which order a depth-first search tries first is luck, and on some histories the textbook search is
 * the luckier one. Once the favourite has had its head start, both get about equal time; the first to decide wins. So no history
 * takes more than about twice the time of the textbook search, and the head start.
 */

import type { Model } from './model.ts';
import type { Search, SearchStatus } from './search.ts';
import { nextPace, type Pace, type TextbookResult, textbookRun } from './textbook-search.ts';
import type { Timeline } from './timeline.ts';

/** Steps that the favourite has to itself: about as many as an easy history takes. */
const HEAD_START_STEPS = 50;
const HEAD_START_PER_OPERATION = 1;
/** Then both have turns: of so many steps of the favourite at first, and growing with what has been spent. */
const SLICE_STEPS_MIN = 50;
const SLICE_STEPS_MAX = 1000;
/** A little more than equal time: there was a quick attempt before the race. */
const TEXTBOOK_SHARE = 1.25;
const BYTES_PER_TEXTBOOK_STEP = 150;
/** Beyond this the textbook search is given up: memory is better spent on the favourite. */
const TEXTBOOK_BYTES_MAX = 2 ** 28;
/** The textbook search copies a bit set over the whole history at each step: on longer ones it is no help. */
const OPERATIONS_MAX = 20_000;

export const withTextbook = <S, I, O>(model: Model<S, I, O>, timeline: Timeline<I, O>, favourite: Search): Search =>
  timeline.operations.length > OPERATIONS_MAX ? favourite : new Race(model, timeline, favourite);

class Race<S, I, O> implements Search {
  private readonly model: Model<S, I, O>;
  private readonly timeline: Timeline<I, O>;
  private readonly favourite: Search;
  private readonly headStart: number;
  private run: Generator<TextbookResult, TextbookResult, void> | null = null;
  private last: TextbookResult | null = null;
  private readonly pace: Pace = { steps: 1 };
  private won = false;
  private gaveUp = false;
  private textbookOwedMs = 0;

  constructor(model: Model<S, I, O>, timeline: Timeline<I, O>, favourite: Search) {
    this.model = model;
    this.timeline = timeline;
    this.favourite = favourite;
    this.headStart = HEAD_START_STEPS + HEAD_START_PER_OPERATION * timeline.operations.length;
  }

  advance(budget: number, interrupted: () => boolean): SearchStatus {
    const { favourite, headStart } = this;
    const end = this.favourite.steps + budget;
    for (let steps = headStart - favourite.steps; ; steps = this.sliceSteps()) {
      const started = performance.now();
      const status = favourite.advance(Math.min(steps, end - favourite.steps), interrupted);
      if (status !== 'more') return status;
      this.textbookOwedMs += TEXTBOOK_SHARE * (performance.now() - started);
      if (favourite.steps < headStart || interrupted()) return 'more';
      const other = this.gaveUp ? 'more' : this.runTextbook(interrupted);
      if (other !== 'more') return other;
      if (favourite.steps >= end || interrupted()) return 'more';
    }
  }

  private sliceSteps(): number {
    return Math.min(SLICE_STEPS_MAX, Math.max(SLICE_STEPS_MIN, this.favourite.steps >> 2));
  }

  /** Lets the textbook search go on until it has had as much time as the favourite. */
  private runTextbook(interrupted: () => boolean): SearchStatus {
    const { pace } = this;
    this.run ??= textbookRun(this.model, this.timeline.operations, pace);
    for (let now = performance.now(); this.textbookOwedMs > 0 && !interrupted(); ) {
      const { done, value } = this.run.next();
      this.last = value;
      if (done && value.outcome !== 'unknown') {
        this.won = true;
        return value.outcome;
      }
      const ms = performance.now() - now;
      now += ms;
      pace.steps = nextPace(pace.steps, ms);
      this.textbookOwedMs -= ms;
    }
    if (this.textbookBytes > TEXTBOOK_BYTES_MAX) {
      this.gaveUp = true;
      this.run = null;
    }
    return 'more';
  }

  linearization(): Int32Array | readonly number[] {
    if (!this.won) return this.favourite.linearization();
    const positions = new Map(this.timeline.operations.map(({ id }, index) => [id, index]));
    return this.last!.linearization!.map((id) => positions.get(id)!);
  }

  witness(): readonly number[] | null {
    return this.won ? null : (this.favourite.witness?.() ?? null);
  }

  get method(): string {
    return this.won ? 'textbook search' : this.favourite.method;
  }

  get steps(): number {
    return this.favourite.steps + (this.last?.steps ?? 0);
  }

  get memoryBytes(): number {
    return this.favourite.memoryBytes + (this.gaveUp ? 0 : this.textbookBytes);
  }

  private get textbookBytes(): number {
    return (this.last?.steps ?? 0) * (BYTES_PER_TEXTBOOK_STEP + (this.timeline.operations.length >>> 3));
  }

  get furthestEvent(): number {
    if (!this.won) return this.favourite.furthestEvent;
    const { operations, returns } = this.timeline;
    return returns[operations.findIndex(({ id }) => id === this.last!.stuckAt)]!;
  }
}
