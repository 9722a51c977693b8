/** The real replica in simulated worlds. */

import { describe, expect, it } from 'vitest';
import { drawSwarm } from '../../cluster/simulator/swarm.ts';
import { firstDifference, type TraceEvent } from '../../cluster/simulator/trace.ts';
import { chaos, complaint } from './chaos.ts';

describe('a cluster of real replicas in the simulator', () => {
  it('keeps all invariants, answers linearizably and recovers, in worlds of all kinds', async () => {
    const marks = new Map<string, number>();
    for (let seed = 0; seed < 25; seed++) {
      const result = chaos(seed, { timeMs: 6000 });
      expect(`seed ${seed}: ${await complaint(result)}`).toBe(`seed ${seed}: null`);
      for (const [name, count] of result.marks) marks.set(name, (marks.get(name) ?? 0) + count);
    }
    // The worlds are worth something only if they get the replica into trouble.
    for (const mark of ['truncation', 'election-split', 'snapshot-installed', 'joint-left', 'retry-answered-again'])
      expect(`${mark}: ${marks.has(mark)}`).toBe(`${mark}: true`);
  });

  it('repeats bit for bit, in any order of seeds, and whether frames are shared or copied', () => {
    const seeds = Array.from({ length: 12 }, (_, at) => 100 + at);
    const short = { timeMs: 1500 };
    const first = seeds.map((seed) => chaos(seed, short).hash);
    const again = seeds.toReversed().map((seed) => chaos(seed, { ...short, frames: 'copy' }).hash);
    for (const [at, seed] of seeds.entries()) {
      if (first[at] === again[seeds.length - 1 - at]) continue;
      const traces: TraceEvent[][] = [[], []];
      chaos(seed, { ...short, trace: (event) => traces[0]?.push(event) });
      chaos(seed, { ...short, frames: 'copy', trace: (event) => traces[1]?.push(event) });
      throw new Error(`seed ${seed}: ${firstDifference(traces[0] ?? [], traces[1] ?? [])}`);
    }
    expect(new Set(first).size).toBe(seeds.length);
  });

  it('lets an invariant find planted bugs within a few seeds', () => {
    const found = (bug: string): string | undefined => {
      for (let seed = 0; seed < 12; seed++) {
        const [violation] = chaos(seed, { bugs: [bug], timeMs: 10_000 }).violations;
        if (violation !== undefined) return violation.invariant;
      }
      return undefined;
    };
    expect(found('vote-volatile')).toBe('durable before visible');
    expect(found('log-volatile')).toBe('durable before visible');
    expect(found('truncate-without-conflict')).toBe('state-machine safety');
    expect(found('send-after-stepdown')).toBe('election safety');
  });
});

describe('swarm', () => {
  it('draws plain records that survive JSON, the same for a seed each time', () => {
    for (let seed = 0; seed < 200; seed++) {
      const drawn = drawSwarm(seed, ['kill', 'clock', 'membership']);
      expect(JSON.parse(JSON.stringify(drawn))).toEqual(drawn);
      expect(drawSwarm(seed, ['kill', 'clock', 'membership'])).toEqual(drawn);
      const { network, disk, process } = drawn;
      for (const { min, max } of [network.latencyNs, network.veryLateNs, network.clogNs, disk.syncNs, process.downNs])
        expect(min <= max).toBe(true);
      expect(disk.keptSectorPpm + disk.tornSectorPpm).toBeLessThanOrEqual(1_000_000);
    }
  });

  it('turns each kind of trouble on for some seeds and off for others', () => {
    const drawn = Array.from({ length: 300 }, (_, seed) => drawSwarm(seed, ['kill', 'membership']));
    const share = (holds: (drawn: ReturnType<typeof drawSwarm>) => boolean) =>
      drawn.filter(holds).length / drawn.length;
    const shares = {
      three: share(({ founders }) => founders === 3),
      seven: share(({ founders }) => founders === 7),
      kill: share(({ faults }) => faults.includes('kill')),
      loss: share(({ network }) => network.lossPpm > 0),
      duplicates: share(({ network }) => network.duplicatePpm > 0),
      reordering: share(({ network }) => network.reorderPpm > 0),
      veryLate: share(({ network }) => network.veryLatePpm > 0),
      clogs: share(({ network }) => network.clogPpm > 0),
      slowSyncs: share(({ disk }) => disk.slowSyncPpm > 0),
      crashes: share(({ process }) => process.crashAtDiskPpm + process.crashAtEventPpm > 0),
      drift: share(({ clock }) => clock.rateMaxPpm > 0),
      lease: share(({ replica }) => replica.reads === 'lease'),
    };
    for (const [what, is] of Object.entries(shares)) expect(`${what}: ${is > 0.01 && is < 0.8}`).toBe(`${what}: true`);
  });
});
