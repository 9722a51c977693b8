/**
 * The search of register-search.ts for histories in which no more than thirty operations are open at once (narrow-history.ts):
 * most of them. Its rules are the same, 1 to 5, and the argument for them is there; what differs is how they are written
 * down. A set of open operations is one number; operations that never return have a slot of their own like all others (and
 * of one effect the first called goes first); and where it comes to a dead end again and again without getting any
 * further, it gives up, and the full search takes over.
 *
 * Dominance here: of two configurations at one event and state, E is at least as good as C if E has linearized every
 * observer that C has, if each open operation that returns is in the same status in both or free in E, and if every
 * operation that never returns and has taken effect in E has done so in C.
 */

import { type Configuration, DominanceStore } from './dominance-store.ts';
import { grown, type Memory, NOTHING } from './memory.ts';
import {
  FACTS,
  FROM,
  KIND_MASK,
  MARKS_SHIFT,
  type NarrowHistory,
  OPEN_CAS,
  OPEN_WRITE,
  RETURN,
  SETS,
  SLOT_MASK,
  SLOT_SHIFT,
  TO,
} from './narrow-history.ts';
import { CAS, CAS_UNKNOWN, MISMATCH, READ, SILENT, WRITE } from './register-history.ts';

/** In place of an operation: the returning one, which is free, is left out. */
const SKIP = -1;
/** In place of a candidate: it can't be told without looking at all of them. */
const NONE = -2;

/** Per value, in `sets`, at value << SETS. Reads and cas that find it, and return. */
const FINDERS = 0;
/** Writes that leave it, and return. */
const WRITERS = 1;
/** Cas that find it and never return. */
const OPEN_FINDERS = 2;
/** The last write that looked whether cas which never return can make it of the write's value, + 1. */
const MADE_OF = 3;

/** Of a choice point, in `frames`: at f << FRAMES. */
const FRAMES = 3;
const FRAMES_MIN = 64;
const CANDIDATES_MIN = 128;
const POSITION = 0;
const STATE = 1;
const TRAIL = 2;
const DONE = 3;
const FREE = 4;
/** How many candidates there are below its own. */
const BELOW = 5;
/** The candidate that was told at once: the others are found when they are needed. NONE if all have been found. */
const TOLD = 6;

/** Of what failed first, in `failed`: position, state, done, free. More than so many are kept in a table. */
const FIRST_FAILURES = 32;
/** Choice points without a candidate left since the search last got further: more, and it gives up. */
const FAILURES_MAX = 4000;
const POLL_EVERY_STEPS = 4096;

/** What the search marks in the first of the facts. */
export const IN_TRAIL = 1 << MARKS_SHIFT;
const LATER_KNOWN = 2 << MARKS_SHIFT;
const LATER_OBSERVED = 4 << MARKS_SHIFT;

/** One search is at work at a time. */
const words = {
  position: 0,
  state: 0,
  done: new Int32Array(1),
  free: new Int32Array(1),
  used: NOTHING,
  observers: new Int32Array(1),
};

export class NarrowSearch {
  steps = 0;
  /** No order found gets past this event. */
  furthestEvent = 0;
  /** What took effect, in order: the operation and the event, one after the other. */
  readonly trail: Int32Array;
  trailLength = 0;

  private readonly history: NarrowHistory;
  private readonly memory: Memory;
  private readonly facts: Int32Array;
  private readonly events: Int32Array;
  private sets: Int32Array;
  private readonly occupants: Int32Array;
  private frames: Int32Array;
  private frameCount = 0;
  private candidates: Int32Array;
  private count = 0;
  private readonly failed: Int32Array;
  private moreFailed: DominanceStore | null = null;
  private failures = 0;
  private failuresBefore = 0;

  /** The configuration: the event up to which everything has happened, the value, what took effect, what need not. */
  private position = 0;
  private state: number;
  private done = 0;
  private free = 0;
  /** What is open at `position`, besides `sets` and `occupants`: it follows from it. */
  private writes = 0;
  private observers = 0;
  private avoiders = 0;
  private openWrites = 0;
  private openCas = 0;

