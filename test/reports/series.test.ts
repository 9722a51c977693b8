import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, Operation } from '../../history/operation.ts';
import type { NodeEvent } from '../../history/trial-records.ts';
import { evidence } from '../../reports/sections.ts';
import { selectOperations } from '../../reports/selection.ts';
import { densityOf, seriesOf } from '../../reports/series.ts';
import { fault } from './cluster-model.ts';
import { passing, staleRead, withVerdict } from './fixtures.ts';

describe('numbers over time', () => {
  test('stand for every operation in the density of a long record', async () => {
    const { operations, trial } = await passing();
    const { ok, fail, info, binNs, peak } = densityOf(operations, trial.durationNs);
    const sum = (counts: readonly number[]): number => counts.reduce((total, n) => total + n, 0);
    for (const [outcome, counts] of Object.entries({ ok, fail, info }))
      expect(sum(counts)).toBe(operations.filter((one) => one.outcome === outcome).length);
    expect(peak).toBe(Math.max(...ok.map((n, i) => n + (fail[i] ?? 0) + (info[i] ?? 0))));
    const first = operations.find((one) => one.outcome === 'ok');
    expect(ok[Math.floor((first?.completedAt ?? 0) / binNs)]).toBeGreaterThan(0);
  });

  test('count every operation once, whatever its outcome', () => {
    const row = fc.record({
      at: fc.nat(1e9),
      took: fc.option(fc.nat(1e8)),
      outcome: fc.constantFrom('ok' as const, 'fail' as const, 'info' as const),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
        const operations = rows.map(
          ({ at, took, outcome }, index): Operation => ({
            index,
            process: 0,
            f: 'read',
            key: null,
            value: null,
            outcome,
            result: null,
            error: null,
            invokedAt: at,
            completedAt: took === null ? null : at + took,
            node: null,
          }),
        );
        const series = seriesOf(operations, [], [], 1e9);
        for (const outcome of ['ok', 'fail', 'info'] as const)
          expect(series[outcome].reduce((a, b) => a + b, 0)).toBe(
            operations.filter((one) => one.outcome === outcome).length,
          );
        const latencies = operations
          .filter((one) => one.outcome === 'ok' && one.completedAt !== null)
          .map((one) => Math.max(1, (one.completedAt ?? 0) - one.invokedAt))
          .sort((a, b) => a - b);
        expect(series.overall?.max ?? null).toBe(latencies.at(-1) ?? null);
        expect(series.overall?.p50 ?? null).toBe(latencies[Math.ceil(latencies.length / 2) - 1] ?? null);
      }),
    );
  });

  test('tell the silence within a fault and the time until answers are back at half the usual rate', () => {
    // An answer every 10 ms, except from 2.0 s to 3.5 s; the fault lasts from 2 s to 3 s.
    const operations: Operation[] = [];
    for (let ms = 0; ms < 6000; ms += 10)
      if (ms < 2000 || ms >= 3500)
        operations.push({
          index: operations.length,
          process: 0,
          f: 'read',
          key: 'k',
          value: null,
          outcome: 'ok',
          result: null,
          error: null,
          invokedAt: ms * 1e6,
          completedAt: ms * 1e6 + 1e6,
          node: null,
        });
    const [recovery] = seriesOf(operations, [fault(0, 'kill', ['n1'], 2000, 3000, '', null)], [], 6e9).recoveries;
    expect(recovery?.silenceNs).toBe(1e9);
    // Half a second from 3.3 s on holds 30 of the 50 usual answers, the one from 3.2 s on 20.
    expect(recovery?.recoveredAfterNs).toBe(3e8);
  });
});

describe('what worlds record', () => {
  test('of a compare-and-set that saw another value: it failed, but the system answered', () => {
    const cas = (index: number, error: string): Operation => ({
      index,
      process: 0,
      f: 'cas',
      key: 'k',
      value: [1, 2],
      outcome: 'fail',
      result: null,
      error,
      invokedAt: index,
      completedAt: index + 1,
      node: null,
    });
    const { answered, fail } = seriesOf([cas(0, 'mismatch'), cas(1, 'no connection')], [], [], 1e9);
    expect([answered[0], fail[0]]).toEqual([1, 2]);
  });

  test('of a clock: a jump as it was measured, a drift as the line it was', () => {
    const clock = (ms: number, detail: Json): NodeEvent => ({
      at: ms * 1e6,
      node: 'n1',
      kind: 'clock',
      role: null,
      term: null,
      commitIndex: null,
      appliedIndex: null,
      detail,
    });
    const events = [
      clock(1000, { trialNs: 1, nodeNs: 2, aheadNs: -167e6, ratePpm: 0 }),
      clock(2000, { readsNs: 2000e6, offsetNs: 0, ratePpm: 100_000 }),
      clock(3000, { readsNs: 3000e6, offsetNs: 0, ratePpm: 0 }),
    ];
    expect(seriesOf([], [], events, 4e9).clocks.n1).toEqual([
      [1000, -167],
      [2000, 0],
      [3000, 100],
      [3000, 0],
    ]);
  });

  test('of a fault: its evidence in one line, each name once', () => {
    const effect = {
      atBegin: [{ pid: 7, signal: 'SIGSTOP', processState: 'T', afterNs: 8_352_763 }],
      whileItLasted: { resumed: [{ pid: 7, signal: 'SIGCONT', processState: 'R', afterNs: 417_241 }] },
    };
    expect(evidence(effect)).toBe('signal SIGSTOP, SIGCONT; process state T, R; after 8.35 ms, 417 µs');
    expect(evidence({ blockedLinks: ['n1>n2', 'n2>n1'], dropped: 12 })).toBe('blocked links n1>n2, n2>n1; dropped 12');
    expect(evidence(null)).toBe('–');
  });
});

describe('what a page holds of a long record', () => {
  test('is the core, the failing key and what is near, never just the beginning, and the rest evenly', async () => {
    const data = await staleRead();
    const { shown, total } = selectOperations(data, 1500);
    expect(total).toBe(data.operations.length);
    expect(shown.length).toBeLessThanOrEqual(1500);
    const indexes = new Set(shown.map((one) => one.index));
    const anomaly = data.verdict.anomalies[0];
    for (const one of data.operations) {
      const near = Math.abs(one.invokedAt - (anomaly?.at ?? 0)) <= 2e9;
      if (one.key === anomaly?.key || near) expect(indexes.has(one.index)).toBe(true);
    }
    expect(shown.some((one) => one.invokedAt < 3e9)).toBe(true);
    expect(shown.some((one) => one.invokedAt > 17e9)).toBe(true);
    expect(shown.map((one) => one.index)).toEqual([...indexes].sort((a, b) => a - b));
  });

  test('is nearest to the anomaly when even the failing key is too long, with its whole core', async () => {
    const data = await staleRead();
    const oneKey = { ...data, operations: data.operations.map((one) => ({ ...one, key: 'k77' })) };
    const { shown } = selectOperations(oneKey, 100);
    expect(shown).toHaveLength(100);
    for (const index of data.verdict.anomalies[0]?.core ?? [])
      expect(shown.some((one) => one.index === index)).toBe(true);
    expect(Math.max(...shown.map((one) => Math.abs(one.invokedAt - 8.4e9)))).toBeLessThan(2e9);
  });

  test('covers the whole time of a pass', async () => {
    const data = await passing();
    const { shown } = selectOperations(withVerdict(data, { ...data.verdict, keys: [] }), 900);
    expect(shown.length).toBeGreaterThan(400);
    expect(shown.at(-1)?.invokedAt).toBeGreaterThan(18e9);
  });
});
