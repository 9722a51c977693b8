/**
 * The pure Raft core, in the manner of etcd's raft library: ticks, messages and proposals in, batches of effects out (ready.ts).
 * No clock, no I/O, no promises. This file is its face; core.ts holds the state, the files beside it the algorithm.
 */

import type { Json } from '../../history/operation.ts';
import type { PeerFrame } from '../replica/host.ts';
import type { ReplicaLimits } from '../replica/options.ts';
import { proposeMembership, type WantedMembership } from './change.ts';
import { advanceCommit } from './commit.ts';
import { Core } from './core.ts';
import { handlePreVote, handlePreVoteReply, handleVote, handleVoteReply, ownVoteDurable } from './election.ts';
import type { RaftMark } from './marks.ts';
import type { Message } from './messages.ts';
import { handleRead, handleReadReply, readIndex } from './reading.ts';
import type { Entry, HardState, Membership, Proposed, Ready, RestoredState, Snapshot, SnapshotMeta } from './ready.ts';
import { handleRemoved } from './removal.ts';
import { flush, handleAppend, handleAppendReply } from './replication.ts';
import type { RaftRules } from './rules.ts';
import { compact, handleSnapshotChunk, handleSnapshotReply, provideSnapshot } from './snapshots.ts';
import { passTicks, ticksUntilDue } from './time.ts';
import { handleTimeoutNow, transferLeadership } from './transfer.ts';
import type { NodeId, ReplicaStatus, Role } from './types.ts';

export interface RaftOptions {
  readonly id: NodeId;
  /** A leader sends heartbeats every so many ticks. */
  readonly heartbeatTicks: number;
  /** Election timeouts are drawn from electionTicks..2 * electionTicks - 1. */
  readonly electionTicks: number;
  readonly reads: 'read-index' | 'lease';
  /** Bound on how far any node's clock may run fast or slow; lease reads are safe only within it. */
  readonly maxClockDriftPpm: number;
  /** UTF-16 code units of snapshot text in one message. */
  readonly snapshotChunkBytes: number;
  readonly limits: ReplicaLimits;
  /** An unsigned 32-bit number that depends on nothing but the node, its start, `purpose` and `which` (Host.random). */
  readonly random: (purpose: string, which: number) => number;
  /** Told of each interesting state reached (marks.ts). */
  readonly mark: (name: RaftMark) => void;
  /** CORRECT_RULES, or those with a planted bug merged in (cluster/bugs/catalogue.ts, rulesFor). */
  readonly rules: RaftRules;
}

/** A follower as its leader sees it. */
export interface ProgressView {
  readonly match: number;
  readonly next: number;
}

/** Read-only view for invariant checkers; live references, not copies: do not keep over the next call into the core. */
export interface RaftView {
  readonly id: NodeId;
  readonly term: number;
  readonly vote: NodeId | null;
  readonly role: Role;
  readonly leader: NodeId | null;
  readonly commit: number;
  readonly applied: number;
  /** Index and term of the entry before the first that the log still holds. */
  readonly baseIndex: number;
  readonly baseTerm: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** Everything up to here is durable on this node. */
  readonly durableIndex: number;
  readonly snapshotIndex: number;
  /** The term of the entry at an index (baseIndex included), or null when the log does not hold it. */
  termAt(index: number): number | null;
  entryAt(index: number): Entry | null;
  readonly membership: Membership;
  readonly membershipIndex: number;
  /** Followers' progress while leading, else empty. */
  readonly progress: ReadonlyMap<NodeId, ProgressView>;
}

export class Raft {
  readonly #core: Core;
  readonly #view: RaftView;

  /**
   * `founders`: the initial voters, the same on every founding node; empty for a node that joins later. Only counts while
   * nothing was compacted. Throws RangeError for options that make no sense, and for entries that leave a gap.
   */
  constructor(options: RaftOptions, restored: RestoredState, founders: readonly NodeId[]) {
    checkOptions(options);
    this.#core = new Core(options, restored, founders);
    this.#view = new CoreView(this.#core);
  }

