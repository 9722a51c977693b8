/**
 * Within one life of a node its term, commit and applied index never fall; a leader's match indexes never fall within its term,
 * and what it sends next lies beyond them;
 * over lives, neither does the snapshot on disk.
 */

import type { NodeId } from '../../raft/types.ts';
import type { Invariant, Shared } from './invariant.ts';
import type { Observed } from './observed.ts';

export function monotonicity(shared: Shared): Invariant {
  const fell = (id: NodeId, what: string, before: number, now: number): void =>
    shared.broken('monotonicity', `the ${what} of ${id} fell from ${before} to ${now}`, [id], { what, before, now });

  interface Matches {
    term: number;
    readonly match: Map<NodeId, number>;
  }
  const matches = new Map<NodeId, Matches>();
  const matchesOf = (node: Observed): Matches => {
    let known = matches.get(node.id);
    if (known === undefined) {
      known = { term: -1, match: new Map() };
      matches.set(node.id, known);
    }
    if (known.term !== node.view.term) {
      known.term = node.view.term;
      known.match.clear();
    }
    return known;
  };

  return {
    name: 'monotonicity',
    started(node) {
      matches.delete(node.id);
      if (node.excused || node.view.snapshotIndex >= node.snapshotIndex) return;
      // The mirror holds what was in memory; only what was durable has to come back.
      if (node.view.snapshotIndex < node.durable.snapshotIndex)
        fell(node.id, 'snapshot on disk', node.durable.snapshotIndex, node.view.snapshotIndex);
    },
    changed(node) {
      const { id, view } = node;
      if (view.term < node.term) fell(id, 'term', node.term, view.term);
      if (view.commit < node.commit) fell(id, 'commit index', node.commit, view.commit);
      if (view.applied < node.applied) fell(id, 'applied index', node.applied, view.applied);
      if (view.snapshotIndex < node.snapshotIndex) fell(id, 'snapshot index', node.snapshotIndex, view.snapshotIndex);
    },
    leaderHeard(node) {
      const { id, view } = node;
      const { match } = matchesOf(node);
      for (const [follower, progress] of view.progress) {
        if (progress.next <= progress.match)
          shared.broken(
            'monotonicity',
            `${id} would send ${follower} entry ${progress.next} next, although it is known to hold ${progress.match}`,
            [id, follower],
            { next: progress.next, match: progress.match, term: view.term },
          );
        const before = match.get(follower);
        if (before === progress.match) continue;
        if (before !== undefined && progress.match < before)
          fell(id, `match index (at the leader of term ${view.term}, for ${follower})`, before, progress.match);
        match.set(follower, progress.match);
      }
      if (match.size > view.progress.size)
        for (const follower of match.keys()) if (!view.progress.has(follower)) match.delete(follower);
    },
  };
}
