import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Verdict } from '../../checker/verdict.ts';
import { openStore } from '../../history/store.ts';
import { huntBatch } from '../../trial/hunting-batch.ts';
import { parseConfig } from '../../trial/nightly/config-file.ts';
import { doItem } from '../../trial/nightly/do-item.ts';
import { type CanaryItem, planNight } from '../../trial/nightly/plan.ts';
import type { ItemResult } from '../../trial/nightly/worker-messages.ts';
import { scratchDirectory } from '../history/scratch.ts';

const sabotage = vi.hoisted(() => ({ on: false }));

/** The checker as it is, or, sabotaged, one that says "pass" to everything. */
vi.mock('../../checker/judge.ts', async (original) => {
  const real = await original<typeof import('../../checker/judge.ts')>();
  const judge: typeof real.judge = async (...given) => {
    const verdict: Verdict = await real.judge(...given);
    return sabotage.on ? { ...verdict, outcome: 'pass', valid: true, reasons: [], anomalies: [], keys: [] } : verdict;
  };
  return { ...real, judge };
});

afterEach(() => {
  sabotage.on = false;
});

const config = parseConfig('corpus: null\nbudget: 2h\n', 'the defaults');
const canaries = planNight(config, { date: '2026-11-21', bugs: [] }).items.filter(
  (item): item is CanaryItem => item.kind === 'canary' && item.canary.world === 'simulator',
);

/** A canary in this thread, where the sabotage is. */
async function tried(item: CanaryItem): Promise<ItemResult> {
  const directory = scratchDirectory();
  const store = openStore(directory, 'write');
  const hunters = { threads: 1, run: huntBatch, close: async () => {} };
  const [result] = await doItem(
    { ...item, tries: 12 },
    {
      places: { store: directory, out: directory },
      store,
      budgetMs: 0,
      hunters: () => hunters,
      progress: () => {},
      signal: new AbortController().signal,
    },
  );
  store.close();
  return result as ItemResult;
}

const byHistory = canaries.filter(({ canary }) => canary.by === 'linearizability');

describe('the canaries of a usual night', () => {
  it('show that history, invariants and progress are each looked at', () => {
    expect(new Set(canaries.map(({ canary }) => canary.by))).toEqual(
      new Set(['linearizability', 'invariant', 'liveness']),
    );
  });

  it.each(canaries.map((item) => [item.id, item] as const))(
    '%s is caught, and how soon is measured',
    async (_, item) => {
      const result = await tried(item);
      expect(result).toMatchObject({ outcome: 'pass', fingerprint: null });
      expect(result.measures.detectedMs).toBeGreaterThan(0);
    },
  );

  it.each(byHistory.map((item) => [item.id, item] as const))(
    '%s is missed, and so the night broken, where the checker says pass to everything',
    async (_, item) => {
      sabotage.on = true;
      const result = await tried(item);
      expect(result).toMatchObject({ outcome: 'broken', measures: { detectedMs: null, seeds: 12 } });
      expect(result.sentence).toMatch(/NOT caught by linearizability in 12 seeds/);
    },
  );
});
