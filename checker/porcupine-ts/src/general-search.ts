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

import { createConfigurationSet } from './configuration-set.ts';
import type { Model } from './model.ts';
import { FINE, lostBy, type Outlook, type Relaxation, type Search, type SearchStatus } from './search.ts';
import type { Timeline } from './timeline.ts';

const STEP_CACHE_MAX = 1 << 18;
const ILLEGAL = -1;
const STATE_BYTES = 100;
/** Cursor of a choice point at which the returning operation may be left out. */
const SKIP = -1;

export const generalSearch = <S, I, O>(
  model: Model<S, I, O>,
  timeline: Timeline<I, O>,
  relaxation: Relaxation<S> = {},
  outlook: Outlook<S> | null = null,
  method = 'just-in-time search',
): Search => {
  const optional = relaxation.optional ?? new Uint8Array(timeline.operations.length);
  const { operations, events, slots, slotCount, returns } = timeline;
  const n = operations.length;
  const words = (slotCount + 31) >>> 5;
  const stride = words + 2;

  const observer = new Uint8Array(n);
  const effects = new Int32Array(n).fill(-1);
  const effectIds = new Map<string, number>();
  operations.forEach(({ input, output }, index) => {
    if (model.observes?.(input, output)) observer[index] = 1;
    const effect = model.effect?.(input, output);
    if (effect === undefined) return;
    let id = effectIds.get(effect);
    if (id === undefined) {
      id = effectIds.size;
      effectIds.set(effect, id);
    }
    effects[index] = id;
  });

  // States are numbered by key, so that configurations are small integers only.
  const states: S[] = [];
  const stateIds = new Map<string | number, number>();
  let stateBytes = 0;
  const numberOf = (state: S): number => {
    const key = model.key(state);
    let id = stateIds.get(key);
    if (id === undefined) {
      id = states.length;
      stateIds.set(key, id);
      states.push(state);
      stateBytes += STATE_BYTES + (typeof key === 'string' ? 4 * key.length : 0);
    }
    return id;
  };
  const nextStates = new Map<number, number>();
  let pollAfterStep: () => boolean = () => false;
  let mustStop = false;
  const stepFrom = (state: number, index: number): number => {
    const cacheKey = state * n + index;
    const known = nextStates.get(cacheKey);
    if (known !== undefined) return known;
    const { input, output } = operations[index]!;
    const next = model.step(states[state]!, input, output);
    const id = next === undefined ? ILLEGAL : numberOf(next);
    if (nextStates.size >= STEP_CACHE_MAX) nextStates.clear();
    nextStates.set(cacheKey, id);
    if (pollAfterStep()) mustStop = true;
    return id;
  };

  // The current configuration.
  let position = 0;
  let state = numberOf(relaxation.initial === undefined ? model.init() : relaxation.initial);
  const done = new Int32Array(words);
  const occupants = new Int32Array(slotCount).fill(-1);
  const trail: number[] = [];

  // Choice points: the configurations on the way here whose other candidates are still to be tried.
  const frames: { position: number; state: number; done: Int32Array; trail: number; cursor: number }[] = [];
  const failed = createConfigurationSet(stride);
  const record = new Int32Array(stride);
  let steps = 0;
  let furthestEvent = 0;
  let status: SearchStatus = 'more';

  const isDone = (slot: number): boolean => (done[slot >>> 5]! & (1 << (slot & 31))) !== 0;
  const isOwed = (slot: number): boolean => !isDone(slot);
  const linearize = (index: number): void => {
    const slot = slots[index]!;
    done[slot >>> 5]! |= 1 << (slot & 31);
    trail.push(index);
  };
  const observeIfAllowed = (index: number): void => {
    if (observer[index] === 1 && stepFrom(state, index) !== ILLEGAL) linearize(index);
  };

  /** Moves on to the next return that forces a decision; false at the end of the history. */
  const moveToForcedReturn = (): boolean => {
    for (; position < events.length; position++) {
      const event = events[position]!;
      if (event >= 0) {
        occupants[slots[event]!] = event;
        observeIfAllowed(event);
        continue;
      }
      const slot = slots[~event]!;
      if (!isDone(slot)) return true;
      done[slot >>> 5]! &= ~(1 << (slot & 31));
      occupants[slot] = -1;
    }
    return false;
  };

  const restore = (frame: (typeof frames)[number]): void => {
    while (position > frame.position) {
      position--;
      const event = events[position]!;
      if (event >= 0) occupants[slots[event]!] = -1;
      else occupants[slots[~event]!] = ~event;
    }
    state = frame.state;
    done.set(frame.done);
    trail.length = frame.trail;
  };

  /** True if another open operation does the same and returns earlier (or, never returning, was called earlier). */
  const hasBetterTwin = (index: number): boolean => {
    const effect = effects[index]!;
    if (effect < 0) return false;
    for (let slot = 0; slot < slotCount; slot++) {
      const other = occupants[slot]!;
      if (other < 0 || other === index || effects[other] !== effect || isDone(slot)) continue;
      if (optional[other] !== optional[index]) continue;
      if (returns[other]! < returns[index]! || (returns[other] === returns[index] && other < index)) return true;
    }
    return false;
  };

  /** Applies the next candidate of the choice point; false if there is none left. Cursor 0 is the returning operation. */
  const tryNextCandidate = (frame: (typeof frames)[number]): boolean => {
    const forced = ~events[frame.position]!;
    if (frame.cursor === SKIP) {
      frame.cursor = 0;
      const slot = slots[forced]!;
      done[slot >>> 5]! |= 1 << (slot & 31);
      return true;
    }
    while (frame.cursor <= slotCount) {
      const slot = frame.cursor === 0 ? slots[forced]! : frame.cursor - 1;
      frame.cursor++;
      const index = occupants[slot]!;
      if (index < 0 || isDone(slot) || (index === forced && frame.cursor > 1)) continue;
      // An observer that is not linearized yet is not allowed in this state.
      if (observer[index] === 1 || hasBetterTwin(index)) continue;
      let next = stepFrom(state, index);
      if (next === ILLEGAL) continue;
      linearize(index);
      const obstacle = outlook === null ? FINE : outlook.of(states[next]!, position, isOwed, occupants);
      if (obstacle < FINE && outlook?.lost !== undefined) {
        furthestEvent = Math.max(furthestEvent, lostBy(obstacle));
        next = numberOf(outlook.lost);
      }
      if (obstacle >= 0) {
        if (obstacle > furthestEvent) furthestEvent = obstacle;
        trail.pop();
        done[slot >>> 5]! &= ~(1 << (slot & 31));
        continue;
      }
      if (next !== state) {
        state = next;
        for (let other = 0; other < slotCount; other++)
          if (occupants[other]! >= 0 && !isDone(other)) observeIfAllowed(occupants[other]!);
      }
      return true;
    }
    return false;
  };

  const fillRecord = (): void => {
    record[0] = position;
    record[1] = state;
    record.set(done, 2);
  };

  const advance = (budget: number, interrupted: () => boolean): SearchStatus => {
    pollAfterStep = interrupted;
    mustStop = false;
    for (let spent = 0; status === 'more' && spent < budget && !mustStop; spent++) {
      steps++;
      if (!moveToForcedReturn()) {
        status = 'pass';
        break;
      }
      if (position > furthestEvent) furthestEvent = position;
      fillRecord();
      if (!failed.has(record)) {
        const { length } = trail;
        const cursor = optional[~events[position]!] === 1 ? SKIP : 0;
        frames.push({ position, state, done: done.slice(), trail: length, cursor });
      }
      for (;;) {
        const frame = frames[frames.length - 1];
        if (frame === undefined) {
          status = 'violation';
          break;
        }
        restore(frame);
        if (tryNextCandidate(frame)) break;
        fillRecord();
        failed.add(record);
        frames.pop();
      }
    }
    return status;
  };

  return {
    method,
    advance,
    linearization: () => trail,
    get steps() {
      return steps;
    },
    get memoryBytes() {
      return failed.memoryBytes + stateBytes + nextStates.size * 40 + frames.length * (stride * 4 + 120);
    },
    get furthestEvent() {
      return furthestEvent;
    },
  };
};
