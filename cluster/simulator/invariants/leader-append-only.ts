/** A leader never overwrites or deletes entries of its log; it only appends (Raft paper, figure 3). */

import type { Invariant, Shared } from './invariant.ts';

export function leaderAppendOnly(shared: Shared): Invariant {
  return {
    name: 'leader append-only',
    logChanged(node, from) {
      const { id, view } = node;
      if (node.role !== 'leader' || view.role !== 'leader' || node.term !== view.term || from > node.lastIndex) return;
      shared.broken(
        'leader append-only',
        `${id} changed its log from index ${from} on while leader of term ${view.term}`,
        [id],
        {
          from,
          term: view.term,
          lastIndexBefore: node.lastIndex,
          lastIndex: view.lastIndex,
        },
      );
    },
  };
}
