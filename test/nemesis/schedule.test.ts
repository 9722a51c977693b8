import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAULTS } from '../../nemesis/registry.ts';
import { drawSchedule, paceFor } from '../../nemesis/schedule.ts';
import { SEED_MAX } from '../../seed/draw.ts';

const nodes = ['n1', 'n2', 'n3', 'n4', 'n5'];
const kinds = [...FAULTS.values()];
const seeds = fc.integer({ min: 0, max: SEED_MAX });

describe('a schedule of faults', () => {
  it('has every kind, lies within its window, and never two of one kind at once', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 5, max: 60 }), (seed, seconds) => {
        const windowNs = seconds * 1e9;
        const schedule = drawSchedule(seed, kinds, nodes, windowNs);
        for (const kind of kinds) {
          const own = schedule.filter((planned) => planned.kind === kind.name);
          expect(own.length).toBeGreaterThan(0);
          own.forEach((planned, at) => {
            expect(planned.at + planned.durationNs).toBeLessThanOrEqual(windowNs);
            const next = own[at + 1];
            if (next !== undefined) expect(next.at).toBeGreaterThan(planned.at + planned.durationNs);
          });
        }
      }),
    );
  });

  it('draws one kind the same whether or not others are on (as long as the pace is the same)', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const two = drawSchedule(seed, kinds.slice(0, 2), nodes, 20e9).filter((planned) => planned.kind === 'kill');
        const three = drawSchedule(seed, kinds.slice(0, 3), nodes, 20e9).filter((planned) => planned.kind === 'kill');
        expect(two).toEqual(three);
      }),
    );
  });

  it('gives each of many kinds more than one chance in a short trial, yet none comes sooner than it would alone', () => {
    expect(paceFor(3, 1e9)).toBe(1);
    expect(paceFor(kinds.length, 60e9)).toBe(1);
    fc.assert(
      fc.property(seeds, fc.integer({ min: 8, max: 30 }), (seed, seconds) => {
        const windowNs = seconds * 1e9;
        const schedule = drawSchedule(seed, kinds, nodes, windowNs, paceFor(kinds.length, windowNs));
        expect(schedule.length).toBeGreaterThan(1.5 * kinds.length);
        for (const kind of kinds) {
          const own = schedule.filter((planned) => planned.kind === kind.name);
          own.slice(1).forEach((planned, before) => {
            const { at, durationNs } = own[before] as (typeof own)[number];
            expect(planned.at - at - durationNs).toBeGreaterThanOrEqual(600e6);
          });
        }
      }),
    );
  });

  it('survives JSON, since it is stored with the trial', () => {
    const schedule = drawSchedule(1, kinds, nodes, 20e9);
    expect(JSON.parse(JSON.stringify(schedule))).toEqual(schedule);
  });
});
