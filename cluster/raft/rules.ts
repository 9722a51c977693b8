/**
 * The decisions of Raft that people get wrong, each a named rule: a small pure function or a constant that the core reads. A
 * planted bug (cluster/bugs) replaces some of them. The core never asks which bug is on; it asks its rules, and
 * CORRECT_RULES are the algorithm as published: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm"
 * (2014; "the paper"), Ongaro, "Consensus: Bridging Theory and Practice" (2014; "the dissertation").
 */

import type { Entry, HardState, Membership } from './ready.ts';
import type { NodeId, Role } from './types.ts';

/** What a leader knows when it asks whether it may commit. */
export interface CommitQuestion {
  /** The highest index that a quorum (each majority, while joint) has made durable. */
  readonly quorumIndex: number;
  readonly commit: number;
  readonly currentTerm: number;
  readonly termAt: (index: number) => number | null;
}

/** What a follower knows when an AppendEntries asks whether its log holds the entry before the new ones. */
export interface LogCheck {
  readonly prevIndex: number;
  /** The leader's term of that entry. */
  readonly prevTerm: number;
  /** This node's term of that entry, or null if its log does not hold it. */
  readonly ownTerm: number | null;
  readonly entryCount: number;
  readonly lastIndex: number;
}

export interface RaftRules {
  // ── quorums ──
  /** Smallest number of members that is a majority of n. */
  readonly majority: (n: number) => number;
  /** A decision needs a majority of every set returned: one set, or the old and the new voters while joint (paper, section 6). */
  readonly votingSets: (membership: Membership) => readonly (readonly NodeId[])[];

  // ── what survives a crash ──
  /** The hard state as it is handed out to be made durable. */
  readonly persistedHardState: (state: HardState) => HardState;
  /** The entries as they are handed out to be made durable. */
  readonly persistedEntries: (entries: readonly Entry[]) => readonly Entry[];

  // ── elections ──
  /** A node keeps its vote for as long as the term lasts, whichever role it falls back from to follow a leader of that term. */
  readonly voteAfterYielding: (vote: NodeId | null, role: Role) => NodeId | null;
  /** The vote of a candidate that has just won: still itself. */
  readonly voteAfterWinning: (self: NodeId) => NodeId | null;
  /** A candidate's log must be at least as up to date as the voter's: first the last term counts, then the length (paper, 5.4.1). */
  readonly logUpToDate: (lastTerm: number, lastIndex: number, ownLastTerm: number, ownLastIndex: number) => boolean;
  /** The last term of a log of which nothing is left but a snapshot: that of the snapshot. */
  readonly lastTermOfSnapshot: (term: number) => number;
  /** Whether a request for a vote (`sounding`: a PreVote) starts the election timer anew: only a vote granted does (paper, 5.2). */
  readonly voteRequestResetsTimer: (granted: boolean, sounding: boolean) => boolean;
  /** Whether an AppendEntries of an earlier term starts the election timer anew. */
  readonly staleAppendResetsTimer: boolean;
  /** Ticks without a leader before an election, from a 32-bit draw: electionTicks..2 * electionTicks - 1. */
  readonly electionTimeout: (electionTicks: number, drawn: number) => number;
  /** A node asks whether it could win before it raises its term (dissertation, section 9.6). */
  readonly preVote: boolean;
  /** A leader that has not heard from a quorum for an election timeout steps down (dissertation, section 6.2). */
  readonly checkQuorum: boolean;
  /** A node that heard from a leader within the minimum election timeout ignores requests for votes (dissertation, 4.2.3). */
  readonly ignoresVotesNearLeader: boolean;
  /** Whether a node in this role follows a leader of its own term that it hears from. */
  readonly yieldsToLeader: (role: Role) => boolean;

  // ── replication and commit ──
  /** A leader begins its term with an entry of its own, so that what came before can commit (dissertation, section 6.4). */
  readonly beginsTermWithNoop: boolean;
  /** Whether the log holds the entry before the new ones (paper, figure 2, AppendEntries 2). Asked of heartbeats too. */
  readonly logMatches: (check: LogCheck) => boolean;
  /** Entries of an AppendEntries as they are placed into a log that ends at lastIndex: as they came. */
  readonly placedEntries: (entries: readonly Entry[], lastIndex: number) => readonly Entry[];
  /**
   * Where a follower cuts its log, or null for nowhere: only at the first entry that conflicts, never for a message that is
   * merely shorter than the log (paper, figure 2, AppendEntries 3). `lastNew` is the index of the message's last entry.
   */
  readonly truncateAt: (
    conflict: number | null,
    prevIndex: number,
    lastNew: number,
    lastIndex: number,
  ) => number | null;
  /** A follower's commit index: no further than the last entry the message vouches for (paper, figure 2, AppendEntries 5). */
  readonly followerCommit: (leaderCommit: number, lastNew: number, lastIndex: number) => number;
  /** A leader's new commit index: only an entry of its own term commits by counting (paper, section 5.4.2 and figure 8). */
  readonly leaderCommit: (question: CommitQuestion) => number;
  /** How far an acknowledgement counts: to the index that the follower named. */
  readonly countedMatch: (acked: number, ackedTerm: number | null, currentTerm: number, leaderLast: number) => number;
  /** A rejection of what the follower is known to hold is old: dropped. */
  readonly rejectionIsStale: (rejectedPrev: number, match: number) => boolean;
  /** The next index to send after a rejection: beyond what is known to match. */
  readonly nextAfterRejection: (hint: number, match: number) => number;
  /** Nothing is sent as leader once the node has stepped down, queued or not. */
  readonly sendsOnlyAsLeader: boolean;
  /** A proposal is appended in the same step in which the term was read. */
  readonly appendsAtOnce: boolean;

