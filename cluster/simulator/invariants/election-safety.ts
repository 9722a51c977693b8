/** At most one leader is elected in a term (Raft paper, figure 3). History variable: the leader of each term ever. */

import type { NodeId } from '../../raft/types.ts';
import type { Invariant, Shared } from './invariant.ts';

/** Frames that only the leader of their term sends. */
const LEADERS_FRAMES: ReadonlySet<string> = new Set(['append', 'snapshot', 'timeout-now']);

export function electionSafety(shared: Shared): Invariant {
  const leaders = new Map<number, NodeId>();
  /** Last term claimed by each node: most claims repeat. */
  const lastClaim = new Map<NodeId, number>();

  const claim = (id: NodeId, term: number, how: string): void => {
    if (lastClaim.get(id) === term) return;
    lastClaim.set(id, term);
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
    becameLeader: ({ id, view }) => claim(id, view.term, 'role'),
    // A leader that steps down within one event never shows as one between events, but what it sends does.
    sent({ id }, _to, frame) {
      if (LEADERS_FRAMES.has(frame.type)) claim(id, frame.term, `sent ${frame.type}`);
    },
  };
}
