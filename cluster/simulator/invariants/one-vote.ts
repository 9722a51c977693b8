/**
 * A node votes for at most one candidate in a term, over restarts too (Raft paper, section 5.2). History variable: for whom each
 * node voted in each term, as its vote was seen in its state or left it in a frame.
 */

import type { NodeId } from '../../raft/types.ts';
import type { Invariant, Shared } from './invariant.ts';

export function oneVote(shared: Shared): Invariant {
  const votes = new Map<NodeId, Map<number, NodeId>>();
  const vote = (voter: NodeId, term: number, candidate: NodeId, how: string): void => {
    let terms = votes.get(voter);
    if (terms === undefined) {
      terms = new Map();
      votes.set(voter, terms);
    }
    const earlier = terms.get(term);
    if (earlier === undefined) terms.set(term, candidate);
    else if (earlier !== candidate)
      shared.broken(
        'one vote per term',
        `${voter} voted for ${earlier} and for ${candidate} in term ${term}`,
        [voter, earlier, candidate],
        {
          term,
          how,
        },
      );
  };
  return {
    name: 'one vote per term',
    changed({ id, view, term, vote: before }) {
      if (view.vote !== null && (view.vote !== before || view.term !== term)) vote(id, view.term, view.vote, 'state');
    },
    sent({ id }, to, frame) {
      if (frame.type === 'vote') vote(id, frame.term, id, 'asked for votes');
      else if (frame.type === 'vote-reply' && (frame as { readonly granted?: boolean }).granted === true)
        vote(id, frame.term, to, 'granted');
    },
  };
}
