import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, Operation } from '../../history/operation.ts';
import { packOperations, unpackOperations } from '../../reports/columns.ts';
import { staleRead } from './fixtures.ts';

const json: fc.Arbitrary<Json> = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(null, true, false, 0.5, 1e300, ''),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.tuple(fc.option(fc.nat(9)), fc.nat(9)),
  fc.array(fc.oneof(fc.nat(9), fc.string()), { maxLength: 3 }),
  fc.record({ a: fc.nat() }),
);

const operation: fc.Arbitrary<Omit<Operation, 'index'>> = fc.record({
  process: fc.integer({ min: -1, max: 2 ** 40 }),
  f: fc.constantFrom('read', 'write', 'cas', ''),
  key: fc.option(fc.constantFrom('k1', 'k2', '')),
  value: json,
  outcome: fc.constantFrom('ok' as const, 'fail' as const, 'info' as const),
  result: json,
  error: fc.option(fc.string({ unit: 'binary' })),
  invokedAt: fc.nat(2 ** 31 - 1),
  completedAt: fc.option(fc.nat(2 ** 31 - 1)),
  node: fc.option(fc.string()),
});

describe('operations in columns', () => {
  test('come back field for field, whatever a history holds', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), fc.nat(5), (drafts, step) => {
        const operations = drafts.map((draft, i) => ({ index: i * (step + 1), ...draft }));
        expect(unpackOperations(packOperations(operations))).toEqual(operations);
      }),
      { numRuns: 300 },
    );
  });

  test('take less than a third of the text of the same operations', async () => {
    const { operations } = await staleRead();
    const text = operations.map((one) => JSON.stringify(one)).join('\n');
    expect(packOperations(operations).length).toBeLessThan(text.length / 3);
  });

  test('are refused when bytes are missing', () => {
    const packed = packOperations([
      {
        index: 0,
        process: 0,
        f: 'read',
        key: 'k',
        value: null,
        outcome: 'ok',
        result: 1,
        error: null,
        invokedAt: 5,
        completedAt: 9,
        node: 'n1',
      },
    ]);
    expect(() => unpackOperations(packed.subarray(0, packed.length - 1))).toThrow(RangeError);
  });
});
