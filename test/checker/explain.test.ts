import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accessesOf } from '../../checker/accesses.ts';
import { findAppendShape } from '../../checker/append-shapes.ts';
import { judge } from '../../checker/judge.ts';
import { findShape } from '../../checker/shapes.ts';
import type { Anomaly } from '../../checker/verdict.ts';
import type { Json, Operation } from '../../history/operation.ts';
import { carriedOut, drawnOperation, hasOrder } from './random-histories.ts';

/** `[f, argument or result, invoked, completed, outcome]`: a history one can read. */
type Line = readonly [string, Json, number, number | null, ('ok' | 'fail' | 'info')?, string?];

function history(...lines: Line[]): Operation[] {
  return lines.map(([f, value, invokedAt, completedAt, outcome = 'ok', error], index) => {
    const read = f === 'read' || f === 'get';
    return {
      index,
      process: index,
      f,
      key: 'k',
      value: read ? null : value,
      outcome,
      result: read ? value : null,
      error: error ?? null,
      invokedAt,
      completedAt,
      node: null,
    };
  });
}

async function explained(...lines: Line[]): Promise<Anomaly> {
  const verdict = await judge(history(...lines));
  expect(verdict.outcome).toBe('violation');
  return verdict.anomalies[0] as Anomaly;
}

test('a value that nobody wrote', async () => {
  const anomaly = await explained(['write', 1, 0, 5], ['read', 2, 10, 15]);
  expect(anomaly).toMatchObject({ shape: 'never-written', core: [1], culprit: 1, at: 15, facts: { read: 1 } });
  expect(anomaly.argument.map(({ text }) => text)).toEqual([
    'Process 1 read 2.',
    'No operation on this key asked to write 2, and it was not there at first.',
  ]);
});

test('a value from a write that surely failed', async () => {
  const anomaly = await explained(['write', 2, 0, 5, 'fail', 'refused'], ['read', 2, 10, 15]);
  expect(anomaly).toMatchObject({ shape: 'failed-write-read', core: [0, 1], facts: { read: 1, write: 0 } });
  expect(anomaly.argument[1]).toEqual({
    text: 'The write of 2 by process 0 failed for sure (refused).',
    operations: [0],
  });
});

test('a value from a write that began later', async () => {
  const anomaly = await explained(['read', 2, 0, 5], ['write', 2, 10, 15]);
  expect(anomaly).toMatchObject({ shape: 'from-the-future', culprit: 0, facts: { read: 0, write: 1, earlyByNs: 5 } });
});

test('a value that an acknowledged write had replaced', async () => {
  const anomaly = await explained(['write', 1, 0, 5], ['write', 2, 10, 15], ['read', 2, 16, 17], ['read', 1, 20, 25]);
  expect(anomaly).toMatchObject({
    shape: 'stale-read',
    core: [0, 1, 3],
    confirmedBy: 'enumeration',
    culprit: 3,
    facts: { read: 3, write: 0, overwrittenBy: 1, staleByNs: 5 },
  });
  expect(anomaly.argument.map(({ text }) => text)).toEqual([
    'The write of 1 by process 0 was acknowledged before the write of 2 by process 1 began.',
    'The write of 2 by process 1 was acknowledged before the read by process 3 began, so it had replaced 1.',
    'No other operation that began before the read by process 3 ended wrote 1, and it was not there at first.',
    'So 1 was gone when the read by process 3 began; yet it returned 1.',
  ]);
});

test('a value that was written several times, and replaced each time', async () => {
  const anomaly = await explained(['write', 1, 0, 1], ['write', 1, 2, 3], ['write', 2, 4, 5], ['read', 1, 6, 7]);
  expect(anomaly).toMatchObject({ shape: 'stale-read', core: [1, 2, 3] });
  expect(anomaly.argument[1]).toEqual({ text: 'The same is true of another operation that wrote 1.', operations: [0] });
});

test('an older value after a newer one was read, though neither write was acknowledged', async () => {
  const anomaly = await explained(
    ['write', 1, 0, null, 'info'],
    ['write', 2, 0, null, 'info'],
    ['read', 1, 10, 15],
    ['read', 2, 20, 25],
    ['read', 1, 30, 35],
  );
  expect(anomaly).toMatchObject({ shape: 'newer-then-older', culprit: 4, facts: { read: 4, newer: 3, write: 0 } });
  expect(anomaly.core).toEqual([0, 1, 2, 3, 4]);
});

test('nothing, after a write was acknowledged', async () => {
  const anomaly = await explained(['write', 1, 0, 5], ['read', null, 10, 15]);
  expect(anomaly).toMatchObject({ shape: 'nil-after-write', core: [0, 1], facts: { read: 1, write: 0, staleByNs: 5 } });
});

test('a compare-and-set that matched a value which had been replaced', async () => {
  const anomaly = await explained(['write', 1, 0, 5], ['write', 2, 10, 15], ['cas', [1, 3], 20, 25]);
  expect(anomaly).toMatchObject({ shape: 'lost-update', core: [0, 1, 2], facts: { lost: 1, second: 2 } });
});

test('two compare-and-sets that both replaced the only copy of a value, even at the same time', async () => {
  const anomaly = await explained(['write', 1, 0, 5], ['cas', [1, 2], 10, 20], ['cas', [1, 3], 11, 21]);
  expect(anomaly).toMatchObject({ shape: 'double-cas', core: [0, 1, 2], facts: { first: 1, second: 2 } });
  const initial = await explained(['cas', [null, 2], 10, 20], ['cas', [null, 3], 11, 21]);
  expect(initial).toMatchObject({ shape: 'double-cas', core: [0, 1] });
});

