/**
 * Keyed draws: every random decision is a function of (seed, what it is for, which one).
 *
 * There is no shared stream whose next number depends on how many were drawn before. Deleting one event, fault or
 * operation leaves all other draws as they were, which is what makes shrinking and replaying possible. All arithmetic is
 * on 32-bit integers, so a draw is the same on every machine.
 */

/** A source of draws for one purpose: give it what identifies the decision, get an unsigned 32-bit integer. */
export type Draw = (a?: number, b?: number, c?: number) => number;

/** Largest seed accepted: 2^48 - 1, so that a seed survives JSON, SQLite and a command line unharmed. */
export const SEED_MAX = 2 ** 48 - 1;

/** Bit mixing of MurmurHash3's 32-bit finalizer (Appleby, public domain): every input bit reaches every output bit. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function absorb(h: number, word: number): number {
  return mix((Math.imul(h, 5) + 0xe6546b64) ^ Math.imul(word, 0xcc9e2d51));
}

/** Absorbs an integer of up to 53 bits as two words, so that indexes beyond 2^32 stay distinct. */
function absorbInteger(h: number, value: number): number {
  return absorb(absorb(h, value | 0), Math.floor(value / 4294967296) | 0);
}

/**
 * Returns the draw for one purpose. `draws(seed, 'election.timeout')(node, term)` is always the same number.
 * Throws RangeError unless `seed` is an integer in 0..SEED_MAX.
 */
export function draws(seed: number, purpose: string): Draw {
  if (!Number.isInteger(seed) || seed < 0 || seed > SEED_MAX)
    throw new RangeError(`seed must be an integer from 0 to ${SEED_MAX}, not ${seed}`);
  let base = absorbInteger(0x9747b28c, seed);
  for (let i = 0; i < purpose.length; i++) base = absorb(base, purpose.charCodeAt(i));
  base = absorb(base, purpose.length);
  return (a = 0, b = 0, c = 0) => absorbInteger(absorbInteger(absorbInteger(base, a), b), c);
}

/** Maps a 32-bit draw to 0..count-1, evenly up to a bias of count / 2^32. `count` must be 1..2^32. */
export function below(drawn: number, count: number): number {
  return Math.floor((drawn * count) / 4294967296);
}

/** Maps a 32-bit draw to min..max, both included. */
export function between(drawn: number, min: number, max: number): number {
  return min + below(drawn, max - min + 1);
}

/** True in `perMillion` out of a million draws. */
export function chance(drawn: number, perMillion: number): boolean {
  return below(drawn, 1_000_000) < perMillion;
}

/** The element that a draw selects. Throws RangeError for an empty list. */
export function pick<T>(drawn: number, list: readonly T[]): T {
  const chosen = list[below(drawn, list.length)];
  if (list.length === 0) throw new RangeError('cannot pick from an empty list');
  return chosen as T;
}

/** A permutation of the list (Fisher and Yates), each step keyed by its position. */
export function shuffled<T>(draw: Draw, which: number, list: readonly T[]): T[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = below(draw(which, i), i + 1);
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}
