/**
 * Aimed worlds: small clusters with short timeouts, of two kinds. In the one leaders are chased from one to the next
 * (nemesis/chase.ts), and troubles hit a few types of messages only, but those hard: a trial sees dozens of elections where a
 * broad one sees a few, so what takes several changes of leader in the right order comes about. In the other hardly anything
 * happens: single nodes are cut off, stopped or removed for long and come back, and everybody else has every right to be left
 * in peace. There the oracles of liveness have something to judge. Nothing in here knows of any bug.
 */

import { below, between, chance, type Draw, draws, pick, shuffled } from '../../seed/draw.ts';
import { CALM_DISK, CALM_NETWORK, CALM_PROCESS, type NetworkOptions } from './options.ts';
import type { SwarmConfiguration } from './swarm.ts';
import { leastPatienceMs, magnitude, roundTripNs } from './swarm-draws.ts';

const US = 1_000;
const MS = 1_000_000;

/** Types of frames that may be singled out. */
const FRAMES = [
  'append',
  'append-reply',
  'vote',
  'vote-reply',
  'pre-vote',
  'snapshot',
  'snapshot-reply',
  'timeout-now',
  'read',
  'removed',
] as const;

/** A log of this size holds a few dozen entries. */
const OFTEN_BYTES = 5_000;

/** Faults that leave links and disks as fast as they are. */
const GENTLE_FAULTS = ['partition', 'kill', 'pause', 'clock', 'membership', 'transfer', 'compact'];

export function drawGentle(seed: number, faults: readonly string[]): SwarmConfiguration {
  const drawn = drawChased(seed, faults);
  const draw = draws(seed, 'swarm.gentle');
  const chosen = faults.filter((name, at) => GENTLE_FAULTS.includes(name) && chance(draw(0, at), 400_000));
  const lease = drawn.replica.reads === 'lease';
  const syncMax = pick(draw(1), [100 * US, 500 * US]);
  return {
    ...drawn,
    kind: 'gentle',
    timeShare: 0.5,
    clientsAfterMs: null,
    spares: chosen.includes('membership') ? between(draw(2), 1, 2) : 0,
    faults: lease ? chosen.filter((name) => name !== 'clock') : chosen,
    pace: pick(draw(3), [1, 2, 4]),
    network: { ...CALM_NETWORK, latencyNs: { min: 100 * US, max: pick(draw(4), [200 * US, 500 * US]) } },
    disk: { ...CALM_DISK, syncNs: { min: Math.floor(syncMax / 2), max: syncMax } },
    process: CALM_PROCESS,
  };
}

