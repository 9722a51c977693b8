import { expect, it } from 'vitest';
import { followerInTerm3, THREE } from './follower.ts';

// Found by a hunt, seeds 105045 and 106062: n3 led in terms 1 and 3, and a very late message of term 1 was answered in term 3 with
// the round it carried. To n3 that was the acknowledgement of rounds yet to come: it answered reads without asking anybody.
it.each([
  { type: 'append', term: 1, prevIndex: 0, prevTerm: 0, entries: [], commit: 0, round: 185 },
  {
    type: 'snapshot',
    term: 1,
    index: 5,
    indexTerm: 1,
    membership: THREE,
    offset: 0,
    total: 2,
    data: '{}',
    round: 185,
  },
])('the answer to a $type of an earlier term acknowledges no round', (late) => {
  const raft = followerInTerm3();
  raft.step('n3', late);
  const answers = raft.takeReady().messages.filter(({ to }) => to === 'n3');
  expect(answers).toHaveLength(1);
  expect(answers[0]?.frame).toMatchObject({ term: 3, round: 0 });
});

it('the answer to an append of the present term acknowledges its round', () => {
  const raft = followerInTerm3();
  const append = { type: 'append', term: 3, prevIndex: 8, prevTerm: 3, entries: [], commit: 8, round: 7 };
  raft.step('n3', append);
  const { messages, promises } = raft.takeReady();
  expect([...messages, ...promises].map(({ frame }) => frame)).toContainEqual(
    expect.objectContaining({ type: 'append-reply', term: 3, round: 7, accepted: true }),
  );
});
