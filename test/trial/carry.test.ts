import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CarryPlan, carriedCandidate, planCarry } from '../../trial/carry.ts';
import { carryBatch } from '../../trial/carry-batch.ts';
import { oracleOf, sameOracle } from '../../trial/oracle.ts';
import { simulateTrial } from '../../trial/simulate.ts';
import { parseSpec } from '../../trial/spec.ts';

const SECOND = 1_000_000_000;

/** A failing trial, as if it had been seen on processes: what clients saw, and when its faults began and ended. */
async function failingPlan(): Promise<CarryPlan> {
  const recorded = { seed: 1, bugs: ['ack-at-append'], timeMs: 10_000, ratePerSecond: 150 };
  const check = { invariants: false };
  const { verdict, recording } = await simulateTrial(parseSpec({ ...recorded, check, world: 'simulator' }));
  const oracle = oracleOf(verdict);
  if (oracle?.violation !== 'linearizability') throw new Error('the planted bug did not show');
  const beganAtNs = Math.min(...recording.operations.map(({ invokedAt }) => invokedAt));
  const moments = { beganAtNs, shownAtNs: verdict.anomalies[0]?.at ?? null };
  return planCarry(parseSpec(recorded), recording.faults, oracle, moments);
}

describe('a trial on processes, carried into the simulator', () => {
  let plan: CarryPlan;
  beforeAll(async () => {
    plan = await failingPlan();
  });

  it('fails there by the same oracle, and repeats exactly', async () => {
    const { found } = await carryBatch({ plan, from: 0, count: 60, until: null });
    expect(found).not.toBeNull();
    const { spec } = carriedCandidate(plan, found as number);
    const [first, second] = [await simulateTrial(spec), await simulateTrial(spec)];
    expect(sameOracle(oracleOf(first.verdict), plan.oracle)).toBe(true);
    expect(second.traceHash).toBe(first.traceHash);
  });

  it('is searched to no end where the code is correct', async () => {
    const correct = { ...plan, spec: { ...plan.spec, bugs: [] } };
    expect(await carryBatch({ plan: correct, from: 0, count: 6, until: null })).toMatchObject({
      tried: 6,
      found: null,
    });
  });

  it('begins no candidate when the time is over', async () => {
    expect(await carryBatch({ plan, from: 0, count: 6, until: Date.now() - 1 })).toMatchObject({
      tried: 0,
      found: null,
    });
  });

  it('keeps its faults, those of the window before the anomaly, as they were seen or a little shifted', () => {
    fc.assert(
      fc.property(fc.nat(10_000), (which) => {
        const { spec } = carriedCandidate(plan, which);
        expect(spec).toEqual(carriedCandidate(plan, which).spec);
        expect(parseSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
        expect(spec).toMatchObject({ world: 'simulator', bugs: ['ack-at-append'], nodes: plan.spec.nodes });
        expect(spec.schedule.length).toBeLessThanOrEqual(plan.schedule.length);
        for (const { kind, asked } of spec.schedule)
          expect(
            plan.schedule.some((own) => own.kind === kind && JSON.stringify(own.asked) === JSON.stringify(asked)),
          ).toBe(true);
        if (which % 2 === 1) return;
        // Unshifted, each begins when it was seen to, counted from the start of the window.
        const shown = plan.shownAtNs as number;
        const lengthNs = spec.timeMs * 1_000_000;
        const starts = [3, 6, 12].map((window) => Math.max(0, shown - window * SECOND)).concat(0);
        const fits = (from: number): boolean =>
          spec.schedule.every(({ at }) =>
            plan.schedule.some((own) => Math.max(own.at, from) - from === at && at <= lengthNs),
          );
        expect(starts.some(fits)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
