/**
 * The search for histories of one register: reads, blind writes, compare-and-set, over few or many values.
 *
 * It is the just-in-time search of general-search.ts with what is known about registers. Notation: an open operation is
 * owed (must still take effect before it returns), done (has), or free (need not, but still can).
 *
 * 1. Observers (a read, a cas that did not match) are done as soon as the state agrees: they can be moved to any place
 *    that agrees, for they change nothing.
 * 2. Overwritten writes. When a blind write takes effect, every other open blind write may be thought of as having
 *    happened immediately before, seen by nobody; likewise when the value is the one that it writes. Instead of
 *    branching, these become free. So does a returned cas of unknown outcome when the state would not have matched.
 *    A free write that is used after all is done, no longer free. Only total operations can be free, never a cas.
 * 3. Useless writes. A write that is not at its return is tried only if an open, owed operation finds its value: in the
 *    run of operations that ends with the returning one, another write follows otherwise, and by 2 nobody needs it. (Even a
 *    write of the value that is there already may be needed: it frees the others.) A free write at its return is used only
 *    if an operation that is open, or called before another write must have taken place, may find its value.
 * 4. Same effect, earliest deadline. Of open writes of one value (cas of one pair), only the one that returns first is
 *    tried. Using it frees the other (2), which has the later deadline: better in every respect. Operations that never
 *    return come last and, among themselves, in order of call, so a count per effect describes them.
 * 5. Dominance (dominance-store.ts): nothing is tried that is no better than what failed.
 * 6. Out of reach (register-reach.ts). What must find a value that no chain of open operations can bring about has failed, and
 *    with it all that was chosen since the last moment at which that value could still have been kept in reach.
 * 7. Sparing. Where many operations never returned, they are first spent sparingly: see below.
 *
 * Ideas: Lowe, "Testing for linearizability" (2017), for 1; Horn and Kroening (FORTE 2015) for dominance of P-partitions in
 * spirit; the rest is argued here. What is open and what became of it is in register-configuration.ts (1, 2), what is tried
 * in register-candidates.ts (3, 4, 6); here, choice points are kept and gone back to. The order found is completed in
 * register-certificate.ts.
 */

import { DominanceStore } from './dominance-store.ts';
import { NONE, RegisterCandidates, SKIP } from './register-candidates.ts';
import { certificate } from './register-certificate.ts';
import { openClasses } from './register-classes.ts';
import { RegisterConfiguration } from './register-configuration.ts';
import type { RegisterHistory } from './register-history.ts';
import { OUT_OF_REACH } from './register-reach.ts';
import type { Search, SearchStatus } from './search.ts';

const POLL_EVERY_STEPS = 256;
/** Choice points are kept in pieces, each twice as long as the one before, up to so many. */
const FRAMES_MIN = 64;
const FRAMES_MAX = 1 << 14;

export const registerSearch = (history: RegisterHistory): Search => new RegisterSearch(history);

/** Of a choice point, in `frames`: these words, then `done` and `free` as they were. */
const POSITION = 0;
const STATE = 1;
const TRAIL = 2;
/** How many candidates there are below its own. */
const CANDIDATES = 3;
/** The candidate that was told at once: the others are found when they are needed. NONE if all have been found. */
const TOLD = 4;
const HEADER = 5;

/**
 * Where many operations never returned, there are ever so many ways to spend them at each return, and hardly any is needed. So
 * the search first spends them sparingly (what begins a shortest way to a value that is needed may always take effect). If it
 * finds no order, or gets no further, it starts over with more; only what it finds without sparing any is a violation.
 */
const MANY_OPEN = 16;
const SPENDING = [1, 4];
const STUCK_STEPS = 50_000;

class RegisterSearch implements Search {
  readonly method = 'register search';
  steps = 0;
  furthestEvent = 0;
  private status: SearchStatus = 'more';
  private readonly history: RegisterHistory;
  private readonly at: RegisterConfiguration;
  private readonly candidates: RegisterCandidates;
  private failed: DominanceStore;
  private readonly pieces: Int32Array[];
  /** The piece of the latest choice points, which one that is, and how far it is filled. */
  private frames: Int32Array;
  private piece = 0;
  private framesEnd = 0;
  private framesBytes: number;
  /** The latest event at which a configuration failed. */
  private failedUpTo = -1;
  /** Of SPENDING; beyond it, nothing is spared. */
  private stage: number;
  private furthestOfStage = 0;
  private stuckAfter = Number.POSITIVE_INFINITY;
  private readonly frameWords: number;

