/**
 * The search for any model: just-in-time linearization (Wing and Gong 1993; Lowe, "Testing for linearizability", 2017)
 * with memoization.
 *
 * Walk the events in order. A call opens an operation; nothing needs to be decided until the return of an operation that
 * has not been linearized is reached. Then some sequence of open operations, ending with that one, takes effect. Sound:
 * in any linearization each operation can be thought of as taking effect immediately before the first return, its own or
 * that of a later operation in the order, that forces it. A configuration is therefore (event, state, which open
 * operations are linearized), a bit per slot, and configurations known to fail are never tried twice.
 *
 * Greedy observers: an open operation that changes nothing in any state and is allowed in this one is linearized at
 * once. In a linearization that has it later, it can be moved here: nobody notices.
 *
 * Same effect, earliest deadline: of open operations that are interchangeable in every state only the one that returns
 * first is tried: swap the two in a linearization that has the other first. Those that never return come last, so that
 * they are spent only when needed, in order of call.
 */

import { ConfigurationSet } from './configuration-set.ts';
import { grown, type Memory, NOTHING } from './memory.ts';
import type { Model } from './model.ts';
import {
  FINE,
  lostBy,
  type OpenSlots,
  type Outlook,
  type Relaxation,
  type Search,
  type SearchStatus,
} from './search.ts';
import { StepTable } from './step-table.ts';
import type { Timeline } from './timeline.ts';

const ILLEGAL = -1;
const INITIAL_FRAMES = 32;
const INITIAL_TRAIL = 64;

/** Of a choice point, in `frames`: these words, then `done` as it was. */
const POSITION = 0;
const STATE = 1;
const TRAIL = 2;
/** The candidate to try next: SKIP, the returning operation, then a slot + 1, once more for those that lose the state. */
const CURSOR = 3;
const HEADER = 4;
/** Cursor of a choice point at which the returning operation may be left out. */
const SKIP = -1;

const POLL_EVERY_COMPARISONS = 10_000;

const UNKNOWN = 0;
const NO_EFFECT = -1;

export const generalSearch = <S, I, O>(
  model: Model<S, I, O>,
  timeline: Timeline<I, O>,
  relaxation: Relaxation<S> = {},
  outlook: Outlook<S> | null = null,
  method = 'just-in-time search',
): Search => new GeneralSearch(model, timeline, relaxation, outlook, method);

class GeneralSearch<S, I, O> implements Search, OpenSlots {
  readonly method: string;
  steps = 0;
  furthestEvent = 0;
  /** The operation in each slot, -1 for none. */
  readonly occupants: Int32Array;
  private readonly model: Model<S, I, O>;
  private readonly timeline: Timeline<I, O>;
  private readonly memory: Memory;
  private readonly outlook: Outlook<S> | null;
  private readonly optional: Uint8Array | null;
  private readonly table: StepTable<S, I, O>;
  private readonly observer: Int32Array;
  /** Number of each operation's effect; UNKNOWN until it is asked for. */
  private readonly effects: Int32Array;
  private readonly effectIds = new Map<string, number>();

  // The current configuration, and what was linearized to come there.
  private position = 0;
  private state: number;
  private readonly done: Int32Array;
  private readonly words: number;
  private trail: Int32Array;
  private trailLength = 0;

  /** Choice points: configurations on the way here whose other candidates are still to be tried. */
  private frames: Int32Array;
  private frameCount = 0;
  private readonly frameWords: number;
  /** Configurations that failed, as records of a position, a state and the words of `done`. */
  private failed: ConfigurationSet | null = null;
  private readonly record: Int32Array;
  private status: SearchStatus = 'more';
  /** It stopped in the middle of the latest choice. */
  private isPaused = false;
  private untilPoll = POLL_EVERY_COMPARISONS;

  constructor(
    model: Model<S, I, O>,
    timeline: Timeline<I, O>,
    relaxation: Relaxation<S>,
    outlook: Outlook<S> | null,
    method: string,
  ) {
    const { operations, slotCount, memory } = timeline;
    this.method = method;
    this.model = model;
    this.timeline = timeline;
    this.memory = memory;
    this.outlook = outlook;
    this.optional = relaxation.optional ?? null;
    this.table = new StepTable(model, timeline);
    this.observer = memory.ints(operations.length);
    this.effects = model.effect === undefined ? NOTHING : memory.ints(operations.length);
    this.words = (slotCount + 31) >>> 5;
    this.state = this.table.numberOf(relaxation.initial === undefined ? model.init() : relaxation.initial);
    this.done = memory.ints(this.words);
    this.occupants = memory.ints(slotCount).fill(-1);
    this.trail = memory.ints(INITIAL_TRAIL);
    this.frameWords = HEADER + this.words;
    this.frames = memory.ints(INITIAL_FRAMES * this.frameWords);
    this.record = memory.ints(2 + this.words);
    for (let index = 0; index < operations.length; index++) {
      const { input, output } = operations[index]!;
      if (model.observes?.(input, output)) this.observer[index] = 1;
    }
  }

