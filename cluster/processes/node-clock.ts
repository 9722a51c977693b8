/**
 * A node's clock as a straight piece over the trial's clock. The trial computes the pieces, so that a killed node that comes
 * back has the clock it had before, as a machine would.
 */

import type { ClockSetting } from '../world.ts';

/** From trial time `from` on the clock reads `reading + (t - from) * (1 + ratePpm / 10^6)`. Times in nanoseconds. */
export interface ClockPiece {
  readonly from: number;
  readonly reading: number;
  readonly ratePpm: number;
}

/** The trial's own clock. */
export const TRUE_CLOCK: ClockPiece = { from: 0, reading: 0, ratePpm: 0 };

/** What the clock reads at trial time `t`, an integer. */
export function readClock(piece: ClockPiece, t: number): number {
  const elapsed = t - piece.from;
  return piece.reading + elapsed + Math.floor((elapsed * piece.ratePpm) / 1_000_000);
}

/** The piece after a jump and a change of rate at trial time `t`. */
export function adjustClock(piece: ClockPiece, t: number, setting: ClockSetting): ClockPiece {
  return { from: t, reading: readClock(piece, t) + setting.offsetNs, ratePpm: setting.ratePpm };
}

/** How long `durationNs` of this clock last on the trial's. */
export function trialDuration(piece: ClockPiece, durationNs: number): number {
  return (durationNs * 1_000_000) / (1_000_000 + piece.ratePpm);
}
