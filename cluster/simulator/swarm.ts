/**
 * Swarm testing (Groce and others, "Swarm Testing", ISSTA 2012): each seed draws which kinds of trouble are on at all, and how
 * much of each, so that unlike seeds explore unlike worlds. All kinds at once would hide what only shows without some of them.
 *
 * A configuration is a plain record: it can be stored in a trial's spec, edited, and run again.
 */

import { below, between, chance, type Draw, draws, pick } from '../../seed/draw.ts';
import {
  CALM_DISK,
  CALM_NETWORK,
  CALM_PROCESS,
  type ClockOptions,
  type DiskOptions,
  type NetworkOptions,
  type ProcessOptions,
} from './options.ts';
import { drawChased, drawGentle } from './swarm-aimed.ts';
import { leastPatienceMs, magnitude, range, roundTripNs, USUAL_PPM, usualLatencyMaxNs } from './swarm-draws.ts';

export interface SwarmConfiguration {
  readonly seed: number;
  /** Drawn from the whole breadth of worlds, or from those in which leaders are chased, or hardly anything happens. */
  readonly kind: 'broad' | 'chased' | 'gentle';
  /** Share of the usual virtual time that such a trial is worth. */
  readonly timeShare: number;
  /** Faults begin with the nodes, and clients come so much later; null: faults wait until clients are served. */
  readonly clientsAfterMs: number | null;
  /** Founding members, and nodes beyond them that may be added. */
  readonly founders: number;
  readonly spares: number;
  readonly clients: number;
  readonly keys: number;
  readonly ratePerSecond: number;
  readonly operationTimeoutMs: number;
  readonly attemptTimeoutMs: number;
  /** Names of the nemesis' faults that are on. */
  readonly faults: readonly string[];
  /** How many times sooner than usual faults come and go. */
  readonly pace: number;
  readonly replica: {
    readonly tickNs: number;
    readonly heartbeatTicks: number;
    readonly electionTicks: number;
    readonly reads: 'read-index' | 'lease';
    readonly maxClockDriftPpm: number;
    readonly snapshotThresholdBytes: number;
    readonly snapshotChunkBytes: number;
    readonly appendEntriesMax: number;
    readonly inflightMax: number;
  };
  readonly network: NetworkOptions;
  readonly disk: DiskOptions;
  readonly process: ProcessOptions;
  readonly clock: ClockOptions;
}

const US = 1_000;
const MS = 1_000_000;

/**
 * Of ten seeds, how many are drawn from which kind of world. Chosen by what each kind found of one half of the planted bugs
 * (bench/power.ts says which half); the best shares lie close together, and these leave some breadth.
 */
const KINDS = { broad: 2, chased: 6, gentle: 2 } as const;

/** Draws the configuration of a seed. `faults`: names of the nemesis' faults to choose from. */
export function drawSwarm(seed: number, faults: readonly string[]): SwarmConfiguration {
  const kind = below(draws(seed, 'swarm.kind')(), KINDS.broad + KINDS.chased + KINDS.gentle);
  if (kind < KINDS.broad) return drawBroad(seed, faults);
  return kind < KINDS.broad + KINDS.chased ? drawChased(seed, faults) : drawGentle(seed, faults);
}

function drawBroad(seed: number, faults: readonly string[]): SwarmConfiguration {
  const of = (purpose: string): Draw => draws(seed, `swarm.${purpose}`);
  const founders = pick(of('founders')(), [3, 3, 3, 5, 5, 7]);
  const network = drawNetwork(of('network'));
  const chosen = drawFaults(of('faults'), faults);
  const disk = drawDisk(of('disk'));
  const replica = drawReplica(of('replica'), usualLatencyMaxNs(network));
  const size = of('size');
  const electionMs = (replica.tickNs * replica.electionTicks) / MS;
  const clients = pick(size(0), [2, 3, 5, 8, 12]);
  // Where little fits into a round trip, clients must not retry faster than the cluster can commit: that would only show that
  // a queue grows.
  const roundNs = roundTripNs(usualLatencyMaxNs(network), disk.syncNs.max);
  const perRound = replica.appendEntriesMax * replica.inflightMax;
  const patienceMs = Math.max(
    Math.round((electionMs * between(size(3), 50, 300)) / 100),
    Math.ceil((4 * clients * roundNs) / perRound / MS),
    leastPatienceMs(roundNs),
  );
  // A lease trusts clocks only within its bound: more drift than that is for read-index.
  const lease = replica.reads === 'lease';
  return {
    seed,
    kind: 'broad',
    timeShare: 1,
    clientsAfterMs: null,
    founders,
    spares: ['membership', 'wipe', 'flip'].some((name) => chosen.includes(name)) ? between(size(4), 1, 2) : 0,
    clients,
    keys: pick(size(1), [1, 2, 3, 5, 10]),
    ratePerSecond: Math.min(pick(size(2), [20, 50, 100, 200]), Math.max(10, Math.floor((perRound * 5e8) / roundNs))),
    attemptTimeoutMs: patienceMs,
    operationTimeoutMs: patienceMs * between(size(5), 2, 6),
    faults: lease ? chosen.filter((name) => name !== 'clock') : chosen,
    pace: pick(size(6), [1, 2, 4, 8]),
    replica,
    network,
    disk,
    process: drawProcess(of('process'), founders),
    clock: drawClock(of('clock'), lease ? replica.maxClockDriftPpm : 50_000),
  };
}