  advance(budget: number, interrupted: () => boolean): SearchStatus {
    this.table.begin(interrupted);
    for (let spent = 0; this.status === 'more' && spent < budget && !this.table.mustStop; spent++) {
      this.steps++;
      if (this.isPaused) {
        if (!this.backtrack()) this.status = 'violation';
        continue;
      }
      if (!this.moveToForcedReturn()) {
        this.status = 'pass';
        break;
      }
      if (this.position > this.furthestEvent) this.furthestEvent = this.position;
      if (!this.hasFailed()) {
        this.pushFrame();
        if (this.tryNextCandidate() || this.isPaused) continue;
        this.popFailed();
      }
      if (!this.backtrack()) this.status = 'violation';
    }
    return this.status;
  }

  linearization(): Int32Array {
    return this.trail.subarray(0, this.trailLength);
  }

  get memoryBytes(): number {
    return (this.failed?.memoryBytes ?? 0) + this.table.memoryBytes + this.frames.byteLength + this.trail.byteLength;
  }

  isOwed(slot: number): boolean {
    return (this.done[slot >>> 5]! & (1 << (slot & 31))) === 0;
  }

  private linearize(index: number): void {
    const slot = this.timeline.slots[index]!;
    this.done[slot >>> 5]! |= 1 << (slot & 31);
    if (this.trailLength === this.trail.length) this.trail = grown(this.trail, this.memory);
    this.trail[this.trailLength++] = index;
  }

  private observeIfAllowed(index: number): void {
    if (this.observer[index] === 1 && this.table.step(this.state, index) !== ILLEGAL) this.linearize(index);
  }

  /** Moves on to the next return that forces a decision; false at the end of the history. */
  private moveToForcedReturn(): boolean {
    const { events, slots } = this.timeline;
    const { occupants, done } = this;
    for (; this.position < events.length; this.position++) {
      const event = events[this.position]!;
      if (event >= 0) {
        occupants[slots[event]!] = event;
        this.observeIfAllowed(event);
        continue;
      }
      const slot = slots[~event]!;
      if (this.isOwed(slot)) return true;
      done[slot >>> 5]! &= ~(1 << (slot & 31));
      occupants[slot] = -1;
    }
    return false;
  }

  private pushFrame(): void {
    const { frameWords, words, done } = this;
    let offset = this.frameCount++ * frameWords;
    while (offset + frameWords > this.frames.length) this.frames = grown(this.frames, this.memory);
    const { frames } = this;
    const forced = ~this.timeline.events[this.position]!;
    frames[offset + POSITION] = this.position;
    frames[offset + STATE] = this.state;
    frames[offset + TRAIL] = this.trailLength;
    frames[offset + CURSOR] = this.optional !== null && this.optional[forced] === 1 ? SKIP : 0;
    offset += HEADER;
    for (let word = 0; word < words; word++) frames[offset++] = done[word]!;
  }

  /** To the latest choice point with a candidate left, and tries it (or pauses there); false if there is none. */
  private backtrack(): boolean {
    while (this.frameCount > 0) {
      this.restoreTopFrame();
      this.isPaused = false;
      if (this.tryNextCandidate() || this.isPaused) return true;
      this.popFailed();
    }
    return false;
  }

  private restoreTopFrame(): void {
    const { frames, occupants, done, words } = this;
    const { events, slots } = this.timeline;
    let offset = (this.frameCount - 1) * this.frameWords;
    const target = frames[offset + POSITION]!;
    while (this.position > target) {
      const event = events[--this.position]!;
      if (event >= 0) occupants[slots[event]!] = -1;
      else occupants[slots[~event]!] = ~event;
    }
    this.state = frames[offset + STATE]!;
    this.trailLength = frames[offset + TRAIL]!;
    offset += HEADER;
    for (let word = 0; word < words; word++) done[word] = frames[offset++]!;
  }

  /** The configuration, which is that of the latest choice point, has no candidate left. */
  private popFailed(): void {
    this.failed ??= new ConfigurationSet(this.record.length, this.memory);
    this.fillRecord();
    this.failed.add(this.record);
    this.frameCount--;
  }

  private hasFailed(): boolean {
    if (this.failed === null) return false;
    this.fillRecord();
    return this.failed.has(this.record);
  }

