/**
 * The state of one Raft node and its outbox. The algorithm is in the files beside it, as functions on this state, one concern
 * each: roles, election, replication, commit, snapshots, reading, change (of members), transfer. raft.ts puts them together.
 */

import type { Json } from '../../history/operation.ts';
import type { PeerFrame } from '../replica/host.ts';
import { RaftLog } from './log.ts';
import type { RaftMark } from './marks.ts';
import { type Configuration, ConfigurationHistory, isMember, isVoter, membersOf, NOBODY } from './membership.ts';
import type { Message } from './messages.ts';
import type { Progress } from './progress.ts';
import type { RaftOptions } from './raft.ts';
import { ForwardedReads, LeaderReads } from './reads.ts';
import type { Entry, Membership, Outgoing, RestoredState, Snapshot, SnapshotMeta } from './ready.ts';
import type { RaftRules } from './rules.ts';
import type { NodeId } from './types.ts';

/** Roles of the algorithm; a learner is a follower that is no voter. */
export type CoreRole = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** A change of members that waits for new voters to catch up. */
export interface CatchUp {
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
  ticks: number;
}

/** Chunks of a snapshot received so far. */
export interface Incoming {
  readonly from: NodeId;
  readonly term: number;
  readonly meta: SnapshotMeta;
  readonly total: number;
  text: string;
}

/** A batch handed out whose durability is not reported yet. */
interface Unsynced {
  readonly batch: number;
  lastIndex: number;
  readonly term: number;
  readonly vote: NodeId | null;
}

export class Core {
  readonly options: RaftOptions;
  readonly rules: RaftRules;
  readonly id: NodeId;

  // Persistent state (paper, figure 2).
  term: number;
  vote: NodeId | null;
  readonly log: RaftLog;

  // Volatile state.
  role: CoreRole = 'follower';
  leader: NodeId | null = null;
  commit: number;
  applied: number;
  removed = false;
  /** What the newest snapshot known here stands for, and the snapshot itself once it was provided. */
  snapshotMeta: SnapshotMeta;
  held: Snapshot | null = null;
  incoming: Incoming | null = null;
  readonly configurations: ConfigurationHistory;
  /** Caches of the latest configuration. */
  membership: Membership = NOBODY;
  votingSets: readonly (readonly NodeId[])[] = [];
  peers: readonly NodeId[] = [];
  isVoter = false;

  // Time, in ticks.
  now = 0;
  /** Since the election timer was last started. */
  elapsed = 0;
  timeout = 0;
  /** Since a leader of the current term was last heard from; starts "long ago". */
  sinceLeader: number;
  heartbeatElapsed = 0;
  quorumElapsed = 0;
  #timeoutsDrawn = 0;

  // Candidates.
  votes = new Map<NodeId, boolean>();
  /** This campaign was asked for by the leader. */
  campaignIsTransfer = false;

  // Leaders.
  progress = new Map<NodeId, Progress>();
  /** Index of the no-op that began this leader's term. */
  termStart = 0;
  heartbeatDue = false;
  flushNeeded = false;
  readonly reads = new LeaderReads();
  transferTo: NodeId | null = null;
  transferElapsed = 0;
  /** A node was told to take over in this term: no lease any more. */
  handedOver = false;
  catchUp: CatchUp | null = null;
  /** Nodes that were removed lately, and how often they are still to be told. */
  departed = new Map<NodeId, number>();
  /** Proposals that a wrong rule holds back, with the term they were made in. */
  heldBack: { readonly term: number; readonly data: Json }[] = [];

  // Everybody else.
  readonly forwarded = new ForwardedReads();
  readonly life: number;

  // Outbox.
  messages: Outgoing[] = [];
  promises: Outgoing[] = [];
  readsDone: { readonly context: number; readonly index: number }[] = [];
  readsRefused: { readonly context: number; readonly leader: NodeId | null }[] = [];
  installed: Snapshot | null = null;
  statusChanged = true;
  /** First entry that was not handed out to be made durable, and the last that was handed out as committed. */
  persistFrom: number;
  handedCommitted: number;
  handedTerm: number;
  handedVote: NodeId | null;
  handedCommit: number;

  // Durability.
  batch = 0;
  durableIndex: number;
  durableTerm: number;
  durableVote: NodeId | null;
  #unsynced: Unsynced[] = [];

  constructor(options: RaftOptions, restored: RestoredState, founders: readonly NodeId[]) {
    this.options = options;
    this.rules = options.rules;
    this.id = options.id;
    const { hardState, snapshot, entries } = restored;
    this.term = hardState.term;
    this.vote = hardState.vote;
    this.log = new RaftLog(snapshot.index, snapshot.term, entries);
    this.snapshotMeta = snapshot;
    // The commit index on disk may be ahead of a log whose tail was lost: it is only a hint.
    this.commit = Math.max(snapshot.index, Math.min(hardState.commit, this.log.lastIndex));
    this.applied = snapshot.index;
    const first: Membership =
      snapshot.index > 0 ? snapshot.membership : { voters: [...founders], outgoing: null, learners: [] };
    this.configurations = new ConfigurationHistory({ index: snapshot.index, term: snapshot.term, membership: first });
    for (const entry of entries) this.configurations.appended(entry);
    this.persistFrom = this.log.lastIndex + 1;
    this.handedCommitted = snapshot.index;
    this.durableIndex = this.log.lastIndex;
    this.handedTerm = this.durableTerm = this.term;
    this.handedVote = this.durableVote = this.vote;
    this.handedCommit = hardState.commit;
    this.life = options.random('raft.life', 0);
    // Who promised a leader not to vote and then restarted has forgotten it: where leases rely on that promise, keep it.
    const fresh = this.term === 0 && this.log.lastIndex === 0;
    this.sinceLeader = this.rules.readMode(options.reads) === 'lease' && !fresh ? 0 : options.electionTicks;
    this.membershipChanged();
    this.restartTimer();
  }

