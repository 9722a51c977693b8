/** What a leader sends to one follower: entries, heartbeats, chunks of a snapshot. */

import type { Core } from './core.ts';
import type { Progress } from './progress.ts';
import type { Entry } from './ready.ts';
import type { NodeId } from './types.ts';

const NO_ENTRIES: readonly Entry[] = [];

/** Heartbeats that a chunk of a snapshot may take to be answered before it is sent again. */
const CHUNK_PATIENCE = 3;

/** The run of entries sent last: followers usually need the same, so it is cut out of the log once. */
export interface SharedRun {
  from: number;
  to: number;
  entries: readonly Entry[];
}

function entriesFrom(core: Core, from: number, shared: SharedRun): readonly Entry[] {
  const { appendEntriesMax, appendBytesMax } = core.options.limits;
  if (shared.from === from && shared.entries.length > 0) return shared.entries;
  shared.to = core.log.lastWithin(from, appendEntriesMax, appendBytesMax);
  shared.from = from;
  shared.entries = shared.to < from ? NO_ENTRIES : core.log.slice(from, shared.to);
  return shared.entries;
}

/** Sends AppendEntries whose new entries follow `prevIndex`, which the log must still hold. */
function sendAppend(core: Core, node: NodeId, progress: Progress, prevIndex: number, entries: readonly Entry[]): void {
  const prevTerm = core.log.termAt(prevIndex);
  if (prevTerm === null) throw new RangeError(`${core.id} has no entry ${prevIndex} to send after`);
  progress.approached = true;
  progress.sentCommit = Math.max(progress.sentCommit, Math.min(core.commit, prevIndex + entries.length));
  core.tell(node, {
    type: 'append',
    term: core.term,
    prevIndex,
    prevTerm,
    entries,
    commit: core.commit,
    round: core.reads.round,
  });
}

/** Sends an AppendEntries without entries: heartbeat, probe, and news of the commit index. */
export function sendHeartbeat(core: Core, node: NodeId, progress: Progress): void {
  const prevIndex = Math.min(Math.max(progress.next - 1, core.log.baseIndex), core.log.lastIndex);
  sendAppend(core, node, progress, prevIndex, NO_ENTRIES);
}

/** Sends all that a follower needs now and its window allows; at least a heartbeat if `heartbeat`. */
export function sendTo(core: Core, node: NodeId, progress: Progress, heartbeat: boolean, shared: SharedRun): void {
  if (progress.state !== 'snapshot' && progress.next <= core.log.baseIndex) beginSnapshot(core, progress);
  let sent = false;
  if (progress.state === 'snapshot') sendChunk(core, node, progress);
  else if (progress.next <= core.log.baseIndex) sent = false;
  else if (progress.state === 'replicate') sent = sendPipelined(core, node, progress, shared);
  else sent = sendProbe(core, node, progress, heartbeat, shared);
  if (heartbeat && !sent) sendHeartbeat(core, node, progress);
}

function sendPipelined(core: Core, node: NodeId, progress: Progress, shared: SharedRun): boolean {
  let sent = false;
  while (progress.next <= core.log.lastIndex && progress.inflight < core.options.limits.inflightMax) {
    const entries = entriesFrom(core, progress.next, shared);
    if (entries.length === 0) break;
    sendAppend(core, node, progress, progress.next - 1, entries);
    progress.sent(progress.next + entries.length - 1);
    sent = true;
  }
  return sent;
}

function sendProbe(core: Core, node: NodeId, progress: Progress, heartbeat: boolean, shared: SharedRun): boolean {
  if (progress.paused) return false;
  if (progress.next > core.log.lastIndex && !heartbeat) return false;
  const worthwhile = progress.next <= core.log.lastIndex && (progress.active || !progress.approached);
  sendAppend(
    core,
    node,
    progress,
    progress.next - 1,
    worthwhile ? entriesFrom(core, progress.next, shared) : NO_ENTRIES,
  );
  progress.paused = true;
  return true;
}

function beginSnapshot(core: Core, progress: Progress): void {
  if (core.held === null || core.held.index < core.log.baseIndex || !progress.active) return;
  core.mark('snapshot-sent');
  progress.becomeSnapshot(core.held);
}

function sendChunk(core: Core, node: NodeId, progress: Progress): void {
  const { transfer } = progress;
  if (transfer === null || transfer.outstanding || !progress.active) return;
  const { snapshot, offset } = transfer;
  transfer.outstanding = true;
  transfer.waited = 0;
  core.tell(node, {
    type: 'snapshot',
    term: core.term,
    index: snapshot.index,
    indexTerm: snapshot.term,
    membership: snapshot.membership,
    offset,
    total: snapshot.data.length,
    chunk: snapshot.data.slice(offset, offset + core.options.snapshotChunkBytes),
    round: core.reads.round,
  });
}

/** A heartbeat is due: what was under way for long may be lost, so it may be sent again. */
export function retryLost(core: Core, progress: Progress): void {
  progress.paused = false;
  const { transfer } = progress;
  if (transfer === null || !transfer.outstanding || ++transfer.waited < CHUNK_PATIENCE) return;
  core.mark('snapshot-resumed');
  transfer.outstanding = false;
}
