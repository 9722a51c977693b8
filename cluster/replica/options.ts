/** Everything a replica is told at its start. Plain data: it travels to a child process as JSON. */

import type { NodeId } from '../raft/types.ts';

export interface ReplicaOptions {
  readonly id: NodeId;
  /**
   * Initial voters, the same list on every founding node. Empty for a node that joins later: it waits, with no vote, until a
   * leader adds it.
   */
  readonly founders: readonly NodeId[];
  /**
   * False on every start after one in which the replica has reported a status. (It does so, and sends and answers, only after
   * its disk durably holds its identity; a kill before that leaves an empty disk that is no loss.) A founder that finds an empty
   * disk although it has run before has lost its disk: it halts rather than vote twice.
   */
  readonly firstStart: boolean;
  /** Length of one tick of the core on the node's own clock. */
  readonly tickNs: number;
  /** A leader sends heartbeats every so many ticks. */
  readonly heartbeatTicks: number;
  /** Election timeouts are drawn from electionTicks..2 * electionTicks - 1. */
  readonly electionTicks: number;
  /** 'lease' trusts clocks to drift apart by no more than maxClockDriftPpm; see docs/raft.md. */
  readonly reads: 'read-index' | 'lease';
  readonly maxClockDriftPpm: number;
  /** The log is compacted into a snapshot when it has grown by this many bytes since the last one. */
  readonly snapshotThresholdBytes: number;
  readonly snapshotChunkBytes: number;
  readonly limits: ReplicaLimits;
  /** Names from the catalogue of planted bugs; empty for a correct replica. */
  readonly bugs: readonly string[];
}

export interface ReplicaLimits {
  /** A command larger than this (as JSON) is refused with too-large. */
  readonly commandBytesMax: number;
  /** Entries in one AppendEntries, and their size together. */
  readonly appendEntriesMax: number;
  readonly appendBytesMax: number;
  /** AppendEntries in flight to one follower. */
  readonly inflightMax: number;
  /** Proposals and reads waiting at one node; more are refused with overloaded. */
  readonly pendingMax: number;
  /** Entries that a leader has appended but not committed; more are refused with overloaded. */
  readonly uncommittedMax: number;
  /** Open sessions; the least recently used one is closed when another is opened. */
  readonly sessionsMax: number;
}

export const DEFAULT_LIMITS: ReplicaLimits = {
  commandBytesMax: 1 << 20,
  appendEntriesMax: 512,
  appendBytesMax: 1 << 20,
  inflightMax: 64,
  pendingMax: 4096,
  uncommittedMax: 8192,
  sessionsMax: 4096,
};

export const DEFAULT_TIMING = { tickNs: 10_000_000, heartbeatTicks: 5, electionTicks: 30 } as const;
