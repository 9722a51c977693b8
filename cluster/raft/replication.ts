/** Log replication (the paper, section 5.3): AppendEntries, its reply, and what a leader sends when. */

import { advanceChange } from './change.ts';
import { advanceCommit } from './commit.ts';
import type { Core } from './core.ts';
import type { Append, AppendReply } from './messages.ts';
import { beginRound, confirmReads, forwardReads } from './reading.ts';
import type { Entry } from './ready.ts';
import { becomeFollower, followLeader } from './roles.ts';
import { retryLost, type SharedRun, sendTo } from './sending.ts';
import { handOverIfReady } from './transfer.ts';
import type { NodeId } from './types.ts';

/** Sends what has become due since the last time: this is where entries are batched. */
export function flush(core: Core): void {
  if (!core.flushNeeded) return;
  core.flushNeeded = false;
  if (core.role === 'leader') sendAll(core);
  else if (!core.rules.sendsOnlyAsLeader && core.progress.size > 0) {
    // As if what was not acknowledged were sent again.
    for (const progress of core.progress.values())
      progress.becomeProbe(Math.min(progress.match, core.log.lastIndex) + 1);
    sendAll(core);
    core.progress.clear();
  }
  if (core.role !== 'leader') forwardReads(core);
}

function sendAll(core: Core): void {
  const broadcast = beginRound(core, hasNewEntries(core));
  const shared: SharedRun = { from: 0, to: 0, entries: [] };
  for (const [node, progress] of core.progress) {
    if (core.heartbeatDue) retryLost(core, progress);
    sendTo(core, node, progress, broadcast, shared);
  }
  core.heartbeatDue = false;
}

function hasNewEntries(core: Core): boolean {
  for (const progress of core.progress.values())
    if (progress.state === 'replicate' && progress.next <= core.log.lastIndex) return true;
  return false;
}

export function handleAppend(core: Core, from: NodeId, request: Append): void {
  if (!followLeader(core, from, request.term)) {
    if (request.term < core.term) {
      if (core.rules.staleAppendResetsTimer) core.restartTimer();
      // The old leader learns of the new term and steps down.
      reject(core, from, request);
    }
    return;
  }
  const { log } = core;
  const matches = core.rules.logMatches({
    prevIndex: request.prevIndex,
    prevTerm: request.prevTerm,
    ownTerm: log.termAt(request.prevIndex),
    entryCount: request.entries.length,
    lastIndex: log.lastIndex,
  });
  if (matches) place(core, from, request, request.prevIndex, request.entries);
  else if (request.prevIndex < log.baseIndex) {
    // What was compacted here had committed, so it matches; only what comes after it is of interest.
    core.mark('compacted-prefix');
    const known = log.baseIndex - request.prevIndex;
    place(core, from, request, log.baseIndex, request.entries.slice(known));
  } else reject(core, from, request);
}

function place(core: Core, from: NodeId, request: Append, prevIndex: number, received: readonly Entry[]): void {
  const { log, rules } = core;
  const lastNew = prevIndex + received.length;
  const entries = rules.placedEntries(received, log.lastIndex);
  const cut = rules.truncateAt(firstConflict(core, entries), prevIndex, lastNew, log.lastIndex);
  if (cut !== null && cut <= log.lastIndex) core.truncateFrom(cut);
  const missing = entries.findIndex((entry) => entry.index > log.lastIndex);
  if (missing >= 0) core.append(missing === 0 ? entries : entries.slice(missing));
  core.commit = Math.max(core.commit, rules.followerCommit(request.commit, lastNew, log.lastIndex));
  core.promise(from, {
    type: 'append-reply',
    term: core.term,
    round: request.round,
    accepted: true,
    prevIndex: request.prevIndex,
    index: lastNew,
    indexTerm: 0,
  });
}

/** Index of the first entry that the log holds with another term, or null. */
function firstConflict(core: Core, entries: readonly Entry[]): number | null {
  for (const entry of entries) {
    if (entry.index > core.log.lastIndex) return null;
    if (core.log.termAt(entry.index) !== entry.term) return entry.index;
  }
  return null;
}

/**
 * The round that an answer to this request acknowledges: none, if the request is of an earlier term. Its sender may lead again by
 * now, and rounds begin anew in each term: taken for one of this term, an old and high round would confirm every read at once.
 */
export function acknowledgedRound(core: Core, request: { readonly term: number; readonly round: number }): number {
  return request.term === core.term ? request.round : 0;
}

/** Names the last entry that may agree: none of a later term than the leader's at prevIndex, and none before the commit index. */
function reject(core: Core, from: NodeId, request: Append): void {
  const { log } = core;
  const index = Math.max(log.lastIndexWithTermAtMost(request.prevIndex, request.prevTerm), core.commit);
  core.tell(from, {
    type: 'append-reply',
    term: core.term,
    round: acknowledgedRound(core, request),
    accepted: false,
    prevIndex: request.prevIndex,
    index,
    indexTerm: log.termAt(index) ?? 0,
  });
}

export function handleAppendReply(core: Core, from: NodeId, reply: AppendReply): void {
  if (reply.term > core.term) {
    becomeFollower(core, reply.term, null);
    return;
  }
  const progress = core.role === 'leader' && reply.term === core.term ? core.progress.get(from) : undefined;
  if (progress === undefined) {
    core.mark('stale-reply');
    return;
  }
  heardFrom(core, from, reply.round);
  if (reply.accepted) acknowledged(core, from, reply.index);
  else rejected(core, from, reply);
}

/** A follower answered in this term, whatever it said: it still follows, as of the round it answered. */
export function heardFrom(core: Core, from: NodeId, round: number): void {
  const progress = core.progress.get(from);
  if (progress === undefined) return;
  if (!progress.active) {
    progress.active = true;
    if (progress.state !== 'replicate') core.flushNeeded = true;
  }
  if (round <= progress.ackedRound) return;
  progress.ackedRound = round;
  confirmReads(core);
}

/** A follower's log matches this leader's up to `acked`, durably. */
export function acknowledged(core: Core, from: NodeId, acked: number): void {
  const progress = core.progress.get(from);
  if (progress === undefined) return;
  const { log, rules } = core;
  const index = rules.countedMatch(acked, log.termAt(acked), core.term, log.lastIndex);
  const news = progress.acknowledged(index);
  const agreed =
    (progress.state === 'probe' && index >= progress.match) ||
    (progress.state === 'snapshot' && progress.match >= log.baseIndex && news);
  if (agreed) progress.becomeReplicate();
  if (!news && !agreed) return;
  if (progress.next <= log.lastIndex) core.flushNeeded = true;
  if (!news) return;
  advanceCommit(core);
  if (core.role !== 'leader') return;
  handOverIfReady(core, from);
  if (core.catchUp !== null) advanceChange(core);
}

function rejected(core: Core, from: NodeId, reply: AppendReply): void {
  const progress = core.progress.get(from);
  if (progress === undefined || progress.state === 'snapshot') return;
  const { log, rules } = core;
  const stale =
    rules.rejectionIsStale(reply.prevIndex, progress.match) ||
    (progress.state === 'probe' && reply.prevIndex !== progress.next - 1);
  if (stale) {
    core.mark('stale-reply');
    return;
  }
  const hint = log.lastIndexWithTermAtMost(reply.index, reply.indexTerm) + 1;
  const next = rules.nextAfterRejection(Math.min(hint, reply.prevIndex), progress.match);
  if (next < reply.prevIndex) core.mark('fast-backtrack');
  progress.becomeProbe(next);
  core.flushNeeded = true;
}
