/**
 * A state machine that was restored from a snapshot equals one that applied every entry: at equal applied indexes all nodes
 * have equal state hashes. History variable: the hash first seen at each applied index.
 */

import type { NodeId } from '../../raft/types.ts';
import type { Invariant, Shared } from './invariant.ts';

/** Once the state is right at an index, one in so many later ones is compared; a wrong state stays wrong. */
const EVERY = 8;
const REMEMBERED_MAX = 20_000;

export function snapshotEqualsReplay(shared: Shared): Invariant {
  const hashes = new Map<number, { readonly hash: string; readonly node: NodeId }>();
  return {
    name: 'snapshot equals replay',
    applied({ id, view, replica, applied }) {
      const step = view.applied - applied;
      if (replica === null || (view.applied % EVERY !== 0 && step > 0 && step <= EVERY)) return;
      const { appliedIndex: index, machine } = replica.inspect();
      const hash = machine.hash();
      const first = hashes.get(index);
      if (first === undefined) {
        hashes.set(index, { hash, node: id });
        // Maps keep insertion order: the oldest go first.
        if (hashes.size > REMEMBERED_MAX) hashes.delete(hashes.keys().next().value as number);
      } else if (first.hash !== hash)
        shared.broken(
          'snapshot equals replay',
          `at applied index ${index} the state of ${id} is not that of ${first.node}`,
          [first.node, id],
          {
            index,
            hash,
            otherHash: first.hash,
          },
        );
    },
  };
}
