/**
 * The search of register-search.ts for histories in which no more than thirty operations are open at once (narrow-history.ts):
 * most of them. Its rules are the same, 1 to 6, and the argument for them is there; what differs is how they are written
 * down. A set of open operations is one number; operations that never return have a slot of their own like all others (and
 * of one effect the first called goes first); and where it comes to a dead end again and again without getting any
 * further, it restarts some way back, and at last gives up: then the full search takes over.
 *
 * Dominance here: of two configurations at one event and state, E is at least as good as C if E has linearized every
 * observer that C has, if each open operation that returns is in the same status in both or free in E, and if every
 * operation that never returns and has taken effect in E has done so in C.
 */

import { type Configuration, DominanceStore } from './dominance-store.ts';
import { grown, type Memory, NOTHING } from './memory.ts';
import { NarrowCandidates, NONE, SKIP } from './narrow-candidates.ts';
import { FACTS, FROM, type NarrowHistory } from './narrow-history.ts';
import { OUT_OF_REACH } from './narrow-reach.ts';

/** Of a choice point, in `frames`: at f << FRAMES. */
const FRAMES = 3;
const FRAMES_MIN = 64;
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
/**
 * Choice points without a candidate left since the search last got further: more, and one for each event that it has got
 * to, and it gives up. To start over costs no more than it has spent.
 */
const FAILURES_MAX = 4000;
/** Choice points that can still be gone back to; of more, the earlier half is forgotten. */
const FRAMES_MAX = 1 << 14;
/** After so many dead ends without getting any further it restarts: some events back, then more, then less again. */
const DEAD_ENDS_MAX = 24;
const STRIDE = 64;
const STRIDES = 4;
/** One restart, in all, for each 2 ** so many events that it has got to: they cost no more than a small part of the search. */
const EVENTS_PER_RESTART = 8;
const POLL_EVERY_STEPS = 4096;

/** One search is at work at a time. */
const words = {
  position: 0,
  state: 0,
  done: new Int32Array(1),
  free: new Int32Array(1),
  used: NOTHING,
  observers: new Int32Array(1),
};

export class NarrowSearch extends NarrowCandidates {
  steps = 0;
  /** No order found gets past this event. */
  furthestEvent = 0;
  private readonly memory: Memory;
  private frames: Int32Array;
  private frameCount = 0;
  private readonly failed: Int32Array;
  private moreFailed: DominanceStore | null = null;
  private failures = 0;
  private failuresBefore = 0;
  /** The latest event at which one failed. */
  private failedUpTo = -1;
  private isForgetful = false;
  /** Since the search last got further. */
  private deadEnds = 0;
  private restarts = 0;
  private allRestarts = 0;
  private lot = 1;