  constructor(history: NarrowHistory, memory: Memory) {
    const { facts, events, initial, sets } = history;
    this.history = history;
    this.facts = facts;
    this.events = events;
    this.state = initial;
    this.sets = sets;
    this.occupants = memory.ints(32);
    this.frames = memory.ints(FRAMES_MIN << FRAMES);
    this.candidates = memory.ints(CANDIDATES_MIN);
    this.failed = memory.ints(4 * FIRST_FAILURES);
    this.memory = memory;
    this.trail = memory.ints(facts.length >> 1);
  }

  /** Null if it gives up, or was interrupted. */
  run(interrupted: () => boolean): 'pass' | 'violation' | null {
    for (let untilPoll = POLL_EVERY_STEPS; this.moveOn(); ) {
      this.steps++;
      if (--untilPoll === 0) {
        if (interrupted()) return null;
        untilPoll = POLL_EVERY_STEPS;
      }
      if (this.decide()) continue;
      const isOver = !this.backtrack();
      // What it knows of the future may be wrong.
      if (this.history.isTooWide) return null;
      if (isOver) return 'violation';
      if (this.failures - this.failuresBefore > FAILURES_MAX) return null;
    }
    return this.history.isTooWide ? null : 'pass';
  }

  private writeMore(): boolean {
    const { history } = this;
    const hasMore = history.writeMore();
    this.sets = history.sets;
    return hasMore;
  }

  /** Moves on to a return that needs a decision; false at the end of the history. */
  private moveOn(): boolean {
    const { facts, events, history } = this;
    for (; this.position < history.eventCount || this.writeMore(); this.position++) {
      const event = events[this.position]!;
      if (event >= 0) {
        this.open(event);
        continue;
      }
      const code = facts[~event << FACTS]!;
      const bit = 1 << ((code >>> SLOT_SHIFT) & SLOT_MASK);
      if ((this.done & bit) === 0) return true;
      this.done ^= bit;
      this.toggle(~event, code & KIND_MASK, bit);
    }
    return false;
  }

  /** A call: what can be settled at once is. */
  private open(index: number): void {
    const { facts, state } = this;
    const base = index << FACTS;
    const code = facts[base]!;
    const kind = code & KIND_MASK;
    const bit = 1 << ((code >>> SLOT_SHIFT) & SLOT_MASK);
    this.toggle(index, kind, bit);
    switch (kind) {
      case READ:
        if (facts[base + FROM] === state) this.observe(index, bit);
        return;
      case WRITE:
        if (facts[base + TO] === state) this.free |= bit;
        return;
      case MISMATCH:
        if (facts[base + FROM] !== state) this.observe(index, bit);
        return;
      case CAS_UNKNOWN:
        if (facts[base + FROM] !== state) this.free |= bit;
        return;
      case SILENT:
        this.done |= bit;
    }
  }

  private observe(index: number, bit: number): void {
    this.done |= bit;
    this.trail[this.trailLength++] = index;
    this.trail[this.trailLength++] = this.position;
  }

  /** Enters the operation in, or removes it from, the sets of what is open. */
  private toggle(index: number, kind: number, bit: number): void {
    const { facts, sets } = this;
    this.occupants[31 - Math.clz32(bit)] = index;
    const base = index << FACTS;
    switch (kind) {
      case READ:
        this.observers ^= bit;
        sets[(facts[base + FROM]! << SETS) + FINDERS]! ^= bit;
        return;
      case WRITE:
        this.writes ^= bit;
        sets[(facts[base + TO]! << SETS) + WRITERS]! ^= bit;
        return;
      case CAS:
        sets[(facts[base + FROM]! << SETS) + FINDERS]! ^= bit;
        return;
      case MISMATCH:
        this.observers ^= bit;
        this.avoiders ^= bit;
        return;
      case CAS_UNKNOWN:
        this.avoiders ^= bit;
        sets[(facts[base + FROM]! << SETS) + FINDERS]! ^= bit;
        return;
      case OPEN_WRITE:
        this.openWrites ^= bit;
        return;
      case OPEN_CAS:
        this.openCas ^= bit;
        sets[(facts[base + FROM]! << SETS) + OPEN_FINDERS]! ^= bit;
    }
  }