  private fillRecord(): void {
    const { record, done, words } = this;
    record[0] = this.position;
    record[1] = this.state;
    for (let word = 0; word < words; word++) record[2 + word] = done[word]!;
  }

  /** True if another open operation does the same and returns earlier (or, never returning, was called earlier). */
  private hasBetterTwin(index: number): boolean {
    const { effects, occupants, optional } = this;
    const { returns, slotCount } = this.timeline;
    if (effects.length === 0) return false;
    for (let slot = 0; slot < slotCount; slot++) {
      const other = occupants[slot]!;
      if (other < 0 || other === index || !this.isOwed(slot)) continue;
      const isEarlier = returns[other]! < returns[index]! || (returns[other] === returns[index] && other < index);
      if (!isEarlier || (optional !== null && optional[other] !== optional[index])) continue;
      const effect = this.effectOf(index);
      if (effect === NO_EFFECT) return false;
      if (this.effectOf(other) === effect) return true;
    }
    return false;
  }

  private effectOf(index: number): number {
    const { effects, effectIds } = this;
    if (effects[index] === UNKNOWN) {
      const { input, output } = this.timeline.operations[index]!;
      const effect = this.model.effect!(input, output);
      if (effect !== undefined && !effectIds.has(effect)) effectIds.set(effect, effectIds.size + 1);
      effects[index] = effect === undefined ? NO_EFFECT : effectIds.get(effect)!;
    }
    return effects[index]!;
  }

  /**
   * At the latest choice point: the next candidate takes effect; false if there is none left, or it pauses between two of
   * them because it must stop. Candidates that lose the state come last.
   */
  private tryNextCandidate(): boolean {
    const { slotCount, slots, events } = this.timeline;
    const { frames, occupants, done } = this;
    const at = (this.frameCount - 1) * this.frameWords + CURSOR;
    const forced = ~events[this.position]!;
    if (frames[at] === SKIP) {
      frames[at] = 0;
      done[slots[forced]! >>> 5]! |= 1 << (slots[forced]! & 31);
      return true;
    }
    const perRound = slotCount + 1;
    const end = this.outlook?.lost === undefined ? perRound : 2 * perRound;
    while (frames[at]! < end) {
      // Each candidate is compared with all that are open: where they are many, one choice takes long.
      this.untilPoll -= slotCount;
      if (this.untilPoll < 0) {
        this.untilPoll = POLL_EVERY_COMPARISONS;
        if (this.table.poll()) {
          this.isPaused = true;
          return false;
        }
      }
      const cursor = frames[at]!++;
      const isLastRound = cursor >= perRound;
      const turn = isLastRound ? cursor - perRound : cursor;
      const slot = turn === 0 ? slots[forced]! : turn - 1;
      const index = occupants[slot]!;
      if (index < 0 || !this.isOwed(slot) || (index === forced && turn > 0)) continue;
      // An observer that is not linearized yet is not allowed in this state.
      if (this.observer[index] === 1) continue;
      if (this.isUseless(index)) continue;
      const next = this.table.step(this.state, index);
      if (next !== ILLEGAL && this.take(index, slot, next, isLastRound)) return true;
    }
    return false;
  }

  private isUseless(index: number): boolean {
    const { outlook, timeline, position } = this;
    if (outlook?.isOfUse === undefined || timeline.returns[index]! < timeline.events.length) return false;
    return !outlook.isOfUse(index, position);
  }

  /** Linearizes the operation, unless nothing can come of it, a twin is better, or it is not the round for it. */
  private take(index: number, slot: number, next: number, isLastRound: boolean): boolean {
    const { outlook, table } = this;
    this.linearize(index);
    const obstacle = outlook === null ? FINE : outlook.of(table.stateOf(next), this.position, this);
    const loses = obstacle < FINE && outlook?.lost !== undefined;
    if (obstacle > FINE || loses !== isLastRound || this.hasBetterTwin(index)) {
      if (obstacle > this.furthestEvent) this.furthestEvent = obstacle;
      this.trailLength--;
      this.done[slot >>> 5]! &= ~(1 << (slot & 31));
      return false;
    }
    if (loses) this.furthestEvent = Math.max(this.furthestEvent, lostBy(obstacle));
    this.moveTo(loses ? table.numberOf(outlook!.lost!) : next);
    return true;
  }

  /** The state changes, and with it which observers are allowed. */
  private moveTo(state: number): void {
    if (state === this.state) return;
    const { occupants } = this;
    this.state = state;
    for (let slot = 0; slot < occupants.length; slot++)
      if (occupants[slot]! >= 0 && this.isOwed(slot)) this.observeIfAllowed(occupants[slot]!);
  }
}
