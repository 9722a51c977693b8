/**
 * What can be told at once of a history of transactions that read and write several registers, so that the general search
 * does not find it out by trying.
 *
 * A transaction that found v in register k needs a moment at which k holds v. If k holds something else now, somebody must
 * still write v there: an open transaction that has not taken effect, or one that is called before the reader returns. If there is
 * none, nothing gets past the reader's return. Only the next few readers to return are looked at.
 *
 * A transaction that never returned is not worth trying where nobody can see it: if it takes effect now, register k holds what it
 * writes there, at the longest, until the first return of another that writes k and is not called yet. If no reader that returns then or later
 * was called before that and found what it writes, in any of its registers, then to leave it out of an order changes nothing
 * that anybody found.
 */

import type { Value } from './model.ts';
import { FINE, type OpenSlots, type Outlook } from './search.ts';
import type { Timeline } from './timeline.ts';
import { canonical } from './value.ts';

/** What a transaction found in registers, before it wrote there itself, and what it leaves in them. */
export interface Touched {
  readonly found: readonly (readonly [key: string, value: Value])[];
  readonly left: readonly (readonly [key: string, value: Value])[];
}

export type Registers = ReadonlyMap<string, Value>;

/** So many readers are looked at. */
const READERS_MAX = 16;

interface Need {
  readonly key: string;
  readonly value: Value;
  readonly pair: Pair;
}

/** A value of a register: who writes it, and who finds it, both in order of call. */
interface Pair {
  readonly writers: number[];
  /** Those that never returned. */
  readonly openWriters: number[];
  readonly readers: number[];
  /** The last return of these up to each. */
  readonly readersUntil: number[];
  /** The register's. */
  readonly overwriters: Overwriters;
}

/** Those that surely write a register, in order of call; the first return of these from each on. */
interface Overwriters {
  readonly calls: number[];
  readonly returns: number[];
}

/**
 * @param optional as in Relaxation
 * @param holds whether a state's register may have the value
 */
export const transactionOutlook = (
  { operations, events, returns, slots }: Timeline<unknown, unknown>,
  touched: (index: number) => Touched,
  optional: Uint8Array | null,
  holds: (state: Registers, key: string, value: Value) => boolean,
): Outlook<Registers> => {
  const end = events.length;
  const calls = new Int32Array(operations.length);
  for (let at = 0; at < end; at++) if (events[at]! >= 0) calls[events[at]!] = at;
  const pairs = new Map<string, Pair>();
  const registers = new Map<string, Overwriters>();
  const registerOf = (key: string): Overwriters => {
    let register = registers.get(key);
    if (register === undefined) {
      register = { calls: [], returns: [] };
      registers.set(key, register);
    }
    return register;
  };
  const pairOf = (key: string, text: string): Pair => {
    const name = `${key.length} ${key} ${text}`;
    let pair = pairs.get(name);
    if (pair === undefined) {
      pair = { writers: [], openWriters: [], readers: [], readersUntil: [], overwriters: registerOf(key) };
      pairs.set(name, pair);
    }
    return pair;
  };
  const needs: Need[][] = [];
  const written: Pair[][] = [];
  for (let index = 0; index < operations.length; index++) {
    const { found, left } = touched(index);
    const isSure = returns[index]! < end && optional?.[index] !== 1;
    needs.push([]);
    written.push([]);
    for (const [key, value] of left) {
      const pair = pairOf(key, canonical(value));
      (returns[index] === end ? pair.openWriters : pair.writers).push(index);
      written[index]!.push(pair);
      if (!isSure) continue;
      pair.overwriters.calls.push(calls[index]!);
      pair.overwriters.returns.push(returns[index]!);
    }
    for (const [key, value] of found) {
      const pair = pairOf(key, canonical(value));
      pair.readersUntil.push(Math.max(pair.readersUntil.at(-1) ?? 0, returns[index]!));
      pair.readers.push(index);
      if (isSure) needs[index]!.push({ key, value, pair });
    }
  }
  for (const { returns: own } of registers.values())
    for (let at = own.length - 2; at >= 0; at--) own[at] = Math.min(own[at]!, own[at + 1]!);
  /** Readers in order of return, and the first of them to return at each event or later. */
  const readers: number[] = [];
  const firstReader = new Int32Array(end + 1);
  for (let at = 0; at < end; at++) {
    firstReader[at] = readers.length;
    if (events[at]! < 0 && needs[~events[at]!]!.length > 0) readers.push(~events[at]!);
  }
  firstReader[end] = readers.length;

  /** The first call of an operation that returns at each event or later. */
  const oldest = new Int32Array(end + 1).fill(end);
  for (let at = end - 1; at >= 0; at--)
    oldest[at] = events[at]! < 0 ? Math.min(oldest[at + 1]!, calls[~events[at]!]!) : oldest[at + 1]!;

  const canBeWritten = ({ writers, openWriters }: Pair, from: number, to: number, open: OpenSlots): boolean => {
    const isOwed = (index: number): boolean => open.occupants[slots[index]!] === index && open.isOwed(slots[index]!);
    const called = countUpTo(writers, calls, from);
    if (called < writers.length && calls[writers[called]!]! < to) return true;
    for (let at = called - 1; at >= 0 && calls[writers[at]!]! >= oldest[from]!; at--)
      if (isOwed(writers[at]!)) return true;
    return openWriters.some((index) => calls[index]! < to && (calls[index]! > from || isOwed(index)));
  };

  return {
    lost: undefined,
    of(state, position, open) {
      let looked = 0;
      for (let at = firstReader[position]!; at < readers.length && looked < READERS_MAX; at++) {
        const reader = readers[at]!;
        const slot = slots[reader]!;
        if (open.occupants[slot] === reader && !open.isOwed(slot)) continue;
        looked++;
        for (const { key, value, pair } of needs[reader]!)
          if (!holds(state, key, value) && !canBeWritten(pair, position, returns[reader]!, open))
            return returns[reader]!;
      }
      return FINE;
    },
    isOfUse(index, position) {
      return written[index]!.some(({ readers: seers, readersUntil, overwriters }) => {
        const { calls: overwriting, returns: until } = overwriters;
        const gone = until[countUpTo(overwriting, null, position)] ?? end;
        const seen = countUpTo(seers, calls, gone);
        return seen > 0 && readersUntil[seen - 1]! >= position;
      });
    },
  };
};

/** How many of the ascending numbers (or, if these are given, of the keys of these numbers) are no greater than the limit. */
const countUpTo = (numbers: readonly number[], keys: Int32Array | null, limit: number): number => {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const number = numbers[middle]!;
    if ((keys === null ? number : keys[number]!) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
};
