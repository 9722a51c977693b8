/**
 * Races two searches in turns. Which order a depth-first search tries first is luck, and on some histories the textbook's is the
 * luckier one. One of the two is the textbook's search, made cheap (first-order.ts); the other, the favourite, knows more but
 * costs more to set up.
 *
 * Why no history takes more than twice the time of the textbook search, but for what it takes to set the favourite up: the cheap one
 * makes the very steps of the textbook search, and none of them costs more (it asks the model less often, and for fewer keys). So
 * it decides in T at the latest, if T is what the textbook search takes; and whenever it has a turn, the favourite has had no more than a
 * part of its time, and a slice. On short histories the cheap one begins, and the favourite is not set up before it has made
 * a few steps for each operation. On longer ones the favourite begins, with a head start of about one step for each.
 */

import { FirstOrder, firstOrderSteps } from './first-order.ts';
import type { Model } from './model.ts';
import type { Search, SearchStatus } from './search.ts';
import type { Timeline } from './timeline.ts';

/** Up to so many operations the cheap search begins. */
const SHORT_MAX = 1000;
/** Where the favourite begins, it has so many steps to itself. */
const HEAD_START_STEPS = 50;
/** For each unit of time of the cheap search, the favourite has so much: on long histories more, for there the cheap one is cheaper. */
const SHARE_IF_SHORT = 0.5;
const SHARE_IF_LONG = 1.5;
/** Turns are of so many steps at first, and grow with what has been spent. */
const SLICE_STEPS_MIN = 50;
const SLICE_STEPS_MAX = 1000;
/** Beyond this the cheap search is given up: memory is better spent on the favourite. */
const CHEAP_BYTES_MAX = 2 ** 28;
/** On longer histories the textbook search is no help. */
export const RACE_MAX = 20_000;

/** @param prepare sets the favourite up */
export const withTextbook = <S, I, O>(
  model: Model<S, I, O>,
  timeline: Timeline<I, O>,
  prepare: () => Search,
): Search => (timeline.operations.length > RACE_MAX ? prepare() : new Race(model, timeline, prepare));

class Race<S, I, O> implements Search {
  private readonly model: Model<S, I, O>;
  private readonly timeline: Timeline<I, O>;
  private readonly prepare: () => Search;
  private favourite: Search | null = null;
  private cheap: FirstOrder<S, I, O> | null = null;
  private winner: Search | null = null;
  private gaveUp = false;
  /** Of the cheap search, once it is given up. */
  private stepsGivenUp = 0;
  /** What the favourite may still take before it is the turn of the other. */
  private creditMs = 0;
  private favouriteSlice = 1;

  constructor(model: Model<S, I, O>, timeline: Timeline<I, O>, prepare: () => Search) {
    this.model = model;
    this.timeline = timeline;
    this.prepare = prepare;
  }

  advance(budget: number, interrupted: () => boolean): SearchStatus {
    const end = this.steps + budget;
    let now = performance.now();
    do {
      const isFavourites = this.isTurnOfFavourite();
      const steps = Math.min(isFavourites ? this.favouriteSteps() : this.cheapSteps(), end - this.steps);
      const search = isFavourites ? this.prepared() : this.begun();
      const status = search.advance(steps, interrupted);
      if (status !== 'more') {
        this.winner = search;
        return status;
      }
      const ms = performance.now() - now;
      now += ms;
      if (isFavourites) {
        this.favouriteSlice = ms > this.creditMs ? steps >> 2 : steps << 1;
        this.creditMs -= ms;
      } else {
        this.creditMs += (this.timeline.operations.length > SHORT_MAX ? SHARE_IF_LONG : SHARE_IF_SHORT) * ms;
        if (search.memoryBytes > CHEAP_BYTES_MAX) this.giveUp();
      }
    } while (this.steps < end && !interrupted());
    return 'more';
  }

  private isTurnOfFavourite(): boolean {
    const { favourite, cheap, gaveUp } = this;
    const { length } = this.timeline.operations;
    if (gaveUp) return true;
    if (length > SHORT_MAX) return this.creditMs > 0 || (favourite?.steps ?? 0) < HEAD_START_STEPS + length;
    return this.creditMs > 0 && cheap !== null && cheap.steps >= firstOrderSteps(length);
  }

  private prepared(): Search {
    this.favourite ??= this.prepare();
    return this.favourite;
  }

  private begun(): FirstOrder<S, I, O> {
    this.cheap ??= new FirstOrder(this.model, this.timeline);
    return this.cheap;
  }

  private giveUp(): void {
    this.gaveUp = true;
    this.stepsGivenUp = this.cheap?.steps ?? 0;
    this.cheap = null;
  }

  private cheapSteps(): number {
    return Math.min(SLICE_STEPS_MAX, Math.max(SLICE_STEPS_MIN, this.steps >> 3));
  }

  /** As many as it can make on its credit: its steps may be much longer. */
  private favouriteSteps(): number {
    const isAhead = this.creditMs <= 0;
    return isAhead ? SLICE_STEPS_MAX : Math.min(SLICE_STEPS_MAX, Math.max(1, this.favouriteSlice));
  }

  linearization(): Int32Array | readonly number[] {
    return this.winner!.linearization();
  }

  witness(): readonly number[] | null {
    return this.winner?.witness?.() ?? null;
  }

  get method(): string {
    return (this.winner ?? this.favourite ?? this.begun()).method;
  }

  get steps(): number {
    return (this.favourite?.steps ?? 0) + (this.cheap?.steps ?? 0) + this.stepsGivenUp;
  }

  get memoryBytes(): number {
    return (this.favourite?.memoryBytes ?? 0) + (this.cheap?.memoryBytes ?? 0);
  }

  get furthestEvent(): number {
    return (this.winner ?? this.favourite ?? this.cheap)?.furthestEvent ?? 0;
  }
}
