/**
 * Turns a node's own clock into ticks of the core. Ticks are counted from the clock, not from timers, so a late timer (a pause, a
 * busy machine) or a clock that jumps forward passes many ticks at once; a clock that jumps backward starts a tick anew.
 *
 * There is no timer for each tick: one is set for the next tick in which something is due, and what has passed until then is passed
 * on with whatever happens first. That comes to the same as ticking one by one (cluster/raft/time.ts).
 */

import type { Host } from './host.ts';

/** A jump of the clock counts for at most this long; beyond it nothing happens that would not happen anyway. */
const CATCH_UP_MAX_NS = 10_000_000_000;

export class Ticker {
  readonly #host: Host;
  readonly #tickNs: number;
  readonly #onTicks: (count: number) => void;
  readonly #ticksUntilDue: () => number;
  /** Start of the current tick, in nanoseconds of the node's clock. */
  #anchor: number;
  /** When the newest timer fires; Infinity while none is armed. */
  #armedFor = Number.POSITIVE_INFINITY;
  /** Counts the timers armed; only the newest one counts. */
  #timer = 0;

  /**
   * Call `arm` when the first due tick is known, and whenever it may have come nearer. `ticksUntilDue` says, from 1, which of the
   * coming ticks has to be passed on in time.
   */
  constructor(host: Host, tickNs: number, onTicks: (count: number) => void, ticksUntilDue: () => number) {
    this.#host = host;
    this.#tickNs = tickNs;
    this.#onTicks = onTicks;
    this.#ticksUntilDue = ticksUntilDue;
    this.#anchor = host.now();
  }

  /** Passes on the ticks that are over by now. Called ahead of any other event, so that none is handled in a time long gone. */
  catchUp(): void {
    const now = this.#host.now();
    const since = now - this.#anchor;
    if (since < this.#tickNs) {
      if (since >= 0) return;
      // The timer that is armed may be due when the clock is back where it was: too late.
      this.#anchor = now;
      this.#armedFor = Number.POSITIVE_INFINITY;
      this.arm();
      return;
    }
    const counted = Math.min(since, CATCH_UP_MAX_NS);
    const ticks = Math.floor(counted / this.#tickNs);
    this.#anchor = now - (counted % this.#tickNs);
    this.#onTicks(ticks);
  }

  /** Sets the timer for the next due tick, unless one is set that fires no later: it will set the next one. */
  arm(): void {
    // No wait may be so long that it looks like a jump.
    const waitNs = Math.min(this.#ticksUntilDue() * this.#tickNs, Math.max(this.#tickNs, CATCH_UP_MAX_NS / 2));
    const at = this.#anchor + waitNs;
    if (at >= this.#armedFor) return;
    this.#armedFor = at;
    const timer = ++this.#timer;
    this.#host.after(Math.max(0, at - this.#host.now()), () => {
      if (timer !== this.#timer) return;
      this.#armedFor = Number.POSITIVE_INFINITY;
      this.catchUp();
      this.arm();
    });
  }
}
