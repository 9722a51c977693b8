/** Planted bugs in changes of members. */

import type { Bug } from './bug.ts';

export const MEMBERSHIP_BUGS: readonly Bug[] = [
  {
    name: 'config-before-own-term',
    group: 'membership',
    what: 'members are changed before an entry of the own term has committed',
    exposedBy: '{a,b,c,d}: two leaders add different nodes',
    breaks: ['leader completeness'],
    source: 'Ongaro, "bug in single-server membership changes" (raft-dev, 2015)',
    aid: {
      why: 'members change one by one without a joint step, where one leader need not know of the change of another',
      raft: {
        needsJoint: (from, to) => {
          const added = to.filter((node) => !from.includes(node)).length;
          const gone = from.filter((node) => !to.includes(node)).length;
          return added + gone > 1;
        },
      },
    },
    raft: { changesAwaitOwnTerm: false },
  },
  {
    name: 'direct-swap',
    group: 'membership',
    what: 'the configuration is replaced in one step, without joint consensus',
    exposedBy: 'from 3 to 5 nodes with a partition between',
    breaks: ['election safety'],
    source: 'Raft paper, section 6 and figure 10',
    raft: { needsJoint: () => false },
  },
  {
    name: 'joint-quorums-pooled',
    group: 'membership',
    what: 'joint consensus takes one majority of all, old and new together',
    exposedBy: 'shrink and grow at once',
    breaks: ['election safety'],
    source: 'Raft paper, section 6 (separate majorities)',
    raft: {
      votingSets: ({ voters, outgoing }) => [[...new Set([...voters, ...(outgoing ?? [])])]],
    },
  },
  {
    name: 'removed-server-disrupts',
    group: 'membership',
    what: 'a removed node is not told, and its elections depose the leader',
    exposedBy: 'remove a node, leave it running',
    breaks: ['liveness'],
    source: 'Raft paper, section 6 (disruptive servers)',
    aid: {
      why: 'no PreVote, and requests for votes are heard near a leader: either keeps a removed node from doing harm',
      raft: { preVote: false, ignoresVotesNearLeader: false },
    },
    raft: { tellsRemoved: false },
  },
  {
    name: 'wiped-disk-same-id',
    group: 'membership',
    what: 'a node that has lost its disk rejoins under its old name and votes again',
    exposedBy: 'wipe one voter, partition another',
    breaks: ['election safety', 'leader completeness', 'linearizability'],
    source: 'dissertation, section 3.8 (persisted state and server restarts)',
    replica: { lostDiskMayRejoin: true },
  },
];
