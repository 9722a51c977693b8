/**
 * Everything that determines a simulated world beside what is done to it. Times are integer nanoseconds, probabilities parts
 * per million, all ranges include both ends.
 */

import type { NodeId } from '../raft/types.ts';
import type { ReplicaOptions } from '../replica/options.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** How the network between nodes, and between clients and nodes, behaves when nothing was asked of it. */
export interface NetworkOptions {
  readonly latencyNs: Range;
  readonly lossPpm: number;
  readonly duplicatePpm: number;
  /** Share of messages that may overtake and be overtaken; all others keep the order of their link. */
  readonly reorderPpm: number;
  /** Added to the latency of a message that is reordered. */
  readonly reorderNs: Range;
  /** Share of messages that arrive very late, in a later term or after a restart. They do not hold up those after them. */
  readonly veryLatePpm: number;
  readonly veryLateNs: Range;
  /** Share of messages with which their link clogs: it and all that follow are held until the clog dissolves. */
  readonly clogPpm: number;
  readonly clogNs: Range;
  /**
   * Types of frames that are lost, sent twice, late or reordered; empty: all. One kind of message in trouble while the others
   * come through leads to states that even-handed trouble hardly ever does.
   */
  readonly troubledFrames: readonly string[];
  readonly clientLatencyNs: Range;
  /** Share of requests lost on the way to a node, and of responses lost on the way back. */
  readonly clientLossPpm: number;
}

export interface DiskOptions {
  /** How long a sync or replace takes. One disk does one at a time. */
  readonly syncNs: Range;
  readonly slowSyncPpm: number;
  readonly slowSyncNs: Range;
  /**
   * What a crash does to each 512-byte sector that was not synced: it is kept in whole with this probability, torn (a prefix
   * is kept) with that, and else lost.
   */
  readonly keptSectorPpm: number;
  readonly tornSectorPpm: number;
}

/** Crashes that come of themselves, at any point of a node's work. The nemesis' kills come on top. */
export interface ProcessOptions {
  readonly startNs: Range;
  /** Chance of a crash just before each operation on the disk: between any two writes. */
  readonly crashAtDiskPpm: number;
  /** Chance of a crash at each event of a node. */
  readonly crashAtEventPpm: number;
  /** How long a node that crashed so stays down. */
  readonly downNs: Range;
  /** At most so many nodes are down or paused at a time because of such crashes; others are spared. */
  readonly downMax: number;
}

export interface ClockOptions {
  /** Each node's clock starts up to this far off, in either direction, at a rate up to this far off. */
  readonly offsetMaxNs: number;
  readonly rateMaxPpm: number;
}

export interface SimulatorOptions {
  /** Most of these are seen by every replica; id, founders and firstStart are filled in for each. */
  readonly replica: Omit<ReplicaOptions, 'id' | 'founders' | 'firstStart'>;
  readonly nodes: readonly NodeId[];
  readonly founders: readonly NodeId[];
  readonly seed: number;
  readonly network: NetworkOptions;
  readonly disk: DiskOptions;
  readonly process: ProcessOptions;
  readonly clock: ClockOptions;
  /** Check the invariants after every event. */
  readonly invariants: boolean;
  /** Hand a MessageRecord of every message to the observer. */
  readonly recordMessages: boolean;
  /**
   * 'share': a frame arrives as the very object that was sent (fast). 'copy': it arrives as a copy, as from a socket. Both give
   * the same trace unless a replica changes what it has sent or received.
   */
  readonly frames: 'share' | 'copy';
}

export const CALM_NETWORK: NetworkOptions = {
  latencyNs: { min: 100_000, max: 1_000_000 },
  lossPpm: 0,
  duplicatePpm: 0,
  reorderPpm: 0,
  reorderNs: { min: 0, max: 10_000_000 },
  veryLatePpm: 0,
  veryLateNs: { min: 500_000_000, max: 5_000_000_000 },
  clogPpm: 0,
  clogNs: { min: 1_000_000, max: 200_000_000 },
  troubledFrames: [],
  clientLatencyNs: { min: 50_000, max: 500_000 },
  clientLossPpm: 0,
};

export const CALM_DISK: DiskOptions = {
  syncNs: { min: 100_000, max: 1_000_000 },
  slowSyncPpm: 0,
  slowSyncNs: { min: 5_000_000, max: 100_000_000 },
  keptSectorPpm: 300_000,
  tornSectorPpm: 300_000,
};

export const CALM_PROCESS: ProcessOptions = {
  startNs: { min: 50_000_000, max: 150_000_000 },
  crashAtDiskPpm: 0,
  crashAtEventPpm: 0,
  downNs: { min: 50_000_000, max: 1_000_000_000 },
  downMax: 1,
};

export const TRUE_CLOCKS: ClockOptions = { offsetMaxNs: 0, rateMaxPpm: 0 };

/** Longest latency, delay or outage accepted: a virtual hour. */
const DURATION_MAX_NS = 3_600_000_000_000;
export const NODES_MAX = 64;

/** Throws RangeError that names the field for anything outside its limits. */
export function checkOptions(options: SimulatorOptions): void {
  const { nodes, founders } = options;
  if (nodes.length < 1 || nodes.length > NODES_MAX)
    throw new RangeError(`nodes: a simulated world has 1 to ${NODES_MAX} nodes, not ${nodes.length}`);
  if (new Set(nodes).size !== nodes.length) throw new RangeError('nodes: every name may occur once');
  for (const founder of founders)
    if (!nodes.includes(founder)) throw new RangeError(`founders: ${founder} is none of the nodes`);
  for (const group of ['network', 'disk', 'process', 'clock'] as const)
    for (const [name, value] of Object.entries(options[group] as object)) checkField(`${group}.${name}`, name, value);
}

function checkField(path: string, name: string, value: unknown): void {
  if (Array.isArray(value)) return;
  if (typeof value === 'object' && value !== null) {
    const { min, max } = value as Range;
    if (!Number.isInteger(min) || !Number.isInteger(max) || min < 0 || max < min || max > DURATION_MAX_NS)
      throw new RangeError(`${path}: expected integers 0 <= min <= max <= ${DURATION_MAX_NS}, not ${min}..${max}`);
    return;
  }
  const limit =
    name.endsWith('Ppm') && name !== 'rateMaxPpm' ? 1_000_000 : name === 'rateMaxPpm' ? 500_000 : DURATION_MAX_NS;
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > limit)
    throw new RangeError(`${path}: expected an integer from 0 to ${limit}, not ${value}`);
}
