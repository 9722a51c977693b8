import { describe, expect, it } from 'vitest';
import { repeatOfNight } from '../../reports/nightly/outcome.ts';
import { night } from './nights.ts';

describe('the command that plans a night again', () => {
  it('has every flag that shapes the plan, as a shell takes it', () => {
    const change = {
      config: "nights/it's.yaml",
      bugs: ['no-dedupe'],
      shard: { index: 2, count: 3 },
      budgetMs: 333_333,
    };
    expect(repeatOfNight(night(20, [], change))).toBe(
      "npx ordeal nightly --config 'nights/it'\\''s.yaml' --seed-of 2026-11-20 --budget 1000s --shard 2/3 --bug no-dedupe",
    );
  });

  it('has no configuration where there was none', () => {
    expect(repeatOfNight(night(20, []))).toBe('npx ordeal nightly --seed-of 2026-11-20 --budget 30m');
  });
});
