/**
 * How the report writes times: all moments of one record in one unit, so that a reader can compare them at a glance, and a length
 * of time in the unit that fits it.
 */

/** How the moments of one record are written. */
export interface TimeScale {
  readonly unit: keyof typeof UNITS;
  /** Digits after the point. */
  readonly decimals: number;
}

/** Nanoseconds of each unit, and the decimals that a moment has at least. The record has nothing finer than nanoseconds. */
const UNITS = {
  s: { ns: 1e9, least: 3, most: 9, words: 'seconds' },
  µs: { ns: 1e3, least: 0, most: 3, words: 'microseconds' },
  ns: { ns: 1, least: 0, most: 0, words: 'nanoseconds' },
  /** The record has no times, and the positions of its events, from 0, stand for them. */
  event: { ns: 1, least: 0, most: 0, words: 'events' },
} as const;

/** Records that are longer than this have larger units. */
const NANO_MAX = 1e4;
const MICRO_MAX = 1e6;

/** Of anything that a trial of ours records. */
export const SECONDS: TimeScale = { unit: 's', decimals: UNITS.s.least };

/** The unit for a record of this length in nanoseconds, with as few decimals as it ever has: some records count ticks. */
export function scaleOf(durationNs: number, timeless: boolean): TimeScale {
  const unit = timeless ? 'event' : durationNs <= NANO_MAX ? 'ns' : durationNs <= MICRO_MAX ? 'µs' : 's';
  return { unit, decimals: UNITS[unit].least };
}

/** "seconds": the unit in words, many of it. */
export function unitWords({ unit }: TimeScale): string {
  return UNITS[unit].words;
}

/** The scale with at least so many decimals as are given, where its unit has them. */
export function withDecimals({ unit, decimals }: TimeScale, least: number): TimeScale {
  return { unit, decimals: Math.min(UNITS[unit].most, Math.max(decimals, least)) };
}

/** The scale with enough decimals to tell two moments apart. */
export function tellingApart(scale: TimeScale, from: number, to: number): TimeScale {
  if (from === to) return scale;
  return withDecimals(scale, Math.ceil(-Math.log10(Math.abs(to - from) / UNITS[scale.unit].ns)));
}

/** The scale for the marks of an axis that are `stepNs` apart: with as many decimals as these need, however few. */
export function axisScale({ unit }: TimeScale, stepNs: number): TimeScale {
  const decimals = Math.ceil(-Math.log10(stepNs / UNITS[unit].ns) - 1e-9);
  return { unit, decimals: Math.max(0, Math.min(UNITS[unit].most, decimals)) };
}

/** The scale with enough decimals that the time between two moments, computed from what is shown, is off by at most a hundredth. */
export function measuring(scale: TimeScale, from: number, to: number): TimeScale {
  let finer = scale;
  while (
    finer.decimals < UNITS[scale.unit].most &&
    Math.abs(shownBetween(from, to, finer) - (to - from)) > (to - from) / 100
  )
    finer = withDecimals(finer, finer.decimals + 1);
  return finer;
}

/** A moment since the start of the trial: "8.412 s", "70 ns"; "event 85" of a record without times. */
export function moment(ns: number, scale: TimeScale = SECONDS): string {
  return scale.unit === 'event' ? `event ${digits(ns, scale)}` : `${digits(ns, scale)} ${scale.unit}`;
}

/** From one moment to another: "5.411 to 5.412 s". */
export function stretch(from: number, to: number, scale: TimeScale = SECONDS, between = ' to '): string {
  return scale.unit === 'event'
    ? `${moment(from, scale)}${between}${digits(to, scale)}`
    : `${digits(from, scale)}${between}${moment(to, scale)}`;
}

function digits(ns: number, { unit, decimals }: TimeScale): string {
  const [whole = '', rest] = (ns / UNITS[unit].ns).toFixed(decimals).split('.');
  const grouped = whole.length <= 4 ? whole : whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}

/** The time between two moments as a reader computes it from what `moment` shows of them. */
export function shownBetween(from: number, to: number, { unit, decimals }: TimeScale): number {
  const step = UNITS[unit].ns / 10 ** decimals;
  return (Math.round(to / step) - Math.round(from / step)) * step;
}

/** A length of time with three significant digits and the unit that fits: "310 ms", "1.52 s", "2 min 5 s", "5 h", "12 d 3 h". */
export function duration(ns: number): string {
  if (ns === 0) return '0 s';
  if (ns < 0) return `−${duration(-ns)}`;
  if (ns < 999.5) return `${Math.round(ns)} ns`;
  if (ns < 999.5e3) return `${significant(ns / 1e3)} µs`;
  if (ns < 999.5e6) return `${significant(ns / 1e6)} ms`;
  if (ns < 120e9) return `${significant(ns / 1e9)} s`;
  const seconds = Math.round(ns / 1e9);
  if (seconds < 7200) return inTwo(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 2880) return inTwo(minutes, 60, 'h', 'min');
  return inTwo(Math.round(minutes / 60), 24, 'd', 'h');
}

function inTwo(small: number, per: number, large: string, unit: string): string {
  const rest = small % per;
  return `${Math.floor(small / per)} ${large}${rest === 0 ? '' : ` ${rest} ${unit}`}`;
}

function significant(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  if (value >= 9.995) return withoutZeros(value.toFixed(1));
  return withoutZeros(value.toFixed(2));
}

/** "1.50" as "1.5", "2.00" as "2". */
export function withoutZeros(text: string): string {
  return text.replace(/\.?0+$/, '');
}