  /** The operation takes effect now, and all that follows from it. */
  private takeEffect(index: number): void {
    const { facts } = this;
    const base = index << FACTS;
    const code = facts[base]!;
    const kind = code & KIND_MASK;
    const bit = 1 << ((code >>> SLOT_SHIFT) & SLOT_MASK);
    const to = facts[base + TO]!;
    this.observe(index, bit);
    this.free &= ~bit;
    if (kind === WRITE || kind === OPEN_WRITE) this.free |= this.writes & ~this.done;
    if (to === this.state) return;
    this.state = to;
    // Observers that agree are done, writes of this value are free. What is satisfied by any value but one, and still
    // owed, named the previous one: now it is settled.
    const at = to << SETS;
    this.free |= this.sets[at + WRITERS]! & ~this.done;
    let agreeing = this.sets[at + FINDERS]! & this.observers & ~this.done;
    const avoiders = this.avoiders & ~this.done & ~this.free;
    if (avoiders !== 0) {
      const mismatches = avoiders & this.observers;
      this.free |= avoiders ^ mismatches;
      agreeing |= mismatches;
    }
    while (agreeing !== 0) {
      const lowest = agreeing & -agreeing;
      agreeing ^= lowest;
      this.observe(this.occupants[31 - Math.clz32(lowest)]!, lowest);
    }
  }

  /** At a return that needs a decision: tries the best candidate. False if there is none, or no use in any. */
  private decide(): boolean {
    const { position } = this;
    if (position > this.furthestEvent) {
      this.furthestEvent = position;
      this.failuresBefore = this.failures;
    }
    const returning = ~this.events[position]!;
    const below = this.count;
    const best = this.best(returning);
    if (best === SKIP && !this.isObservableLater(returning)) {
      this.apply(SKIP);
      return true;
    }
    if (best === NONE) {
      this.pushAll(returning);
      if (this.count === below) return false;
      if (this.count === below + 1) {
        this.apply(this.candidates[--this.count]!);
        return true;
      }
    }
    if (this.failures > 0 && this.isHopeless()) {
      this.count = below;
      return false;
    }
    this.pushFrame(below, best);
    this.apply(best === NONE ? this.candidates[--this.count]! : best);
    return true;
  }

  private apply(candidate: number): void {
    if (candidate !== SKIP) this.takeEffect(candidate);
    else {
      // Its return is passed as if it were done.
      const bit = this.bitOf(~this.events[this.position]!);
      this.free &= ~bit;
      this.done |= bit;
    }
  }

  private bitOf(index: number): number {
    return 1 << ((this.facts[index << FACTS]! >>> SLOT_SHIFT) & SLOT_MASK);
  }

  /** The candidate that goes first, where that can be told quickly; else NONE. Most choices are never revised. */
  private best(returning: number): number {
    const { facts, sets, state } = this;
    if ((sets[(state << SETS) + FINDERS]! & ~this.observers & ~this.done) !== 0) {
      // A cas could match now; the returning one before all others.
      return (facts[returning << FACTS]! & KIND_MASK) === CAS && facts[(returning << FACTS) + FROM] === state
        ? returning
        : NONE;
    }
    switch (facts[returning << FACTS]! & KIND_MASK) {
      case WRITE:
        if ((this.free & this.bitOf(returning)) === 0) return returning;
        return this.isWanted(facts[(returning << FACTS) + TO]!) ? returning : SKIP;
      case READ:
      case CAS: {
        const write = this.firstWriteOf(facts[(returning << FACTS) + FROM]!);
        return write >= 0 ? write : NONE;
      }
      default:
        return NONE;
    }
  }

  /** Pushes the candidates at the return of an operation that is not done: the best one last. */
  private pushAll(returning: number): void {
    const { facts, count: start } = this;
    const base = returning << FACTS;
    const goal = facts[base + FROM]!;
    const isFree = (this.free & this.bitOf(returning)) !== 0;
    switch (facts[base]! & KIND_MASK) {
      case READ:
        this.pushVoluntary(returning, goal);
        if (this.firstWriteOf(goal) >= 0) this.preferCas(start);
        return;
      case MISMATCH:
        this.pushVoluntary(returning, -1);
        this.preferCas(start);
        return;
      case WRITE: {
        const isWanted = this.isWanted(facts[base + TO]!);
        if (isFree && !isWanted && !this.isObservableLater(returning)) {
          this.push(SKIP);
          return;
        }
        this.pushVoluntary(returning, -1);
        if (isFree && isWanted) this.push(SKIP);
        this.push(returning);
        if (isFree && !isWanted) this.push(SKIP);
        else this.preferCas(start);
        return;
      }
      default:
        this.pushVoluntary(returning, goal);
        if (goal === this.state) this.push(returning);
        else if (this.firstWriteOf(goal) >= 0) this.preferCas(start);
        if (isFree) this.push(SKIP);
    }
  }

