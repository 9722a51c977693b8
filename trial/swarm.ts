/** From a seed to a trial in a world of its own: what the swarm draws, as a spec. */

import { drawSwarm } from '../cluster/simulator/swarm.ts';
import { FAULTS } from '../nemesis/registry.ts';
import { drawSchedule } from '../nemesis/schedule.ts';
import { type CompleteSpec, nodeNames, parseSpec } from './spec.ts';

export interface SwarmOptions {
  readonly bugs: readonly string[];
  /** Virtual milliseconds that clients and faults run. */
  readonly timeMs: number;
}

/** The spec that a seed of the swarm stands for. */
export function swarmSpec(seed: number, options: SwarmOptions): CompleteSpec {
  const drawn = drawSwarm(seed, [...FAULTS.keys()]);
  const { reads, maxClockDriftPpm, snapshotThresholdBytes, ...replica } = drawn.replica;
  const { network, disk, process, clock } = drawn;
  const kinds = drawn.faults.flatMap((name) => FAULTS.get(name) ?? []);
  const nodes = nodeNames(drawn.founders + drawn.spares);
  const schedule = drawSchedule(seed, kinds, nodes, options.timeMs * 1_000_000, drawn.pace);
  return parseSpec({
    seed,
    world: 'simulator',
    nodes: drawn.founders,
    spares: drawn.spares,
    clients: drawn.clients,
    keys: drawn.keys,
    ratePerSecond: drawn.ratePerSecond,
    operationTimeoutMs: drawn.operationTimeoutMs,
    attemptTimeoutMs: drawn.attemptTimeoutMs,
    faults: [...drawn.faults],
    schedule,
    bugs: [...options.bugs],
    timeMs: options.timeMs,
    reads,
    maxClockDriftPpm,
    snapshotThresholdBytes,
    simulation: { replica, network, disk, process, clock },
  });
}