  /**
   * Time passed, in ticks of the node's own clock. Call it with everything that has passed *before* any other call when a timer
   * came late (after a pause): with lease reads the safety of reads rests on it.
   */
  tick(count = 1): void {
    passTicks(this.#core, count);
  }

  /** The first of the coming ticks that does more than count, from 1: until then ticks need not be passed on one by one. */
  ticksUntilDue(): number {
    return ticksUntilDue(this.#core);
  }

  /** A frame from another node, as this core made it there. Types it does not know are ignored. */
  step(from: NodeId, frame: PeerFrame): void {
    const core = this.#core;
    const message = frame as Message;
    switch (message.type) {
      case 'append':
        handleAppend(core, from, message);
        break;
      case 'append-reply':
        handleAppendReply(core, from, message);
        break;
      case 'pre-vote':
        handlePreVote(core, from, message);
        break;
      case 'pre-vote-reply':
        handlePreVoteReply(core, from, message);
        break;
      case 'vote':
        handleVote(core, from, message);
        break;
      case 'vote-reply':
        handleVoteReply(core, from, message);
        break;
      case 'snapshot':
        handleSnapshotChunk(core, from, message);
        break;
      case 'snapshot-reply':
        handleSnapshotReply(core, from, message);
        break;
      case 'read':
        handleRead(core, from, message);
        break;
      case 'read-reply':
        handleReadReply(core, message);
        break;
      case 'timeout-now':
        handleTimeoutNow(core, from, message);
        break;
      case 'removed':
        handleRemoved(core, message);
        break;
    }
  }

  /** Leader only. Accepted means appended to the leader's log at (index, term): done when that very entry is in `committed`. */
  propose(data: Json): Proposed {
    const core = this.#core;
    if (core.role !== 'leader') return { accepted: false, refusal: 'not-leader', leader: core.leader };
    if (core.transferTo !== null) return { accepted: false, refusal: 'transferring', leader: core.id };
    const index = core.log.lastIndex + core.heldBack.length + 1;
    if (index - core.commit > core.options.limits.uncommittedMax)
      return { accepted: false, refusal: 'overloaded', leader: core.id };
    const { term } = core;
    if (core.rules.appendsAtOnce) {
      core.append([{ index, term, kind: 'command', data }]);
      core.flushNeeded = true;
    } else core.heldBack.push({ term, data });
    return { accepted: true, index, term };
  }

  /**
   * Leader only. Brings the cluster to the given voters and learners: new voters first join as learners and catch up, then joint
   * consensus is entered and left by itself. The accepted index is that of the first entry of the change; the change is done
   * when `committed` holds a membership entry that `isDone` (change.ts) finds equal to what was wanted. Loss of leadership on
   * the way may leave new voters behind as learners: propose again.
   */
  proposeMembership(wanted: WantedMembership): Proposed {
    return proposeMembership(this.#core, wanted);
  }

  /** Leader only. Accepted means begun (index and term are the log's end): done when the leader in status() changes. */
  transferLeadership(to: NodeId): Proposed {
    return transferLeadership(this.#core, to);
  }

  /**
   * A linearizable read, at any node. `context` is the caller's and must be unique among reads under way; it comes back exactly
   * once, in `reads` or in `readsRefused` of some batch.
   */
  readIndex(context: number): void {
    readIndex(this.#core, context);
  }

  /** Whether there are effects to take. */
  hasReady(): boolean {
    const core = this.#core;
    return (
      core.flushNeeded ||
      core.messages.length > 0 ||
      core.promises.length > 0 ||
      core.persistFrom <= core.log.lastIndex ||
      Math.min(core.commit, core.log.lastIndex) > core.handedCommitted ||
      core.term !== core.handedTerm ||
      core.vote !== core.handedVote ||
      core.readsDone.length > 0 ||
      core.readsRefused.length > 0 ||
      core.installed !== null ||
      core.statusChanged
    );
  }

  /** Takes the pending effects; callers carry them out in the order ready.ts gives. */
  takeReady(): Ready {
    const core = this.#core;
    flush(core);
    const { log } = core;
    const entries = core.persistFrom > log.lastIndex ? NO_ENTRIES : log.slice(core.persistFrom, log.lastIndex);
    core.persistFrom = log.lastIndex + 1;
    const snapshot = core.installed;
    const hardState = this.#takeHardState(snapshot !== null || entries.length > 0);
    const batch = ++core.batch;
    if (hardState !== null || entries.length > 0 || snapshot !== null) core.handedOut(batch);
    // A batch is the caller's for good: what is added to the outbox later must not show up in it.
    const ready: Ready = {
      batch,
      snapshot,
      hardState,
      entries: core.rules.persistedEntries(entries),
      messages: taken(core.messages),
      promises: taken(core.promises),
      committed: this.#takeCommitted(),
      reads: taken(core.readsDone),
      readsRefused: taken(core.readsRefused),
      statusChanged: core.statusChanged,
      removed: core.removed,
    };
    core.installed = null;
    core.statusChanged = false;
    if (core.messages.length > 0) core.messages = [];
    if (core.promises.length > 0) core.promises = [];
    if (core.readsDone.length > 0) core.readsDone = [];
    if (core.readsRefused.length > 0) core.readsRefused = [];
    return ready;
  }

  #takeHardState(writing: boolean): HardState | null {
    const core = this.#core;
    const { term, vote, commit } = core;
    const changed = term !== core.handedTerm || vote !== core.handedVote;
    if (!changed && !(writing && commit !== core.handedCommit)) return null;
    core.handedTerm = term;
    core.handedVote = vote;
    core.handedCommit = commit;
    return core.rules.persistedHardState({ term, vote, commit });
  }

  #takeCommitted(): readonly Entry[] {
    const core = this.#core;
    const from = Math.max(core.handedCommitted, core.log.baseIndex) + 1;
    const to = Math.min(core.commit, core.log.lastIndex);
    core.handedCommitted = Math.max(core.handedCommitted, to);
    return from > to ? NO_ENTRIES : core.log.slice(from, to);
  }

  /** Everything to persist in batches up to this one is durable: then `promises` of those batches may leave (after this call). */
  synced(batch: number): void {
    const core = this.#core;
    core.becameDurable(batch);
    ownVoteDurable(core);
    advanceCommit(core);
  }

  /** The machine has applied all committed entries up to index. */
  applied(index: number): void {
    this.#core.applied = index;
  }

  /**
   * The newest durable snapshot of this node, from which followers that are too far behind are served. Call it at start (if there
   * is one on disk) and after each new one, before `compact`. A snapshot received in `Ready.snapshot` is known already.
   */
  provideSnapshot(snapshot: Snapshot): void {
    provideSnapshot(this.#core, snapshot);
  }

  /** Drops the log up to meta.index, which must be applied, durable as a snapshot, and provided. Older ones are ignored. */
  compact(meta: SnapshotMeta): void {
    compact(this.#core, meta);
  }

  /** What a snapshot taken at `index` stands for. Throws RangeError for an index that the log does not hold. */
  metaAt(index: number): SnapshotMeta {
    const { log, configurations } = this.#core;
    const term = log.termAt(index);
    if (term === null)
      throw new RangeError(`no snapshot at ${index}: the log holds ${log.baseIndex}..${log.lastIndex}`);
    return { index, term, membership: configurations.at(index).membership };
  }

  status(): ReplicaStatus {
    const core = this.#core;
    return {
      id: core.id,
      role: roleOf(core),
      term: core.term,
      leader: core.leader,
      commitIndex: core.commit,
      appliedIndex: core.applied,
      firstIndex: core.log.baseIndex + 1,
      lastIndex: core.log.lastIndex,
      voters: core.membership.voters,
      learners: core.membership.learners,
    };
  }

  /** The state for invariant checkers: always the same object, which reads the live state. */
  inspect(): RaftView {
    return this.#view;
  }
}

const NOTHING: readonly never[] = [];
const NO_ENTRIES: readonly Entry[] = NOTHING;

/** The list as a batch may keep it: an empty one stays with the core, which goes on adding to it. */
function taken<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? NOTHING : list;
}

function roleOf(core: Core): Role {
  return core.role === 'follower' && !core.isVoter ? 'learner' : core.role;
}

function checkOptions(options: RaftOptions): void {
  const { heartbeatTicks, electionTicks, maxClockDriftPpm, snapshotChunkBytes } = options;
  if (!(heartbeatTicks >= 1) || !(electionTicks > heartbeatTicks))
    throw new RangeError(
      `electionTicks (${electionTicks}) must be more than heartbeatTicks (${heartbeatTicks}), at least 1`,
    );
  if (!(snapshotChunkBytes >= 1))
    throw new RangeError(`snapshotChunkBytes must be at least 1, not ${snapshotChunkBytes}`);
  if (options.rules.readMode(options.reads) !== 'lease') return;
  const lease = options.rules.leaseTicks(electionTicks, maxClockDriftPpm);
  if (!(maxClockDriftPpm >= 0) || !(lease >= heartbeatTicks))
    throw new RangeError(
      `lease reads need a clock drift bound under which a lease outlasts a heartbeat: with ${maxClockDriftPpm} ppm it lasts ` +
        `${lease} ticks, a heartbeat ${heartbeatTicks}; use read-index, a smaller bound or a longer election timeout`,
    );
}

/** A class, so that the views of all nodes have one shape: they are read after every event of a simulated world. */
class CoreView implements RaftView {
  readonly id: NodeId;
  private readonly core: Core;

  constructor(core: Core) {
    this.id = core.id;
    this.core = core;
  }

  get term(): number {
    return this.core.term;
  }

  get vote(): NodeId | null {
    return this.core.vote;
  }

  get role(): Role {
    return roleOf(this.core);
  }

  get leader(): NodeId | null {
    return this.core.leader;
  }

  get commit(): number {
    return this.core.commit;
  }

  get applied(): number {
    return this.core.applied;
  }

  get baseIndex(): number {
    return this.core.log.baseIndex;
  }

  get baseTerm(): number {
    return this.core.log.baseTerm;
  }

  get lastIndex(): number {
    return this.core.log.lastIndex;
  }

  get lastTerm(): number {
    return this.core.log.lastTerm;
  }

  get durableIndex(): number {
    return this.core.durableIndex;
  }

  get snapshotIndex(): number {
    return this.core.snapshotMeta.index;
  }

  termAt(index: number): number | null {
    return this.core.log.termAt(index);
  }

  entryAt(index: number): Entry | null {
    return this.core.log.entryAt(index);
  }

  get membership(): Membership {
    return this.core.membership;
  }

  get membershipIndex(): number {
    return this.core.configurations.latest.index;
  }

  get progress(): ReadonlyMap<NodeId, ProgressView> {
    return this.core.progress;
  }
}