  constructor(history: RegisterHistory) {
    const { memory } = history.timeline;
    const classes = openClasses(history);
    this.history = history;
    this.at = new RegisterConfiguration(history, classes);
    this.candidates = new RegisterCandidates(this.at);
    this.failed = this.newStore();
    const { timeline, optional, unlimited } = history;
    const isSparing =
      history.kinds.length - timeline.completed >= MANY_OPEN && classes.count > 0 && optional === null && !unlimited;
    this.stage = isSparing ? 0 : SPENDING.length;
    this.enterStage();
    this.frameWords = HEADER + 2 * this.at.words;
    this.frames = memory.unset(FRAMES_MIN * this.frameWords);
    this.pieces = [this.frames];
    this.framesBytes = this.frames.byteLength;
  }

  advance(budget: number, interrupted: () => boolean): SearchStatus {
    for (let spent = 0; this.status === 'more' && spent < budget; spent++) {
      if (spent % POLL_EVERY_STEPS === 0 && spent > 0 && interrupted()) break;
      this.steps++;
      if (!this.at.moveOn()) this.status = 'pass';
      else if (!this.decide() && !this.backtrack()) this.endStage();
      else if (this.steps > this.stuckAfter) this.nextStage();
    }
    return this.status;
  }

  linearization(): readonly number[] {
    const { kinds, from, to, timeline } = this.history;
    const { indexes, positions, length } = this.at.trail;
    const { returns, events } = timeline;
    return certificate({ kinds, from, to, returns, shift: 0, events }, indexes, positions, length);
  }

  get memoryBytes(): number {
    return this.failed.memoryBytes + this.framesBytes + this.candidates.memoryBytes + this.at.trail.memoryBytes;
  }

  /** At a return that needs a decision: tries the best candidate. False if there is none, or no use in any. */
  private decide(): boolean {
    const { at, candidates } = this;
    if (at.position > this.furthestOfStage) this.getFurther();
    const { returning } = at;
    const below = candidates.count;
    const best = candidates.best(returning);
    if (best === OUT_OF_REACH) {
      this.jumpBack(candidates.lastChance(returning));
      return false;
    }
    const wasThere = at.position <= this.failedUpTo;
    // Mostly nobody comes back to it: only then is it worth a look whether there was a choice.
    if (best === SKIP && wasThere && !candidates.isObservableLater(returning)) {
      at.leaveOut();
      return true;
    }
    if (best === NONE) {
      candidates.pushAll(returning);
      if (candidates.count === below) return false;
      if (candidates.count === below + 1 && !this.history.unlimited) {
        this.apply(candidates.pop());
        return true;
      }
    }
    if (wasThere && this.failed.dominates(at)) {
      candidates.count = below;
      return false;
    }
    this.pushFrame(below, best);
    this.apply(best === NONE ? candidates.pop() : best);
    return true;
  }

  private getFurther(): void {
    this.furthestOfStage = this.at.position;
    if (this.furthestOfStage > this.furthestEvent) this.furthestEvent = this.furthestOfStage;
    if (this.stage < SPENDING.length) this.stuckAfter = this.steps + STUCK_STEPS;
  }

  /** There is no order, as far as was tried. */
  private endStage(): void {
    if (this.candidates.hasSpared) this.nextStage();
    else this.status = 'violation';
  }

  private enterStage(): void {
    this.candidates.spendingMax = SPENDING[this.stage] ?? Number.POSITIVE_INFINITY;
    this.candidates.hasSpared = false;
    this.furthestOfStage = 0;
    this.stuckAfter = this.stage < SPENDING.length ? this.steps + STUCK_STEPS : Number.POSITIVE_INFINITY;
  }

