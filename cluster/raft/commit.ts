/** Commitment: what a quorum has made durable in the leader's term is decided (the paper, sections 5.3 and 5.4). */

import { advanceChange, tellDeparted } from './change.ts';
import type { Core } from './core.ts';
import { reachedByQuorum } from './quorum.ts';

/** Advances a leader's commit index as far as acknowledgements allow. */
export function advanceCommit(core: Core): void {
  if (core.role !== 'leader') return;
  const quorumIndex = reachedByQuorum(
    core.votingSets,
    (node) => (node === core.id ? core.durableIndex : (core.progress.get(node)?.match ?? 0)),
    core.rules.majority,
  );
  if (quorumIndex <= core.commit) return;
  const commit = core.rules.leaderCommit({
    quorumIndex,
    commit: core.commit,
    currentTerm: core.term,
    termAt: (index) => core.log.termAt(index),
  });
  if (commit <= core.commit) {
    core.mark('figure-8');
    return;
  }
  const newConfiguration = core.configurations.latest.index > core.commit;
  core.commit = commit;
  if (core.reads.waiting.length > 0) core.flushNeeded = true;
  if (newConfiguration && core.departed.size > 0) tellDeparted(core);
  advanceChange(core);
}
