/**
 * Elections: timeouts, sounding out (PreVote), votes, and the leader's own check that it still has a quorum (the paper, section 5.2;
 * the dissertation, sections 4.2.3, 6.2 and 9.6).
 */

import type { Core } from './core.ts';
import { isVoter } from './membership.ts';
import type { PreVote, PreVoteReply, Vote, VoteReply } from './messages.ts';
import { countVotes } from './quorum.ts';
import { tellRemoved } from './removal.ts';
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from './roles.ts';
import type { NodeId } from './types.ts';

/** Time passed at a node that does not lead. */
export function tickElection(core: Core): void {
  if (core.elapsed < core.timeout) return;
  if (!mayCampaign(core)) {
    core.restartTimer();
    if (core.leader !== null) core.setLeader(null);
    return;
  }
  if (core.role === 'pre-candidate' || core.role === 'candidate') core.mark('election-split');
  core.restartTimer();
  if (core.rules.preVote) soundOut(core);
  else campaign(core, false);
}

/**
 * Voters may. So may a voter that an uncommitted configuration in its own log leaves out: it may be the only one to hold that entry,
 * and nobody could win without its vote (dissertation, section 4.2.2). Its own vote does not count, then.
 */
function mayCampaign(core: Core): boolean {
  if (core.removed) return false;
  if (core.isVoter) return true;
  return core.configurations.latest.index > core.commit && isVoter(core.committedConfiguration.membership, core.id);
}

function soundOut(core: Core): void {
  becomePreCandidate(core);
  core.votes.set(core.id, true);
  const request: PreVote = {
    type: 'pre-vote',
    term: core.term,
    forTerm: core.term + 1,
    lastIndex: core.log.lastIndex,
    lastTerm: core.lastTerm,
  };
  for (const peer of core.peers) if (isVoter(core.membership, peer)) core.tell(peer, request);
  countPreVotes(core);
}

/** Asks for votes in a new term. The own vote counts once it is durable (`ownVoteDurable`). */
export function campaign(core: Core, transfer: boolean): void {
  becomeCandidate(core, transfer);
  const request: Vote = {
    type: 'vote',
    term: core.term,
    lastIndex: core.log.lastIndex,
    lastTerm: core.lastTerm,
    transfer,
  };
  for (const peer of core.peers) if (isVoter(core.membership, peer)) core.promise(peer, request);
}

/** A batch became durable: a candidate's own vote may now count. */
export function ownVoteDurable(core: Core): void {
  if (core.role !== 'candidate' || core.durableTerm !== core.term || core.durableVote !== core.id) return;
  if (core.votes.has(core.id)) return;
  core.votes.set(core.id, true);
  countVotesFor(core);
}

function countPreVotes(core: Core): void {
  const stand = countVotes(core.votingSets, (node) => core.votes.get(node), core.rules.majority);
  if (stand === 'won') campaign(core, false);
  else if (stand === 'lost') {
    core.mark('pre-vote-refused');
    becomeFollower(core, core.term, null);
  }
}

function countVotesFor(core: Core): void {
  const stand = countVotes(core.votingSets, (node) => core.votes.get(node), core.rules.majority);
  if (stand === 'won') becomeLeader(core);
  else if (stand === 'lost') {
    core.mark('election-split');
    becomeFollower(core, core.term, null);
  }
}

/**
 * Whether a leader is near: this node leads, or heard from a leader within the minimum election timeout. It then ignores requests for
 * votes, so that nobody who merely lost touch deposes a leader that works; leases rest on it too.
 */
function leaderIsNear(core: Core): boolean {
  if (!core.rules.ignoresVotesNearLeader) return false;
  return core.role === 'leader' || core.sinceLeader < core.options.electionTicks;
}

/** A node that belongs to no cluster yet has nothing to say in elections. */
function hasSay(core: Core): boolean {
  return core.membership.voters.length > 0;
}

function candidateUpToDate(core: Core, request: PreVote | Vote): boolean {
  return core.rules.logUpToDate(request.lastTerm, request.lastIndex, core.lastTerm, core.log.lastIndex);
}

export function handlePreVote(core: Core, from: NodeId, request: PreVote): void {
  const upToDate = candidateUpToDate(core, request);
  // A candidate with the newer log may be a member that this node has not heard of yet.
  if (!upToDate && tellRemoved(core, from)) return;
  const near = leaderIsNear(core);
  if (near) core.mark('vote-near-leader-ignored');
  const granted = !near && hasSay(core) && request.forTerm > core.term && upToDate;
  if (core.rules.voteRequestResetsTimer(granted, true)) core.restartTimer();
  core.tell(from, { type: 'pre-vote-reply', term: core.term, forTerm: request.forTerm, granted });
}

export function handlePreVoteReply(core: Core, from: NodeId, reply: PreVoteReply): void {
  if (reply.term > core.term && !reply.granted) {
    becomeFollower(core, reply.term, null);
    return;
  }
  if (core.role !== 'pre-candidate' || reply.forTerm !== core.term + 1) {
    core.mark('stale-reply');
    return;
  }
  core.votes.set(from, reply.granted);
  countPreVotes(core);
}

export function handleVote(core: Core, from: NodeId, request: Vote): void {
  const upToDate = candidateUpToDate(core, request);
  if (!upToDate && tellRemoved(core, from)) return;
  if (request.term > core.term) {
    if (!request.transfer && leaderIsNear(core)) {
      core.mark('vote-near-leader-ignored');
      return;
    }
    becomeFollower(core, request.term, null);
  }
  const current = request.term === core.term;
  if (!current) core.mark('stale-request');
  const granted = current && hasSay(core) && (core.vote === null || core.vote === from) && upToDate;
  if (core.rules.voteRequestResetsTimer(granted, false)) core.restartTimer();
  if (!granted) {
    core.tell(from, { type: 'vote-reply', term: core.term, granted: false });
    return;
  }
  core.vote = from;
  core.promise(from, { type: 'vote-reply', term: core.term, granted: true });
}

export function handleVoteReply(core: Core, from: NodeId, reply: VoteReply): void {
  if (reply.term > core.term) {
    becomeFollower(core, reply.term, null);
    return;
  }
  if (core.role !== 'candidate' || reply.term < core.term) {
    core.mark('stale-reply');
    return;
  }
  core.votes.set(from, reply.granted);
  countVotesFor(core);
}

/** Once per election timeout: a leader that no quorum answered since the last check steps down. */
export function checkQuorum(core: Core): void {
  const stand = countVotes(
    core.votingSets,
    (node) => node === core.id || (core.progress.get(node)?.active ?? false),
    core.rules.majority,
  );
  for (const progress of core.progress.values()) {
    if (!progress.active && progress.state !== 'snapshot') progress.becomeProbe(progress.match + 1);
    progress.active = false;
  }
  if (stand === 'won' || !core.rules.checkQuorum) return;
  core.mark('check-quorum-step-down');
  becomeFollower(core, core.term, null);
}
