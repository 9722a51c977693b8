/**
 * One node of the cluster: the Raft core, the key-value machine it replicates, and the disk, put together on a Host. A
 * synchronous event handler: every event (a frame, a request, a timer, a disk operation that is done) is handed to the core, and
 * then the core's effects are carried out in their order (`#drain`).
 *
 * Nothing is sent, answered or reported before the disk holds the node's identity; votes and acknowledgements leave only when
 * what they promise has been synced; a client is answered when its command has committed and been applied.
 */

import type { Json } from '../../history/operation.ts';
import { rulesFor } from '../bugs/catalogue.ts';
import { KvMachine, type LoggedCommand } from '../kv/machine.ts';
import { jsonBytes } from '../raft/log.ts';
import { Raft, type RaftView } from '../raft/raft.ts';
import type { Entry, Outgoing, Ready, Snapshot, SnapshotMeta } from '../raft/ready.ts';
import type { RaftRules } from '../raft/rules.ts';
import type { NodeId, ReplicaStatus, Role } from '../raft/types.ts';
import { Answers, type Requester } from './answers.ts';
import type { AdminRequest, ClientRequest } from './client-protocol.ts';
import { Commands } from './commands.ts';
import type { Host, PeerFrame } from './host.ts';
import { EMPTY_BASE, EMPTY_HARD_STATE, type RecoveredLog, recover } from './log-recovery.ts';
import type { ReplicaMark } from './marks.ts';
import { OperatorRequests } from './operator-requests.ts';
import type { ReplicaOptions } from './options.ts';
import { ReadRounds } from './read-rounds.ts';
import { checkRequest } from './requests.ts';
import type { ReplicaRules } from './rules.ts';
import { SnapshotWriter } from './snapshot-writer.ts';
import { Ticker } from './ticker.ts';
import { type DurableLog, Wal } from './wal.ts';

/** Reads and operators' requests that have waited this many election timeouts are given up. */
const PATIENCE_ELECTIONS = 10;
/** A log in which nothing can be dropped is still rewritten when it is this many times the threshold for a snapshot. */
const RENEWAL_FACTOR = 4;

/** The rules that a replica reads, its own and the core's. */
export interface NodeRules {
  readonly raft: RaftRules;
  readonly replica: ReplicaRules;
}

/** What invariant checkers see of a replica; live references, not copies. */
export interface ReplicaView {
  readonly raft: RaftView;
  /** What the log on disk is known to hold. The snapshot on disk may be newer than its base. */
  readonly durable: DurableLog;
  /** Index of the durable snapshot; 0 while there is none. */
  readonly durableSnapshotIndex: number;
  readonly appliedIndex: number;
  readonly machine: KvMachine;
  /** The replica serves: its disk holds its identity, it has not halted. */
  readonly serving: boolean;
  /** Requests that wait for their answer. */
  readonly pending: number;
}

interface HeldPromises {
  readonly batch: number;
  readonly promises: readonly Outgoing[];
}

/** Waits to be applied: entries, or a received snapshot (until it is durable, all behind it waits too). */
type Unapplied = { readonly entries: readonly Entry[] } | { readonly snapshot: Snapshot; durable: boolean };

export class Replica {
  readonly #host: Host;
  readonly #options: ReplicaOptions;
  readonly #rules: ReplicaRules;
  readonly #raft: Raft;
  readonly #machine: KvMachine;
  readonly #wal: Wal;
  readonly #snapshots: SnapshotWriter;
  readonly #answers: Answers;
  readonly #commands: Commands;
  readonly #reads: ReadRounds;
  readonly #operators: OperatorRequests;
  #ticker: Ticker | null = null;
  #state: 'starting' | 'serving' | 'halted' = 'starting';

  /** Promises of batches that are not durable yet, oldest first. */
  #held: HeldPromises[] = [];
  #unapplied: Unapplied[] = [];
  /** Index, term and membership of the last entry applied: what a snapshot taken now stands for. */
  #applied: SnapshotMeta;
  #role: Role = 'follower';
  /** The term in which commands in the log were taken; null while this node does not lead. */
  #ledTerm: number | null = null;

