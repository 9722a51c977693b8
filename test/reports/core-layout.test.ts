import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Operation } from '../../history/operation.ts';
import { completedBefore, orderArrows, timeMapping } from '../../reports/core-layout.ts';

const operations = fc
  .array(fc.record({ process: fc.nat(4), at: fc.nat(10_000), length: fc.nat(3000), info: fc.boolean() }), {
    minLength: 1,
    maxLength: 9,
  })
  .map((rows) =>
    rows.map(
      ({ process, at, length, info }, index): Operation => ({
        index,
        process,
        f: 'read',
        key: 'k',
        value: null,
        outcome: info ? 'info' : 'ok',
        result: null,
        error: null,
        invokedAt: at ** 2,
        completedAt: at ** 2 + length,
        node: null,
      }),
    ),
  );

describe('the picture of a core', () => {
  test('keeps every order and every overlap of what it shows, and stays inside its frame', () => {
    fc.assert(
      fc.property(operations, (list) => {
        const { x } = timeMapping(list, 100, 800);
        const moments = list.flatMap((one) =>
          one.outcome === 'info' ? [one.invokedAt] : [one.invokedAt, one.completedAt ?? 0],
        );
        for (const a of moments) {
          expect(x(a)).toBeGreaterThanOrEqual(100);
          expect(x(a)).toBeLessThanOrEqual(900.001);
          for (const b of moments) if (a < b) expect(x(a)).toBeLessThan(x(b));
        }
      }),
    );
  });

  test('cuts long quiet stretches out, and says so, so that short operations can be seen', () => {
    const list = [
      [0, 3e6],
      [224e6, 228e6],
      [538e6, 541e6],
    ].map(
      ([from, to], index): Operation => ({
        index,
        process: index,
        f: 'read',
        key: 'k',
        value: null,
        outcome: 'ok',
        result: null,
        error: null,
        invokedAt: from ?? 0,
        completedAt: to ?? 0,
        node: null,
      }),
    );
    const mapping = timeMapping(list, 0, 800);
    expect(mapping.stretches.map((stretch) => stretch.cut)).toEqual([false, true, false, true, false]);
    for (const one of list) expect(mapping.x(one.completedAt ?? 0) - mapping.x(one.invokedAt)).toBeGreaterThan(20);
  });

  test('draws just the arrows from which the whole order between clients follows', () => {
    fc.assert(
      fc.property(operations, (list) => {
        const arrows = orderArrows(list);
        // Naive twin: the transitive closure of the arrows and of each client's own order.
        const reach = list.map((a, i) =>
          list.map(
            (b, j) =>
              arrows.some(([from, to]) => from === i && to === j) || (a.process === b.process && completedBefore(a, b)),
          ),
        );
        for (let k = 0; k < list.length; k++)
          for (let i = 0; i < list.length; i++)
            for (let j = 0; j < list.length; j++) if (reach[i]?.[k] && reach[k]?.[j]) (reach[i] as boolean[])[j] = true;
        list.forEach((a, i) => {
          list.forEach((b, j) => {
            expect(reach[i]?.[j]).toBe(completedBefore(a, b));
          });
        });
      }),
    );
  });
});
