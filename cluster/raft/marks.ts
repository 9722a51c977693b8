/**
 * Interesting states that a run of the core may reach, reported through `RaftOptions.mark`: how often each was reached tells
 * whether the faults explore anything. A name outside this list does not compile.
 */
export const RAFT_MARKS = {
  'pre-vote-refused': 'a node could not win and therefore kept its term',
  'vote-near-leader-ignored': 'a request for a vote was ignored because a leader was heard from',
  'election-split': 'an election ended without a winner',
  'check-quorum-step-down': 'a leader without a quorum stepped down',
  'stale-request': 'a request of an earlier term was recognised',
  'stale-reply': 'an old acknowledgement or rejection was recognised and dropped',
  truncation: 'a follower cut off entries that conflict with the leader',
  'rolled-back-configuration': 'a configuration was cut off with its entry',
  'fast-backtrack': 'the leader skipped more than one entry after a rejection',
  'figure-8': 'a quorum held an entry of an earlier term, which must not commit by counting',
  'compacted-prefix': 'a follower was sent entries that it had compacted already',
  'snapshot-sent': 'a follower was so far behind that it needed a snapshot',
  'snapshot-resumed': 'a chunk of a snapshot was lost and sent again',
  'snapshot-installed': 'a snapshot replaced the log',
  'snapshot-over-conflict': 'a snapshot replaced entries that conflict with it',
  'snapshot-refused': 'a snapshot that was older than the commit index was not installed',
  'snapshot-already-held': 'a snapshot of what the log held only advanced the commit index',
  'read-shared-round': 'several reads were confirmed by one round',
  'read-awaited-own-term': 'a read waited for the first commit of a term',
  'read-forwarded': 'a follower got a read index from its leader',
  'read-resent': 'a follower asked again for a read index',
  'read-refused': 'a read was given up because the leader changed or stayed silent',
  'lease-read': 'a read was answered under a lease',
  'lease-expired': 'a read found the lease expired and went through a round instead',
  'transfer-done': 'a node was told to take over and asked for votes',
  'transfer-aborted': 'a leadership transfer took too long and was given up',
  'joint-entered': 'a leader appended a joint configuration',
  'joint-left': 'a leader left a joint configuration',
  'joint-inherited': 'a new leader found a joint configuration in its log',
  'learner-caught-up': 'new voters caught up as learners',
  'change-abandoned': 'new voters did not catch up in time',
  'leader-removed-itself': 'a leader stepped down because it was no longer a voter',
  'removed-told': 'a node learned that it is no longer a member',
} as const;

export type RaftMark = keyof typeof RAFT_MARKS;
