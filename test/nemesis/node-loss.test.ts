import { describe, expect, it } from 'vitest';
import type { Capability } from '../../cluster/world.ts';
import type { Json } from '../../history/operation.ts';
import type { FaultRecord } from '../../history/trial-records.ts';
import { FAULTS } from '../../nemesis/registry.ts';
import { type Simulated, simulateTrial } from '../../trial/simulate.ts';
import { parseSpec, refuseImpossibleFaults } from '../../trial/spec.ts';

/** Losses, and changes of members beside them, in a short trial. */
function trialWith(seed: number, change: { readonly [field: string]: Json } = {}): Promise<Simulated> {
  return simulateTrial(
    parseSpec({
      seed,
      world: 'simulator',
      faults: ['wipe', 'flip', 'membership', 'partition'],
      timeMs: 6_000,
      ratePerSecond: 60,
      spares: 2,
      ...change,
    }),
  );
}

interface LossEffect {
  readonly atBegin: { readonly harmed: Json; readonly refused: boolean };
  readonly whileItLasted: { readonly replaced: boolean; readonly by?: string | null };
}

const losses = ({ recording }: Simulated): FaultRecord[] =>
  recording.faults.filter(({ kind, targets }) => ['wipe', 'flip'].includes(kind) && targets.length > 0);
const effectOf = (fault: FaultRecord): LossEffect => fault.effect as unknown as LossEffect;

describe('a node that loses its disk, or a bit of it', () => {
  it('refuses to start, is replaced by another name, votes no more, and the cluster stays correct', async () => {
    let [refused, replaced] = [0, 0];
    for (let seed = 1; seed <= 12; seed++) {
      const simulated = await trialWith(seed);
      const { verdict, recording } = simulated;
      expect([verdict.outcome, seed]).not.toEqual(['violation', seed]);
      expect([verdict.outcome, seed]).not.toEqual(['broken', seed]);
      for (const fault of losses(simulated)) {
        const { atBegin, whileItLasted } = effectOf(fault);
        if (!atBegin.refused) continue;
        refused++;
        if (whileItLasted.replaced) replaced++;
        const [node] = fault.targets;
        const later = recording.nodeEvents.filter(({ at, node: of }) => of === node && at > fault.startedAt);
        const statuses = later.filter(({ kind, at }) => kind === 'status' && at > (fault.endedAt ?? 0));
        expect([seed, statuses]).toEqual([seed, []]);
      }
    }
    expect(refused).toBeGreaterThan(12);
    expect(replaced).toBeGreaterThan(8);
  });

  it('is never one of two that are lost at once', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const happened = losses(await trialWith(seed)).sort((a, b) => a.startedAt - b.startedAt);
      happened.forEach((fault, at) => {
        const next = happened[at + 1];
        if (next !== undefined) expect([seed, next.startedAt >= (fault.endedAt ?? 0)]).toEqual([seed, true]);
      });
    }
  });

  it('comes back and breaks the cluster when the planted bug lets it', async () => {
    const simulated = await trialWith(1, { bugs: ['wiped-disk-same-id'], faults: ['wipe'] });
    const [first] = losses(simulated);
    expect(effectOf(first as FaultRecord).atBegin.refused).toBe(false);
  });

  it('has its proof: the byte before and after, or the files that are gone', async () => {
    for (const fault of losses(await trialWith(2))) {
      const { harmed } = effectOf(fault).atBegin;
      if (fault.kind === 'wipe') expect(harmed).toMatchObject({ wiped: true });
      else {
        const { before, after, bit } = harmed as { before: number; after: number; bit: number };
        expect(before ^ after).toBe(1 << bit);
      }
    }
  });
});

describe('a fault that loses nodes', () => {
  it('brings a spare node along unless told otherwise, and says so where it must have one', () => {
    expect(parseSpec({ seed: 1, faults: ['wipe'] }).spares).toBe(1);
    expect(parseSpec({ seed: 1, faults: ['kill'] }).spares).toBe(0);
    expect(parseSpec({ seed: 1, faults: ['flip'], spares: 0 }).spares).toBe(0);
    expect(() => parseSpec({ seed: 1, faults: ['flip'], nodes: 3, spares: 0 })).toThrow(/"flip".*--spares 1/);
  });

  it('is refused by name in a world that can not do it', () => {
    const all = new Set([...FAULTS.values()].flatMap(({ needs }) => needs));
    for (const [fault, need] of [
      ['wipe', 'wipe'],
      ['flip', 'flip'],
      ['wipe', 'membership'],
    ] as const) {
      const able = new Set<Capability>([...all].filter((capability) => capability !== need));
      const spec = parseSpec({ seed: 1, faults: [fault] });
      expect(() => refuseImpossibleFaults(spec, able)).toThrow(`the fault "${fault}" needs ${need}`);
      expect(() => refuseImpossibleFaults(spec, all)).not.toThrow();
    }
  });
});