  // ── snapshots ──
  /** A snapshot is installed only if it is ahead of everything committed here. */
  readonly installsSnapshot: (index: number, commit: number) => boolean;
  /** The log already holds what a snapshot stands for: the very entry, by index and term (paper, figure 13, step 6). */
  readonly logHoldsSnapshot: (index: number, term: number, ownTerm: number | null, lastIndex: number) => boolean;
  /** Entries beyond an installed snapshot that are kept: none, as they conflict with it (paper, figure 13, step 7). */
  readonly keptAfterInstall: (tail: readonly Entry[]) => readonly Entry[];
  /** How far the answer to an installed snapshot acknowledges: to the snapshot, which is where the log ends then. */
  readonly acknowledgedByInstall: (index: number, lastIndex: number) => number;
  /** A local snapshot counts only if it is newer than the one held, which may have come from the leader meanwhile. */
  readonly acceptsLocalSnapshot: (index: number, heldIndex: number) => boolean;

  // ── reads ──
  /** Reads wait until an entry of the leader's own term has committed (dissertation, section 6.4, step 1). */
  readonly readsAwaitOwnTerm: boolean;
  /** Reads wait until a quorum has confirmed the leader after the read arrived (dissertation, section 6.4, step 3). */
  readonly readsAwaitQuorum: boolean;
  /** 'lease' only if the cluster was told to. */
  readonly readMode: (configured: 'read-index' | 'lease') => 'read-index' | 'lease';
  /**
   * Ticks on the leader's clock for which a quorum's acknowledgement proves that no other leader was elected, counted from
   * the tick in which the acknowledged message was sent. Followers refuse votes for at least electionTicks - 1 whole ticks;
   * their clocks may run fast and the leader's slow by the bound; the leader's own start is known to one tick.
   */
  readonly leaseTicks: (electionTicks: number, maxClockDriftPpm: number) => number;
  /** Once it has told another node to take over, a leader's lease proves nothing for the rest of its term. */
  readonly leaseEndsOnTransfer: boolean;

  // ── membership ──
  /** Changes wait until an entry of the leader's own term has committed (Ongaro's correction of 2015). */
  readonly changesAwaitOwnTerm: boolean;
  /** Voters change by joint consensus unless they stay the same. */
  readonly needsJoint: (from: readonly NodeId[], to: readonly NodeId[]) => boolean;
  /** Nodes that are no longer members are told so. */
  readonly tellsRemoved: boolean;
}

export const CORRECT_RULES: RaftRules = {
  majority: (n) => Math.floor(n / 2) + 1,
  votingSets: (membership) =>
    membership.outgoing === null ? [membership.voters] : [membership.voters, membership.outgoing],

  persistedHardState: (state) => state,
  persistedEntries: (entries) => entries,

  voteAfterYielding: (vote) => vote,
  voteAfterWinning: (self) => self,
  logUpToDate: (lastTerm, lastIndex, ownLastTerm, ownLastIndex) =>
    lastTerm > ownLastTerm || (lastTerm === ownLastTerm && lastIndex >= ownLastIndex),
  lastTermOfSnapshot: (term) => term,
  voteRequestResetsTimer: (granted, sounding) => granted && !sounding,
  staleAppendResetsTimer: false,
  electionTimeout: (electionTicks, drawn) => electionTicks + Math.floor((drawn * electionTicks) / 4294967296),
  preVote: true,
  checkQuorum: true,
  ignoresVotesNearLeader: true,
  yieldsToLeader: () => true,

  beginsTermWithNoop: true,
  logMatches: (check) => check.ownTerm !== null && check.ownTerm === check.prevTerm,
  placedEntries: (entries) => entries,
  truncateAt: (conflict) => conflict,
  followerCommit: (leaderCommit, lastNew) => Math.min(leaderCommit, lastNew),
  leaderCommit: ({ quorumIndex, commit, currentTerm, termAt }) =>
    quorumIndex > commit && termAt(quorumIndex) === currentTerm ? quorumIndex : commit,
  countedMatch: (acked) => acked,
  rejectionIsStale: (rejectedPrev, match) => rejectedPrev <= match,
  nextAfterRejection: (hint, match) => Math.max(hint, match + 1),
  sendsOnlyAsLeader: true,
  appendsAtOnce: true,

  installsSnapshot: (index, commit) => index > commit,
  logHoldsSnapshot: (_index, term, ownTerm) => ownTerm === term,
  keptAfterInstall: () => [],
  acknowledgedByInstall: (index) => index,
  acceptsLocalSnapshot: (index, heldIndex) => index > heldIndex,

  readsAwaitOwnTerm: true,
  readsAwaitQuorum: true,
  readMode: (configured) => configured,
  leaseTicks: (electionTicks, maxClockDriftPpm) =>
    Math.floor(((electionTicks - 1) * (1_000_000 - maxClockDriftPpm)) / (1_000_000 + maxClockDriftPpm)) - 1,
  leaseEndsOnTransfer: true,

  changesAwaitOwnTerm: true,
  needsJoint: (from, to) => from.length !== to.length || from.some((node) => !to.includes(node)),
  tellsRemoved: true,
};
