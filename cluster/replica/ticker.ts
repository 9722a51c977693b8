/**
 * Turns a node's own clock into ticks of the core. Ticks are counted from the clock, not from timers, so a late timer (a pause, a
 * busy machine) or a clock that jumps forward passes many ticks at once; a clock that jumps backward starts a tick anew.
 */

import type { Host } from './host.ts';

/** A jump of the clock counts for at most this long; beyond it nothing happens that would not happen anyway. */
const CATCH_UP_MAX_NS = 10_000_000_000;

export class Ticker {
  readonly #host: Host;
  readonly #tickNs: number;
  readonly #onTicks: (count: number) => void;
  /** Start of the current tick, in nanoseconds of the node's clock. */
  #anchor: number;
  /** Counts the timers armed; only the newest one counts. */
  #timer = 0;

  constructor(host: Host, tickNs: number, onTicks: (count: number) => void) {
    this.#host = host;
    this.#tickNs = tickNs;
    this.#onTicks = onTicks;
    this.#anchor = host.now();
    this.#arm();
  }

  /** Passes on the ticks that are over by now. Called ahead of any other event, so that none is handled in a time long gone. */
  catchUp(): void {
    const now = this.#host.now();
    const since = now - this.#anchor;
    if (since < 0) {
      // The timer that is armed may be due when the clock is back where it was: too late.
      this.#anchor = now;
      this.#arm();
      return;
    }
    if (since < this.#tickNs) return;
    const counted = Math.min(since, CATCH_UP_MAX_NS);
    const ticks = Math.floor(counted / this.#tickNs);
    this.#anchor = now - (counted % this.#tickNs);
    this.#onTicks(ticks);
  }

  #arm(): void {
    const timer = ++this.#timer;
    const wait = this.#tickNs - (this.#host.now() - this.#anchor);
    this.#host.after(Math.max(0, Math.min(wait, this.#tickNs)), () => {
      if (timer !== this.#timer) return;
      this.catchUp();
      if (timer === this.#timer) this.#arm();
    });
  }
}
