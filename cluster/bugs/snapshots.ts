/** Planted bugs in snapshots and log compaction. */

import type { Bug } from './bug.ts';

export const SNAPSHOT_BUGS: readonly Bug[] = [
  {
    name: 'older-snapshot-installed',
    group: 'snapshots',
    what: 'a snapshot older than the applied state is installed',
    exposedBy: 'an InstallSnapshot arrives late',
    breaks: ['state-machine safety', 'linearizability'],
    source: 'Raft paper, section 7',
    raft: { installsSnapshot: () => true, logHoldsSnapshot: () => false },
  },
  {
    name: 'snapshot-index-regresses',
    group: 'snapshots',
    what: 'a snapshot taken here before one was installed replaces the installed one',
    exposedBy: 'compact while an install is under way',
    breaks: ['monotonicity', 'state-machine safety'],
    source: 'the race of two snapshot writers',
    raft: { acceptsLocalSnapshot: () => true },
    replica: {
      snapshotStillNeeded: () => true,
      restoredBase: (snapshot, logBase) => (logBase.index > (snapshot?.index ?? 0) ? logBase : (snapshot ?? logBase)),
    },
  },
  {
    name: 'prev-zero-after-compaction',
    group: 'snapshots',
    what: 'prevLogIndex 0 is accepted although the beginning of the log was compacted',
    exposedBy: 'the very first AppendEntries arrives once more',
    breaks: ['log matching', 'state-machine safety'],
    source: 'Raft paper, section 7 (the consistency check after compaction)',
    raft: {
      logMatches: (check) => check.prevIndex === 0 || (check.ownTerm !== null && check.ownTerm === check.prevTerm),
    },
  },
  {
    name: 'install-keeps-stale-tail',
    group: 'snapshots',
    what: 'entries that conflict with an installed snapshot are kept behind it, and acknowledged with it as the end of the log',
    exposedBy: 'a divergent follower that is behind a snapshot',
    breaks: ['state-machine safety', 'linearizability'],
    source: 'Raft paper, figure 13 (discard the entire log)',
    // Merely kept, they do no harm beyond the log itself: they are of earlier terms than the snapshot, so no vote that matters turns on
    // them, and the next entries replace them. Where the answer names the end of the log (right, were it emptied), they count.
    raft: { keptAfterInstall: (tail) => tail, acknowledgedByInstall: (_index, lastIndex) => lastIndex },
  },
  {
    name: 'snapshot-and-log-not-atomic',
    group: 'snapshots',
    what: 'the log is cut before its snapshot is durable, and what a snapshot stands for is read from the log',
    exposedBy: 'a crash between the two writes',
    breaks: ['durability', 'state-machine safety', 'linearizability'],
    source: 'Raft paper, section 7; snapshot and index saved apart',
    replica: { logAwaitsSnapshot: false, restoredBase: (_snapshot, logBase) => logBase },
  },
  {
    name: 'saved-without-snapshot',
    group: 'snapshots',
    what: 'whenever term or vote are saved, an empty snapshot is saved with them, which erases the one on disk',
    exposedBy: 'compact, vote, restart',
    breaks: ['durability', 'state-machine safety', 'linearizability'],
    source: 'one call that saves everything, with the snapshot left out (a known trap of course implementations)',
    replica: {
      savesEmptySnapshotWith: () => true,
      snapshotStillNeeded: (index, durableIndex) => index >= durableIndex,
    },
  },
];
