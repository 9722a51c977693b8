/** Watches the limits of a check, and how long a turn of one key may last. */

import type { CheckOptions, UnknownReason } from './outcome.ts';

export const DEFAULT_MEMORY_BYTES = 2 ** 30;
/** Violations that are explained, if nobody says how many. */
export const EXPLAIN_MAX = 10;
const EXPLAIN_SHARE = 1 / 5;
/** The clock is looked at so seldom at most, and more often where the time between two looks is longer than that. */
const CLOCK_EVERY_POLLS = 64;
const CLOCK_EVERY_MS = 2;

export class Limits {
  exceeded: UnknownReason['cause'] | null = null;
  /** Called whenever the clock is looked at: in the middle of a search, too. */
  onLook: (() => void) | null = null;
  readonly started: number;
  readonly interrupted: () => boolean;
  readonly memoryMax: number;
  /** When time is up: infinite if there is no limit. */
  deadline: number;
  /** Once a violation has been found. */
  private readonly deadlineToExplain: number;
  private readonly stepsMax: number;
  private readonly signal: AbortSignal | null;
  private turnEnds = Number.POSITIVE_INFINITY;
  private isTurnOver = false;
  /** Polls until the clock is looked at, and how many they were last time. */
  private untilClock = 1;
  private pollsPerLook = 1;
  private lastLook: number;
  private steps = 0;
  /** Bytes that the searches hold. */
  memory = 0;

  constructor(options: CheckOptions, started: number) {
    this.started = started;
    const timeMs = options.timeMs ?? Number.POSITIVE_INFINITY;
    const explainMs = options.explainMs ?? ((options.explainMax ?? EXPLAIN_MAX) > 0 ? timeMs * EXPLAIN_SHARE : 0);
    this.deadline = started + Math.min(timeMs, options.searchMs ?? timeMs);
    this.deadlineToExplain =
      options.timeMs === undefined ? this.deadline : Math.min(this.deadline, started + Math.max(0, timeMs - explainMs));
    this.memoryMax = options.memoryBytes ?? DEFAULT_MEMORY_BYTES;
    this.stepsMax = options.stepsMax ?? Number.POSITIVE_INFINITY;
    this.signal = options.signal ?? null;
    this.lastLook = started;
    this.interrupted = this.poll.bind(this);
  }

  /** So many steps were made. False if they were more than are allowed: then what they led to does not count. */
  spend(steps: number): boolean {
    this.steps += steps;
    if (this.steps >= this.stepsMax) this.exceeded ??= 'steps';
    return this.steps <= this.stepsMax;
  }

  /** From now on the searches leave some of the time for that. */
  keepTimeToExplain(): void {
    this.deadline = this.deadlineToExplain;
  }

  get stepsLeft(): number {
    return this.stepsMax - this.steps;
  }

  /** From now on, and until the moment, whoever asks is not interrupted but for the limits of the whole check. */
  beginTurn(ends: number): void {
    this.turnEnds = ends;
    this.isTurnOver = false;
    this.untilClock = 1;
  }

  /** As they were when last looked at. */
  get isOver(): boolean {
    return this.exceeded !== null || this.isTurnOver;
  }

  /** For whoever knows what time it is. */
  areReachedAt(now: number): boolean {
    if (this.signal?.aborted) this.exceeded ??= 'aborted';
    else if (now > this.deadline) this.exceeded ??= 'time';
    return this.exceeded !== null;
  }

  /** As `interrupted`, having looked at the clock. */
  areReached(): boolean {
    const now = performance.now();
    if (now > this.turnEnds) this.isTurnOver = true;
    this.areReachedAt(now);
    return this.isOver;
  }

  private poll(): boolean {
    if (this.signal?.aborted) this.exceeded ??= 'aborted';
    else if (--this.untilClock === 0) this.look();
    return this.isOver;
  }

  private look(): void {
    const now = performance.now();
    if (now > this.deadline) this.exceeded ??= 'time';
    if (now > this.turnEnds) this.isTurnOver = true;
    const isSlow = now - this.lastLook > CLOCK_EVERY_MS;
    this.pollsPerLook = isSlow ? 1 : Math.min(CLOCK_EVERY_POLLS, 2 * this.pollsPerLook);
    this.untilClock = this.pollsPerLook;
    this.lastLook = now;
    this.onLook?.();
  }
}
