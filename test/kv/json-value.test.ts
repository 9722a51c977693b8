import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashJson, isJson, jsonEqual } from '../../cluster/kv/json-value.ts';
import type { Json } from '../../history/operation.ts';
import { values } from './commands.ts';

/** The naive twin of equality: one text for equal values. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((element) => canonical(element as Json)).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value as { [name: string]: Json }).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join()}}`;
}

test('values are equal exactly when their canonical texts are, and then hash alike', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const equal = canonical(a) === canonical(b);
      expect(jsonEqual(a, b)).toBe(equal);
      expect(hashJson(a, 7) === hashJson(b, 7)).toBe(equal);
    }),
    { numRuns: 2000 },
  );
});

test('a value equals its copy with the keys in another order', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), values), (fields) => {
      const turned = Object.fromEntries(Object.entries(fields).reverse());
      expect(jsonEqual(fields, turned)).toBe(true);
      expect(hashJson(fields, 1)).toBe(hashJson(turned, 1));
    }),
  );
});

test('only JSON of bounded depth counts as JSON', () => {
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
  expect(isJson(deep(64), 64)).toBe(true);
  expect(isJson(deep(65), 64)).toBe(false);
  for (const odd of [undefined, Number.NaN, Number.POSITIVE_INFINITY, () => 1, new Map(), [undefined], { a: 1n }]) {
    expect(isJson(odd, 64)).toBe(false);
  }
  expect(isJson(JSON.parse('{"__proto__": [1]}'), 64)).toBe(true);
});