  constructor(history: NarrowHistory, memory: Memory) {
    super(history, memory);
    this.memory = memory;
    this.frames = memory.ints(FRAMES_MIN << FRAMES);
    this.failed = memory.ints(4 * FIRST_FAILURES);
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
      if (++this.deadEnds === DEAD_ENDS_MAX && this.frameCount > 0) this.restart();
      const isOver = !this.backtrack();
      // What it knows of the future may be wrong.
      if (this.history.isTooWide) return null;
      if (isOver) return this.isForgetful ? null : 'violation';
      if (this.failures - this.failuresBefore > FAILURES_MAX + this.furthestEvent) return null;
    }
    return this.history.isTooWide ? null : 'pass';
  }

  /** At a return that needs a decision: tries the best candidate. False if there is none, or no use in any. */
  private decide(): boolean {
    const { position } = this;
    if (position > this.furthestEvent) this.getFurther();
    if (this.frameCount === FRAMES_MAX) this.forgetHalf();
    const returning = ~this.events[position]!;
    const below = this.count;
    let best = this.best(returning);
    if (best === OUT_OF_REACH) {
      this.jumpBack(this.lastChance(this.facts[(returning << FACTS) + FROM]!));
      return false;
    }
    if (this.restarts > 0 && best !== returning) best = NONE;
    const wasThere = position <= this.failedUpTo;
    // Mostly nobody comes back to it: only then is it worth a look whether there was a choice.
    if (best === SKIP && wasThere && !this.isObservableLater(returning)) {
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
      if (this.restarts > 0) this.drawLots(below);
    }
    if (wasThere && this.isHopeless()) {
      this.count = below;
      return false;
    }
    this.pushFrame(below, best);
    this.apply(best === NONE ? this.candidates[--this.count]! : best);
    return true;
  }

  private getFurther(): void {
    this.furthestEvent = this.position;
    this.failuresBefore = this.failures;
    this.deadEnds = 0;
    this.restarts = 0;
  }

  /**
   * Goes back by some events and begins again from there, by lot: a bad choice long ago is seldom found by going through all
   * that came after it, and few such places took most of the time (Gomes, Selman and Kautz, "Boosting Combinatorial Search
   * Through Randomization", AAAI 1998). Nothing is lost: the choice point that it goes back to has all its candidates again,
   * and what failed is remembered.
   */
  private restart(): void {
    if (this.allRestarts >= this.furthestEvent >> EVENTS_PER_RESTART) return;
    const { frames } = this;
    const target = this.furthestEvent - (STRIDE << (this.restarts % STRIDES));
    this.deadEnds = 0;
    this.restarts++;
    this.allRestarts++;
    while (this.frameCount > 1 && frames[((this.frameCount - 1) << FRAMES) + POSITION]! > target) this.frameCount--;
    const offset = (this.frameCount - 1) << FRAMES;
    this.moveBackToFrame(offset);
    frames[offset + TOLD] = NONE;
    this.count = frames[offset + BELOW]!;
    this.pushAll(~this.events[this.position]!);
    this.drawLots(frames[offset + BELOW]!);
  }

  /** Any of the candidates goes first. */
  private drawLots(below: number): void {
    const { candidates } = this;
    this.lot = (Math.imul(this.lot, 1103515245) + 12345) & 0x7fffffff;
    const drawn = below + Math.floor((this.lot / 2 ** 31) * (this.count - below));
    const candidate = candidates[drawn]!;
    candidates[drawn] = candidates[this.count - 1]!;
    candidates[this.count - 1] = candidate;
  }

  private apply(candidate: number): void {
    if (candidate !== SKIP) this.takeEffect(candidate);
    else {
      // Its return is passed as if it were done.
      const index = ~this.events[this.position]!;
      const bit = this.bitOf(index);
      this.free &= ~bit;
      this.done |= bit;
      this.note(~index);
    }
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
    if (this.position > this.failedUpTo) this.failedUpTo = this.position;
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
    if (offset === this.frames.length) this.frames = grown(this.frames, this.memory);
    const { frames } = this;
    frames[offset + POSITION] = this.position;
    frames[offset + STATE] = this.state;
    frames[offset + TRAIL] = this.trailLength;
    frames[offset + DONE] = this.done;
    frames[offset + FREE] = this.free;
    frames[offset + BELOW] = below;
    frames[offset + TOLD] = told;
  }

  /** The earlier half of the choice points, with the candidates that they have left. */
  private forgetHalf(): void {
    const { frames, candidates } = this;
    const half = this.frameCount >> 1;
    const below = frames[(half << FRAMES) + BELOW]!;
    frames.copyWithin(0, half << FRAMES);
    candidates.copyWithin(0, below, this.count);
    this.count -= below;
    this.frameCount -= half;
    for (let frame = 0; frame < this.frameCount; frame++) frames[(frame << FRAMES) + BELOW]! -= below;
    this.isForgetful = true;
  }

  /** Drops the choice points since then: no choice there would make a difference. */
  private jumpBack({ trail, event }: { readonly trail: number; readonly event: number }): void {
    const { frames } = this;
    for (; this.frameCount > 0; this.frameCount--) {
      const offset = (this.frameCount - 1) << FRAMES;
      if (frames[offset + TRAIL]! <= trail || frames[offset + POSITION]! <= event) return;
      this.count = frames[offset + BELOW]!;
    }
  }

  private moveBackToFrame(offset: number): void {
    const { frames } = this;
    this.moveBackTo(frames[offset + POSITION]!);
    this.state = frames[offset + STATE]!;
    this.trailLength = frames[offset + TRAIL]!;
    this.done = frames[offset + DONE]!;
    this.free = frames[offset + FREE]!;
  }

  /** Back to the latest choice point that has a candidate left; false if there is none. */
  private backtrack(): boolean {
    while (this.frameCount > 0) {
      const { frames } = this;
      const offset = (this.frameCount - 1) << FRAMES;
      this.moveBackToFrame(offset);
      const below = frames[offset + BELOW]!;
      const told = frames[offset + TOLD]!;
      const returning = ~this.events[this.position]!;
      // There was no choice.
      if (told === SKIP && !this.isObservableLater(returning)) {
        this.frameCount--;
        continue;
      }
      if (told !== NONE) {
        frames[offset + TOLD] = NONE;
        this.count = below;
        this.pushAll(returning);
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
}
