/**
 * What Raft nodes say to each other. Plain data, never changed after it was handed out. `term` is always the sender's current
 * term. Every message may be lost, arrive twice, late or in any order; each says enough for its receiver to tell.
 */

import type { PeerFrame } from '../replica/host.ts';
import type { Entry, Membership } from './ready.ts';

/** "Would you vote for me in forTerm?" Nobody's term changes by it (dissertation, section 9.6). */
export interface PreVote extends PeerFrame {
  readonly type: 'pre-vote';
  readonly forTerm: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
}

export interface PreVoteReply extends PeerFrame {
  readonly type: 'pre-vote-reply';
  readonly forTerm: number;
  readonly granted: boolean;
}

/** RequestVote (paper, figure 2). `transfer`: the leader itself asked for this election, so nearness to it is no objection. */
export interface Vote extends PeerFrame {
  readonly type: 'vote';
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly transfer: boolean;
}

export interface VoteReply extends PeerFrame {
  readonly type: 'vote-reply';
  readonly granted: boolean;
}

/**
 * AppendEntries (paper, figure 2); a heartbeat when it has no entries. `round` counts up through a leader's term and comes back
 * in the reply: an acknowledged round proves that the sender still led after the round began.
 */
export interface Append extends PeerFrame {
  readonly type: 'append';
  readonly prevIndex: number;
  readonly prevTerm: number;
  readonly entries: readonly Entry[];
  readonly commit: number;
  readonly round: number;
}

export interface AppendReply extends PeerFrame {
  readonly type: 'append-reply';
  readonly round: number;
  readonly accepted: boolean;
  /** The prevIndex of the request this answers. */
  readonly prevIndex: number;
  /** Accepted: the log matches the leader's up to here, durably. Rejected: where the leader should look for agreement. */
  readonly index: number;
  /** Rejected: this node's term at `index`; the leader skips all of its own later terms. */
  readonly indexTerm: number;
}

/** One chunk of InstallSnapshot (paper, figure 13). */
export interface SnapshotChunk extends PeerFrame {
  readonly type: 'snapshot';
  readonly index: number;
  readonly indexTerm: number;
  readonly membership: Membership;
  /** Position of this chunk in the text, and the length of the whole text. */
  readonly offset: number;
  readonly total: number;
  readonly chunk: string;
  readonly round: number;
}

export interface SnapshotReply extends PeerFrame {
  readonly type: 'snapshot-reply';
  readonly index: number;
  /** The offset of the chunk this answers. */
  readonly offset: number;
  /** The offset wanted next. */
  readonly next: number;
  /** Durable up to here: at least the snapshot's index once it is installed (or was not needed), else 0. */
  readonly match: number;
  readonly round: number;
}

/** Leadership transfer: campaign now (dissertation, section 3.10). */
export interface TimeoutNow extends PeerFrame {
  readonly type: 'timeout-now';
}

/** A follower asks its leader for a read index; one batch stands for all reads that came before it was sent. */
export interface ReadRequest extends PeerFrame {
  readonly type: 'read';
  /** Drawn at the follower's start, so that an answer to an earlier life is recognised. */
  readonly life: number;
  readonly batch: number;
}

export interface ReadReply extends PeerFrame {
  readonly type: 'read-reply';
  readonly life: number;
  readonly batch: number;
  /** The read index, or null: not confirmed here, ask again. */
  readonly index: number | null;
}

/** "You are not a member": the committed membership at `index`, which the receiver believes only if it is newer than its own. */
export interface Removed extends PeerFrame {
  readonly type: 'removed';
  readonly index: number;
  readonly indexTerm: number;
  readonly membership: Membership;
}

export type Message =
  | PreVote
  | PreVoteReply
  | Vote
  | VoteReply
  | Append
  | AppendReply
  | SnapshotChunk
  | SnapshotReply
  | TimeoutNow
  | ReadRequest
  | ReadReply
  | Removed;
