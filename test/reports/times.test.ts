import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Operation } from '../../history/operation.ts';
import { ticks } from '../../reports/browser/ticks.ts';
import { renderReport } from '../../reports/report.ts';
import {
  axisScale,
  duration,
  measuring,
  moment,
  scaleOf,
  shownBetween,
  stretch,
  tellingApart,
} from '../../reports/times.ts';
import { trialOfHistory } from '../../reports/trial-data.ts';
import { judged } from './fixtures.ts';

/** Lengths of records from ticks of a logical clock to months. */
const length = fc.integer({ min: 0, max: 53 }).chain((bits) => fc.integer({ min: 0, max: 2 ** bits - 1 }));

describe('the moments of one record', () => {
  test('are all written in one unit, and apart where they are apart', () => {
    const record = length.chain((end) =>
      fc.record({
        end: fc.constant(end),
        from: fc.integer({ min: 0, max: end }),
        to: fc.integer({ min: 0, max: end }),
        timeless: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(record, ({ end, from, to, timeless }) => {
        const scale = tellingApart(scaleOf(end, timeless), from, to);
        const texts = [moment(from, scale), moment(to, scale)];
        const units = texts.map((text) => text.replace(/[\d.,]+/, '#'));
        expect(units[0]).toBe(units[1]);
        expect(texts[0] === texts[1]).toBe(from === to);
        expect(stretch(from, to, scale).match(/s\b|event/g)).toHaveLength(1);
      }),
    );
  });

  test('have no digit after the point that the record cannot have', () => {
    expect(stretch(0, 4, scaleOf(12, false))).toBe('0 to 4 ns');
    expect(stretch(0, 1500, tellingApart(scaleOf(9e5, false), 0, 1500))).toBe('0 to 2 µs');
    expect(stretch(70, 120, tellingApart(scaleOf(5e9, false), 70, 120))).toBe('0.00000007 to 0.00000012 s');
    expect(stretch(5.411e9, 5.412e9, scaleOf(2e10, false))).toBe('5.411 to 5.412 s');
    expect(stretch(7.2e13, 9e13, scaleOf(9e13, false))).toBe('72,000.000 to 90,000.000 s');
    expect(stretch(3, 12345, scaleOf(20000, true))).toBe('event 3 to 12,345');
  });

  test('are shown so exactly that the time between two can be computed again', () => {
    fc.assert(
      fc.property(length, length, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const between = shownBetween(from, to, measuring(scaleOf(to, false), from, to));
        expect(Math.abs(between - (to - from))).toBeLessThanOrEqual((to - from) / 100 + 1e-6 * to);
      }),
    );
  });

  test('stand on an axis as marks that all differ', () => {
    fc.assert(
      fc.property(length, fc.integer({ min: 1, max: 2000 }), fc.boolean(), (end, width, timeless) => {
        const { at, step } = ticks(0, Math.max(1, end), width);
        const texts = at.map((tick) => moment(tick, axisScale(scaleOf(end, timeless), step)));
        expect(new Set(texts).size).toBe(texts.length);
        expect(at.length).toBeLessThanOrEqual(2 + width / 90);
      }),
    );
  });
});

test('a length of time has the unit that fits it', () => {
  const shown = [0, 7, 4_200, 1.5e6, 2.5e9, 125e9, 3600e9, 7200e9, 18_000e9, 20_000e9, 2 * 86400e9, 100.5 * 86400e9];
  expect(shown.map(duration)).toEqual([
    '0 s',
    '7 ns',
    '4.2 µs',
    '1.5 ms',
    '2.5 s',
    '2 min 5 s',
    '60 min',
    '2 h',
    '5 h',
    '5 h 33 min',
    '2 d',
    '100 d 12 h',
  ]);
});

describe('the page of a record of a few ticks', () => {
  const read = (at: number, end: number, result: number): Omit<Operation, 'index'> => ({
    process: 1,
    f: 'read',
    key: 'x',
    value: null,
    outcome: 'ok',
    result,
    error: null,
    invokedAt: at,
    completedAt: end,
    node: null,
  });
  const page = async (...operations: readonly Omit<Operation, 'index'>[]): Promise<string> => {
    const record = operations.map((operation, index) => ({ ...operation, index }));
    return renderReport(trialOfHistory('ticks', record, await judged(record), {}, []));
  };

  test('has one unit, and no rates over time', async () => {
    const text = await page(read(0, 4, 5), { ...read(9, 12, 0), f: 'write', value: 5, result: null });
    expect(text).toContain('from 0 to 4 ns returned 5');
    expect(text).toContain('in nanoseconds since the start of the record');
    expect(text).not.toContain('id="charts-root"');
    expect(text).not.toContain('id="at-a-glance"');
    expect(text.slice(0, text.indexOf('id="page-record"'))).not.toMatch(/[\d.]+ s</);
  });

  test('shows a single moment once', async () => {
    const text = await page(read(7, 7, 3));
    const axis = [...text.matchAll(/class="tick-text"[^>]*>([^<]*)</g)].map(([, mark]) => mark);
    expect(axis).toEqual(['7 ns']);
    expect(text).toContain('>at 7 ns<');
    expect(text).toContain('The operation that no order explains');
  });
});
