/**
 * A cluster of bare Raft cores on virtual time: a network that delays, loses, duplicates and reorders, disks that sync late and
 * forget on a crash, and a state machine that is just a running hash. Everything follows from the seed.
 */

import type { RaftMark } from '../../cluster/raft/marks.ts';
import type { Message } from '../../cluster/raft/messages.ts';
import { Raft } from '../../cluster/raft/raft.ts';
import type { Entry, HardState, Outgoing, Ready, RestoredState, Snapshot } from '../../cluster/raft/ready.ts';
import { CORRECT_RULES, type RaftRules } from '../../cluster/raft/rules.ts';
import type { NodeId } from '../../cluster/raft/types.ts';
import { DEFAULT_LIMITS, type ReplicaLimits } from '../../cluster/replica/options.ts';
import { between, chance, draws } from '../../seed/draw.ts';
import { Invariants } from './invariants.ts';

/** Units of virtual time in one tick of a node whose clock is right. */
export const UNITS_PER_TICK = 10;

export interface ClusterOptions {
  readonly seed?: number;
  readonly founders: readonly NodeId[];
  /** Nodes that exist but do not belong to the cluster yet. */
  readonly joiners?: readonly NodeId[];
  readonly rules?: RaftRules;
  readonly reads?: 'read-index' | 'lease';
  readonly maxClockDriftPpm?: number;
  readonly limits?: Partial<ReplicaLimits>;
  readonly snapshotChunkBytes?: number;
  /** Take a snapshot whenever this many entries were applied since the last; 0 for never. */
  readonly snapshotEvery?: number;
  readonly electionTicks?: number;
  readonly heartbeatTicks?: number;
  /** Election timeouts in ticks, of all nodes or of some, in place of drawn ones. */
  readonly timeoutTicks?: number | { readonly [node: NodeId]: number };
  readonly manual?: boolean;
}

export interface NetworkRules {
  /** Latency of a message in units, drawn from this range. */
  latency: readonly [number, number];
  lossPpm: number;
  duplicatePpm: number;
  /** Share of messages that are held back by 20 to 400 units more. */
  latePpm: number;
  /** Time a sync takes, in units. */
  sync: readonly [number, number];
}

interface Durable {
  hardState: HardState;
  snapshot: Snapshot | null;
  entries: Entry[];
}

interface Machine {
  index: number;
  hash: number;
}

export interface Read {
  readonly node: NodeId;
  readonly context: number;
  /** The highest index committed anywhere when the read was asked for. */
  readonly floor: number;
  outcome: 'waiting' | 'refused' | number;
}

/** One life of one node. */
export class Member {
  readonly id: NodeId;
  raft: Raft;
  alive = true;
  paused = false;
  /** Ticks are this much slower or faster, in parts per million. */
  driftPpm = 0;
  nextTickAt = 0;
  life = 0;
  readonly durable: Durable;
  pending: Ready[] = [];
  machine: Machine = { index: 0, hash: 0 };
  ended = false;
  /** What a paused node has not looked at yet. */
  backlog: (() => void)[] = [];
  ticksOwed = 0;

  constructor(id: NodeId, raft: Raft, durable: Durable) {
    this.id = id;
    this.raft = raft;
    this.durable = durable;
  }
}

/** A message outlives a restart of its receiver. */
const ANY_LIFE = -1;

interface Happening {
  readonly node: NodeId;
  readonly life: number;
  readonly run: () => void;
}

export function mixHash(hash: number, entry: Entry): number {
  const text = JSON.stringify(entry);
  let mixed = hash ^ 0x9e3779b9;
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193);
  return mixed >>> 0;
}

