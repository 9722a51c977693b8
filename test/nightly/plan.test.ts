import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../trial/nightly/config-file.ts';
import { type Plan, planNight, shardOf } from '../../trial/nightly/plan.ts';

const config = parseConfig('', 'the defaults');
const plan = (date = '2026-11-21', budget = config.budget, bugs: string[] = []): Plan =>
  planNight({ ...config, budget }, { date, bugs });
const ids = ({ items }: Plan, kind?: string): string[] =>
  items.filter((item) => kind === undefined || item.kind === kind).map(({ id }) => id);

describe('the plan of a night', () => {
  it('is the same for the same date, and another one for another date', () => {
    expect(plan()).toEqual(plan());
    const [today, tomorrow] = [plan('2026-11-21'), plan('2026-11-22')];
    expect(tomorrow.hash).not.toBe(today.hash);
    const seeds = new Set(today.items.map(({ seed }) => seed));
    const shared = tomorrow.items.filter(({ kind, seed }) => kind !== 'corpus' && seeds.has(seed));
    expect(shared).toEqual([]);
  });

  it('begins with the regressions and the canaries, and ends with the hunt', () => {
    const kinds = plan().items.map(({ kind }) => kind);
    expect([...new Set(kinds)]).toEqual(['corpus', 'canary', 'trial', 'hunt']);
    expect(kinds.lastIndexOf('hunt')).toBe(kinds.length - 1);
  });

  it('fills the budget with trials of all cells in turn, and leaves the hunt its share', () => {
    for (const budget of [600_000, 1_800_000, 7_200_000]) {
      const { items } = plan('2026-11-21', budget);
      const planned = items.reduce((sum, { estimateMs }) => sum + estimateMs, 0);
      expect(planned).toBeLessThanOrEqual(budget * (1 - config.hunt.share));
      expect(planned).toBeGreaterThan(budget * (1 - config.hunt.share) - 30_000);
      const perCell = new Map<string, number>();
      for (const { id, kind } of items)
        if (kind === 'trial') perCell.set(id.replace(/\/s\d+$/, ''), (perCell.get(id.replace(/\/s\d+$/, '')) ?? 0) + 1);
      const counts = [...perCell.values()];
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
  });

  it('keeps the trials of a smaller budget at the beginning of a larger one', () => {
    const [small, large] = [ids(plan('2026-11-21', 600_000), 'trial'), ids(plan('2026-11-21', 3_600_000), 'trial')];
    expect(large.slice(0, small.length)).toEqual(small);
  });

  it('runs each trial and regression in exactly one shard, every canary in all, and hunts unlike seeds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (count) => {
        const whole = plan();
        const shards = Array.from({ length: count }, (_, at) => shardOf(whole, { index: at + 1, count }));
        for (const kind of ['trial', 'corpus'])
          expect(shards.flatMap((shard) => ids(shard, kind)).sort()).toEqual(ids(whole, kind).sort());
        for (const shard of shards) expect(ids(shard, 'canary')).toEqual(ids(whole, 'canary'));
        const trials = shards.map((shard) => ids(shard, 'trial').length);
        expect(Math.max(...trials) - Math.min(...trials)).toBeLessThanOrEqual(1);
        const hunts = shards
          .flatMap(({ items }) => items.filter(({ kind }) => kind === 'hunt'))
          .map(({ seed }) => seed);
        expect(new Set(hunts).size).toBe(count);
      }),
      { numRuns: 12 },
    );
  });

  it('plants bugs in trials and hunt, never in canaries or regressions', () => {
    const { items } = plan('2026-11-21', 600_000, ['no-dedupe']);
    const clean = plan('2026-11-21', 600_000);
    for (const item of items) {
      if (item.kind === 'trial') expect(item.spec.bugs).toEqual(['no-dedupe']);
      else if (item.kind === 'hunt') expect(item.bugs).toEqual(['no-dedupe']);
      else expect(clean.items).toContainEqual(item);
    }
  });

  it('gives a matrix with a number of seeds so many trials a cell, whatever the budget', () => {
    const text = 'corpus: null\ncanaries: []\nmatrices: [{ faults: [[kill], []], seeds: 3 }]\nhunt: { share: 0 }\n';
    const { items } = planNight({ ...parseConfig(text, 'x'), budget: 1000 }, { date: '2026-11-21', bugs: [] });
    expect(items).toHaveLength(12);
  });

  it('refuses a budget without room for a trial, and two cells of one name', () => {
    expect(() => plan('2026-11-21', 30_000)).toThrow(/no room for a single trial/);
    const twins = parseConfig('matrices: [{ faults: [[kill], [kill]] }]', 'x');
    expect(() => planNight(twins, { date: '2026-11-21', bugs: [] })).toThrow(/twice: give matrices names/);
  });
});
