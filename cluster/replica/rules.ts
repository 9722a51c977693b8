/**
 * The decisions of a replica that people get wrong, each a named rule that the code reads: small pure functions and constants.
 * A planted bug (cluster/bugs) replaces some of them; CORRECT_REPLICA_RULES are right. Nothing else in a replica knows of bugs.
 */

import { CORRECT_SESSION_RULES, type SessionRules } from '../kv/sessions.ts';
import type { Entry, HardState, SnapshotMeta } from '../raft/ready.ts';
import type { Role } from '../raft/types.ts';

export interface ReplicaRules extends SessionRules {
  // ── the log on disk ──
  /** Votes and acknowledgements leave only when what they promise has been synced. */
  readonly promisesAwaitSync: boolean;
  /**
   * In how many batches, each synced by itself, new entries are written, and which: in one. `previous` are the entries of the
   * batch before that the log still holds. (An entry replaces the one at its index and all after it.)
   */
  readonly entryBatches: (previous: readonly Entry[], entries: readonly Entry[]) => readonly (readonly Entry[])[];
  /**
   * What of a torn or corrupt batch at the end of the log is accepted, as records: nothing, hence null. `bytes` are what the file
   * holds from the start of that batch.
   */
  readonly acceptedFromBadTail: (bytes: Uint8Array) => string | null;
  /** What a node does that finds changed bytes in the part of its log that was durable: it stops rather than forget. */
  readonly onCorruptLog: 'halt' | 'shorten';
  /** A node that has lost its disk may not come back under its name: it may have voted, and would vote again. */
  readonly lostDiskMayRejoin: boolean;

  // ── snapshots ──
  /** The log is cut only when the snapshot that replaces its beginning is durable. */
  readonly logAwaitsSnapshot: boolean;
  /**
   * What the snapshot on disk stands for: what it says itself, whatever the log's base. Null if the two can't go together: the log
   * begins after the snapshot (null: there is none, which is as good as one at index 0).
   */
  readonly restoredBase: (snapshot: SnapshotMeta | null, logBase: SnapshotMeta) => SnapshotMeta | null;
  /** A snapshot that waited for its turn is written only if it is newer than the durable one (null: none). */
  readonly snapshotStillNeeded: (index: number, durableIndex: number) => boolean;
  /** Whether the snapshot file is saved anew, with an empty machine, whenever the vote or the term is: of course not. */
  readonly savesEmptySnapshotWith: (state: HardState) => boolean;

  // ── clients ──
  /** A command is answered when it has committed and been applied; 'append': as soon as it is in the leader's log. */
  readonly answersAt: 'apply' | 'append';
  /** Whether a command whose leader lost its office is reported as surely without effect: nobody knows. */
  readonly lostLeadershipIsDefinite: boolean;
  /** Whether a node in this role answers reads from its own state, unconfirmed: none does. */
  readonly readsUnconfirmed: (role: Role) => boolean;
}

export const CORRECT_REPLICA_RULES: ReplicaRules = {
  ...CORRECT_SESSION_RULES,
  promisesAwaitSync: true,
  entryBatches: (_previous, entries) => [entries],
  acceptedFromBadTail: () => null,
  onCorruptLog: 'halt',
  lostDiskMayRejoin: false,
  logAwaitsSnapshot: true,
  restoredBase: (snapshot, logBase) => (logBase.index > (snapshot?.index ?? 0) ? null : (snapshot ?? logBase)),
  snapshotStillNeeded: (index, durableIndex) => index > durableIndex,
  savesEmptySnapshotWith: () => false,
  answersAt: 'apply',
  lostLeadershipIsDefinite: false,
  readsUnconfirmed: () => false,
};
