/** Changes of role (the paper, figure 4), each with everything that ends or begins with it. */

import type { Core } from './core.ts';
import { Progress } from './progress.ts';
import type { NodeId } from './types.ts';

/** Follows `leader` (null: not known yet) in `term`, which is at least the current one. */
export function becomeFollower(core: Core, term: number, leader: NodeId | null): void {
  const before = core.role;
  if (term > core.term) {
    core.term = term;
    core.vote = null;
    core.statusChanged = true;
  } else if (leader !== null) {
    core.vote = core.rules.voteAfterYielding(core.vote, before);
  }
  if (before === 'leader') endLeadership(core);
  if (before !== 'follower') {
    core.role = 'follower';
    core.statusChanged = true;
    core.restartTimer();
  }
  core.setLeader(leader);
}

function endLeadership(core: Core): void {
  for (const read of core.reads.close()) if (read.from === null) core.refuseRead(read.context);
  core.transferTo = null;
  core.handedOver = false;
  core.catchUp = null;
  core.departed.clear();
  if (core.rules.sendsOnlyAsLeader) {
    core.progress.clear();
    core.heartbeatDue = false;
    core.flushNeeded = false;
  } else {
    core.heartbeatDue = true;
    core.flushNeeded = true;
  }
}

/** The votes of the next term are being sounded out; term and vote stay. */
export function becomePreCandidate(core: Core): void {
  core.role = 'pre-candidate';
  core.votes.clear();
  core.campaignIsTransfer = false;
  core.statusChanged = true;
  core.setLeader(null);
}

/** Runs for the next term, with this node's own vote. */
export function becomeCandidate(core: Core, transfer: boolean): void {
  core.role = 'candidate';
  core.term++;
  core.vote = core.id;
  core.votes.clear();
  core.campaignIsTransfer = transfer;
  core.statusChanged = true;
  core.setLeader(null);
}

/** Leads the current term, beginning with a no-op, through which everything before it commits (dissertation, section 6.4). */
export function becomeLeader(core: Core): void {
  core.role = 'leader';
  core.vote = core.rules.voteAfterWinning(core.id);
  core.statusChanged = true;
  core.setLeader(core.id);
  core.votes.clear();
  core.reads.close();
  core.heartbeatElapsed = 0;
  core.quorumElapsed = 0;
  core.transferTo = null;
  core.handedOver = false;
  core.catchUp = null;
  core.departed.clear();
  core.progress.clear();
  core.termStart = core.log.lastIndex + 1;
  if (core.membership.outgoing !== null) core.mark('joint-inherited');
  adoptPeers(core, core.termStart);
  if (core.rules.beginsTermWithNoop) core.append([{ index: core.termStart, term: core.term, kind: 'noop' }]);
  core.flushNeeded = true;
}

/**
 * Brings a leader's list of followers in line with the membership. New ones are probed from `next`, an entry that is just being
 * appended: most likely they have all that came before it, or at least their answer tells what they have.
 */
export function adoptPeers(core: Core, next: number): void {
  for (const node of core.progress.keys()) if (!core.peers.includes(node)) core.progress.delete(node);
  for (const node of core.peers) if (!core.progress.has(node)) core.progress.set(node, new Progress(next));
}

/**
 * Follows the sender of an AppendEntries or InstallSnapshot of `term`. False if it is none to follow: its term is over, or (only
 * under wrong rules) this node thinks otherwise.
 */
export function followLeader(core: Core, from: NodeId, term: number): boolean {
  if (term < core.term) {
    core.mark('stale-request');
    return false;
  }
  if (term === core.term && (core.role === 'leader' || !core.rules.yieldsToLeader(core.role))) return false;
  becomeFollower(core, term, from);
  core.elapsed = 0;
  core.sinceLeader = 0;
  return true;
}