export function drawChased(seed: number, faults: readonly string[]): SwarmConfiguration {
  const of = (purpose: string): Draw => draws(seed, `swarm.aimed.${purpose}`);
  const size = of('size');
  const founders = pick(size(0), [3, 3, 4, 4, 5, 5]);
  const heartbeatTicks = pick(size(1), [1, 1, 2]);
  const electionTicks = heartbeatTicks * between(size(2), 5, 10);
  const tickNs = pick(size(3), [2, 3, 5]) * MS;
  const electionNs = tickNs * electionTicks;
  const latencyMax = Math.min(pick(size(4), [200 * US, MS, MS, 3 * MS]), Math.floor(electionNs / 12));
  const lease = chance(size(6), 300_000);
  const snapshotThresholdBytes = pick(size(18), [1_000, 2_000, 5_000, 4_000_000]);
  const drift = pick(size(7), [1_000, 20_000]);
  const others = faults.filter((name, at) => name !== 'chase' && chance(size(8, at), 150_000));
  const process = of('process');
  const clock = of('clock');
  const syncMax = pick(of('disk')(0), [100 * US, MS, 3 * MS]);
  const patienceMs = Math.max(
    10,
    Math.round((electionNs * between(size(5), 50, 300)) / 100 / MS),
    leastPatienceMs(roundTripNs(latencyMax, syncMax)),
  );
  return {
    seed,
    kind: 'chased',
    timeShare: 0.4,
    clientsAfterMs: chance(size(9), 300_000) ? between(size(10), 0, 400) : null,
    founders,
    spares:
      // Of an even number, one more and one fewer have majorities without a common member: there is always somebody to add.
      founders % 2 === 0 ||
      chance(size(11), 500_000) ||
      others.some((name) => ['membership', 'wipe', 'flip'].includes(name))
        ? between(size(12), 1, 2)
        : 0,
    clients: pick(size(13), [3, 5, 8, 12]),
    keys: pick(size(14), [1, 2, 3]),
    ratePerSecond: pick(size(15), [50, 100, 200, 400]),
    attemptTimeoutMs: patienceMs,
    operationTimeoutMs: patienceMs * between(size(16), 2, 6),
    faults: ['chase', ...(lease ? others.filter((name) => name !== 'clock') : others)],
    pace: pick(size(17), [4, 8, 16]),
    replica: {
      tickNs,
      heartbeatTicks,
      electionTicks,
      reads: lease ? 'lease' : 'read-index',
      maxClockDriftPpm: drift,
      snapshotThresholdBytes,
      snapshotChunkBytes: pick(size(19), [40, 200, 1_000, 10_000]),
      appendEntriesMax: pick(size(20), [1, 1, 3, 16, 512]),
      inflightMax: pick(size(21), [1, 1, 4, 64]),
    },
    network: drawNetwork(of('network'), latencyMax, electionNs, snapshotThresholdBytes <= OFTEN_BYTES),
    disk: {
      ...CALM_DISK,
      syncNs: { min: below(of('disk')(1), syncMax), max: syncMax },
      keptSectorPpm: pick(of('disk')(2), [0, 300_000, 1_000_000]),
      tornSectorPpm: 0,
    },
    process: {
      ...CALM_PROCESS,
      startNs: { min: MS, max: pick(process(0), [5, 20, 300]) * MS },
      crashAtDiskPpm: chance(process(1), 200_000) ? magnitude(process(2), 100, 10_000) : 0,
      crashAtEventPpm: chance(process(3), 200_000) ? magnitude(process(4), 30, 1_000) : 0,
      downNs: { min: MS, max: 2 * electionNs },
      downMax: chance(process(5), 250_000) ? founders : Math.max(1, Math.floor((founders - 1) / 2)),
    },
    clock: {
      offsetMaxNs: 0,
      rateMaxPpm: chance(clock(0), 300_000) ? magnitude(clock(1), 10, lease ? drift : 50_000) : 0,
    },
  };
}

/** `snapshots`: they are made so often that some are always under way, and are then in trouble more often than by their share. */
function drawNetwork(draw: Draw, latencyMax: number, electionNs: number, snapshots: boolean): NetworkOptions {
  const drawn = shuffled(draw, 0, FRAMES).slice(0, pick(draw(1), [1, 1, 2, 3]));
  const focused = snapshots && chance(draw(14), 250_000) ? [...new Set([...drawn, 'snapshot'])] : drawn;
  const calm = { ...CALM_NETWORK, latencyNs: { min: below(draw(2), latencyMax), max: latencyMax } };
  // A third of these worlds has nothing but the chase.
  if (chance(draw(3), 333_000)) return calm;
  return {
    ...calm,
    troubledFrames: focused,
    lossPpm: chance(draw(4), 400_000) ? between(draw(5), 20_000, 600_000) : 0,
    duplicatePpm: chance(draw(6), 400_000) ? between(draw(7), 20_000, 500_000) : 0,
    reorderPpm: chance(draw(8), 400_000) ? between(draw(9), 20_000, 1_000_000) : 0,
    reorderNs: { min: 0, max: latencyMax * between(draw(10), 2, 20) },
    veryLatePpm: chance(draw(11), 400_000) ? between(draw(12), 20_000, 300_000) : 0,
    veryLateNs: { min: latencyMax, max: electionNs * between(draw(13), 1, 10) },
  };
}
