/**
 * Two searches in turns. Which order a depth-first search tries first is luck, and on some histories the textbook search is
 * the luckier one. Once the favourite has had its head start, both get equal time; the first to decide wins. So no history
 * takes more than about twice the time of the textbook search, and the head start.
 */

import type { Model } from './model.ts';
import type { Search, SearchStatus } from './search.ts';
import { nextPace, type Pace, type TextbookResult, textbookRun } from './textbook-search.ts';
import type { Timeline } from './timeline.ts';

/** Steps that the favourite has to itself: some milliseconds. */
const HEAD_START_STEPS = 4000;
/** And for each operation of the history: a long history takes as many steps even if nothing is hard in it. */
const HEAD_START_PER_OPERATION = 4;
const SLICE_STEPS = 1000;
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

  constructor(model: Model<S, I, O>, timeline: Timeline<I, O>, favourite: Search) {
    this.model = model;
    this.timeline = timeline;
    this.favourite = favourite;
    this.headStart = HEAD_START_STEPS + HEAD_START_PER_OPERATION * timeline.operations.length;
  }

  advance(budget: number, interrupted: () => boolean): SearchStatus {
    const { favourite, headStart } = this;
    if (favourite.steps < headStart) {
      const status = favourite.advance(Math.min(budget, headStart - favourite.steps), interrupted);
      if (status !== 'more') return status;
    }
    for (let spent = 0; spent < budget && !interrupted(); spent += SLICE_STEPS) {
      const started = performance.now();
      const status = favourite.advance(SLICE_STEPS, interrupted);
      if (status !== 'more') return status;
      if (this.gaveUp) continue;
      const other = this.runTextbook(performance.now() - started, interrupted);
      if (other !== 'more') return other;
    }
    return 'more';
  }

  /** Lets the textbook search go on for as long as the favourite took. */
  private runTextbook(ms: number, interrupted: () => boolean): SearchStatus {
    const { pace } = this;
    this.run ??= textbookRun(this.model, this.timeline.operations, pace);
    let now = performance.now();
    const until = now + ms;
    do {
      const before = now;
      const { done, value } = this.run.next();
      now = performance.now();
      pace.steps = nextPace(pace.steps, now - before);
      this.last = value;
      if (done && value.outcome !== 'unknown') {
        this.won = true;
        return value.outcome;
      }
    } while (now < until && !interrupted());
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
    // The textbook search does not say where it got stuck: at the last return, at the latest.
    return this.won ? this.timeline.events.findLastIndex((event) => event < 0) : this.favourite.furthestEvent;
  }
}
