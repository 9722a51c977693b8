/**
 * Within one life of a node its term, commit and applied index never fall; a leader's match indexes never fall within its term,
 * and what it sends next lies beyond them;
 * over lives, neither does the snapshot on disk.
 */

import type { ProgressView } from '../../raft/raft.ts';
import type { NodeId } from '../../raft/types.ts';
import type { Invariant, Shared } from './invariant.ts';
import type { Observed } from './observed.ts';

export function monotonicity(shared: Shared): Invariant {
  const fell = (id: NodeId, what: string, before: number, now: number): void =>
    shared.broken('monotonicity', `the ${what} of ${id} fell from ${before} to ${now}`, [id], { what, before, now });

  /** By node: the term in which it leads, and what it knew of its followers last. */
  interface Matches {
    term: number;
    readonly match: Map<NodeId, number>;
  }
  const matches: Matches[] = shared.nodes.map(() => ({ term: -1, match: new Map() }));

  // What `look` works on: one function for all, as it runs for each follower with each message to a leader.
  let leader = shared.nodes[0] as Observed;
  let match = new Map<NodeId, number>();
  const look = (progress: ProgressView, follower: NodeId): void => {
    if (progress.next <= progress.match)
      shared.broken(
        'monotonicity',
        `${leader.id} would send ${follower} entry ${progress.next} next, although it is known to hold ${progress.match}`,
        [leader.id, follower],
        { next: progress.next, match: progress.match, term: leader.view.term },
      );
    const before = match.get(follower);
    if (before === progress.match) return;
    if (before !== undefined && progress.match < before)
      fell(
        leader.id,
        `match index (at the leader of term ${leader.view.term}, for ${follower})`,
        before,
        progress.match,
      );
    match.set(follower, progress.match);
  };

  return {
    name: 'monotonicity',
    started(node) {
      matches[node.node.index] = { term: -1, match: new Map() };
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
      if (view.membershipIndex === node.membershipIndex) return;
      // Who was removed and comes back begins anew. A leader that is left alone hears nothing in between.
      const { match: known } = matches[node.node.index] as Matches;
      for (const follower of known.keys()) if (!view.progress.has(follower)) known.delete(follower);
    },
    leaderHeard(node) {
      const { view } = node;
      const known = matches[node.node.index] as Matches;
      if (known.term !== view.term) {
        known.term = view.term;
        known.match.clear();
      }
      leader = node;
      match = known.match;
      view.progress.forEach(look);
    },
  };
}
