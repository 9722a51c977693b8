import { expect, it } from 'vitest';
import { Raft } from '../../cluster/raft/raft.ts';
import { CORRECT_RULES } from '../../cluster/raft/rules.ts';
import { DEFAULT_LIMITS } from '../../cluster/replica/options.ts';

const THREE = { voters: ['n1', 'n2', 'n3'], outgoing: null, learners: [] };
const WITHOUT_IT = { voters: ['n2', 'n3'], outgoing: null, learners: [] };

/** A follower of n2 in term 3, to which its membership at index 8 is known. */
function follower(): Raft {
  const raft = new Raft(
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
  const append = { type: 'append', term: 3, prevIndex: 8, prevTerm: 3, entries: [], commit: 8, round: 1 };
  raft.step('n2', append);
  raft.takeReady();
  return raft;
}

it.each([
  ['a removal that a later configuration has undone', { index: 5, indexTerm: 3 }, false],
  ['a removal of an earlier term', { index: 50, indexTerm: 2 }, false],
  ['a removal that is newer than what it knows', { index: 9, indexTerm: 3 }, true],
])('a member that is told late of %s: %j, ends: %s', (_, at, ends) => {
  const raft = follower();
  const removed = { type: 'removed', term: 3, ...at, membership: WITHOUT_IT };
  raft.step('n3', removed);
  expect(raft.takeReady().removed).toBe(ends);
});

it('nobody but its leader can tell a node to take over', () => {
  const raft = follower();
  raft.step('n3', { type: 'timeout-now', term: 3 });
  expect(raft.status()).toMatchObject({ role: 'follower', term: 3 });
  raft.step('n2', { type: 'timeout-now', term: 3 });
  expect(raft.status()).toMatchObject({ role: 'candidate', term: 4 });
});