test('what fits no other shape has the longest orders that were possible, and why none goes on', async () => {
  const anomaly = await explained(['write', 1, 0, 10], ['write', 2, 0, 10], ['read', 1, 20, 30], ['read', 2, 20, 30]);
  expect(anomaly).toMatchObject({ shape: 'no-order', core: [0, 1, 2, 3], confirmedBy: 'enumeration' });
  expect(anomaly.argument.length).toBeGreaterThan(2);
  expect(anomaly.argument.map(({ text }) => text).join('\n')).toContain('is not possible when the state is');
});

test('text that only grows: an append that is missing, and a text that got shorter', async () => {
  // Nobody looked later, so that nobody knows whether it is lost.
  const notFound = await explained(['append', 'x', 0, 5], ['get', null, 10, 15], ['append', 'y', 20, 25]);
  expect(notFound).toMatchObject({ shape: 'nil-after-write', core: [0, 1], facts: { read: 1, write: 0 } });
  const lost = await explained(['append', 'x', 0, 5], ['append', 'y', 10, 15], ['get', 'y', 20, 25]);
  expect(lost).toMatchObject({ shape: 'lost-update', core: [0, 2], facts: { read: 2, lost: 0 } });
  const stale = await explained(['append', 'x', 0, 5], ['get', null, 10, 15], ['get', 'x', 20, 25]);
  expect(stale).toMatchObject({ shape: 'stale-read', core: [0, 1], facts: { read: 1, overwrittenBy: 0 } });
  const older = await explained(
    ['append', 'x', 0, null, 'info'],
    ['append', 'y', 0, null, 'info'],
    ['get', 'xy', 10, 15],
    ['get', 'x', 20, 25],
  );
  expect(older).toMatchObject({ shape: 'newer-then-older', culprit: 3, facts: { read: 3, newer: 2 } });
});

test('text that is older than a text put there since: that read is stale, not the right one after it', async () => {
  const stale = await explained(
    ['put', 'x', 0, 5],
    ['append', 'y', 6, 8],
    ['put', 'z', 10, 15],
    ['get', 'xy', 20, 25],
    ['get', 'z', 30, 35],
  );
  expect(stale).toMatchObject({ shape: 'stale-read', culprit: 3, facts: { read: 3, overwrittenBy: 2 } });
  // A put that may still have come between makes it no matter of these two.
  const open = await explained(
    ['put', 'x', 0, 5],
    ['put', 'w', 6, null, 'info'],
    ['put', 'z', 10, 15],
    ['get', 'xy', 20, 25],
  );
  expect(open.facts).not.toMatchObject({ overwrittenBy: 2 });
});

const everyone = (operations: readonly Operation[]): number[] => operations.map(({ index }) => index);

test('no shape is ever found in a history that a register really produced', () => {
  fc.assert(
    fc.property(fc.array(drawnOperation(3), { maxLength: 25 }), (drawn) => {
      const honest = carriedOut(drawn.map((one) => ({ ...one, lie: null })));
      expect(findShape(accessesOf(honest, null), new Set(), everyone(honest))).toBeNull();
    }),
    { numRuns: 2000 },
  );
});

test('no shape is ever found in texts that really were put and appended to', () => {
  const appends = fc.array(
    fc.record({
      f: fc.constantFrom('append', 'append', 'get', 'get', 'get', 'put'),
      start: fc.nat(40),
      length: fc.nat(15),
      when: fc.nat(999),
      known: fc.boolean(),
    }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(appends, (drawn) => {
      const results = new Map<number, string | null>();
      let text: string | null = null;
      const moments = drawn.map(({ start, length, when }, i) => ({ i, at: start + (length * when) / 1000 }));
      for (const { i } of moments.sort((a, b) => a.at - b.at)) {
        if (drawn[i]?.f === 'append') text = `${text ?? ''}<${i % 4}>`;
        if (drawn[i]?.f === 'put') text = `<${i % 4}>`;
        results.set(i, text);
      }
      const operations = history(
        ...drawn.map(({ f, start, length, known }, i): Line => {
          const value = f === 'get' ? (results.get(i) ?? null) : `<${i % 4}>`;
          return [f, value, start, start + length, known ? 'ok' : 'info'];
        }),
      );
      expect(findAppendShape(operations, everyone(operations))).toBeNull();
    }),
    { numRuns: 1000 },
  );
});

test('every explanation stands by itself: its core has no order, and its steps name operations of the history', async () => {
  const shapes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(drawnOperation(4), { minLength: 2, maxLength: 12 }), async (drawn) => {
      const operations = carriedOut(drawn);
      for (const anomaly of (await judge(operations)).anomalies) {
        shapes.set(anomaly.shape, (shapes.get(anomaly.shape) ?? 0) + 1);
        const core = operations.filter(({ index }) => anomaly.core.includes(index));
        expect(hasOrder(core)).toBe(false);
        const named = [anomaly.culprit, ...anomaly.argument.flatMap((step) => step.operations)];
        for (const index of named) expect(operations.some((o) => o.index === index)).toBe(true);
        for (const role of ['read', 'write', 'overwrittenBy', 'newer', 'lost', 'first', 'second'])
          if (anomaly.facts[role] !== undefined) expect(anomaly.core).toContain(anomaly.facts[role]);
      }
    }),
    { numRuns: 1500 },
  );
  // Random histories must have reached most shapes, or this test shows little.
  expect([...shapes.keys()].sort()).toEqual(
    expect.arrayContaining([
      'failed-write-read',
      'never-written',
      'newer-then-older',
      'nil-after-write',
      'no-order',
      'stale-read',
    ]),
  );
});
