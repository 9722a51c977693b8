import { expect, test } from 'vitest';
import { vacuousHistoryReasons, vacuousReasons } from '../../checker/vacuous.ts';
import type { CheckStatistics } from '../../checker/verdict.ts';
import type { FaultRecord } from '../../history/trial-records.ts';

const GOOD: CheckStatistics = {
  operations: 1000,
  ok: 900,
  fail: 50,
  info: 50,
  keys: 10,
  concurrencyMax: 5,
  overlappingPairs: 300,
  steps: 5000,
  ms: 10,
};

function fault(kind: string, bit: boolean): FaultRecord {
  return { index: 0, kind, targets: [], startedAt: 0, endedAt: 1, asked: null, effect: null, bit };
}

test('a trial in which enough happened is not vacuous', () => {
  expect(vacuousReasons(GOOD, [fault('kill', false), fault('kill', true)], ['kill'])).toEqual([]);
});

test.each([
  [{ operations: 0, ok: 0 }, 'no operation was recorded'],
  [{ ok: 19 }, 'only 19 of 1000 operations succeeded (at least 20 are needed)'],
  [{ ok: 49 }, 'only 49 of 1000 operations succeeded (at least 5% are needed)'],
  [{ overlappingPairs: 0 }, 'no two operations on one key overlapped (at least 10 pairs are needed)'],
  [{ overlappingPairs: 1 }, 'only 1 pair of operations on one key overlapped (at least 10 are needed)'],
  [{ overlappingPairs: 9 }, 'only 9 pairs of operations on one key overlapped (at least 10 are needed)'],
])('%o is vacuous', (change, reason) => {
  expect(vacuousReasons({ ...GOOD, ...change })).toEqual([reason]);
});

test('each kind of fault that was asked for must have shown an effect', () => {
  expect(vacuousReasons(GOOD, [fault('pause', false), fault('pause', false)], ['pause', 'kill'])).toEqual([
    'the fault pause happened 2 times, but none of them showed any effect',
    'the fault kill was asked for, but never happened',
  ]);
});

test('a history from elsewhere is vacuous only if nothing succeeded', () => {
  expect(vacuousHistoryReasons({ ...GOOD, ok: 1 })).toEqual([]);
  expect(vacuousHistoryReasons({ ...GOOD, ok: 0 })).toEqual(['none of the 1000 operations succeeded']);
  expect(vacuousHistoryReasons({ ...GOOD, operations: 0, ok: 0 })).toEqual(['the history has no operation']);
});
