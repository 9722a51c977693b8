/** The pure Raft core: ticks, messages and proposals in, batches of effects out (ready.ts). No clock, no I/O, no promises. */

import type { Json } from '../../history/operation.ts';
import type { PeerFrame } from '../replica/host.ts';
import type { ReplicaLimits } from '../replica/options.ts';
import type { Membership, Proposed, Ready, RestoredState, Snapshot, SnapshotMeta } from './ready.ts';
import type { RaftRules } from './rules.ts';
import type { NodeId, ReplicaStatus, Role } from './types.ts';

export interface RaftOptions {
  readonly id: NodeId;
  /** A leader sends heartbeats every so many ticks. */
  readonly heartbeatTicks: number;
  /** Election timeouts are drawn from electionTicks..2 * electionTicks - 1. */
  readonly electionTicks: number;
  readonly reads: 'read-index' | 'lease';
  /** Bound on how far any node's clock may run fast or slow; lease reads are safe only within it. */
  readonly maxClockDriftPpm: number;
  /** UTF-16 code units of snapshot text in one message. */
  readonly snapshotChunkBytes: number;
  readonly limits: ReplicaLimits;
  /** An unsigned 32-bit number that depends on nothing but the node, its start, `purpose` and `which` (Host.random). */
  readonly random: (purpose: string, which: number) => number;
  readonly mark: (name: string) => void;
  /** CORRECT_RULES, or those with a planted bug merged in (cluster/bugs/catalogue.ts, rulesFor). */
  readonly rules: RaftRules;
}

/** A follower as its leader sees it. */
export interface ProgressView {
  readonly match: number;
  readonly next: number;
}

/** Read-only view for invariant checkers; live references, not copies: do not keep over the next call into the core. */
export interface RaftView {
  readonly id: NodeId;
  readonly term: number;
  readonly vote: NodeId | null;
  readonly role: Role;
  readonly leader: NodeId | null;
  readonly commit: number;
  readonly applied: number;
  /** Index and term of the entry before the first that the log still holds. */
  readonly baseIndex: number;
  readonly baseTerm: number;
  readonly lastIndex: number;
  readonly snapshotIndex: number;
  /** The term of the entry at an index (baseIndex included), or null when the log does not hold it. */
  termAt(index: number): number | null;
  entryAt(index: number): import('./ready.ts').Entry | null;
  readonly membership: Membership;
  readonly membershipIndex: number;
  /** Followers' progress while leading, else empty. */
  readonly progress: ReadonlyMap<NodeId, ProgressView>;
}

export class Raft {
  /**
   * `founders`: the initial voters, the same on every founding node; empty for a node that joins later. Only counts while
   * nothing was restored. Throws RangeError for options that make no sense (lease reads under an unusable drift bound).
   */
  constructor(_options: RaftOptions, _restored: RestoredState, _founders: readonly NodeId[]) {}

  /**
   * Time passed, in ticks of the node's own clock. Call it with everything that has passed *before* any other call when a timer
   * came late (after a pause): with lease reads the safety of reads rests on it.
   */
  tick(_count = 1): void {
    throw new Error('to come');
  }

  /** A frame from another node. Unknown or malformed types are ignored. */
  step(_from: NodeId, _frame: PeerFrame): void {
    throw new Error('to come');
  }

  /** Leader only. Accepted means appended to the leader's log at (index, term): done when that very entry is in `committed`. */
  propose(_data: Json): Proposed {
    throw new Error('to come');
  }

  /**
   * Leader only. Brings the cluster to the given voters and learners: new voters first join as learners and catch up, then joint
   * consensus is entered and left by itself. The accepted index is that of the first entry of the change; the change is done
   * when `committed` holds a membership entry with `outgoing` null and the wanted voters and learners. Loss of leadership on
   * the way may leave new voters behind as learners: propose again.
   */
  proposeMembership(_wanted: { readonly voters: readonly NodeId[]; readonly learners: readonly NodeId[] }): Proposed {
    throw new Error('to come');
  }

  /** Leader only. Accepted means begun (index and term are the log's end): done when the leader in status() changes. */
  transferLeadership(_to: NodeId): Proposed {
    throw new Error('to come');
  }

  /**
   * A linearizable read, at any node. `context` is the caller's and must be unique among reads under way; it comes back exactly
   * once, in `reads` or in `readsRefused` of some batch.
   */
  readIndex(_context: number): void {
    throw new Error('to come');
  }

  hasReady(): boolean {
    throw new Error('to come');
  }

  /** Takes the pending effects; callers carry them out in the order ready.ts gives. Ask hasReady() first, again after each. */
  takeReady(): Ready {
    throw new Error('to come');
  }

  /** Everything to persist in batches up to this one is durable: then `promises` of those batches may leave (after this call). */
  synced(_batch: number): void {
    throw new Error('to come');
  }

  /** The machine has applied all committed entries up to index. */
  applied(_index: number): void {
    throw new Error('to come');
  }

  /**
   * The newest durable snapshot of this node, from which followers that are too far behind are served. Call it at start (if there
   * is one on disk) and after each new one, before `compact`. A snapshot received in `Ready.snapshot` is known already.
   */
  provideSnapshot(_snapshot: Snapshot): void {
    throw new Error('to come');
  }

  /** Drops the log up to meta.index, which must be applied, durable as a snapshot, and provided. Older ones are ignored. */
  compact(_meta: SnapshotMeta): void {
    throw new Error('to come');
  }

  /** Membership in force at a log index this node still holds, for the meta of a snapshot taken there; also its term. */
  metaAt(_index: number): SnapshotMeta {
    throw new Error('to come');
  }

  status(): ReplicaStatus {
    throw new Error('to come');
  }

  inspect(): RaftView {
    throw new Error('to come');
  }
}