  private push(candidate: number): void {
    if (this.count === this.candidates.length) this.candidates = grown(this.candidates);
    this.candidates[this.count++] = candidate;
  }

  /** Operations that could take effect before the returning one does. Those that lead straight to `goal` are topmost. */
  private pushVoluntary(returning: number, goal: number): void {
    const { facts, sets, occupants, state } = this;
    const start = this.count;
    const cas = (sets[(state << SETS) + FINDERS]! & ~this.observers) | sets[(state << SETS) + OPEN_FINDERS]!;
    for (let rest = (this.openWrites | this.writes | cas) & ~this.done; rest !== 0; rest &= rest - 1) {
      const index = occupants[31 - Math.clz32(rest & -rest)]!;
      if (index !== returning && this.isOfUse(index)) this.push(index);
    }
    const { candidates } = this;
    for (let i = start, end = this.count - 1; i <= end; ) {
      if (facts[(candidates[i]! << FACTS) + TO] === goal) {
        const swapped = candidates[end]!;
        candidates[end--] = candidates[i]!;
        candidates[i] = swapped;
      } else i++;
    }
  }

  private isOfUse(index: number): boolean {
    const { facts, sets } = this;
    const base = index << FACTS;
    const to = facts[base + TO]!;
    const kind = facts[base]! & KIND_MASK;
    switch (kind) {
      case WRITE:
        return this.isWorthWriting(to) && this.firstWriteOf(to) === index;
      case OPEN_WRITE:
        return this.isWorthWriting(to) && this.firstWriteOf(to) < 0 && !this.hasTwin(this.openWrites, index);
      case OPEN_CAS:
        // Not while one that returns does the same.
        return (
          this.isWanted(to) &&
          !this.hasTwin(sets[(this.state << SETS) + OPEN_FINDERS]!, index) &&
          !this.hasTwin(sets[(this.state << SETS) + FINDERS]! & ~this.observers & ~this.avoiders, index)
        );
      default:
        return !this.hasTwin(sets[(this.state << SETS) + FINDERS]! & ~this.observers, index);
    }
  }

  /**
   * Whether another operation of the set, that could take effect likewise, leaves the same value and returns earlier (or,
   * never returning, was called earlier). A cas of unknown outcome that is owed is no twin of one that is free, nor of
   * another kind.
   */
  private hasTwin(set: number, index: number): boolean {
    const { facts, occupants } = this;
    const base = index << FACTS;
    const kind = facts[base]! & KIND_MASK;
    const isFree = (this.free & this.bitOf(index)) !== 0;
    for (let rest = set & ~this.done; rest !== 0; rest &= rest - 1) {
      const bit = rest & -rest;
      const other = occupants[31 - Math.clz32(bit)]!;
      const otherBase = other << FACTS;
      if (facts[otherBase + TO] !== facts[base + TO] || other === index) continue;
      if (!this.isDueBefore(other, index)) continue;
      const otherKind = facts[otherBase]! & KIND_MASK;
      if (kind === OPEN_CAS || otherKind === kind) {
        if (kind !== CAS_UNKNOWN || ((this.free & bit) !== 0) === isFree) return true;
      }
    }
    return false;
  }

  /** The open write of the value that returns first, or -1. */
  private firstWriteOf(value: number): number {
    const { occupants } = this;
    let first = -1;
    for (let rest = this.sets[(value << SETS) + WRITERS]! & ~this.done; rest !== 0; rest &= rest - 1) {
      const index = occupants[31 - Math.clz32(rest & -rest)]!;
      if (first < 0 || this.isDueBefore(index, first)) first = index;
    }
    return first;
  }

