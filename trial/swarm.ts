/** From a seed to a trial in a world of its own: what the swarm draws, as a spec. */

import { drawSwarm, type SwarmConfiguration } from '../cluster/simulator/swarm.ts';
import { chase } from '../nemesis/chase.ts';
import { FAULTS } from '../nemesis/registry.ts';
import { drawSchedule, type ScheduledFault } from '../nemesis/schedule.ts';
import { below, draws } from '../seed/draw.ts';
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
  const { network, disk, process, clock, clientsAfterMs } = drawn;
  const timeMs = Math.max(100, Math.round(options.timeMs * drawn.timeShare));
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
    clientsAfterMs,
    schedule: scheduleOf(drawn, timeMs),
    bugs: [...options.bugs],
    timeMs,
    reads,
    maxClockDriftPpm,
    snapshotThresholdBytes,
    simulation: { replica, network, disk, process, clock },
  });
}

/** Faults by the clock, at the drawn pace; a chase goes on nearly all the time where worlds are aimed. */
function scheduleOf(
  { seed, faults, founders, spares, pace, kind }: SwarmConfiguration,
  timeMs: number,
): ScheduledFault[] {
  const nodes = nodeNames(founders + spares);
  const windowNs = timeMs * 1_000_000;
  const byClock = faults.filter((name) => kind !== 'chased' || name !== 'chase');
  const kinds = byClock.flatMap((name) => FAULTS.get(name) ?? []);
  const schedule = drawSchedule(seed, kinds, nodes, windowNs, pace);
  if (kind !== 'chased') return schedule;
  const asked = chase.draw(draws(seed, 'nemesis.chase'), 0, nodes) as ScheduledFault['asked'];
  const at = Math.floor((below(draws(seed, 'nemesis.chase.time')(), 100) * windowNs) / 1000);
  return [{ kind: 'chase', at, durationNs: windowNs - at - Math.floor(windowNs / 20), asked }, ...schedule];
}
