/**
 * An entry committed in a term is in the logs of the leaders of all later terms (Raft paper, figure 3). By log matching it is
 * enough to look for the last such entry.
 */

import type { CommittedHistory } from './committed-history.ts';
import type { Invariant, Shared } from './invariant.ts';

export function leaderCompleteness(shared: Shared, history: CommittedHistory): Invariant {
  return {
    name: 'leader completeness',
    becameLeader({ id, view }) {
      const index = history.lastCommittedBefore(view.term);
      if (index <= view.baseIndex) return;
      const { committedTerm, node } = history.at(index);
      const term = view.termAt(index);
      if (committedTerm === 0 || term === committedTerm) return;
      const found = term === null ? 'lacks it' : `has one of term ${term} there`;
      shared.broken(
        'leader completeness',
        `${id} became leader of term ${view.term}, but entry ${index} of term ${committedTerm} was committed and its log ${found}`,
        [id, node],
        { index, committedTerm, leaderTerm: view.term, foundTerm: term, lastIndex: view.lastIndex },
      );
    },
  };
}
