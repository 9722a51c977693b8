/** Linearizable reads (dissertation, section 6.4): at the leader by rounds or a lease, elsewhere through the leader. */

import type { Core } from './core.ts';
import type { ReadReply, ReadRequest } from './messages.ts';
import { reachedByQuorum } from './quorum.ts';
import type { LeaderRead } from './reads.ts';
import { tellRemoved } from './removal.ts';
import { becomeFollower } from './roles.ts';
import { sendHeartbeat } from './sending.ts';
import type { NodeId } from './types.ts';

/** A read of this node's own. */
export function readIndex(core: Core, context: number): void {
  if (core.role === 'leader') {
    if (core.reads.size >= core.options.limits.pendingMax) core.refuseRead(context);
    else admit(core, { from: null, context });
    return;
  }
  if (core.leader === null || core.forwarded.size >= core.options.limits.pendingMax) core.refuseRead(context);
  else {
    core.forwarded.add(context);
    core.flushNeeded = true;
  }
}

/** Takes a read at the leader: answers it under the lease, or lets it wait for a round. */
function admit(core: Core, read: LeaderRead): void {
  if (core.rules.readsAwaitOwnTerm && !core.committedInTerm) core.mark('read-awaited-own-term');
  core.reads.waiting.push(read);
  if (mayReadAtOnce(core)) releaseWaiting(core);
  else core.flushNeeded = true;
}

function mayRead(core: Core): boolean {
  return core.committedInTerm || !core.rules.readsAwaitOwnTerm;
}

function mayReadAtOnce(core: Core): boolean {
  if (!mayRead(core)) return false;
  if (!core.rules.readsAwaitQuorum) return true;
  if (core.rules.readMode(core.options.reads) !== 'lease') return false;
  const valid = leaseHolds(core);
  core.mark(valid ? 'lease-read' : 'lease-expired');
  return valid;
}

/** The round a quorum has acknowledged; Infinity when this node is a quorum of its own. */
function confirmedRound(core: Core): number {
  return reachedByQuorum(
    core.votingSets,
    (node) => (node === core.id ? Number.POSITIVE_INFINITY : (core.progress.get(node)?.ackedRound ?? 0)),
    core.rules.majority,
  );
}

function leaseHolds(core: Core): boolean {
  if (core.handedOver && core.rules.leaseEndsOnTransfer) return false;
  const round = confirmedRound(core);
  if (round === Number.POSITIVE_INFINITY) return true;
  const since = core.reads.startedAt(round);
  const ticks = core.rules.leaseTicks(core.options.electionTicks, core.options.maxClockDriftPpm);
  return since !== null && core.now - since <= ticks;
}

function releaseWaiting(core: Core): void {
  const reads = core.reads.waiting;
  core.reads.waiting = [];
  for (const read of reads) release(core, read, core.commit);
}

function release(core: Core, read: LeaderRead, index: number): void {
  if (read.from === null) {
    core.readsDone.push({ context: read.context, index });
    return;
  }
  const { from, life, batch } = read;
  core.tell(from, { type: 'read-reply', term: core.term, life, batch, index });
  // The follower can answer only when it has applied that far: let it know that it may.
  const progress = core.progress.get(from);
  if (progress !== undefined && progress.state === 'replicate' && progress.sentCommit < index)
    sendHeartbeat(core, from, progress);
}

/**
 * Begins a round if reads wait for one or a heartbeat is due; true if everybody is to hear of it. A second round while one is under
 * way begins only with messages that go out anyway (`broadcasting`), so that many reads share a round.
 */
export function beginRound(core: Core, broadcasting: boolean): boolean {
  const { reads } = core;
  const ready = reads.waiting.length > 0 && mayRead(core);
  if (ready && mayReadAtOnce(core)) releaseWaiting(core);
  const wanted = reads.waiting.length > 0 && mayRead(core) && (broadcasting || !reads.hasUnconfirmed);
  if (!wanted && !core.heartbeatDue) return false;
  if (wanted && reads.waiting.length > 1) core.mark('read-shared-round');
  reads.begin(core.now, mayRead(core) ? core.commit : null);
  confirmReads(core);
  return true;
}

/** A round may have been acknowledged by a quorum. */
export function confirmReads(core: Core): void {
  if (!core.reads.hasUnconfirmed && core.rules.readMode(core.options.reads) !== 'lease') return;
  core.reads.confirm(confirmedRound(core), (read, index) => release(core, read, index));
  if (core.reads.waiting.length > 0) core.flushNeeded = true;
}

/** Sends waiting reads to the leader, all in one request. */
export function forwardReads(core: Core): void {
  if (core.leader === null || !core.forwarded.hasWaiting) return;
  core.tell(core.leader, { type: 'read', term: core.term, life: core.life, batch: core.forwarded.ask() });
}

/** Time passed at a node that does not lead: asks again, and gives up after two election timeouts. */
export function tickReads(core: Core, count: number): void {
  const { heartbeatTicks, electionTicks } = core.options;
  const expired = core.forwarded.tick(count, heartbeatTicks, 2 * electionTicks, (batch) => {
    if (core.leader === null) return;
    core.mark('read-resent');
    core.tell(core.leader, { type: 'read', term: core.term, life: core.life, batch });
  });
  for (const context of expired) core.refuseRead(context);
}

export function handleRead(core: Core, from: NodeId, request: ReadRequest): void {
  if (request.term > core.term) becomeFollower(core, request.term, null);
  const { life, batch } = request;
  const able = core.role === 'leader' && core.isMember(from) && core.reads.size < core.options.limits.pendingMax;
  if (able) admit(core, { from, life, batch });
  else {
    tellRemoved(core, from);
    core.tell(from, { type: 'read-reply', term: core.term, life, batch, index: null });
  }
}

export function handleReadReply(core: Core, reply: ReadReply): void {
  if (reply.term > core.term) {
    becomeFollower(core, reply.term, null);
    return;
  }
  const contexts = reply.life === core.life ? core.forwarded.answered(reply.batch) : [];
  if (contexts.length === 0) core.mark('stale-reply');
  for (const context of contexts) {
    if (reply.index === null) core.refuseRead(context);
    else {
      core.mark('read-forwarded');
      core.readsDone.push({ context, index: reply.index });
    }
  }
}
