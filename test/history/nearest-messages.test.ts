import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyBatch } from '../../history/batch.ts';
import { openStore } from '../../history/store.ts';
import type { MessageRecord } from '../../history/trial-records.ts';
import { scratchDirectory } from './scratch.ts';

/** The plain way: all of them, sorted. */
function naive(all: readonly MessageRecord[], moments: readonly number[], max: number): MessageRecord[] {
  const far = ({ sentAt }: MessageRecord): number => Math.min(...moments.map((moment) => Math.abs(sentAt - moment)));
  return all
    .map((message, place) => ({ message, place }))
    .sort((a, b) => far(a.message) - far(b.message) || a.place - b.place)
    .slice(0, max)
    .sort((a, b) => a.place - b.place)
    .map(({ message }) => message);
}

test('the messages nearest to some moments are those that sorting all of them finds', () => {
  const store = openStore(scratchDirectory(), 'write');
  const time = fc.nat({ max: 60 });
  fc.assert(
    fc.property(
      fc.array(time, { maxLength: 40 }),
      fc.array(time, { minLength: 1, maxLength: 4 }),
      fc.nat({ max: 45 }),
      (times, moments, max) => {
        const id = store.createTrial({
          spec: null,
          seed: null,
          system: null,
          world: null,
          workload: null,
          nodes: [],
          startedAt: 0,
          provenance: {},
        });
        const all = times.map(
          (sentAt, i): MessageRecord => ({
            id: i,
            from: 'n1',
            to: 'n2',
            type: 'vote',
            term: 1,
            sentAt,
            arrivedAt: null,
            detail: { i },
          }),
        );
        store.writeBatch(id, { ...emptyBatch(), messages: all });
        expect(store.readMessagesNear(id, moments, max)).toEqual({
          messages: naive(all, moments, max),
          total: all.length,
        });
        store.deleteTrial(id);
      },
    ),
    { numRuns: 60 },
  );
  store.close();
});