  mark(name: RaftMark): void {
    this.options.mark(name);
  }

  // ── time ──

  /** Starts the election timer anew, with a newly drawn timeout. */
  restartTimer(): void {
    this.elapsed = 0;
    const drawn = this.options.random('raft.election-timeout', ++this.#timeoutsDrawn);
    this.timeout = this.rules.electionTimeout(this.options.electionTicks, drawn);
  }

  // ── members ──

  isMember(node: NodeId): boolean {
    return isMember(this.membership, node);
  }

  /** The newest configuration that is committed. */
  get committedConfiguration(): Configuration {
    return this.configurations.at(this.commit);
  }

  /** Refreshes what is derived from the latest configuration. */
  membershipChanged(): void {
    this.membership = this.configurations.latest.membership;
    this.votingSets = this.rules.votingSets(this.membership);
    this.isVoter = isVoter(this.membership, this.id);
    this.peers = membersOf(this.membership).filter((node) => node !== this.id);
    if (this.isMember(this.id)) this.removed = false;
    this.statusChanged = true;
  }

  // ── log ──

  /** The last log term as elections compare it. */
  get lastTerm(): number {
    const { log, snapshotMeta } = this;
    if (log.lastIndex === snapshotMeta.index && log.lastIndex > 0)
      return this.rules.lastTermOfSnapshot(snapshotMeta.term);
    return log.lastTerm;
  }

  /** Appends entries that continue the log. */
  append(entries: readonly Entry[]): void {
    this.log.append(entries);
    let changed = false;
    for (const entry of entries) changed = this.configurations.appended(entry) || changed;
    if (changed) this.membershipChanged();
  }

  /** Cuts off the log from `index` on. */
  truncateFrom(index: number): void {
    this.mark('truncation');
    this.log.truncateFrom(index);
    if (this.configurations.truncatedFrom(index)) {
      this.mark('rolled-back-configuration');
      this.membershipChanged();
    }
    this.persistFrom = Math.min(this.persistFrom, index);
    this.durableIndex = Math.min(this.durableIndex, index - 1);
    for (const unsynced of this.#unsynced) unsynced.lastIndex = Math.min(unsynced.lastIndex, index - 1);
  }

  /** A snapshot replaces everything: the log begins anew behind it. */
  replaceLog(snapshot: Snapshot): void {
    const { index, term, membership } = snapshot;
    this.log.reset(index, term);
    this.configurations.reset({ index, term, membership });
    this.membershipChanged();
    this.snapshotMeta = { index, term, membership };
    this.held = snapshot;
    this.installed = snapshot;
    this.commit = index;
    this.handedCommitted = index;
    this.persistFrom = index + 1;
    this.durableIndex = Math.min(this.durableIndex, index);
    for (const unsynced of this.#unsynced) unsynced.lastIndex = Math.min(unsynced.lastIndex, index);
  }

  /** Whether an entry of this leader's own term has committed. */
  get committedInTerm(): boolean {
    return this.commit >= this.termStart;
  }

  // ── outbox ──

  /** Sends what promises nothing about this node's disk, unless its very term is not durable yet. */
  tell(to: NodeId, message: Message): void {
    if (message.term > this.durableTerm) this.promises.push({ to, frame: message });
    else this.messages.push({ to, frame: message });
  }

  /** Sends what may only leave once everything up to here is durable. */
  promise(to: NodeId, message: Message): void {
    this.promises.push({ to, frame: message satisfies PeerFrame });
  }

  setLeader(leader: NodeId | null): void {
    if (this.leader === leader) return;
    this.leader = leader;
    this.statusChanged = true;
    for (const context of this.forwarded.close()) this.refuseRead(context);
  }

  refuseRead(context: number): void {
    this.mark('read-refused');
    this.readsRefused.push({ context, leader: this.leader });
  }

  // ── durability ──

  /** Notes that a batch with something to persist was handed out. */
  handedOut(batch: number): void {
    this.#unsynced.push({ batch, lastIndex: this.log.lastIndex, term: this.term, vote: this.vote });
  }

  /** Batches up to `batch` are durable. */
  becameDurable(batch: number): void {
    while (this.#unsynced.length > 0 && (this.#unsynced[0] as Unsynced).batch <= batch) {
      const { lastIndex, term, vote } = this.#unsynced.shift() as Unsynced;
      this.durableIndex = Math.max(this.durableIndex, lastIndex);
      this.durableTerm = term;
      this.durableVote = vote;
    }
  }
}
