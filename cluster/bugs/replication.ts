/** Planted bugs in replication, commitment and the log on disk. */

import { HEADER_BYTES } from '../replica/log-format.ts';
import type { Bug } from './bug.ts';

/** What a reader without checksums makes of a damaged batch: every record that it can read, and of the first it can't, the head. */
function legibleRecords(bytes: Uint8Array): string | null {
  let records = '';
  for (const line of new TextDecoder().decode(bytes.subarray(HEADER_BYTES)).split('\n')) {
    const whole = isWhole(line);
    const head = whole ? null : /^E\{"index":(\d+),"term":(\d+),/.exec(line);
    if (whole) records += `${line}\n`;
    else if (head !== null) records += `E{"index":${head[1]},"term":${head[2]},"kind":"noop"}\n`;
    if (!whole) break;
  }
  return records === '' ? null : records;
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line.slice(1));
    return line.startsWith('E') || line.startsWith('H');
  } catch {
    return false;
  }
}

export const REPLICATION_BUGS: readonly Bug[] = [
  {
    name: 'log-volatile',
    group: 'replication',
    what: 'log entries are not persisted before they are acknowledged',
    exposedBy: 'commit on two of three, restart both, the third leads',
    breaks: ['durability', 'leader completeness', 'linearizability'],
    source: 'Raft paper, figure 2 (persistent state)',
    raft: { persistedEntries: () => [] },
  },
  {
    name: 'heartbeat-skips-log-check',
    group: 'replication',
    what: 'an empty AppendEntries is acknowledged without looking at the entry before it',
    exposedBy: 'a divergent follower acknowledges',
    breaks: ['leader completeness', 'state-machine safety', 'linearizability'],
    source: "Students' Guide to Raft (Gjengset 2016), incorrect RPC handlers",
    raft: { logMatches: (check) => check.entryCount === 0 || check.ownTerm === check.prevTerm },
  },
  {
    name: 'commit-past-new-entries',
    group: 'replication',
    what: "a follower's commit index goes to its last log index rather than the last entry the message vouches for",
    exposedBy: 'a divergent tail, and a heartbeat with a high commit index',
    breaks: ['state-machine safety', 'linearizability'],
    source: "Students' Guide to Raft (Gjengset 2016), incorrect RPC handlers",
    raft: { followerCommit: (leaderCommit, _lastNew, lastIndex) => Math.min(leaderCommit, lastIndex) },
  },
  {
    name: 'truncate-without-conflict',
    group: 'replication',
    what: 'AppendEntries always cuts off the log after prevLogIndex',
    exposedBy: 'a short AppendEntries arrives late, after a longer one',
    breaks: ['leader completeness', 'linearizability'],
    source: "Students' Guide to Raft (Gjengset 2016), incorrect RPC handlers",
    raft: { truncateAt: (_conflict, prevIndex) => prevIndex + 1 },
  },
  {
    name: 'commit-previous-term',
    group: 'replication',
    what: 'entries of earlier terms commit by counting replicas',
    exposedBy: "the five servers of the paper's figure 8",
    breaks: ['leader completeness', 'linearizability'],
    source: 'Raft paper, section 5.4.2 and figure 8',
    raft: { leaderCommit: ({ quorumIndex, commit }) => Math.max(quorumIndex, commit) },
  },
  {
    name: 'commit-stops-at-old-term',
    group: 'replication',
    what: 'the commit loop never passes an entry of an old term',
    exposedBy: 'a new leader with an uncommitted old tail',
    breaks: ['liveness'],
    source: 'Raft paper, section 5.4.2 (older entries commit indirectly)',
    raft: {
      leaderCommit: ({ quorumIndex, commit, currentTerm, termAt }) => {
        let reached = commit;
        while (reached < quorumIndex && termAt(reached + 1) === currentTerm) reached++;
        return reached;
      },
    },
  },
  {
    name: 'next-not-after-match',
    group: 'replication',
    what: 'nextIndex may fall to or below matchIndex, because old rejections are believed',
    exposedBy: 'lose an AppendEntries, send two, and let a rejection come late',
    breaks: ['monotonicity'],
    source: 'Raft paper, figure 2 (nextIndex, matchIndex); SandTable (EuroSys 2024) reports the kind in real systems',
    raft: { rejectionIsStale: () => false, nextAfterRejection: (hint) => Math.max(1, hint) },
  },
  {
    name: 'send-after-stepdown',
    group: 'replication',
    what: 'AppendEntries that were due are still sent after stepping down, with the new term',
    exposedBy: 'step down with messages due',
    breaks: ['election safety', 'log matching'],
    source: "Students' Guide to Raft (Gjengset 2016), term confusion",
    raft: { sendsOnlyAsLeader: false },
  },
  {
    name: 'term-read-before-await',
    group: 'replication',
    what: 'the term of a proposal is read, control yields, and the entry is appended with the stale term',
    exposedBy: 'heal a partition during a proposal',
    breaks: ['log matching', 'leader completeness', 'state-machine safety'],
    source: 'check and act in one step: typical of implementations on coroutines',
    raft: { appendsAtOnce: false },
  },
  {
    name: 'first-index-ambiguous',
    group: 'replication',
    what: 'the index of an empty log and of its first entry are the same',
    exposedBy: 'lose the first AppendEntries',
    breaks: ['log matching'],
    source: 'implementations whose log counts from 0',
    raft: {
      logMatches: (check) =>
        (check.ownTerm !== null && check.ownTerm === check.prevTerm) ||
        (check.lastIndex === 0 && check.prevIndex === 1),
      placedEntries: (entries, lastIndex) =>
        lastIndex === 0 && entries[0]?.index === 2
          ? entries.map((entry) => ({ ...entry, index: entry.index - 1 }))
          : entries,
    },
  },
  {
    name: 'catch-up-acks-commit',
    group: 'replication',
    what: 'acknowledgements of entries from earlier terms count as acknowledgements of the whole log',
    exposedBy: 'several changes of leader with a laggard',
    breaks: ['leader completeness'],
    source: 'Raft paper, section 5.3 (an entry commits when it is on a majority itself)',
    raft: {
      countedMatch: (acked, ackedTerm, currentTerm, leaderLast) =>
        acked > 0 && ackedTerm !== currentTerm ? leaderLast : acked,
    },
  },
  {
    name: 'old-leader-commits-on-return',
    group: 'replication',
    what: 'a node whose log is long enough takes a snapshot for held, whatever the term of its entry there',
    exposedBy: 'isolate a leader, commit and compact elsewhere, heal',
    breaks: ['state-machine safety', 'linearizability'],
    source: 'Raft paper, figure 13 (same index and term)',
    raft: { logHoldsSnapshot: (index, _term, _ownTerm, lastIndex) => lastIndex >= index },
  },
  {
    name: 'truncate-append-not-atomic',
    group: 'replication',
    what: 'the last batch of the log is cut off and written again with the next entries, in two steps',
    exposedBy: 'acknowledge a batch of several entries, append another, crash between the two writes',
    breaks: ['durability', 'leader completeness'],
    source: 'logs that rewrite their last, partly filled page in place',
    replica: {
      entryBatches: ([first, ...rest], entries) =>
        first === undefined || rest.length === 0 ? [entries] : [[first], [...rest, ...entries]],
    },
  },
  {
    name: 'ack-before-fsync',
    group: 'replication',
    what: 'votes and acknowledgements leave before the log is synced',
    exposedBy: 'a power loss of a majority',
    breaks: ['durability', 'election safety', 'linearizability'],
    source: 'Raft paper, figure 2 (updated on stable storage before responding to RPCs)',
    replica: { promisesAwaitSync: false },
  },
  {
    name: 'torn-tail-accepted',
    group: 'replication',
    what: 'a half-written batch at the end of the log is taken for data; of an entry cut short only index and term are kept',
    exposedBy: 'a crash while an entry is written that commits elsewhere',
    breaks: ['log matching', 'state-machine safety', 'linearizability'],
    source:
      'logs without checksums; Alagappan et al., "Protocol-Aware Recovery for Consensus-Based Storage" (FAST 2018)',
    replica: { acceptedFromBadTail: legibleRecords },
  },
  {
    name: 'corrupt-middle-truncates',
    group: 'replication',
    what: 'a node that finds a changed byte in its log forgets everything from there on',
    exposedBy: 'flip a bit on a minority, and elect it',
    breaks: ['durability', 'leader completeness', 'linearizability'],
    source: 'Alagappan et al., "Protocol-Aware Recovery for Consensus-Based Storage" (FAST 2018)',
    replica: { onCorruptLog: 'shorten' },
  },
];
