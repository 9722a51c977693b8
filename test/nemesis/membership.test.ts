import { describe, expect, it } from 'vitest';
import type { FaultRecord } from '../../history/trial-records.ts';
import { simulateTrial } from '../../trial/simulate.ts';
import { parseSpec } from '../../trial/spec.ts';

const votersIn = (fault: FaultRecord): string[][] => {
  const { summary } = fault.asked as { summary: string };
  return [...summary.matchAll(/\{([^}]*)\}/g)].map(([, names]) => (names as string).split(','));
};

describe('changes of members', () => {
  it('resize a cluster of three to five and back while clients run, and are never no change', async () => {
    const sizes = new Set<string>();
    for (let seed = 1; seed <= 8; seed++) {
      const { verdict, recording } = await simulateTrial(
        parseSpec({
          seed,
          world: 'simulator',
          nodes: 3,
          spares: 2,
          faults: ['membership'],
          timeMs: 8_000,
          ratePerSecond: 60,
        }),
      );
      expect([seed, verdict.outcome, verdict.reasons]).toEqual([seed, 'pass', []]);
      for (const fault of recording.faults.filter(
        ({ asked }) => asked !== null && typeof asked === 'object' && 'summary' in asked,
      )) {
        const [before, after] = votersIn(fault) as [string[], string[]];
        expect(after).not.toEqual(before);
        const { restored } = (fault.effect as { whileItLasted: { restored: { accepted: boolean } } }).whileItLasted;
        if (fault.bit && restored.accepted) sizes.add(`${before.length} → ${after.length} → 3`);
      }
    }
    expect([...sizes]).toContain('3 → 5 → 3');
  });
});
