import { expect, test } from 'vitest';
import type { Operation, OperationOutcome } from '../../history/operation.ts';
import { modelOf } from '../../reports/browser/model.ts';
import type { PageData } from '../../reports/page-data.ts';

type Row = readonly [process: number, from: number, to: number, outcome?: OperationOutcome];

/** The processes of each row of the timeline, in turn. */
function rowsOf(rows: readonly Row[]): { readonly rows: readonly (readonly number[])[]; readonly shared: boolean } {
  const operations = rows.map(
    ([process, invokedAt, completedAt, outcome = 'ok'], index) =>
      ({ index, process, f: 'read', key: null, invokedAt, completedAt, outcome }) as Operation,
  );
  const trial = { durationNs: 0, nodes: [], timeless: false };
  const page = { trial, anomalies: [], letters: [], faults: [], nodeEvents: [], messages: [], operations };
  const { lanes, sharesLanes } = modelOf(page as unknown as PageData);
  return { rows: lanes.map(({ tenures }) => tenures.map(({ process }) => process)), shared: sharesLanes };
}

test('a row of the timeline is one client, under a new number after an unknown outcome', () => {
  const rows: Row[] = [
    [0, 0, 1],
    [1, 2, 3],
    [0, 4, 5, 'info'],
    [7, 6, 7],
    [1, 8, 9],
  ];
  expect(rowsOf(rows)).toEqual({ rows: [[0, 7], [1]], shared: false });
});

test('clients share rows only where there are too many for a row each', () => {
  const many = Array.from({ length: 65 }, (_, i): Row => [i, 2 * i, 2 * i + 1]);
  expect(rowsOf(many.slice(1)).rows).toHaveLength(64);
  expect(rowsOf(many)).toEqual({ rows: [many.map(([process]) => process)], shared: true });
});
