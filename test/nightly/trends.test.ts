import { describe, expect, it } from 'vitest';
import { NOTHING_MEASURED } from '../../history/night-records.ts';
import { describeMemory, failuresOf, goneSince, trendPoint, trendsOf } from '../../reports/nightly/trends.ts';
import { failing, item, night } from './nights.ts';

const stale = failing('violation', 'stale read');
const crash = failing('broken', 'the network ended');
const good = item();

describe('the memory across nights', () => {
  it('says new, or on how many of the last nights a failure was seen', () => {
    const earlier = [night(1, [good]), night(2, [stale]), night(3, [good]), night(4, [stale])];
    const [seen, fresh] = failuresOf(night(5, [crash, stale]), earlier);
    expect(seen?.memory).toEqual({ nights: 4, seenOn: 2, first: '2026-11-02', last: '2026-11-04' });
    expect(describeMemory(seen?.memory as never)).toBe('seen on 2 of the last 4 nights, first on 2026-11-02');
    expect(describeMemory(fresh?.memory as never)).toBe('new: not seen on the last 4 nights');
    expect(describeMemory(failuresOf(night(5, [stale]), [])[0]?.memory as never)).toMatch(/^new: there is no earlier/);
  });

  it('looks back on so many nights and no more, and never on later ones or itself', () => {
    const earlier = [night(1, [stale]), night(2, [good]), night(3, [good]), night(6, [stale])];
    const tonight = night(5, [stale]);
    expect(failuresOf(tonight, [...earlier, tonight], 2)[0]?.memory).toMatchObject({ nights: 2, seenOn: 0 });
    expect(failuresOf(tonight, earlier, 3)[0]?.memory).toMatchObject({ nights: 3, seenOn: 1 });
  });

  it('counts a failure once, however many trials had it', () => {
    const [failure, ...others] = failuresOf(night(5, [stale, { ...stale, id: 'trial/other' }]), []);
    expect(others).toEqual([]);
    expect(failure?.items.map(({ id }) => id)).toEqual(['trial/register/kill/s1', 'trial/other']);
  });

  it('says what is gone, but only of a night that got to its end', () => {
    const earlier = [night(1, [stale]), night(2, [stale, crash]), night(3, [crash])];
    const gone = goneSince(night(4, [crash]), earlier);
    expect(gone).toEqual([{ fingerprint: stale.fingerprint, seenOn: 2, last: '2026-11-02' }]);
    expect(goneSince(night(4, [good], { interrupted: true }), earlier)).toEqual([]);
    expect(goneSince(night(4, [good], { endedAt: null }), earlier)).toEqual([]);
    expect(goneSince(night(4, [item({ state: 'not-run', outcome: null })]), earlier)).toEqual([]);
  });
});

describe('the trends', () => {
  const measured = (p99Ns: number | null, operations: number) => ({ ...NOTHING_MEASURED, p99Ns, operations });
  const canary = (detectedMs: number | null, shard: number) =>
    item({ id: 'canary/no-dedupe', kind: 'canary', shard, measures: { ...NOTHING_MEASURED, seeds: 5, detectedMs } });

  it('are sums, shares and medians of what was measured', () => {
    const items = [
      item({ measures: measured(3, 100) }),
      item({ measures: measured(9, 10) }),
      item({ measures: measured(null, 1), outcome: 'vacuous' }),
      item({ measures: measured(5, 0), outcome: 'violation' }),
      item({ state: 'not-run', outcome: null }),
      item({ kind: 'hunt', measures: { ...measured(1000, 1000), seeds: 50 } }),
    ];
    expect(trendPoint(night(1, items))).toMatchObject({
      trials: 4,
      operations: 1111,
      seeds: 50,
      passRate: 0.5,
      p99Ns: 5,
      recoveryNs: null,
    });
  });

  it("hold each canary's slowest catch of all shards, and none if one shard missed it", () => {
    const caught = trendPoint(night(1, [canary(10, 1), canary(30, 2), canary(20, 3)]));
    expect(caught.canaries).toEqual({ 'canary/no-dedupe': 30 });
    for (const missed of [0, 1, 2]) {
      const items = [10, 30, 20].map((ms, at) => canary(at === missed ? null : ms, at + 1));
      expect(trendPoint(night(1, items)).canaries).toEqual({ 'canary/no-dedupe': null });
    }
  });

  it('keep the order of the nights and leave gaps where nothing was measured', () => {
    const trends = trendsOf([night(1, [item({ measures: measured(4, 1) })]), night(2, []), night(3, [canary(7, 1)])]);
    const values = (name: string) => trends.find((trend) => trend.name === name)?.points.map(({ value }) => value);
    expect(values('p99 latency')).toEqual([4, null, null]);
    expect(values('pass rate')).toEqual([1, null, null]);
    expect(values('canary/no-dedupe caught after')).toEqual([null, null, 7]);
  });
});
