/**
 * The face of the pure Raft core, in the manner of etcd's raft library: messages and ticks in, a batch of effects out. The
 * core (raft.ts) does no I/O; its caller carries out a `Ready` and reports back with `synced` and `applied`.
 */

import type { Json } from '../../history/operation.ts';
import type { PeerFrame } from '../replica/host.ts';
import type { NodeId } from './types.ts';

/** What must survive a crash beside the log (Raft paper, figure 2, plus the commit index as a hint to replay sooner). */
export interface HardState {
  readonly term: number;
  readonly vote: NodeId | null;
  readonly commit: number;
}

/**
 * Membership as of some log position. While `outgoing` is not null the configuration is joint: decisions need a majority of
 * `voters` and a majority of `outgoing` (Ongaro and Ousterhout 2014, section 6).
 */
export interface Membership {
  readonly voters: readonly NodeId[];
  readonly outgoing: readonly NodeId[] | null;
  readonly learners: readonly NodeId[];
}

export type Entry =
  | { readonly index: number; readonly term: number; readonly kind: 'noop' }
  | { readonly index: number; readonly term: number; readonly kind: 'command'; readonly data: Json }
  | { readonly index: number; readonly term: number; readonly kind: 'membership'; readonly membership: Membership };

/** What a snapshot stands for: everything up to and including `index`. */
export interface SnapshotMeta {
  readonly index: number;
  readonly term: number;
  readonly membership: Membership;
}

/** `data` is the serialized state machine, text so that it travels in chunks inside JSON frames. */
export interface Snapshot extends SnapshotMeta {
  readonly data: string;
}

/** What a node finds on its disk; all empty (term 0, index 0) on its first start. */
export interface RestoredState {
  readonly hardState: HardState;
  /** Log prefix that is gone: index 0 and term 0 if nothing was compacted. Its membership counts unless an entry overrides it. */
  readonly snapshot: SnapshotMeta;
  /** Contiguous, from snapshot.index + 1. */
  readonly entries: readonly Entry[];
}

export interface Outgoing {
  readonly to: NodeId;
  readonly frame: PeerFrame;
}

/**
 * Effects to carry out, in this order: make `snapshot` durable, then `hardState` and `entries`; send `messages` at any time,
 * `promises` only when everything in this and all earlier batches is durable; apply `committed`; serve `reads`.
 */
export interface Ready {
  /** Counts up from 1. Say `synced(batch)` when everything to persist in this and all earlier batches is durable. */
  readonly batch: number;
  /** A complete snapshot from the leader that replaces the machine's state and the log before it. */
  readonly snapshot: Snapshot | null;
  /**
   * Null if there is nothing worth a write: the commit index is only a hint, so a batch in which nothing but it changed
   * carries none.
   */
  readonly hardState: HardState | null;
  /** To append to the durable log. The first may lie at or before the old end: it and all after it replace what was there. */
  readonly entries: readonly Entry[];
  /** Promise nothing about this node's disk: may leave at once (dissertation, section 10.2.1: a leader writes in parallel). */
  readonly messages: readonly Outgoing[];
  /** Votes, acknowledgements, requests for votes: must not leave before what they promise is durable. */
  readonly promises: readonly Outgoing[];
  /** Newly committed, contiguous, in order. */
  readonly committed: readonly Entry[];
  /** Confirmed reads: answer the one with this context when the machine has applied `index`. */
  readonly reads: readonly { readonly context: number; readonly index: number }[];
  /** Reads that will never be confirmed (leader lost or changed): tell the client to ask again. Definite. */
  readonly readsRefused: readonly { readonly context: number; readonly leader: NodeId | null }[];
  /** Role, term, leader or membership changed. */
  readonly statusChanged: boolean;
  /** A committed membership leaves this node out: it has no more to do and may stop. */
  readonly removed: boolean;
}

/** Why a proposal was not taken. Nothing was appended. */
export type Refusal =
  | 'not-leader'
  | 'transferring'
  | 'overloaded'
  | 'change-in-progress'
  | 'not-committed-in-term'
  | 'invalid';

export type Proposed =
  | { readonly accepted: true; readonly index: number; readonly term: number }
  | { readonly accepted: false; readonly refusal: Refusal; readonly leader: NodeId | null };
