/** Planted bugs in reads, sessions, and what clients are told. */

import type { Aid, Bug } from './bug.ts';

/** One function for all lease bugs, so that they can be switched on together. */
const READS_BY_LEASE: Aid = { why: 'reads go by leases', raft: { readMode: () => 'lease' } };

export const CLIENT_AND_READ_BUGS: readonly Bug[] = [
  {
    name: 'leader-local-read',
    group: 'clients and reads',
    what: 'a leader answers reads without confirming that it still leads',
    exposedBy: 'partition the leader, write elsewhere',
    breaks: ['linearizability'],
    source: 'dissertation, section 6.4',
    aid: {
      why: 'no CheckQuorum, which confirms a leader too, if late: who reads locally does without it',
      raft: { checkQuorum: false },
    },
    raft: { readsAwaitQuorum: false, readsAwaitOwnTerm: false },
  },
  {
    name: 'read-before-noop',
    group: 'clients and reads',
    what: 'ReadIndex is served before an entry of the current term has committed',
    exposedBy: 'read right after an election',
    breaks: ['linearizability'],
    source: 'dissertation, section 6.4, step 1',
    raft: { readsAwaitOwnTerm: false },
  },
  {
    name: 'read-index-without-quorum',
    group: 'clients and reads',
    what: 'ReadIndex does not wait for a round of heartbeats',
    exposedBy: 'partition the leader',
    breaks: ['linearizability'],
    source: 'dissertation, section 6.4, step 3',
    raft: { readsAwaitQuorum: false },
  },
  {
    name: 'lease-ignores-skew',
    group: 'clients and reads',
    what: 'lease reads are served for two election timeouts, whatever the clocks do',
    exposedBy: "slow the leader's clock, or pause it, and elect another",
    breaks: ['linearizability'],
    source: 'dissertation, section 6.4.1',
    aid: READS_BY_LEASE,
    raft: { leaseTicks: (electionTicks) => 2 * electionTicks },
  },
  {
    name: 'lease-survives-transfer',
    group: 'clients and reads',
    what: 'the lease is kept across a leadership transfer',
    exposedBy: 'transfer, then read at the old leader',
    breaks: ['linearizability'],
    source: 'dissertation, section 6.4.1 (leases and leadership transfer)',
    aid: READS_BY_LEASE,
    raft: { leaseEndsOnTransfer: false },
  },
  {
    name: 'no-dedupe',
    group: 'clients and reads',
    what: 'a command that is sent again is applied again',
    exposedBy: 'commit, lose the reply, retry at the new leader',
    breaks: ['linearizability'],
    source: 'dissertation, section 6.3',
    replica: { judgeSequence: () => 'new' },
  },
  {
    name: 'ack-at-append',
    group: 'clients and reads',
    what: 'the client is answered when its command is in the log of the leader, before it commits',
    exposedBy: 'answer, isolate the leader, elect another',
    breaks: ['durability', 'linearizability'],
    source: 'Raft paper, section 5.3 (apply, then answer)',
    replica: { answersAt: 'append' },
  },
  {
    name: 'timeout-as-failure',
    group: 'clients and reads',
    what: 'a command whose leader lost its office is reported as surely not done',
    exposedBy: 'the command that "failed" commits under the next leader',
    breaks: ['linearizability'],
    source: 'dissertation, section 6.3 (a client can not know); Jepsen: indeterminate is not failed',
    replica: { lostLeadershipIsDefinite: true },
  },
  {
    name: 'follower-read',
    group: 'clients and reads',
    what: 'every node answers reads from its own state',
    exposedBy: 'a follower that lags',
    breaks: ['linearizability'],
    source: 'dissertation, section 6.4',
    replica: { readsUnconfirmed: () => true },
  },
];
