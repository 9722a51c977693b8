/** Values of the built-in models, as identities and as text. */

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
const SMALL_MIN = 64;

/** Numbers values in order of first appearance: equal values get equal numbers. */
export interface Interner {
  idOf(value: Value): number;
  valueOf(id: number): Value;
  readonly size: number;
}

/** @param expected about how many times it will be asked */
export const createInterner = (expected: number): Interner => {
  const smallMax = expected > SMALL_MAX ? SMALL_MAX : SMALL_MIN;
  const primitives = new Map<Value, number>();
  const structures = new Map<string, number>();
  const values: Value[] = [];
  // Small whole numbers, the commonest values by far, without hashing: id + 1.
  const small = new Int32Array(smallMax);
  return {
    idOf(value) {
      const isSmall = typeof value === 'number' && value >= 0 && value < smallMax && (value | 0) === value;
      if (isSmall && small[value] !== 0) return small[value]! - 1;
      const isStructure = typeof value === 'object' && value !== null;
      const text = isStructure ? canonical(value) : '';
      let id = isStructure ? structures.get(text) : primitives.get(value);
      if (id === undefined) {
        id = values.length;
        values.push(value);
        if (isSmall) small[value] = id + 1;
        if (isStructure) structures.set(text, id);
        else primitives.set(value, id);
      }
      return id;
    },
    valueOf: (id) => values[id]!,
    get size() {
      return values.length;
    },
  };
};