  /** Whether it returns earlier or, if neither returns, was called earlier. Not all returns have been written down yet. */
  private isDueBefore(index: number, other: number): boolean {
    const { operations } = this.history;
    const one = operations[index]!.return ?? Number.POSITIVE_INFINITY;
    const another = operations[other]!.return ?? Number.POSITIVE_INFINITY;
    return one < another || (one === another && index < other);
  }

  /** Writing the value that the register has already is of use only where it frees an owed write. */
  private isWorthWriting(value: number): boolean {
    return (value !== this.state || (this.writes & ~this.done & ~this.free) !== 0) && this.isWanted(value);
  }

  /**
   * Whether an open operation that is not done finds the value, or is owed and needs any other than it names. A cas that
   * never returned counts only if the value that it leaves is wanted in turn: otherwise it need not have happened.
   */
  private isWanted(value: number): boolean {
    return this.isWantedByOwed(value) || (this.openCas !== 0 && this.isWantedByOpen(value, this.done));
  }

  private isWantedByOwed(value: number): boolean {
    const { done, sets } = this;
    if ((sets[(value << SETS) + FINDERS]! & ~done) !== 0) return true;
    // Owed avoiders name the present state.
    return value !== this.state && (this.avoiders & ~done & ~this.free) !== 0;
  }

  /** @param tried open cas that are done, or that were followed already */
  private isWantedByOpen(value: number, tried: number): boolean {
    const finders = this.sets[(value << SETS) + OPEN_FINDERS]! & ~tried;
    for (let rest = finders; rest !== 0; rest &= rest - 1) {
      const left = this.facts[(this.occupants[31 - Math.clz32(rest & -rest)]! << FACTS) + TO]!;
      if (this.isWantedByOwed(left) || this.isWantedByOpen(left, tried | finders)) return true;
    }
    return false;
  }

  /** As in register-lookahead.ts: whether the value of the write may be found after its return. */
  private isObservableLater(write: number): boolean {
    const { facts } = this;
    const base = write << FACTS;
    if ((facts[base]! & LATER_KNOWN) === 0)
      facts[base]! |= this.look(write) ? LATER_KNOWN | LATER_OBSERVED : LATER_KNOWN;
    return (facts[base]! & LATER_OBSERVED) !== 0;
  }

  private look(write: number): boolean {
    const { facts, events, history } = this;
    const base = write << FACTS;
    const value = facts[base + TO]!;
    const start = facts[base + RETURN]! + 1;
    // The first write to return that was called after it.
    let end = start;
    for (let firstCalled = -1; end < history.eventCount || this.writeMore(); end++) {
      const event = events[end]!;
      if (event < 0) {
        if (firstCalled >= 0 && ~event >= firstCalled && (facts[~event << FACTS]! & KIND_MASK) === WRITE) break;
        continue;
      }
      if (firstCalled < 0) firstCalled = event;
      const kind = facts[event << FACTS]! & KIND_MASK;
      if (kind === MISMATCH || kind === CAS_UNKNOWN || facts[(event << FACTS) + FROM] === value) return true;
    }
    if (history.openCas.length === 0 || !this.markMade(value, write + 1)) return false;
    const { sets } = this;
    for (let position = start; position < end; position++) {
      const event = events[position]!;
      if (event < 0) continue;
      const from = facts[(event << FACTS) + FROM]!;
      if (from >= 0 && sets[(from << SETS) + MADE_OF] === write + 1) return true;
    }
    return false;
  }

  /** Marks the values that a chain of cas which never returned can make of this one; false if there are none. */
  private markMade(value: number, mark: number): boolean {
    const { facts, sets } = this;
    const { openCas } = this.history;
    let made = 0;
    for (let before = -1; made > before; ) {
      before = made;
      for (let i = 0; i < openCas.length; i++) {
        const base = openCas[i]!;
        const from = facts[base + FROM]!;
        const to = (facts[base + TO]! << SETS) + MADE_OF;
        if (sets[to] === mark || (from !== value && sets[(from << SETS) + MADE_OF] !== mark)) continue;
        sets[to] = mark;
        made++;
      }
    }
    return made > 0;
  }

