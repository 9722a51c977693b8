/**
 * The replicated log as a node holds it in memory: a contiguous run of entries after a base that stands for all that was
 * compacted (index 0, term 0 while nothing was).
 */

import type { Json } from '../../history/operation.ts';
import type { Entry } from './ready.ts';

/** Roughly the bytes of a value as JSON: exact enough to bound messages and memory, much cheaper than writing it out. */
export function jsonBytes(value: Json): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const element of value as readonly Json[]) bytes += jsonBytes(element) + 1;
    return bytes;
  }
  const fields = value as { readonly [name: string]: Json };
  for (const name in fields) bytes += name.length + 4 + jsonBytes(fields[name] as Json);
  return bytes;
}

const ENTRY_OVERHEAD_BYTES = 48;

function entryBytes(entry: Entry): number {
  return ENTRY_OVERHEAD_BYTES + (entry.kind === 'command' ? jsonBytes(entry.data) : 0);
}

export class RaftLog {
  #entries: Entry[] = [];
  /** Parallel to #entries. */
  #bytes: number[] = [];
  #baseIndex: number;
  #baseTerm: number;

  constructor(baseIndex: number, baseTerm: number, entries: readonly Entry[]) {
    this.#baseIndex = baseIndex;
    this.#baseTerm = baseTerm;
    this.append(entries);
  }

  /** Index of the entry before the first one held. */
  get baseIndex(): number {
    return this.#baseIndex;
  }

  get baseTerm(): number {
    return this.#baseTerm;
  }

  get lastIndex(): number {
    return this.#baseIndex + this.#entries.length;
  }

  get lastTerm(): number {
    const last = this.#entries[this.#entries.length - 1];
    return last === undefined ? this.#baseTerm : last.term;
  }

  /** The term at an index from baseIndex to lastIndex, or null beyond them. */
  termAt(index: number): number | null {
    if (index === this.#baseIndex) return this.#baseTerm;
    const entry = this.#entries[index - this.#baseIndex - 1];
    return entry === undefined ? null : entry.term;
  }

  entryAt(index: number): Entry | null {
    return this.#entries[index - this.#baseIndex - 1] ?? null;
  }

  /** Adds entries at the end. Throws RangeError unless they continue the log without a gap. */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.index !== this.lastIndex + 1)
        throw new RangeError(`entry ${entry.index} does not continue a log that ends at ${this.lastIndex}`);
      this.#entries.push(entry);
      this.#bytes.push(entryBytes(entry));
    }
  }

  /**
   * Drops the entry at `index` and all after it. An index at or before the base (only wrong rules ask for that) moves the base
   * down to just before it.
   */
  truncateFrom(index: number): void {
    const keep = index - this.#baseIndex - 1;
    if (keep < 0) {
      this.reset(index - 1, 0);
      return;
    }
    this.#entries.length = Math.min(this.#entries.length, keep);
    this.#bytes.length = this.#entries.length;
  }

  /** Forgets all entries: the log now ends at (index, term), for which a snapshot stands. */
  reset(index: number, term: number): void {
    this.#entries = [];
    this.#bytes = [];
    this.#baseIndex = index;
    this.#baseTerm = term;
  }

  /** Drops the entries up to and including `index`, which must be held. */
  dropThrough(index: number): void {
    const term = this.termAt(index);
    if (term === null)
      throw new RangeError(`cannot compact to ${index}: the log holds ${this.#baseIndex}..${this.lastIndex}`);
    this.#entries.splice(0, index - this.#baseIndex);
    this.#bytes.splice(0, index - this.#baseIndex);
    this.#baseIndex = index;
    this.#baseTerm = term;
  }

  /** Entries from..to, both included, both held. */
  slice(from: number, to: number): readonly Entry[] {
    return this.#entries.slice(from - this.#baseIndex - 1, to - this.#baseIndex);
  }

  /** The last index of a run from `from` that stays within both limits, but holds at least one entry; from - 1 if there is none. */
  lastWithin(from: number, countMax: number, bytesMax: number): number {
    const end = Math.min(this.lastIndex, from + countMax - 1);
    let bytes = 0;
    let index = from - 1;
    while (index < end) {
      bytes += this.#bytes[index - this.#baseIndex] ?? 0;
      if (bytes > bytesMax && index >= from) break;
      index++;
    }
    return index;
  }

  /** The first index of the run that ends at `to` and stays within both limits; to + 1 if not even one entry does. */
  firstWithin(to: number, countMax: number, bytesMax: number): number {
    const start = Math.max(this.#baseIndex + 1, to - countMax + 1);
    let bytes = 0;
    let index = to + 1;
    while (index > start) {
      bytes += this.#bytes[index - 2 - this.#baseIndex] ?? 0;
      if (bytes > bytesMax) break;
      index--;
    }
    return index;
  }

  /**
   * The highest index up to `index` whose term is at most `term`, for backtracking over conflicting terms. What was compacted
   * counts as fitting, for it can't be told: baseIndex - 1 if not even the base fits.
   */
  lastIndexWithTermAtMost(index: number, term: number): number {
    let candidate = Math.min(index, this.lastIndex);
    while (candidate >= this.#baseIndex && (this.termAt(candidate) as number) > term) candidate--;
    return candidate;
  }
}
