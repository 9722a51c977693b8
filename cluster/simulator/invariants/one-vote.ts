/**
 * A node votes for at most one candidate in a term, over restarts too (Raft paper, section 5.2). History variables: for whom each
 * node voted in each term, as its vote left it in a frame or was found on its disk, and who led it.
 *
 * One vote may be taken back: a candidate's for itself, once another node has led its term. Nobody but the candidate counted it,
 * and that candidate will not win this term any more. Where it did win, the vote is part of its majority.
 */

import type { NodeId } from '../../raft/types.ts';
import type { Invariant, Shared } from './invariant.ts';

export function oneVote(shared: Shared): Invariant {
  const votes = new Map<NodeId, Map<number, NodeId>>();
  const leaders = new Map<number, Set<NodeId>>();
  const mayBeTakenBack = (voter: NodeId, term: number, candidate: NodeId): boolean => {
    const led = leaders.get(term);
    return candidate === voter && led !== undefined && !led.has(voter);
  };
  const vote = (voter: NodeId, term: number, candidate: NodeId, how: string): void => {
    let terms = votes.get(voter);
    if (terms === undefined) {
      terms = new Map();
      votes.set(voter, terms);
    }
    const earlier = terms.get(term);
    if (earlier === undefined || mayBeTakenBack(voter, term, earlier)) terms.set(term, candidate);
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
    becameLeader({ id, view }) {
      const led = leaders.get(view.term);
      if (led === undefined) leaders.set(view.term, new Set([id]));
      else led.add(id);
    },
    // What it found on its disk it may have given away.
    started({ id, view }) {
      if (view.vote !== null) vote(id, view.term, view.vote, 'restored');
    },
    // A vote that is only in memory may be forgotten by a crash, and nobody knows of it; but not changed while the node lives.
    changed({ id, view, term, vote: before }) {
      if (before === null || view.vote === null || view.vote === before || view.term !== term) return;
      if (mayBeTakenBack(id, term, before)) return;
      const summary = `${id} voted for ${before} and then for ${view.vote} in term ${term}`;
      shared.broken('one vote per term', summary, [id, before, view.vote], { term, how: 'state' });
    },
    sent({ id, durable }, to, frame) {
      const granted = frame.type === 'vote-reply' && (frame as { readonly granted?: boolean }).granted === true;
      if (!granted && frame.type !== 'vote') return;
      if (durable.term === frame.term && durable.vote !== null) vote(id, frame.term, durable.vote, 'on disk');
      vote(id, frame.term, granted ? to : id, granted ? 'granted' : 'asked for votes');
    },
  };
}