  /** Starts the node on what its disk holds; halts it, through the host, if that can't be trusted. */
  constructor(host: Host, options: ReplicaOptions, rules: NodeRules = rulesFor(options.bugs)) {
    this.#host = host;
    this.#options = options;
    this.#rules = rules.replica;
    const recovery = recover(host.disk, options.id, this.#rules);
    const recovered = recovery.kind === 'recovered' ? recovery : null;
    const base = recovered?.base ?? EMPTY_BASE;

    this.#machine = new KvMachine(this.#rules);
    this.#applied = base.index > 0 ? base : { ...base, membership: { ...base.membership, voters: options.founders } };
    this.#raft = this.#startCore(recovered, rules.raft);
    this.#answers = new Answers(host, () => this.#raft.status().leader);
    const patience = PATIENCE_ELECTIONS * options.electionTicks;
    this.#commands = new Commands(this.#answers, this.#machine, this.#rules);
    this.#reads = new ReadRounds(this.#answers, this.#machine, patience);
    this.#operators = new OperatorRequests(this.#answers, patience);
    const data = recovered?.snapshotData ?? null;
    this.#snapshots = new SnapshotWriter(host.disk, this.#rules, data === null ? null : base, data?.length ?? 0);

    let problem: { readonly code: 'corrupt' | 'unsupported'; readonly reason: string } | null = null;
    if (recovery.kind === 'unusable') problem = recovery;
    else if (recovery.kind === 'empty' && !options.firstStart && !this.#rules.lostDiskMayRejoin) {
      const reason = `the disk of ${options.id} is empty although it has run before: it may have voted, so it can't come back under its name; add a new node in its place`;
      problem = { code: 'unsupported', reason };
    }
    const position =
      recovery.kind === 'unusable'
        ? { segment: 0, highestSegment: 0, nextBatch: 1, segmentBytes: 0, obsolete: [] }
        : recovery.position;
    const start = {
      node: options.id,
      hardState: recovered?.hardState ?? EMPTY_HARD_STATE,
      base,
      entries: recovered?.entries ?? [],
      position,
      newSegment: problem === null && (recovered === null || recovered.needsNewSegment),
    };
    this.#wal = new Wal(host.disk, start, this.#rules, (upTo) => this.#logDurable(upTo));
    if (problem !== null) {
      this.#halt(problem.code, problem.reason);
      return;
    }
    if (recovered === null) return; // Serves as soon as the first segment is durable.
    this.#restoreMachine(recovered);
    this.#serve();
  }

  onFrame(from: NodeId, frame: PeerFrame): void {
    if (this.#state !== 'serving') return;
    this.#ticker?.catchUp();
    this.#raft.step(from, frame);
    this.#drain();
  }

  onRequest(connection: number, input: unknown): void {
    const checked = checkRequest(input);
    if (checked.request === null) {
      this.#answers.error({ connection, id: checked.id }, 'bad-request', true, checked.problem);
      return;
    }
    const { request } = checked;
    const to = { connection, id: request.id };
    if (this.#state !== 'serving') {
      this.#answers.error(to, 'unavailable', true, 'this node is starting');
      return;
    }
    this.#ticker?.catchUp();
    this.#request(to, request);
    this.#drain();
  }

  status(): ReplicaStatus {
    return this.#raft.status();
  }

  inspect(): ReplicaView {
    return {
      raft: this.#raft.inspect(),
      durable: this.#wal.durable,
      durableSnapshotIndex: this.#snapshots.durable?.index ?? 0,
      appliedIndex: this.#applied.index,
      machine: this.#machine,
      serving: this.#state === 'serving',
      pending: this.#commands.pending + this.#reads.pending,
    };
  }

  // ── start and end ──

  #startCore(recovered: RecoveredLog | null, raftRules: RaftRules): Raft {
    const { id, heartbeatTicks, electionTicks, reads, maxClockDriftPpm, snapshotChunkBytes, limits, founders } =
      this.#options;
    const raft = new Raft(
      {
        id,
        heartbeatTicks,
        electionTicks,
        reads,
        maxClockDriftPpm,
        snapshotChunkBytes,
        limits,
        random: (purpose, which) => this.#host.random(purpose, which),
        mark: (name) => this.#host.mark(name),
        rules: raftRules,
      },
      {
        hardState: recovered?.hardState ?? EMPTY_HARD_STATE,
        snapshot: recovered?.base ?? EMPTY_BASE,
        entries: recovered?.entries ?? [],
      },
      founders,
    );
    if (recovered !== null && recovered.base.index > 0) {
      raft.provideSnapshot({ ...recovered.base, data: recovered.snapshotData ?? new KvMachine().serialize() });
    }
    return raft;
  }

  #restoreMachine(recovered: RecoveredLog): void {
    const { snapshotData, base, entries, findings } = recovered;
    if (snapshotData !== null) this.#machine.restore(snapshotData);
    for (const finding of findings) this.#mark(finding);
    const last = base.index + entries.length;
    this.#host.log('info', `restored a snapshot at ${base.index} and a log up to ${last}${listed(findings)}`);
  }

