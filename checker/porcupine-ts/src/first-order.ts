/**
 * The textbook's search, made cheap: the same orders in the same order (depth first, the earliest call before all others),
 * and what failed is remembered, but each step costs a fraction. It is sound for the reason that Wing and Gong gave: an operation may
 * take effect next if no other that has not taken effect returned before its call. Where every order was tried, there is none.
 *
 * What took effect is not remembered as a bit for each operation of the history, but as the first return R that is still to
 * come and a bit for each slot. That tells the same. Whatever returned before R took effect, and whatever took effect was called before
 * R, so only the operations open at R are in doubt, each in a slot of its own. The bit is whether an odd number of a
 * slot's operations took effect: they follow one another in time, and R tells how many of them returned before it.
 *
 * It is remembered only when it failed: what is being tried can't come up again, for with each step more has taken effect.
 * In the first steps nothing is remembered, so that what is decided in few of them is decided without a single key of a
 * state. Then states have numbers, and what an operation makes of a state is asked of the model once, mostly (step-table.ts).
 */

import type { Attempt } from './attempt.ts';
import { ConfigurationSet } from './configuration-set.ts';
import { EventList } from './event-list.ts';
import type { Memory } from './memory.ts';
import { refuseMisfits } from './misfit.ts';
import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';
import type { Search, SearchStatus } from './search.ts';
import { StepTable } from './step-table.ts';
import { layOut, type Timeline } from './timeline.ts';

/** Longer histories are worth a search of their own. */
const OPERATIONS_MAX = 1000;

/** Steps of the model that a quick attempt at so many operations takes at most. */
export const firstOrderSteps = (operations: number): number => 300 + 6 * operations;

/**
 * A quick attempt. On short histories this is often the luckiest order, and what it finds in few steps, no other search has
 * to be set up for.
 * @param operations in order of call
 */
export const attemptFirstOrder = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  memory: Memory,
  interrupted: () => boolean,
): Attempt | null => {
  if (operations.length > OPERATIONS_MAX) return null;
  refuseMisfits(model, operations);
  const timeline = layOut(operations, memory);
  const search = new FirstOrder(model, timeline);
  const outcome = search.advance(firstOrderSteps(operations.length), interrupted);
  if (outcome === 'more') return null;
  const { method, steps } = search;
  const passes = outcome === 'pass';
  return {
    outcome,
    method,
    linearization: passes ? Array.from(search.linearization(), (index) => operations[index]!.id) : null,
    stuckAt: passes ? -1 : ~timeline.events[search.furthestEvent]!,
    concurrencyMax: timeline.concurrencyMax,
    steps,
  };
};

const ILLEGAL = -1;
const UNKNOWN = -1;
/** And one for each operation, which an order takes in any case. */
const FORGETFUL_STEPS = 20;
const STATE_BYTES = 100;
const EVENT_BYTES = 20;
/** Words of a record before those of the slots: the return, the state's number. */
const HEADER = 2;

export class FirstOrder<S, I, O> implements Search {
  readonly method = 'first order';
  steps = 0;
  furthestEvent = 0;
  private readonly model: Model<S, I, O>;
  private readonly timeline: Timeline<I, O>;
  /** Stands before the first event and after the last. */
  private readonly end: number;
  /** What has not taken effect: all events, and returns alone. */
  private readonly events: EventList;
  private readonly returns: EventList;
  /** The call that is tried next, or the return that nothing gets past. */
  private at: number;
  /** The calls that took effect, by event; the states before each and, last, the present one; their numbers if they are known. */
  private readonly taken: Int32Array;
  private depth = 0;
  private readonly states: S[];
  private readonly numbers: number[] = [UNKNOWN];
  /** How many operations must still take effect. */
  private remaining: number;
  /** So many steps are made before anything is remembered. */
  private readonly forgetful: number;
  /** What failed, as records of a return, a state's number and the bits of the slots. Null as long as that is forgotten. */
  private failed: ConfigurationSet | null = null;
  private readonly record: Int32Array;
  private table: StepTable<S, I, O> | null = null;

