import { Raft } from '../../cluster/raft/raft.ts';
import { CORRECT_RULES } from '../../cluster/raft/rules.ts';
import { DEFAULT_LIMITS } from '../../cluster/replica/options.ts';

export const THREE = { voters: ['n1', 'n2', 'n3'], outgoing: null, learners: [] };

/** n1 of three, by itself: what it finds on its disk is term 3, its vote for n2, and a snapshot of the entries up to 8. */
export function followerInTerm3(): Raft {
  return new Raft(
    {
      id: 'n1',
      heartbeatTicks: 2,
      electionTicks: 10,
      reads: 'read-index',
      maxClockDriftPpm: 0,
      snapshotChunkBytes: 1000,
      limits: DEFAULT_LIMITS,
      random: () => 0,
      mark: () => {},
      rules: CORRECT_RULES,
    },
    {
      hardState: { term: 3, vote: 'n2', commit: 8 },
      snapshot: { index: 8, term: 3, membership: THREE },
      entries: [],
    },
    [],
  );
}
