import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Night, type NightItem, nightSchema } from '../../history/night-records.ts';
import { exitCodeOfNight, outcomeOfNight } from '../../reports/nightly/outcome.ts';
import { mergeShards, readShards } from '../../trial/nightly/merge.ts';
import { scratchDirectory } from '../history/scratch.ts';
import { failing, item, night } from './nights.ts';

const root = (): string => scratchDirectory();

function shard(directory: string, index: number, items: readonly NightItem[], change: Partial<Night> = {}): string {
  const place = join(directory, `shard-${index}-${Object.keys(change).join('')}`);
  mkdirSync(place);
  const result = { outcome: 'pass', night: night(20, items, { shard: { index, count: 2 }, ...change }) };
  writeFileSync(join(place, 'result.json'), JSON.stringify(result));
  return place;
}

const merged = (...directories: readonly string[]): Night =>
  mergeShards(readShards(directories), (date) => date, '2026-11-21');
const hunt = item({ id: 'hunt', kind: 'hunt' });

describe('merging shards', () => {
  it('joins their items, says which shard ran each, and points at its files below the shard', () => {
    const at = root();
    const failed = failing('violation', 'stale read', {
      id: 'trial/v',
      report: 'reports/v.html',
      bundle: 'bundles/v.ordeal',
      again: 'npx ordeal repro bundles/v.ordeal',
    });
    const all = merged(shard(at, 2, [hunt, failed]), shard(at, 1, [item()]));
    expect(all).toMatchObject({ shard: null, date: '2026-11-20', budgetMs: 3_600_000 });
    expect(all.items.map(({ id, shard: which }) => `${id} ${which}`)).toEqual([
      'trial/register/kill/s1 1',
      'trial/v 2',
      'hunt 2',
    ]);
    expect(all.items[1]).toMatchObject({
      report: 'shards/2/reports/v.html',
      bundle: 'shards/2/bundles/v.ordeal',
      again: 'npx ordeal repro shards/2/bundles/v.ordeal',
    });
    expect(outcomeOfNight(all)).toBe('violation');
  });

  it('is broken where a shard is missing, was killed, or was interrupted', () => {
    const at = root();
    const first = shard(at, 1, [item()]);
    for (const second of [
      join(at, 'nothing'),
      shard(at, 2, [hunt], { endedAt: null }),
      shard(at, 2, [hunt], { interrupted: true }),
    ])
      expect(outcomeOfNight(merged(first, second))).toBe('broken');
    expect(outcomeOfNight(merged(first, shard(at, 2, [hunt])))).toBe('pass');
  });

  it('refuses what does not belong together, or is no result', () => {
    const at = root();
    const first = shard(at, 1, [item()]);
    const refused = (second: string): string => {
      try {
        readShards([first, second]);
      } catch (error) {
        return (error as Error).message;
      }
      return 'accepted';
    };
    expect(refused(first)).toMatch(/both hold shard 1 of 2/);
    expect(refused(shard(at, 2, [hunt], { plan: 'ba9876543210' }))).toMatch(
      /their plan is 0123456789ab and ba9876543210/,
    );
    expect(refused(shard(at, 2, [hunt], { commit: null }))).toMatch(/their commit/);
    expect(refused(shard(at, 2, [hunt], { shard: null }))).toMatch(/a whole night/);
    expect(() => readShards([join(at, 'nothing')])).toThrow(/no result\.json/);
    expect(() => readShards([first], 3)).toThrow(/--shards says 3, but .* is one of 2/);
  });

  it('joins the others where one is damaged, and is broken', () => {
    const at = root();
    const first = shard(at, 1, [item()]);
    const broken = join(at, 'broken');
    mkdirSync(broken);
    for (const [text, says] of [
      ['{', 'is no JSON'],
      ['{"night": 5}', 'is no result of a night'],
      [
        JSON.stringify({ night: night(20, [item({ report: '../../etc/passwd' })], { shard: { index: 2, count: 2 } }) }),
        'report',
      ],
    ] as const) {
      writeFileSync(join(broken, 'result.json'), text);
      const all = merged(first, broken);
      expect(all.items.map(({ id }) => id)).toEqual(['shard/damaged-1', 'trial/register/kill/s1', 'shard/2']);
      expect(all.items[0]?.sentence).toContain(says);
      expect([outcomeOfNight(all), exitCodeOfNight(all)]).toEqual(['broken', 4]);
    }
  });

  it('is broken where no shard left anything, if it is known how many there were', () => {
    const none = mergeShards(readShards([join(root(), 'nothing')], 2), (date) => date, '2026-11-21');
    expect(nightSchema.parse(none)).toMatchObject({ date: '2026-11-21', shard: null });
    expect(none.items.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual(['shard/1 broken', 'shard/2 broken']);
    expect(exitCodeOfNight(none)).toBe(4);
  });
});
