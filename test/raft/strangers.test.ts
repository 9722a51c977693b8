import { expect, it } from 'vitest';
import { followerInTerm3 } from './follower.ts';

const WITHOUT_IT = { voters: ['n2', 'n3'], outgoing: null, learners: [] };

/** One that knows n2 as its leader, and its membership at index 8. */
function followerOfN2() {
  const raft = followerInTerm3();
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
  const raft = followerOfN2();
  const removed = { type: 'removed', term: 3, ...at, membership: WITHOUT_IT };
  raft.step('n3', removed);
  expect(raft.takeReady().removed).toBe(ends);
});

it('nobody but its leader can tell a node to take over', () => {
  const raft = followerOfN2();
  raft.step('n3', { type: 'timeout-now', term: 3 });
  expect(raft.status()).toMatchObject({ role: 'follower', term: 3 });
  raft.step('n2', { type: 'timeout-now', term: 3 });
  expect(raft.status()).toMatchObject({ role: 'candidate', term: 4 });
});
