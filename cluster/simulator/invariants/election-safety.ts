/** At most one leader is elected in a term (Raft paper, figure 3). History variable: the leader of each term ever. */

import type { NodeId } from '../../raft/types.ts';
import type { Invariant, Shared } from './invariant.ts';
import type { Observed } from './observed.ts';

export function electionSafety(shared: Shared): Invariant {
  const leaders = new Map<number, NodeId>();
  /** Last term claimed by each node, by its index: most claims repeat. */
  const lastClaim: number[] = [];

  const claim = ({ id, node }: Observed, term: number, how: string): void => {
    if (lastClaim[node.index] === term) return;
    lastClaim[node.index] = term;
    const leader = leaders.get(term);
    if (leader === undefined) leaders.set(term, id);
    else if (leader !== id)
      shared.broken('election safety', `${leader} and ${id} were both leader of term ${term}`, [leader, id], {
        term,
        how,
      });
  };

  return {
    name: 'election safety',
    becameLeader: (node) => claim(node, node.view.term, 'role'),
    // A leader that steps down within one event never shows as one between events, but what it sends does.
    sent(node, _to, { type, term }) {
      // Only the leader of a term sends these.
      if (type === 'append' || type === 'snapshot' || type === 'timeout-now') claim(node, term, `sent ${type}`);
    },
  };
}