  /** Starts over: what failed for want of what was spared may not fail now. */
  private nextStage(): void {
    const { at } = this;
    this.stage++;
    at.moveBackTo(0);
    at.state = this.history.initial;
    at.undoTrail(0);
    at.done.fill(0);
    at.free.fill(0);
    this.candidates.count = 0;
    this.piece = 0;
    this.frames = this.pieces[0]!;
    this.framesEnd = 0;
    this.failed = this.newStore();
    this.failedUpTo = -1;
    this.enterStage();
  }

  private newStore(): DominanceStore {
    return new DominanceStore(this.at.words, this.at.classes.count, this.history.timeline.memory);
  }

  private apply(candidate: number): void {
    if (candidate === SKIP) this.at.leaveOut();
    else this.at.takeEffect(candidate);
  }

  private remember(): void {
    this.failed.add(this.at);
    if (this.at.position > this.failedUpTo) this.failedUpTo = this.at.position;
  }

  private pushFrame(below: number, told: number): void {
    const { at, frameWords } = this;
    // Where operations can be repeated, one may come back to a configuration while it is being tried.
    if (this.history.unlimited) this.remember();
    if (this.framesEnd === this.frames.length) this.nextFrames();
    const { frames } = this;
    let offset = this.framesEnd;
    this.framesEnd += frameWords;
    frames[offset + POSITION] = at.position;
    frames[offset + STATE] = at.state;
    frames[offset + TRAIL] = at.trail.length;
    frames[offset + CANDIDATES] = below;
    frames[offset + TOLD] = told;
    offset += HEADER;
    for (let word = 0; word < at.words; word++) {
      frames[offset++] = at.done[word]!;
      frames[offset++] = at.free[word]!;
    }
  }

  private nextFrames(): void {
    const { pieces } = this;
    if (++this.piece === pieces.length) {
      const length = Math.min(2 * this.frames.length, FRAMES_MAX * this.frameWords);
      pieces.push(this.history.timeline.memory.unset(length));
      this.framesBytes += 4 * length;
    }
    this.frames = pieces[this.piece]!;
    this.framesEnd = 0;
  }

  /** Whether there is a choice point left: then it is the last of `frames`. */
  private hasFrames(): boolean {
    if (this.framesEnd > 0) return true;
    if (this.piece === 0) return false;
    this.frames = this.pieces[--this.piece]!;
    this.framesEnd = this.frames.length;
    return true;
  }

  /** The configuration is again what it was at the latest choice point. */
  private restoreTopFrame(): void {
    const { at, frames } = this;
    let offset = this.framesEnd - this.frameWords;
    at.moveBackTo(frames[offset + POSITION]!);
    at.state = frames[offset + STATE]!;
    at.undoTrail(frames[offset + TRAIL]!);
    offset += HEADER;
    for (let word = 0; word < at.words; word++) {
      at.done[word] = frames[offset++]!;
      at.free[word] = frames[offset++]!;
    }
  }

  /** Drops the choice points since then: no choice there would make a difference. */
  private jumpBack({ trail, event }: { readonly trail: number; readonly event: number }): void {
    while (this.hasFrames()) {
      const offset = this.framesEnd - this.frameWords;
      if (this.frames[offset + TRAIL]! <= trail || this.frames[offset + POSITION]! <= event) return;
      this.candidates.count = this.frames[offset + CANDIDATES]!;
      this.framesEnd = offset;
    }
  }

  /** Back to the latest choice point that has a candidate left; false if there is none. */
  private backtrack(): boolean {
    const { at, candidates } = this;
    while (this.hasFrames()) {
      this.restoreTopFrame();
      const offset = this.framesEnd - this.frameWords;
      const below = this.frames[offset + CANDIDATES]!;
      const told = this.frames[offset + TOLD]!;
      // There was no choice.
      if (told === SKIP && !candidates.isObservableLater(at.returning)) {
        this.framesEnd -= this.frameWords;
        continue;
      }
      if (told !== NONE) {
        this.frames[offset + TOLD] = NONE;
        candidates.pushAll(at.returning);
        candidates.remove(told, below);
      }
      if (candidates.count > below) {
        this.apply(candidates.pop());
        return true;
      }
      if (!this.history.unlimited) this.remember();
      this.framesEnd -= this.frameWords;
    }
    return false;
  }
}
