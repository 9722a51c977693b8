/**
 * Speed of the simulator, per second of processor time: `npx tsx bench/simulator.ts [VIRTUAL_SECONDS]`. Five nodes, the register workload, all
 * invariants on and off; and the bare event heap.
 */

import { DEFAULT_LIMITS, DEFAULT_TIMING } from '../cluster/replica/options.ts';
import { EventHeap } from '../cluster/simulator/heap.ts';
import { CALM_DISK, CALM_NETWORK, CALM_PROCESS, TRUE_CLOCKS } from '../cluster/simulator/options.ts';
import { createSimulatedWorld } from '../cluster/simulator/world.ts';
import { MemoryRecorder } from '../history/memory-recorder.ts';
import { Driver } from '../trial/driver.ts';
import { parseSpec } from '../trial/spec.ts';
import { WORKLOADS } from '../workload/registry.ts';
import type { Workload } from '../workload/workload.ts';

const SECOND = 1_000_000_000;

/** Seconds of processor time (what the wall shows on an idle machine; other work on this one does not count). */
function secondsOf(work: () => void): number {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}

function bareHeap(events: number): void {
  const heap = new EventHeap<number>();
  for (let i = 0; i < 500; i++) heap.push((i * 7919) % 10_007, 1, i % 5, i);
  const seconds = secondsOf(() => {
    for (let i = 0; i < events; i++) {
      heap.pop();
      heap.push(heap.time + ((i * 7919) % 10_007), heap.kind, heap.node, i);
    }
  });
  console.log(`bare heap, 500 events waiting: ${Math.round(events / seconds / 1000)}k events/s`);
}

function cluster(
  what: string,
  virtualSeconds: number,
  ratePerSecond: number,
  clients: number,
  invariants: boolean,
): void {
  const nodes = ['n1', 'n2', 'n3', 'n4', 'n5'];
  const world = createSimulatedWorld(
    {
      replica: {
        ...DEFAULT_TIMING,
        reads: 'read-index',
        maxClockDriftPpm: 0,
        snapshotThresholdBytes: 1_000_000,
        snapshotChunkBytes: 64_000,
        limits: DEFAULT_LIMITS,
        bugs: [],
      },
      nodes,
      founders: nodes,
      seed: 1,
      network: CALM_NETWORK,
      disk: CALM_DISK,
      process: CALM_PROCESS,
      clock: TRUE_CLOCKS,
      invariants,
      recordMessages: false,
      frames: 'share',
    },
    {
      nodeEvent: () => {},
      logLine: () => {},
      message: () => {},
      failure: (reason) => {
        throw new Error(reason);
      },
      invariantBroken: ({ summary }) => {
        throw new Error(summary);
      },
    },
  );
  const spec = parseSpec({
    seed: 1,
    world: 'simulator',
    faults: [],
    clients,
    ratePerSecond,
    timeMs: virtualSeconds * 1000,
  });
  const recorder = new MemoryRecorder();
  let operations = 0;
  const driver = new Driver(world, spec, WORKLOADS.get('register') as Workload, recorder, (result) => {
    operations = result.ok;
    world.stop();
  });
  driver.start();
  const seconds = secondsOf(() => world.run((virtualSeconds + 60) * SECOND));
  const virtual = world.now / SECOND;
  console.log(
    `${what}, invariants ${invariants ? 'on' : 'off'}: ${Math.round(virtual / seconds)} virtual s/s, ` +
      `${Math.round(operations / seconds)} client ops/s, ${Math.round(world.events / seconds / 1000)}k events/s (${operations} ops in ${seconds.toFixed(2)} s)`,
  );
}

const virtualSeconds = Number(process.argv[2] ?? 300);
if (process.argv[3] === 'profile') {
  cluster('5 nodes, 100 ops/s', virtualSeconds, 100, 15, true);
  process.exit(0);
}
bareHeap(5_000_000);
for (const invariants of [true, false, true]) cluster('5 nodes, 100 ops/s', virtualSeconds, 100, 15, invariants);
cluster('5 nodes, 15 clients flat out', Math.ceil(virtualSeconds / 20), 0, 15, true);
cluster('5 nodes, 200 clients flat out', Math.ceil(virtualSeconds / 50), 0, 200, true);
