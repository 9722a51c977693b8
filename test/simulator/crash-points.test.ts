/** The real replica against its disk: a crash before each of its writes in turn, and single flipped bits. */

import { describe, expect, it } from 'vitest';
import { Client } from '../../cluster/client.ts';
import type { SimulatorOptions } from '../../cluster/simulator/options.ts';
import { createSimulatedWorld, type SimulatedWorld } from '../../cluster/simulator/world.ts';
import { draws } from '../../seed/draw.ts';
import { calmOptions, MS, observed, REPLICA_OPTIONS, SECOND } from './stand-in.ts';

/** Three real replicas that take snapshots all the time, and a client that appends to one key. */
function busyCluster(seed: number, changes: Partial<SimulatorOptions> = {}) {
  const seen = observed();
  const world = createSimulatedWorld(
    calmOptions(3, seed, {
      replica: { ...REPLICA_OPTIONS, snapshotThresholdBytes: 3_000, snapshotChunkBytes: 500 },
      invariants: true,
      ...changes,
    }),
    seen,
  );
  let id = 0;
  let acknowledged = '';
  let value = '';
  const client = new Client({
    world,
    home: 'n1',
    nonce: 'one',
    nextRequestId: () => ++id,
    jitter: draws(seed, 'client'),
    attemptTimeoutNs: 200 * MS,
  });
  let stopped = false;
  const append = (count: number): void => {
    if (stopped) return;
    client.execute({ f: 'append', key: 'k', value: `${count}.` }, 5 * SECOND, (outcome) => {
      if (outcome.outcome === 'ok') {
        acknowledged += `${count}.`;
        value = String(outcome.result);
      }
      world.clock.after(10 * MS, () => append(count + 1));
    });
  };
  append(0);
  const stop = () => {
    stopped = true;
  };
  return { world, seen, stop, acknowledged: () => acknowledged, value: () => value };
}

function restartAll(world: SimulatedWorld): void {
  for (const id of world.nodes)
    if (!['running', 'starting'].includes(world.view(id).state)) world.restart(id, () => {});
}

describe('crashes between any two writes', () => {
  it('lose nothing that was acknowledged, wherever they come', () => {
    for (let point = 0; point < 48; point++) {
      const { world, seen, acknowledged, value } = busyCluster(point);
      world.crashBefore(`n${1 + (point % 3)}`, { diskOperation: point });
      world.run(1500 * MS);
      restartAll(world);
      world.run(2500 * MS);
      expect(`point ${point}: ${JSON.stringify([seen.broken, seen.failures])}`).toBe(`point ${point}: [[],[]]`);
      expect(acknowledged().length).toBeGreaterThan(50);
      // All operations were retried until they were answered, so each is in the value exactly once, in order.
      expect(value()).toBe(acknowledged());
    }
  });

  it('lose nothing when all nodes crash at once, again and again', () => {
    for (let seed = 0; seed < 6; seed++) {
      const { world, seen, acknowledged, value } = busyCluster(seed);
      for (let round = 1; round <= 5; round++) {
        world.run(round * SECOND - (seed * 7 + round) * MS);
        for (const id of world.nodes) world.kill(id, () => {});
        restartAll(world);
      }
      world.run(8 * SECOND);
      expect(`seed ${seed}: ${JSON.stringify([seen.broken, seen.failures])}`).toBe(`seed ${seed}: [[],[]]`);
      expect(acknowledged().length).toBeGreaterThan(100);
      expect(value()).toBe(acknowledged());
    }
  });
});

describe('flipped bits', () => {
  it('stop the node with a clear reason, and never become data', () => {
    const draw = draws(1, 'test.flip');
    const ends = new Map<string, number>();
    for (let which = 0; which < 30; which++) {
      const { world, seen, acknowledged, value } = busyCluster(which);
      world.run(1000 * MS);
      world.kill('n2', () => {});
      const choice = { file: draw(which, 0), bit: draw(which, 1) };
      world.flipBit('n2', choice, (evidence) => expect(evidence).toMatchObject({ flipped: true }));
      world.restart('n2', () => {});
      world.run(2000 * MS);
      expect(`flip ${which}: ${JSON.stringify([seen.broken, seen.failures])}`).toBe(`flip ${which}: [[],[]]`);
      expect(value()).toBe(acknowledged());
      const end = world.node('n2').lastExit?.code ?? world.view('n2').state;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    expect(ends.get('corrupt') ?? 0).toBeGreaterThan(25);
    expect([...ends.keys()].filter((end) => end !== 'corrupt' && end !== 'running')).toEqual([]);
  });
});