export class Cluster {
  readonly options: ClusterOptions;
  readonly members = new Map<NodeId, Member>();
  readonly marks = new Map<RaftMark, number>();
  readonly invariants: Invariants;
  readonly reads: Read[] = [];
  /** Lines of what happened, if switched on. */
  readonly trace: string[] | null;
  network: NetworkRules = { latency: [2, 2], lossPpm: 0, duplicatePpm: 0, latePpm: 0, sync: [1, 1] };
  /** Messages for which this is true are lost. */
  blocked: (from: NodeId, to: NodeId, message: Message) => boolean = () => false;
  /** If set, messages wait in `pool` until a script says what becomes of them, and disks sync at once unless slow. */
  readonly manual: boolean;
  pool: { readonly from: NodeId; readonly to: NodeId; readonly message: Message }[] = [];
  readonly slowDisks = new Set<NodeId>();
  /** Sees every message as it is sent. */
  onSend: (from: NodeId, to: NodeId, message: Message) => void = () => {};
  now = 0;
  sent = 0;
  readonly #buckets: (Happening[] | undefined)[] = [];
  readonly #networkDraw;
  #drawn = 0;
  #commands = 0;

  constructor(options: ClusterOptions, trace = false) {
    this.options = options;
    this.trace = trace ? [] : null;
    this.manual = options.manual ?? false;
    this.#networkDraw = draws(options.seed ?? 0, 'test.network');
    this.invariants = new Invariants(this);
    for (const id of [...options.founders, ...(options.joiners ?? [])]) {
      const durable: Durable = { hardState: { term: 0, vote: null, commit: 0 }, snapshot: null, entries: [] };
      this.members.set(id, new Member(id, this.#start(id, durable, 0), durable));
    }
  }

  #start(id: NodeId, durable: Durable, life: number): Raft {
    const { options } = this;
    const draw = draws(options.seed ?? 0, `test.node.${id}.${life}`);
    const electionTicks = options.electionTicks ?? 10;
    const { timeoutTicks } = options;
    const fixed = typeof timeoutTicks === 'object' ? timeoutTicks[id] : timeoutTicks;
    const restored: RestoredState = {
      hardState: durable.hardState,
      snapshot: durable.snapshot ?? { index: 0, term: 0, membership: { voters: [], outgoing: null, learners: [] } },
      entries: durable.entries.slice(),
    };
    const rules = options.rules ?? CORRECT_RULES;
    const raft = new Raft(
      {
        id,
        heartbeatTicks: options.heartbeatTicks ?? 2,
        electionTicks,
        reads: options.reads ?? 'read-index',
        maxClockDriftPpm: options.maxClockDriftPpm ?? 0,
        snapshotChunkBytes: options.snapshotChunkBytes ?? 64,
        limits: { ...DEFAULT_LIMITS, ...options.limits },
        random: (purpose, which) => draw(purpose.length, which),
        mark: (name) => this.marks.set(name, (this.marks.get(name) ?? 0) + 1),
        rules: fixed === undefined ? rules : { ...rules, electionTimeout: () => fixed },
      },
      restored,
      options.founders.includes(id) ? options.founders : [],
    );
    if (durable.snapshot !== null) raft.provideSnapshot(durable.snapshot);
    return raft;
  }

  member(id: NodeId): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no node ${id}`);
    return member;
  }

  raft(id: NodeId): Raft {
    return this.member(id).raft;
  }

  /** The node that leads in the highest term, if any does. */
  leader(): NodeId | null {
    let best: Member | null = null;
    for (const member of this.members.values()) {
      if (!member.alive || member.raft.inspect().role !== 'leader') continue;
      if (best === null || member.raft.inspect().term > best.raft.inspect().term) best = member;
    }
    return best?.id ?? null;
  }

  #draw(): number {
    return this.#networkDraw(this.#drawn++);
  }

  #at(time: number, node: NodeId, life: number, run: () => void): void {
    const when = Math.max(time, this.now + 1);
    const bucket = this.#buckets[when];
    if (bucket === undefined) this.#buckets[when] = [{ node, life, run }];
    else bucket.push({ node, life, run });
  }

  /** Lets so many units of time pass. */
  run(units: number): void {
    const end = this.now + units;
    while (this.now < end) {
      this.now++;
      for (const member of this.members.values()) this.#tickIfDue(member);
      const bucket = this.#buckets[this.now];
      if (bucket === undefined) continue;
      this.#buckets[this.now] = undefined;
      for (const { node, life, run } of bucket) {
        const member = this.member(node);
        if (!member.alive || (life !== ANY_LIFE && member.life !== life)) continue;
        if (member.paused && life !== ANY_LIFE) member.backlog.push(run);
        else run();
      }
    }
  }

  /** Runs until `done`, for so many units at most; throws if it did not come to pass. */
  until(done: () => boolean, units = 3000, what = 'it'): void {
    for (let i = 0; i < units; i++) {
      if (done()) return;
      this.run(1);
    }
    throw new Error(`${what} did not happen within ${units} units`);
  }

  /** Runs until there is a leader that has committed in its term; returns it. */
  elect(among?: readonly NodeId[]): NodeId {
    const ready = (): boolean => {
      const leader = this.leader();
      if (leader === null || (among !== undefined && !among.includes(leader))) return false;
      const view = this.raft(leader).inspect();
      return view.termAt(view.commit) === view.term;
    };
    this.until(ready, 3000, 'an election');
    return this.leader() as NodeId;
  }

  #tickIfDue(member: Member): void {
    if (!member.alive) return;
    member.nextTickAt += 1_000_000 + member.driftPpm;
    const due = Math.floor(member.nextTickAt / (1_000_000 * UNITS_PER_TICK));
    if (due === 0) return;
    member.nextTickAt -= due * 1_000_000 * UNITS_PER_TICK;
    if (member.paused) {
      member.ticksOwed += due;
      return;
    }
    member.raft.tick(due);
    this.settle(member);
  }

  /** Carries out everything a node has ready. */
  settle(member: Member): void {
    this.invariants.afterStep(member);
    for (let rounds = 0; member.alive && member.raft.hasReady(); rounds++) {
      if (rounds > 1000) throw new Error(`${member.id} never comes to rest`);
      this.#carryOut(member, member.raft.takeReady());
      this.invariants.afterStep(member);
    }
  }

  #carryOut(member: Member, ready: Ready): void {
    this.invariants.onReady(member, ready);
    for (const { to, frame } of ready.messages) this.#send(member.id, { to, frame });
    const writes = ready.hardState !== null || ready.entries.length > 0 || ready.snapshot !== null;
    if (!writes && member.pending.length === 0) {
      for (const outgoing of ready.promises) this.#send(member.id, outgoing);
      member.raft.synced(ready.batch);
    } else {
      member.pending.push(ready);
      if (this.manual) {
        if (!this.slowDisks.has(member.id)) this.#write(member, ready.batch);
      } else this.#syncLater(member, ready.batch);
    }
    if (ready.snapshot !== null) this.#restoreMachine(member, ready.snapshot);
    for (const entry of ready.committed) {
      member.machine = { index: entry.index, hash: mixHash(member.machine.hash, entry) };
      this.invariants.onApply(member, entry);
    }
    if (member.machine.index > 0) member.raft.applied(member.machine.index);
    for (const { context, index } of ready.reads) this.#readDone(member, context, index);
    for (const { context } of ready.readsRefused) this.#readDone(member, context, 'refused');
    if (ready.removed) member.ended = true;
    this.#snapshotIfDue(member);
  }

  #syncLater(member: Member, batch: number): void {
    const [min, max] = this.network.sync;
    this.#at(this.now + between(this.#draw(), min, max), member.id, member.life, () => {
      this.#write(member, batch);
      this.settle(member);
    });
  }

  /** Everything written up to this batch reaches the disk. */
  #write(member: Member, batch: number): void {
    while (member.pending.length > 0 && (member.pending[0] as Ready).batch <= batch) {
      const ready = member.pending.shift() as Ready;
      write(member.durable, ready);
      member.raft.synced(ready.batch);
      for (const outgoing of ready.promises) this.#send(member.id, outgoing);
    }
  }

  /** Syncs all that a node has written. */
  sync(id: NodeId): void {
    const member = this.member(id);
    this.#write(member, Number.POSITIVE_INFINITY);
    this.settle(member);
  }

  #restoreMachine(member: Member, snapshot: Snapshot): void {
    const [index, hash] = JSON.parse(snapshot.data) as [number, number, string];
    member.machine = { index, hash };
    this.invariants.onInstall(member, snapshot);
  }

  #snapshotIfDue(member: Member): void {
    const every = this.options.snapshotEvery ?? 0;
    const { index } = member.machine;
    if (every === 0 || index - (member.durable.snapshot?.index ?? 0) < every || member.pending.length > 0) return;
    this.compact(member.id);
  }

  /** Takes a snapshot of what is applied, durable at once, and compacts the log. */
  compact(id: NodeId): void {
    const member = this.member(id);
    const { index, hash } = member.machine;
    if (index <= (member.durable.snapshot?.index ?? 0)) return;
    // The log on disk may lag behind what is applied: a snapshot then comes first, as on a real node.
    this.#write(member, Number.POSITIVE_INFINITY);
    const meta = member.raft.metaAt(index);
    const snapshot: Snapshot = { ...meta, data: JSON.stringify([index, hash, 'x'.repeat(150)]) };
    member.durable.snapshot = snapshot;
    member.durable.entries = member.durable.entries.filter((entry) => entry.index > index);
    member.raft.provideSnapshot(snapshot);
    member.raft.compact(meta);
    this.settle(member);
  }

  #readDone(member: Member, context: number, outcome: 'refused' | number): void {
    const read = this.reads[context] as Read;
    if (read.outcome !== 'waiting' || read.node !== member.id) throw new Error(`read ${context} was answered twice`);
    read.outcome = outcome;
    if (outcome !== 'refused') this.invariants.onRead(read, outcome);
  }

  #send(from: NodeId, { to, frame }: Outgoing): void {
    const message = frame as Message;
    this.sent++;
    this.invariants.onSend(from, to, message);
    this.onSend(from, to, message);
    const target = this.members.get(to);
    if (target === undefined) return;
    const lost = this.blocked(from, to, message) || chance(this.#draw(), this.network.lossPpm);
    this.trace?.push(`${lost ? 'lost ' : ''}${from}->${to} ${describe(message)}`);
    if (lost) return;
    if (this.manual) {
      this.pool.push({ from, to, message });
      return;
    }
    const copies = chance(this.#draw(), this.network.duplicatePpm) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const [min, max] = this.network.latency;
      let delay = between(this.#draw(), min, max);
      if (chance(this.#draw(), this.network.latePpm)) delay += between(this.#draw(), 20, 400);
      this.deliver(from, to, message, delay);
    }
  }

  /** Hands a message to a node after so many units (at once in a manual cluster), whichever life it is in then. */
  deliver(from: NodeId, to: NodeId, message: Message, delay: number): void {
    const target = this.member(to);
    const receive = (): void => {
      target.raft.step(from, message);
      this.settle(target);
    };
    if (this.manual) {
      if (target.alive) receive();
      return;
    }
    this.#at(this.now + delay, to, ANY_LIFE, () => {
      if (target.paused) target.backlog.push(receive);
      else receive();
    });
  }

  // ── what a test does to it ──

  propose(id: NodeId, data?: string): boolean {
    const member = this.member(id);
    if (!member.alive || member.paused) return false;
    const proposed = member.raft.propose(data ?? `c${++this.#commands}`);
    this.settle(member);
    return proposed.accepted;
  }

  /** Asks for a read; the result is in the returned record once there is one. */
  read(id: NodeId): Read | null {
    const member = this.member(id);
    if (!member.alive || member.paused) return null;
    const read: Read = { node: id, context: this.reads.length, floor: this.invariants.committed, outcome: 'waiting' };
    this.reads.push(read);
    member.raft.readIndex(read.context);
    this.settle(member);
    return read;
  }

  tick(id: NodeId, count = 1): void {
    const member = this.member(id);
    member.raft.tick(count);
    this.settle(member);
  }

  /** Lets a node act on a call that a test made on its core. */
  after<T>(id: NodeId, act: (raft: Raft) => T): T {
    const member = this.member(id);
    const result = act(member.raft);
    this.settle(member);
    return result;
  }

  crash(id: NodeId): void {
    const member = this.member(id);
    member.alive = false;
    member.pending = [];
    member.backlog = [];
    member.ticksOwed = 0;
    member.paused = false;
    for (const read of this.reads) if (read.node === id && read.outcome === 'waiting') read.outcome = 'refused';
  }

  restart(id: NodeId): void {
    const member = this.member(id);
    if (member.alive) return;
    member.life++;
    member.alive = true;
    member.ended = false;
    member.nextTickAt = 0;
    const [index, hash] =
      member.durable.snapshot === null ? [0, 0] : (JSON.parse(member.durable.snapshot.data) as [number, number]);
    member.machine = { index, hash };
    member.raft = this.#start(id, member.durable, member.life);
    this.invariants.onRestart(member);
    this.settle(member);
  }

  pause(id: NodeId): void {
    const member = this.member(id);
    if (member.alive) member.paused = true;
  }

  resume(id: NodeId): void {
    const member = this.member(id);
    if (!member.alive || !member.paused) return;
    member.paused = false;
    if (member.ticksOwed > 0) member.raft.tick(member.ticksOwed);
    member.ticksOwed = 0;
    this.settle(member);
    const { backlog } = member;
    member.backlog = [];
    for (const run of backlog) run();
  }

  /** Only nodes in the same group hear each other. */
  partition(...groups: readonly (readonly NodeId[])[]): void {
    const groupOf = new Map<NodeId, number>();
    groups.forEach((group, number) => {
      for (const node of group) groupOf.set(node, number);
    });
    this.blocked = (from, to) => groupOf.get(from) !== groupOf.get(to);
  }

  heal(): void {
    this.blocked = () => false;
  }
}

function write(durable: Durable, ready: Ready): void {
  if (ready.snapshot !== null) {
    durable.snapshot = ready.snapshot;
    durable.entries = [];
  }
  if (ready.hardState !== null) durable.hardState = ready.hardState;
  const first = ready.entries[0];
  if (first === undefined) return;
  const base = durable.snapshot?.index ?? 0;
  durable.entries.length = Math.max(0, Math.min(durable.entries.length, first.index - base - 1));
  for (const entry of ready.entries) if (entry.index > base) durable.entries.push(entry);
}

/** A message in a few words. */
export function describe(message: Message): string {
  return `${message.type} ${words(message)} (term ${message.term})`;
}

function words(message: Message): string {
  switch (message.type) {
    case 'pre-vote':
      return `for term ${message.forTerm}, log ends ${message.lastIndex}@${message.lastTerm}`;
    case 'vote':
      return `log ends ${message.lastIndex}@${message.lastTerm}${message.transfer ? ', by transfer' : ''}`;
    case 'pre-vote-reply':
    case 'vote-reply':
      return message.granted ? 'granted' : 'refused';
    case 'append': {
      const entries = message.entries.map((entry) => `${entry.index}@${entry.term}`).join(' ');
      return `after ${message.prevIndex}@${message.prevTerm}: ${entries || 'nothing'}; commit ${message.commit}, round ${message.round}`;
    }
    case 'append-reply':
      return message.accepted
        ? `accepted up to ${message.index}, round ${message.round}`
        : `rejected after ${message.prevIndex}, try ${message.index}@${message.indexTerm}, round ${message.round}`;
    case 'snapshot':
      return `${message.index}@${message.indexTerm}, ${message.offset}+${message.chunk.length} of ${message.total}`;
    case 'snapshot-reply':
      return message.match > 0 ? `done, match ${message.match}` : `next ${message.next}`;
    case 'read':
      return `batch ${message.batch}`;
    case 'read-reply':
      return `batch ${message.batch}: ${message.index === null ? 'ask again' : `index ${message.index}`}`;
    case 'removed':
      return `members at ${message.index}@${message.indexTerm}: ${message.membership.voters.join(' ')}`;
    case 'timeout-now':
      return 'take over';
  }
}