  constructor(model: Model<S, I, O>, timeline: Timeline<I, O>) {
    const { operations, events, slotCount, completed, memory } = timeline;
    const end = events.length;
    this.model = model;
    this.timeline = timeline;
    this.end = end;
    this.events = new EventList(end, memory);
    this.returns = new EventList(end, memory);
    for (let at = 0; at < end; at++) {
      this.events.append(at);
      if (events[at]! < 0) this.returns.append(at);
    }
    this.at = this.events.first();
    this.taken = memory.ints(operations.length);
    this.states = [model.init()];
    this.remaining = completed;
    this.forgetful = operations.length + FORGETFUL_STEPS;
    this.record = memory.ints(HEADER + ((slotCount + 31) >>> 5));
  }

  advance(budget: number, interrupted: () => boolean): SearchStatus {
    const { end } = this;
    const { events } = this.timeline;
    const stop = this.steps + budget;
    this.table?.begin(interrupted);
    while (this.remaining > 0) {
      const index = this.at === end ? -1 : events[this.at]!;
      if (index < 0) {
        if (this.at > this.furthestEvent && this.at < end) this.furthestEvent = this.at;
        if (this.depth === 0) return 'violation';
        this.goBack(interrupted);
        continue;
      }
      if (this.steps >= stop || (this.table === null ? interrupted() : this.table.mustStop)) return 'more';
      this.steps++;
      if (!(this.table === null ? this.takeUnnumbered(index) : this.take(index, this.table)))
        this.at = this.events.next[this.at]!;
    }
    return 'pass';
  }

  linearization(): Int32Array {
    return this.taken.slice(0, this.depth).map((call) => this.timeline.events[call]!);
  }

  get memoryBytes(): number {
    const { failed, table, depth, end } = this;
    return (failed?.memoryBytes ?? 0) + (table?.memoryBytes ?? 0) + depth * STATE_BYTES + end * EVENT_BYTES;
  }

  /** The operation takes effect, while nothing is remembered; false if it can't. */
  private takeUnnumbered(index: number): boolean {
    const { input, output } = this.timeline.operations[index]!;
    const after = this.model.step(this.states[this.depth]!, input, output);
    if (after === undefined) return false;
    this.flip(index);
    this.returns.leave(this.timeline.returns[index]!);
    this.push(index, after, UNKNOWN);
    return true;
  }

  /** The operation takes effect; false if it can't, or if what it leads to has failed before. */
  private take(index: number, table: StepTable<S, I, O>): boolean {
    const number = table.step(this.numberOfLast(table), index);
    if (number === ILLEGAL) return false;
    const returned = this.timeline.returns[index]!;
    this.flip(index);
    this.returns.leave(returned);
    if (this.failed?.has(this.described(number)) === true) {
      this.returns.comeBack(returned);
      this.flip(index);
      return false;
    }
    this.push(index, table.stateOf(number), number);
    return true;
  }

  private push(index: number, after: S, number: number): void {
    const { events, at, end } = this;
    const returned = this.timeline.returns[index]!;
    events.leave(at);
    events.leave(returned);
    if (returned < end) this.remaining--;
    this.taken[this.depth++] = at;
    this.states[this.depth] = after;
    this.numbers[this.depth] = number;
    this.at = events.first();
  }

  /** Nothing can take effect next: remembers that, if it is worth it by now, and undoes what took effect last. */
  private goBack(interrupted: () => boolean): void {
    const { timeline, events, end } = this;
    if (this.table === null && this.steps > this.forgetful) {
      this.table = new StepTable(this.model, timeline);
      this.table.begin(interrupted);
      this.failed = new ConfigurationSet(this.record.length, timeline.memory);
    }
    if (this.table !== null) this.failed!.add(this.described(this.numberOfLast(this.table)));
    this.states.length = this.depth;
    const last = this.taken[--this.depth]!;
    const index = timeline.events[last]!;
    const returned = timeline.returns[index]!;
    this.flip(index);
    this.returns.comeBack(returned);
    events.comeBack(returned);
    events.comeBack(last);
    if (returned < end) this.remaining++;
    this.at = events.next[last]!;
  }

  private numberOfLast(table: StepTable<S, I, O>): number {
    const { numbers, depth } = this;
    if (numbers[depth] === UNKNOWN) numbers[depth] = table.numberOf(this.states[depth]!);
    return numbers[depth]!;
  }

  /** The operation has taken effect, or has not any more. */
  private flip(index: number): void {
    const slot = this.timeline.slots[index]!;
    this.record[HEADER + (slot >>> 5)]! ^= 1 << (slot & 31);
  }

  private described(number: number): Int32Array {
    this.record[0] = this.returns.first();
    this.record[1] = number;
    return this.record;
  }
}
