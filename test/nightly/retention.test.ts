import { expect, it } from 'vitest';
import { openStore, type Store } from '../../history/store.ts';
import { forgetPasses } from '../../trial/nightly/retention.ts';
import { scratchDirectory } from '../history/scratch.ts';
import { failing, item, night } from './nights.ts';

function recorded(store: Store, seed: number): string {
  return store.createTrial({
    spec: {},
    seed,
    system: 'raft',
    world: 'simulator',
    workload: 'register',
    nodes: [],
    startedAt: Date.UTC(2026, 10, 20),
    provenance: {},
  });
}

it('deletes what passed before the last nights that are kept, and nothing else', () => {
  const store = openStore(scratchDirectory(), 'write');
  const trials = [1, 2, 3, 4].map((seed) => recorded(store, seed));
  const [old, oldFailure, recent, mine] = trials;
  const nights = [
    night(1, [
      item({ trial: old ?? null }),
      failing('violation', 'stale', { trial: oldFailure ?? null }),
      item({ trial: null }),
    ]),
    night(2, [item({ trial: recent ?? null })]),
    night(3, []),
  ];
  expect(forgetPasses(store, nights, 2)).toBe(1);
  expect(store.listTrials().map(({ id }) => id)).toEqual([mine, recent, oldFailure]);
  expect(forgetPasses(store, nights, 2)).toBe(0);
  expect(forgetPasses(store, nights, 0)).toBe(1);
  expect(store.listTrials().map(({ id }) => id)).toEqual([mine, oldFailure]);
  store.close();
});
