/** A node's own clock: an offset and a rate against virtual time, in integers. Setting it ends the waiting of its node's timers (host.ts). */

const MILLION = 1_000_000;

/** Slowest and fastest rate a node's clock may run at, in parts per million off true time. */
export const RATE_PPM_MIN = -900_000;
export const RATE_PPM_MAX = 9_000_000;

export class NodeClock {
  private baseTrue = 0;
  private baseLocal = 0;
  private rate = 0;

  get ratePpm(): number {
    return this.rate;
  }

  /** What the clock reads at the virtual time `now`, in nanoseconds. */
  read(now: number): number {
    const elapsed = now - this.baseTrue;
    if (this.rate === 0) return this.baseLocal + elapsed;
    // Split so that no intermediate product passes 2^53.
    const whole = Math.floor(elapsed / MILLION);
    const rest = elapsed - whole * MILLION;
    return this.baseLocal + elapsed + whole * this.rate + Math.floor((rest * this.rate) / MILLION);
  }

  /** Jumps by `offsetNs` and runs on at 1 + ratePpm / 10^6. Throws RangeError outside the limits. */
  set(now: number, offsetNs: number, ratePpm: number): void {
    if (!Number.isInteger(ratePpm) || ratePpm < RATE_PPM_MIN || ratePpm > RATE_PPM_MAX)
      throw new RangeError(`clock rate must be an integer from ${RATE_PPM_MIN} to ${RATE_PPM_MAX} ppm, not ${ratePpm}`);
    if (!Number.isSafeInteger(offsetNs)) throw new RangeError(`clock offset must be an integer, not ${offsetNs}`);
    this.baseLocal = this.read(now) + offsetNs;
    this.baseTrue = now;
    this.rate = ratePpm;
  }

  /** The first virtual time, not before `now`, at which the clock reads at least `local`. */
  when(local: number, now: number): number {
    const missing = local - this.read(now);
    if (missing <= 0) return now;
    if (this.rate === 0) return now + missing;
    let time = now + Math.floor((missing / (MILLION + this.rate)) * MILLION);
    while (time > now && this.read(time - 1) >= local) time--;
    while (this.read(time) < local) time++;
    return time;
  }
}
