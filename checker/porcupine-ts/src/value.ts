/** Values of the built-in models, as identities and as text. */

import { type Memory, ownMemory } from './memory.ts';
import type { Value } from './model.ts';
import { HistoryError } from './operation.ts';

/** Deeper than this, values are refused: it may be that they have no end. */
const DEPTH_MAX = 1000;

/** An object that has nothing but its own properties; of whatever realm. */
export const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/**
 * What keeps something from being data as JSON has it, for people; null if nothing does. What is no such data has no text, or the
 * same as something else: nobody could tell them apart.
 */
export const oddityOf = (value: unknown, depth = 0): string | null => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return null;
    case 'number':
      return Number.isFinite(value) ? null : String(value);
    case 'undefined':
      return 'undefined';
    case 'object':
      break;
    default:
      return `a ${typeof value}`;
  }
  if (value === null) return null;
  if (depth > DEPTH_MAX) return `something in itself, or more than ${DEPTH_MAX} deep`;
  if (!Array.isArray(value)) {
    if (!isPlain(value)) return `a ${value.constructor?.name || 'thing of some class'}`;
    return oddityIn(Object.values(value), depth);
  }
  return oddityIn(value, depth);
};

const oddityIn = (values: readonly unknown[], depth: number): string | null => {
  for (let at = 0; at < values.length; at++) {
    const oddity = oddityOf(values[at], depth + 1);
    if (oddity !== null) return oddity;
  }
  return null;
};

export const isValue = (value: unknown): value is Value => oddityOf(value) === null;

/**
 * Text that is equal for equal values, and for no others; the order of an object's names does not matter.
 * @throws HistoryError for what is no value
 */
export const canonical = (value: Value): string => textOf(value, 0);

const textOf = (value: Value, depth: number): string => {
  if (typeof value !== 'object' || value === null) {
    if (!isValue(value)) throw notAValue(value);
    return JSON.stringify(value);
  }
  if (depth > DEPTH_MAX) throw notAValue(value);
  if (Array.isArray(value)) {
    const texts: string[] = [];
    for (let at = 0; at < value.length; at++) texts.push(textOf(value[at], depth + 1));
    return `[${texts.join(',')}]`;
  }
  if (!isPlain(value)) throw notAValue(value);
  const fields = value as { readonly [name: string]: Value };
  const names = Object.keys(fields).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${textOf(fields[name]!, depth + 1)}`).join(',')}}`;
};

export const JSON_VALUES = 'null, a boolean, a finite number, a string, or an array or plain object of such values';

const notAValue = (value: unknown): HistoryError =>
  new HistoryError(`a value is ${oddityOf(value) ?? `more than ${DEPTH_MAX} deep`}; expected ${JSON_VALUES}`);

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
      if (!isValue(value)) throw notAValue(value);
      id = this.size++;
      numbers.set(value, id);
    }
    return id;
  }
}