function drawFaults(draw: Draw, faults: readonly string[]): string[] {
  // One seed in eight has all of them; the others half, by and large.
  if (chance(draw(0), 125_000)) return [...faults];
  return faults.filter((_, at) => chance(draw(1, at), 500_000));
}

function drawReplica(draw: Draw, latencyMaxNs: number): SwarmConfiguration['replica'] {
  const heartbeatTicks = between(draw(0), 1, 6);
  const electionTicks = heartbeatTicks * between(draw(1), 4, 10);
  // An election needs several round trips within its timeout, or there is never a leader.
  const tickNs = Math.max(pick(draw(2), [5, 10, 10, 20]) * MS, Math.ceil((latencyMaxNs * 12) / electionTicks));
  return {
    tickNs,
    heartbeatTicks,
    electionTicks,
    reads: chance(draw(3), 250_000) ? 'lease' : 'read-index',
    maxClockDriftPpm: pick(draw(4), [1_000, 20_000]),
    snapshotThresholdBytes: pick(draw(5), [2_000, 5_000, 20_000, 100_000, 4_000_000]),
    snapshotChunkBytes: pick(draw(6), [200, 1_000, 10_000, 64_000]),
    appendEntriesMax: pick(draw(7), [1, 3, 16, 512]),
    inflightMax: pick(draw(8), [1, 4, 64]),
  };
}

function drawNetwork(draw: Draw): NetworkOptions {
  const latencyMax = pick(draw(0), [200 * US, MS, 5 * MS, 20 * MS]);
  const on = (which: number, ppm: number): boolean => chance(draw(which, 0), ppm);
  const reorderPpm = on(4, 500_000) ? magnitude(draw(4, 1), 1_000, 1_000_000) : 0;
  return {
    ...CALM_NETWORK,
    latencyNs: { min: below(draw(1), latencyMax), max: latencyMax },
    lossPpm: on(2, 400_000) ? magnitude(draw(2, 1), 100, 100_000) : 0,
    duplicatePpm: on(3, 400_000) ? magnitude(draw(3, 1), 100, 100_000) : 0,
    reorderPpm,
    // Where most messages are held back, by so much that elections still work with the timeouts drawn.
    reorderNs: { min: 0, max: latencyMax * between(draw(5), 1, reorderPpm > USUAL_PPM ? 3 : 20) },
    veryLatePpm: on(6, 400_000) ? magnitude(draw(6, 1), 100, 30_000) : 0,
    veryLateNs: { min: 100 * MS, max: between(draw(7), 500, 8_000) * MS },
    clogPpm: on(8, 300_000) ? magnitude(draw(8, 1), 20, 3_000) : 0,
    clogNs: range(draw(9), MS, 800 * MS),
    clientLossPpm: on(10, 300_000) ? magnitude(draw(10, 1), 100, 100_000) : 0,
  };
}

function drawDisk(draw: Draw): DiskOptions {
  const syncMax = pick(draw(0), [100 * US, MS, MS, 5 * MS, 15 * MS]);
  const kept = between(draw(1), 0, 1_000_000);
  return {
    ...CALM_DISK,
    syncNs: { min: below(draw(2), syncMax), max: syncMax },
    slowSyncPpm: chance(draw(3), 300_000) ? magnitude(draw(4), 100, 30_000) : 0,
    slowSyncNs: range(draw(5), 5 * MS, 500 * MS),
    keptSectorPpm: kept,
    tornSectorPpm: below(draw(6), 1_000_001 - kept),
  };
}

function drawProcess(draw: Draw, founders: number): ProcessOptions {
  const majorityLeft = Math.floor((founders - 1) / 2);
  return {
    ...CALM_PROCESS,
    startNs: range(draw(0), MS, 300 * MS),
    crashAtDiskPpm: chance(draw(1), 300_000) ? magnitude(draw(2), 50, 3_000) : 0,
    crashAtEventPpm: chance(draw(3), 300_000) ? magnitude(draw(4), 10, 300) : 0,
    downNs: range(draw(5), MS, 2_000 * MS),
    // Now and then a majority, or everybody.
    downMax: chance(draw(6), 250_000) ? founders : Math.max(1, majorityLeft),
  };
}

function drawClock(draw: Draw, ratePpmMax: number): ClockOptions {
  return {
    offsetMaxNs: chance(draw(0), 500_000) ? magnitude(draw(1), MS, 10_000 * MS) : 0,
    rateMaxPpm: chance(draw(2), 500_000) ? magnitude(draw(3), 10, ratePpmMax) : 0,
  };
}
