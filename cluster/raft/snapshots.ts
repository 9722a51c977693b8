/** InstallSnapshot (the paper, section 7): receiving chunks, installing, and the leader's side of the answers. */

import { advanceCommit } from './commit.ts';
import type { Core } from './core.ts';
import type { SnapshotChunk, SnapshotReply } from './messages.ts';
import type { Snapshot, SnapshotMeta } from './ready.ts';
import { acknowledged, acknowledgedRound, heardFrom } from './replication.ts';
import { becomeFollower, followLeader } from './roles.ts';
import type { NodeId } from './types.ts';

/** Entries kept behind a snapshot, so that a follower which lags a little is not sent the whole state. */
const TRAILING_ENTRIES_MAX = 1024;

export function handleSnapshotChunk(core: Core, from: NodeId, chunk: SnapshotChunk): void {
  if (!followLeader(core, from, chunk.term)) {
    if (chunk.term < core.term) core.tell(from, reply(core, chunk, 0, 0));
    return;
  }
  const { log, rules } = core;
  if (!rules.installsSnapshot(chunk.index, core.commit)) {
    core.mark('snapshot-refused');
    core.promise(from, reply(core, chunk, chunk.total, core.commit));
    return;
  }
  if (rules.logHoldsSnapshot(chunk.index, chunk.indexTerm, log.termAt(chunk.index), log.lastIndex)) {
    core.mark('snapshot-already-held');
    core.incoming = null;
    core.commit = Math.max(core.commit, chunk.index);
    core.promise(from, reply(core, chunk, chunk.total, chunk.index));
    return;
  }
  const incoming = collect(core, from, chunk);
  if (incoming.text.length < chunk.total) {
    core.tell(from, reply(core, chunk, incoming.text.length, 0));
    return;
  }
  core.incoming = null;
  install(core, { ...incoming.meta, data: incoming.text });
  const match = rules.acknowledgedByInstall(chunk.index, log.lastIndex);
  core.promise(from, reply(core, chunk, chunk.total, match));
}

/** Adds a chunk to what has come so far if it is the next one; otherwise the answer tells the leader where to go on. */
function collect(core: Core, from: NodeId, chunk: SnapshotChunk): NonNullable<Core['incoming']> {
  let incoming = core.incoming;
  const continues =
    incoming !== null &&
    incoming.from === from &&
    incoming.term === chunk.term &&
    incoming.meta.index === chunk.index &&
    incoming.total === chunk.total;
  if (incoming === null || !continues) {
    const meta: SnapshotMeta = { index: chunk.index, term: chunk.indexTerm, membership: chunk.membership };
    incoming = { from, term: chunk.term, meta, total: chunk.total, text: '' };
    core.incoming = incoming;
  }
  if (incoming.text.length === chunk.offset) incoming.text += chunk.chunk;
  return incoming;
}

function reply(core: Core, chunk: SnapshotChunk, next: number, match: number): SnapshotReply {
  const { index, offset } = chunk;
  const round = acknowledgedRound(core, chunk);
  return { type: 'snapshot-reply', term: core.term, index, offset, next, match, round };
}

/** Replaces log and state by a snapshot. The machine learns of it through the next batch. */
function install(core: Core, snapshot: Snapshot): void {
  const { log, rules } = core;
  core.mark('snapshot-installed');
  if (log.lastIndex > core.commit) core.mark('snapshot-over-conflict');
  const tailFrom = snapshot.index + 1;
  const tail = snapshot.index >= log.baseIndex && log.lastIndex >= tailFrom ? log.slice(tailFrom, log.lastIndex) : [];
  const kept = rules.keptAfterInstall(tail);
  core.replaceLog(snapshot);
  core.append(kept);
}

export function handleSnapshotReply(core: Core, from: NodeId, answer: SnapshotReply): void {
  if (answer.term > core.term) {
    becomeFollower(core, answer.term, null);
    return;
  }
  const progress = core.role === 'leader' && answer.term === core.term ? core.progress.get(from) : undefined;
  if (progress === undefined) {
    core.mark('stale-reply');
    return;
  }
  heardFrom(core, from, answer.round);
  if (answer.match > 0) {
    acknowledged(core, from, answer.match);
    // Installed, but compaction has moved on beyond it meanwhile: look again from there.
    const done = progress.transfer !== null && progress.transfer.snapshot.index <= progress.match;
    if (done) progress.becomeProbe(progress.match + 1);
    if (done) core.flushNeeded = true;
    advanceCommit(core);
    return;
  }
  const { transfer } = progress;
  if (
    transfer === null ||
    !transfer.outstanding ||
    transfer.snapshot.index !== answer.index ||
    transfer.offset !== answer.offset
  ) {
    core.mark('stale-reply');
    return;
  }
  transfer.offset = Math.max(0, Math.min(answer.next, transfer.snapshot.data.length));
  transfer.outstanding = false;
  core.flushNeeded = true;
}

/** A durable snapshot of this node's own, to serve followers from. */
export function provideSnapshot(core: Core, snapshot: Snapshot): void {
  const heldIndex = core.held?.index ?? core.snapshotMeta.index - 1;
  if (core.rules.acceptsLocalSnapshot(snapshot.index, heldIndex)) core.held = snapshot;
}

/** Drops the log behind a snapshot, but for a few entries that a lagging follower may still want. */
export function compact(core: Core, meta: SnapshotMeta): void {
  const { log } = core;
  if (!core.rules.acceptsLocalSnapshot(meta.index, core.snapshotMeta.index)) return;
  if (meta.index > core.handedCommitted)
    throw new RangeError(
      `cannot compact to ${meta.index}: only ${core.handedCommitted} entries were handed out to apply`,
    );
  core.snapshotMeta = meta;
  // Up to the size of one chunk of a snapshot, entries are the cheaper way to catch up.
  const from = log.firstWithin(meta.index, TRAILING_ENTRIES_MAX, core.options.snapshotChunkBytes);
  if (from - 1 <= log.baseIndex || from - 1 > log.lastIndex) return;
  log.dropThrough(from - 1);
  core.configurations.compactedThrough(from - 1);
}
