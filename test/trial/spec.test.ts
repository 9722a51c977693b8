import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../trial/input-error.ts';
import { exitCodeOf, worstOf } from '../../trial/outcome.ts';
import { nodeNames, parseSpec, refuseImpossibleFaults } from '../../trial/spec.ts';

describe('a spec', () => {
  it('needs no more than a seed, and is complete afterwards', () => {
    const spec = parseSpec({ seed: 5 });
    expect(spec.nodes).toBe(5);
    expect(spec.schedule.length).toBeGreaterThan(0);
    expect(parseSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
  });

  it('draws the same schedule for the same seed and another one for another seed', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(parseSpec({ seed }).schedule).toEqual(parseSpec({ seed }).schedule);
        expect(parseSpec({ seed }).schedule).not.toEqual(parseSpec({ seed: seed + 1 }).schedule);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    [{ seed: 1, faults: ['partion'] }, /faults\.0: unknown fault "partion" \(did you mean "partition"\?\)/],
    [{ seed: 1, workload: 'registre' }, /did you mean "register"/],
    [{ seed: 1, bugs: ['leader-local-reed'] }, /leader-local-read/],
    [{ seed: -1 }, /seed/],
    [{ seed: 1, nodes: 0 }, /nodes/],
    [{ seed: 1, tiem: 4 }, /tiem/],
    [{}, /seed/],
    [{ seed: 1, schedule: [{ kind: 'flood', at: 0, durationNs: 1, asked: null }] }, /unknown fault "flood"/],
  ])('names what is wrong in %j', (input, message) => {
    expect(() => parseSpec(input)).toThrow(InputError);
    expect(() => parseSpec(input)).toThrow(message);
  });

  it('keeps the clocks within the drift that lease reads rest on, and refuses a schedule that does not', () => {
    const lease = { seed: 3, reads: 'lease', faults: ['clock'], maxClockDriftPpm: 20_000, timeMs: 60_000 };
    const asked = parseSpec(lease).schedule.map((planned) => planned.asked as { offsetNs: number; ratePpm: number });
    expect(asked.length).toBeGreaterThan(3);
    for (const { offsetNs, ratePpm } of asked) {
      expect(offsetNs).toBe(0);
      expect(Math.abs(ratePpm)).toBeLessThanOrEqual(20_000);
    }
    const { schedule } = parseSpec({ ...lease, reads: 'read-index' });
    expect(() => parseSpec({ ...lease, schedule })).toThrow(/maxClockDriftPpm/);
  });

  it('refuses a fault that its world can not do, by name', () => {
    const spec = parseSpec({ seed: 1, faults: ['clock'] });
    expect(() => refuseImpossibleFaults(spec, new Set(['links', 'kill']))).toThrow(/"clock" needs clock/);
    expect(() => refuseImpossibleFaults(spec, new Set(['clock']))).not.toThrow();
  });

  it('names nodes from n1', () => {
    expect(nodeNames(3)).toEqual(['n1', 'n2', 'n3']);
  });
});

describe('outcomes', () => {
  it('have the exit codes of the documentation', () => {
    expect((['pass', 'violation', 'unknown', 'vacuous', 'broken'] as const).map(exitCodeOf)).toEqual([0, 1, 2, 3, 4]);
  });

  it('combine to the worst of them, and none at all is never a pass', () => {
    expect(worstOf(['pass', 'vacuous', 'unknown', 'broken', 'violation'])).toBe('violation');
    expect(worstOf(['unknown', 'broken'])).toBe('broken');
    expect(worstOf(['vacuous', 'unknown'])).toBe('unknown');
    expect(worstOf(['pass', 'vacuous'])).toBe('vacuous');
    expect(worstOf([])).toBe('vacuous');
  });
});
