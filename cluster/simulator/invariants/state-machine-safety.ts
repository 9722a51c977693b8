/**
 * If a node has committed or applied an entry at an index, no other node ever does so with another entry there (Raft paper,
 * figure 3). History variable: the term of the first entry committed at each index.
 */

import type { CommittedHistory } from './committed-history.ts';
import type { Invariant, Shared } from './invariant.ts';
import type { Observed } from './observed.ts';

export function stateMachineSafety(shared: Shared, history: CommittedHistory): Invariant {
  const check = (node: Observed, from: number): void => {
    const { view } = node;
    for (let index = Math.max(from + 1, view.baseIndex); index <= view.commit; index++) {
      const term = view.termAt(index);
      if (term === null) {
        shared.broken(
          'state-machine safety',
          `${node.id} has committed up to ${view.commit}, but its log lacks ${index}`,
          [node.id],
          {
            index,
            commit: view.commit,
            lastIndex: view.lastIndex,
          },
        );
        return;
      }
      if (index === 0) continue;
      const first = history.commit(index, term, view.term, node.id);
      if (first === null) continue;
      shared.broken(
        'state-machine safety',
        `${node.id} committed an entry of term ${term} at index ${index}, where ${first.node} had committed one of term ${first.term}`,
        [first.node, node.id],
        { index, term, otherTerm: first.term },
      );
      return;
    }
  };
  return {
    name: 'state-machine safety',
    started: (node) => check(node, node.view.baseIndex - 1),
    committed: check,
    changed({ id, view }) {
      if (view.applied <= view.commit) return;
      const { applied, commit } = view;
      shared.broken('state-machine safety', `${id} applied ${applied}, beyond its commit index ${commit}`, [id], {
        applied,
        commit,
      });
    },
    logChanged(node, from) {
      if (from > node.commit) return;
      const { commit } = node;
      for (let index = Math.max(from, node.view.baseIndex); index <= commit; index++) {
        const { committedTerm } = history.at(index);
        if (node.view.termAt(index) === committedTerm || committedTerm === 0) continue;
        shared.broken('state-machine safety', `${node.id} replaced entry ${index}, which it had committed`, [node.id], {
          index,
          commit,
          committedTerm,
          nowTerm: node.view.termAt(index),
        });
        return;
      }
    },
  };
}
