/**
 * Changes of members by joint consensus (the paper, section 6), one at a time: new voters first join as learners and catch up; then the
 * joint configuration is appended; once it has committed, the new one is; once that has committed, a leader outside it steps down.
 */

import type { CatchUp, Core } from './core.ts';
import { isMember, membersOf, objection, sameNodes } from './membership.ts';
import type { Membership, Proposed } from './ready.ts';
import { tellRemoved } from './removal.ts';
import { adoptPeers, becomeFollower } from './roles.ts';
import { handOver } from './transfer.ts';
import type { NodeId } from './types.ts';

export interface WantedMembership {
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
}

/** Election timeouts that new voters have to catch up. */
const CATCH_UP_TIMEOUTS = 30;

/** Times a removed node is told, an election timeout apart. */
const TIMES_TOLD = 5;

export function proposeMembership(core: Core, wanted: WantedMembership): Proposed {
  if (core.role !== 'leader') return { accepted: false, refusal: 'not-leader', leader: core.leader };
  const refuse = (refusal: 'transferring' | 'not-committed-in-term' | 'change-in-progress' | 'invalid'): Proposed => ({
    accepted: false,
    refusal,
    leader: core.id,
  });
  if (objection(wanted.voters, wanted.learners) !== null) return refuse('invalid');
  if (core.transferTo !== null) return refuse('transferring');
  if (core.rules.changesAwaitOwnTerm && !core.committedInTerm) return refuse('not-committed-in-term');
  const latest = core.configurations.latest;
  if (core.catchUp !== null || core.membership.outgoing !== null || latest.index > core.commit)
    return refuse('change-in-progress');

  const { voters, learners } = core.membership;
  const newcomers = wanted.voters.filter((node) => !voters.includes(node) && !learners.includes(node));
  core.catchUp = { voters: wanted.voters, learners: wanted.learners, ticks: 0 };
  if (newcomers.length > 0) appendMembership(core, { voters, outgoing: null, learners: [...learners, ...newcomers] });
  else if (!enterIfCaughtUp(core)) {
    // All newcomers are learners already, but behind: an entry that changes nothing marks the beginning.
    appendMembership(core, core.membership);
  }
  return { accepted: true, index: core.log.lastIndex, term: core.term };
}

function appendMembership(core: Core, membership: Membership): void {
  const before = membersOf(core.membership);
  core.append([{ index: core.log.lastIndex + 1, term: core.term, kind: 'membership', membership }]);
  for (const node of before) if (!isMember(membership, node)) core.departed.set(node, TIMES_TOLD);
  for (const node of membersOf(membership)) core.departed.delete(node);
  adoptPeers(core, core.log.lastIndex);
  core.flushNeeded = true;
}

/** Takes the next step of a change if everything it needs has happened. Called after commits and acknowledgements. */
export function advanceChange(core: Core): void {
  if (core.role !== 'leader' || (core.rules.changesAwaitOwnTerm && !core.committedInTerm)) return;
  const latest = core.configurations.latest;
  if (latest.index > core.commit) return;
  if (core.membership.outgoing !== null) {
    core.mark('joint-left');
    const { voters, learners } = core.membership;
    appendMembership(core, { voters, outgoing: null, learners });
  } else if (core.catchUp !== null) {
    if (enterIfCaughtUp(core)) core.mark('learner-caught-up');
  } else if (!core.membership.voters.includes(core.id)) stepAside(core);
}

/** Appends the wanted configuration (joint if voters change) once its new voters have all but the newest entries. */
function enterIfCaughtUp(core: Core): boolean {
  const { catchUp, membership } = core;
  if (catchUp === null) return false;
  const caughtUp = catchUp.voters.every((node) => membership.voters.includes(node) || hasCaughtUp(core, node));
  if (!caughtUp) return false;
  core.catchUp = null;
  const { voters, learners } = catchUp;
  const joint = core.rules.needsJoint(membership.voters, voters);
  if (joint) core.mark('joint-entered');
  appendMembership(core, { voters, outgoing: joint ? membership.voters : null, learners });
  return true;
}

function hasCaughtUp(core: Core, node: NodeId): boolean {
  const progress = core.progress.get(node);
  if (progress === undefined || progress.state !== 'replicate') return false;
  const lag = core.log.lastIndex - progress.match;
  return progress.match >= core.configurations.latest.index && lag <= core.options.limits.appendEntriesMax;
}

/** The committed configuration has no vote for this leader: somebody else is to lead (the paper, section 6). */
function stepAside(core: Core): void {
  core.mark('leader-removed-itself');
  let best: NodeId | null = null;
  let bestMatch = -1;
  for (const node of core.membership.voters) {
    const match = core.progress.get(node)?.match ?? -1;
    if (match > bestMatch) [best, bestMatch] = [node, match];
  }
  tellDeparted(core);
  for (const [node, progress] of core.progress) {
    // They should learn that the change has committed, for there will be no heartbeat from here.
    if (progress.state === 'replicate' && progress.match === core.log.lastIndex) sendCommit(core, node);
  }
  if (best !== null) handOver(core, best);
  if (!core.isMember(core.id)) core.removed = true;
  becomeFollower(core, core.term, null);
}

function sendCommit(core: Core, node: NodeId): void {
  core.tell(node, {
    type: 'append',
    term: core.term,
    prevIndex: core.log.lastIndex,
    prevTerm: core.log.lastTerm,
    entries: [],
    commit: core.commit,
    round: core.reads.round,
  });
}

/** Tells the removed nodes; those that were told often enough are forgotten. */
export function tellDeparted(core: Core): void {
  for (const [node, times] of core.departed) {
    if (!tellRemoved(core, node)) continue;
    if (times <= 1) core.departed.delete(node);
    else core.departed.set(node, times - 1);
  }
}

/** Time passed at a leader: gives up on new voters that do not catch up; they stay learners. */
export function tickChange(core: Core, count: number): void {
  if (core.catchUp === null) return;
  core.catchUp.ticks += count;
  if (ticksUntilChangeDue(core, core.catchUp) > 0) return;
  core.mark('change-abandoned');
  core.catchUp = null;
}

/** Ticks until a change that waits for new voters is given up. */
export function ticksUntilChangeDue(core: Core, catchUp: CatchUp): number {
  return CATCH_UP_TIMEOUTS * core.options.electionTicks - catchUp.ticks;
}

/** Whether a membership is what was wanted, for those who wait for a change to be done. */
export function isDone(membership: Membership, wanted: WantedMembership): boolean {
  return (
    membership.outgoing === null &&
    sameNodes(membership.voters, wanted.voters) &&
    sameNodes(membership.learners, wanted.learners)
  );
}