  /** Whether a configuration that failed was as good or better. */
  private isHopeless(): boolean {
    const { failed, position, state, done, free, observers } = this;
    const open = this.openWrites | this.openCas;
    const others = ~observers & ~open;
    const end = 4 * Math.min(FIRST_FAILURES, this.failures);
    for (let at = 0; at < end; at += 4) {
      if (failed[at] !== position || failed[at + 1] !== state) continue;
      const storedDone = failed[at + 2]!;
      const isWorse =
        (observers & done & ~storedDone) |
        (others & ~failed[at + 3]! & (free | (done ^ storedDone))) |
        (open & storedDone & ~done);
      if (isWorse === 0) return true;
    }
    return this.moreFailed?.dominates(this.record()) === true;
  }

  /** The configuration has no candidate left. */
  private fail(): void {
    const { failed } = this;
    if (this.failures >= FIRST_FAILURES) {
      this.moreFailed ??= new DominanceStore(1, 0, this.memory);
      this.moreFailed.add(this.record());
    } else {
      const at = 4 * this.failures;
      failed[at] = this.position;
      failed[at + 1] = this.state;
      failed[at + 2] = this.done;
      failed[at + 3] = this.free;
    }
    this.failures++;
  }

  /** The configuration as the store wants it: there an operation that never returns counts as any other. */
  private record(): Configuration {
    words.position = this.position;
    words.state = this.state;
    words.done[0] = this.done;
    words.free[0] = this.free;
    words.observers[0] = this.observers;
    return words;
  }

  private pushFrame(below: number, told: number): void {
    const offset = this.frameCount++ << FRAMES;
    if (offset === this.frames.length) this.frames = grown(this.frames);
    const { frames } = this;
    frames[offset + POSITION] = this.position;
    frames[offset + STATE] = this.state;
    frames[offset + TRAIL] = this.trailLength;
    frames[offset + DONE] = this.done;
    frames[offset + FREE] = this.free;
    frames[offset + BELOW] = below;
    frames[offset + TOLD] = told;
  }

  /** Back to the latest choice point that has a candidate left; false if there is none. */
  private backtrack(): boolean {
    while (this.frameCount > 0) {
      const { frames } = this;
      const offset = (this.frameCount - 1) << FRAMES;
      this.moveBackTo(frames[offset + POSITION]!);
      this.state = frames[offset + STATE]!;
      this.trailLength = frames[offset + TRAIL]!;
      this.done = frames[offset + DONE]!;
      this.free = frames[offset + FREE]!;
      const below = frames[offset + BELOW]!;
      const told = frames[offset + TOLD]!;
      if (told !== NONE) {
        frames[offset + TOLD] = NONE;
        this.count = below;
        this.pushAll(~this.events[this.position]!);
        this.remove(told);
      }
      if (this.count > below) {
        this.apply(this.candidates[--this.count]!);
        return true;
      }
      this.fail();
      this.frameCount--;
    }
    return false;
  }

  /** The candidate has been tried: it is among the latest ones. */
  private remove(candidate: number): void {
    const { candidates } = this;
    let at = this.count - 1;
    while (candidates[at] !== candidate) at--;
    candidates.copyWithin(at, at + 1, this.count);
    this.count--;
  }

  /** What is open is as it was then. */
  private moveBackTo(target: number): void {
    const { facts, events } = this;
    while (this.position > target) {
      const event = events[--this.position]!;
      const index = event >= 0 ? event : ~event;
      const code = facts[index << FACTS]!;
      this.toggle(index, code & KIND_MASK, 1 << ((code >>> SLOT_SHIFT) & SLOT_MASK));
    }
  }

  /**
   * The state is about to be overwritten, and a cas that needs it may not find it again: what matches now goes first, the
   * one that returns first before all.
   */
  private preferCas(start: number): void {
    const { candidates, facts } = this;
    for (let i = start, end = this.count; i < end; ) {
      const candidate = candidates[i]!;
      const kind = candidate === SKIP ? SILENT : facts[candidate << FACTS]! & KIND_MASK;
      if (kind !== CAS && kind !== CAS_UNKNOWN) {
        i++;
        continue;
      }
      candidates.copyWithin(i, i + 1, this.count);
      let place = --end;
      while (place < this.count - 1 && this.isDueBefore(candidate, candidates[place]!)) place++;
      candidates.copyWithin(place + 1, place, this.count - 1);
      candidates[place] = candidate;
    }
  }
}