  #serve(): void {
    this.#state = 'serving';
    this.#host.statusChanged(this.#raft.status());
    this.#ticker = new Ticker(
      this.#host,
      this.#options.tickNs,
      (count) => this.#ticked(count),
      () => this.#ticksUntilDue(),
    );
    this.#drain();
  }

  #halt(code: 'corrupt' | 'disk-full' | 'removed' | 'unsupported', reason: string): void {
    this.#state = 'halted';
    this.#host.log('error', `halts (${code}): ${reason}`);
    this.#host.halt(code, reason);
  }

  #mark(name: ReplicaMark): void {
    this.#host.mark(name);
  }

  // ── events ──

  #ticked(count: number): void {
    if (this.#state !== 'serving') return;
    const due = this.#ticksUntilDue();
    this.#raft.tick(count);
    this.#reads.ticked(count);
    this.#operators.ticked(count);
    // Nothing but counting: what is to happen next, of which the ticks were only passed on ahead, finds all as it was.
    if (count >= due) this.#drain();
  }

  #ticksUntilDue(): number {
    return Math.min(this.#raft.ticksUntilDue(), this.#reads.ticksUntilDue(), this.#operators.ticksUntilDue());
  }

  /** Everything of the core's batches up to this one is durable. */
  #logDurable(upTo: number): void {
    if (this.#state === 'halted') return;
    if (this.#state === 'starting') {
      this.#serve();
      return;
    }
    this.#ticker?.catchUp();
    this.#release(upTo);
    this.#drain();
  }

  #request(to: Requester, request: ClientRequest): void {
    switch (request.kind) {
      case 'status':
        this.#answers.status(to, this.#raft.status());
        return;
      case 'admin':
        this.#admin(to, request.request);
        return;
      default:
    }
    const { pendingMax, commandBytesMax, sessionsMax } = this.#options.limits;
    if (this.#commands.pending + this.#reads.pending >= pendingMax) {
      this.#answers.error(to, 'overloaded', true, `${pendingMax} requests wait at this node already: ask again later`);
      return;
    }
    if (request.kind === 'open-session') {
      this.#propose(to, { op: 'open', nonce: request.nonce, sessionsMax });
      return;
    }
    const { command } = request;
    const bytes = jsonBytes(command as unknown as Json);
    if (bytes > commandBytesMax) {
      this.#answers.error(to, 'too-large', true, `a command has at most ${commandBytesMax} bytes, this has ${bytes}`);
    } else if (request.kind === 'command') {
      const { session, sequence } = request;
      const known = this.#machine.answerAgain(session, sequence);
      if (known === null) this.#propose(to, { op: 'run', session, sequence, command });
      else {
        this.#mark('retry-answered-again');
        this.#answers.outcome(to, known);
      }
    } else if (this.#rules.readsUnconfirmed(this.#role)) {
      this.#answers.result(to, this.#machine.read(command));
    } else this.#reads.add(to, command);
  }

  #propose(to: Requester, logged: LoggedCommand): void {
    if (this.#ledTerm === null) this.#answers.refusal(to, 'not-leader');
    else this.#commands.queue(to, logged);
  }

  #admin(to: Requester, request: AdminRequest): void {
    switch (request.admin) {
      case 'change-members':
        this.#operators.changeMembers(to, this.#raft, request);
        return;
      case 'transfer-leadership':
        this.#operators.transferLeadership(to, this.#raft, request.to);
        return;
      case 'compact':
        this.#takeSnapshot((index) => this.#answers.result(to, index));
    }
  }

  // ── effects ──

  /** Carries out all that the core wants done, and hands it what waited for the disk. */
  #drain(): void {
    while (this.#state === 'serving') {
      // While a sync is under way commands gather, to be one batch on every node; see Wal.
      if (this.#commands.queued > 0 && !this.#wal.busy) this.#commands.propose(this.#raft);
      this.#reads.begin(this.#raft);
      if (!this.#raft.hasReady()) {
        this.#ticker?.arm();
        return;
      }
      this.#carryOut(this.#raft.takeReady());
    }
  }

  #carryOut(ready: Ready): void {
    if (ready.snapshot !== null) this.#install(ready.snapshot);
    const durable = this.#wal.save(ready.batch, ready.hardState, ready.entries);
    if (ready.hardState !== null && this.#rules.savesEmptySnapshotWith(ready.hardState)) this.#saveEmptySnapshot();
    for (const { to, frame } of ready.messages) this.#host.send(to, frame);
    if (ready.promises.length > 0) this.#held.push({ batch: ready.batch, promises: ready.promises });
    if (durable || !this.#rules.promisesAwaitSync) this.#release(ready.batch);

    if (ready.committed.length > 0) {
      this.#unapplied.push({ entries: ready.committed });
      this.#apply();
    }
    for (const { context, index } of ready.reads) this.#reads.confirmed(context, index, this.#applied.index);
    for (const { context, leader } of ready.readsRefused) this.#reads.refused(context, leader);
    if (ready.statusChanged) this.#statusChanged();
    if (ready.removed) this.#halt('removed', 'this node is no longer a member of the cluster');
    else this.#compactIfLarge();
  }

  /** Reports to the core what is durable, then sends what had to wait for it. */
  #release(upTo: number): void {
    this.#raft.synced(upTo);
    while (this.#held.length > 0 && (this.#held[0] as HeldPromises).batch <= upTo) {
      const { promises } = this.#held.shift() as HeldPromises;
      for (const { to, frame } of promises) this.#host.send(to, frame);
    }
  }

  #statusChanged(): void {
    const status = this.#raft.status();
    this.#role = status.role;
    const ledTerm = status.role === 'leader' ? status.term : null;
    if (ledTerm !== this.#ledTerm) {
      if (this.#ledTerm !== null) this.#commands.leadershipLost();
      this.#ledTerm = ledTerm;
      // What is still queued is refused by the core now rather than later.
      if (ledTerm === null) this.#commands.propose(this.#raft);
    }
    this.#operators.statusChanged(status);
    this.#host.statusChanged(status);
  }

  // ── the machine ──

  #apply(): void {
    for (;;) {
      const next = this.#unapplied[0];
      if (next === undefined || ('snapshot' in next && !next.durable)) break;
      this.#unapplied.shift();
      if ('entries' in next) for (const entry of next.entries) this.#applyEntry(entry);
      else {
        const { data, ...meta } = next.snapshot;
        this.#machine.restore(data);
        this.#applied = meta;
      }
    }
    this.#raft.applied(this.#applied.index);
    this.#reads.applied(this.#applied.index);
  }

  #applyEntry(entry: Entry): void {
    const { index, term } = entry;
    const membership = entry.kind === 'membership' ? entry.membership : this.#applied.membership;
    this.#applied = { index, term, membership };
    const outcome =
      entry.kind === 'command' ? this.#machine.apply(index, entry.data as unknown as LoggedCommand) : null;
    this.#commands.applied(index, term, outcome);
    if (entry.kind === 'membership') this.#operators.membershipApplied(membership);
  }

  // ── snapshots ──

  /** A snapshot from the leader: durable first, then the machine's state; the log behind it waits for it. */
  #install(snapshot: Snapshot): void {
    const { data: _, ...meta } = snapshot;
    const item = { snapshot, durable: false };
    this.#unapplied.push(item);
    this.#wal.install(meta);
    this.#snapshots.write(snapshot, () => {
      if (this.#state === 'halted') return;
      this.#ticker?.catchUp();
      item.durable = true;
      this.#apply();
      this.#wal.release();
      this.#drain();
    });
  }

  #compactIfLarge(): void {
    const { snapshotThresholdBytes } = this.#options;
    const { segmentBytes } = this.#wal;
    // A large state is not written again and again for a little growth of the log.
    const enough = Math.max(snapshotThresholdBytes, this.#snapshots.durableBytes);
    if (segmentBytes < enough || this.#snapshots.busy) return;
    if (this.#applied.index > this.#wal.baseIndex) this.#takeSnapshot(() => undefined);
    else if (segmentBytes >= RENEWAL_FACTOR * Math.max(enough, this.#wal.bytesAtStart)) this.#wal.renew();
  }

  /** Replaces the log up to what is applied by a snapshot. `done` gets the index of the newest durable snapshot. */
  #takeSnapshot(done: (index: number) => void): void {
    const meta = this.#applied;
    const durableIndex = this.#snapshots.durable?.index ?? 0;
    if (meta.index <= durableIndex) {
      done(durableIndex);
      return;
    }
    const snapshot = { ...meta, data: this.#machine.serialize() };
    if (!this.#rules.logAwaitsSnapshot) this.#wal.compact(meta);
    this.#snapshots.write(snapshot, (written) => {
      if (this.#state === 'halted') return;
      this.#ticker?.catchUp();
      if (written) {
        this.#raft.provideSnapshot(snapshot);
        this.#raft.compact(meta);
        this.#wal.compact(meta);
      }
      const durableNow = this.#snapshots.durable?.index ?? 0;
      if (durableNow > meta.index) this.#mark('own-snapshot-overtaken');
      done(durableNow);
      this.#drain();
    });
  }

  #saveEmptySnapshot(): void {
    const { durable } = this.#snapshots;
    if (durable !== null) this.#snapshots.write({ ...durable, data: new KvMachine().serialize() }, () => undefined);
  }
}

function listed(findings: readonly ReplicaMark[]): string {
  return findings.length === 0 ? '' : `; found: ${findings.join(', ')}`;
}
