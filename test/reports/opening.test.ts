import { expect, test } from 'vitest';
import type { Operation } from '../../history/operation.ts';
import type { Model } from '../../reports/browser/model.ts';
import { openingOf } from '../../reports/browser/opening.ts';
import type { PageAnomaly } from '../../reports/page-data.ts';

const S = 1e9;

function opening(spans: readonly (readonly [number, number | null])[], at: number): readonly [number, number] {
  const operations = spans.map(([from, to], index) => ({ index, invokedAt: from * S, completedAt: to && to * S }));
  const byIndex = new Map(operations.map((one) => [one.index, one as Operation]));
  const anomaly = { at: at * S, core: operations.map(({ index }) => index) } as unknown as PageAnomaly;
  const { from, to } = openingOf({ byIndex } as unknown as Model, anomaly);
  return [from / S, to / S];
}

test('the timeline opens two seconds around an anomaly, on all of its core where that reaches further, but not for a long one', () => {
  expect(opening([], 8)).toEqual([6, 10]);
  expect(
    opening(
      [
        [7, 7.1],
        [7.9, 8],
      ],
      8,
    ),
  ).toEqual([6, 10]);
  expect(
    opening(
      [
        [4, 4.1],
        [7.9, 8],
      ],
      8,
    ),
  ).toEqual([3.5, 8.5]);
  expect(
    opening(
      [
        [2, 3],
        [2.5, null],
        [9, 10],
      ],
      10,
    ),
  ).toEqual([1, 11]);
  expect(
    opening(
      [
        [1, 1.1],
        [9.9, 10],
      ],
      10,
    ),
  ).toEqual([8, 12]);
});

test('where operations take nanoseconds or hours, it opens on as much of them as can be seen', () => {
  expect(
    opening(
      [
        [8, 8 + 2e-6],
        [8 + 8e-6, 8 + 1e-5],
      ],
      8 + 1e-5,
    ).map((at) => Number(at.toFixed(6))),
  ).toEqual([7.99501, 8.00501]);
  expect(
    opening(
      [
        [0, 3600],
        [7200, 10_800],
      ],
      10_800,
    ),
  ).toEqual([-1350, 12_150]);
});
