/** Values of the built-in models, as identities and as text. */

import { type Memory, ownMemory } from './memory.ts';
import type { Value } from './model.ts';

/** Text that is equal for equal values, and for no others; the order of an object's names does not matter. */
export const canonical = (value: Value): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical((value as { [n: string]: Value })[name]!)}`).join(',')}}`;
};

export const sameValue = (a: Value, b: Value): boolean =>
  a === b ||
  (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null && canonical(a) === canonical(b));

/** Whether the text has this piece at that place: as startsWith, which the engine does letter by letter, twenty times slower. */
export const isAt = (text: string, piece: string, place: number): boolean =>
  text.slice(place, place + piece.length) === piece;

const SHOWN_MAX = 120;

/** For people: `nil` for null, and no more of a long value than its beginning. */
export const show = (value: Value | undefined): string => {
  if (value === undefined) return '?';
  if (value === null) return 'nil';
  const text = canonical(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}… (${text.length} characters)` : text;
};

/** Whole numbers below this are numbered by a table; the table is small where few values are expected. */
const SMALL_MAX = 4096;
const SMALL_MIN = 32;

/** Numbers values in order of first appearance: equal values get equal numbers. */
export class Interner {
  /** Small whole numbers, the commonest values by far, without hashing: their number + 1. */
  private readonly small: Int32Array;
  private readonly smallMax: number;
  private primitives: Map<Value, number> | null = null;
  private structures: Map<string, number> | null = null;
  private nil = -1;
  size = 0;

  /** @param expected about how many times it will be asked */
  constructor(expected: number, memory: Memory = ownMemory) {
    this.smallMax = expected > SMALL_MAX ? SMALL_MAX : SMALL_MIN;
    this.small = memory.ints(this.smallMax);
  }

  /** Forgets all values. */
  clear(): void {
    const { small } = this;
    for (let value = 0; value < small.length; value++) small[value] = 0;
    this.primitives = null;
    this.structures = null;
    this.nil = -1;
    this.size = 0;
  }

  idOf(value: Value): number {
    if (typeof value === 'number' && value >= 0 && value < this.smallMax && (value | 0) === value) {
      if (this.small[value] === 0) this.small[value] = ++this.size;
      return this.small[value]! - 1;
    }
    if (value === null) {
      if (this.nil < 0) this.nil = this.size++;
      return this.nil;
    }
    if (typeof value === 'object') {
      this.structures ??= new Map();
      return this.numberIn(this.structures, canonical(value));
    }
    this.primitives ??= new Map();
    return this.numberIn(this.primitives, value);
  }

  private numberIn<K>(numbers: Map<K, number>, value: K): number {
    let id = numbers.get(value);
    if (id === undefined) {
      id = this.size++;
      numbers.set(value, id);
    }
    return id;
  }
}
