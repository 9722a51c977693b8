/**
 * The simulator: the second implementation of World. One event heap drives replicas, messages, disks, timers, clients and
 * nemesis on virtual time in one process; every draw is keyed by the seed, so a seed repeats bit for bit.
 */

import type { Json } from '../../history/operation.ts';
import type { NodeEvent } from '../../history/trial-records.ts';
import { below, chance, type Draw, draws } from '../../seed/draw.ts';
import type { NodeId, ReplicaStatus } from '../raft/types.ts';
import type { ClientRequest, ClientResponse } from '../replica/client-protocol.ts';
import type { Host, LogLevel, PeerFrame } from '../replica/host.ts';
import type { ReplicaOptions } from '../replica/options.ts';
import type {
  Capability,
  Clock,
  ClockSetting,
  DirectedLink,
  DiskFault,
  Evidence,
  LinkCounts,
  LinkRule,
  NodeView,
  RequestResult,
  World,
  WorldObserver,
} from '../world.ts';
import type { CrashDamage } from './disk.ts';
import { EventHeap } from './heap.ts';
import type { InvariantViolation, Watch } from './invariants/watch.ts';
import {
  CrashedHere,
  type DiskDone,
  type HaltCode,
  Life,
  type NodeTimer,
  type OpenRequest,
  type SimulatedReplica,
  type Surroundings,
} from './life.ts';
import { frameBytes, SimulatedLink, within } from './network.ts';
import { PAUSED_QUEUE_MAX, SimulatedNode } from './node.ts';
import {
  CALM_DISK,
  CALM_NETWORK,
  checkOptions,
  type DiskOptions,
  type NetworkOptions,
  type ProcessOptions,
  type SimulatorOptions,
} from './options.ts';
import { digestOfData, digestOfName, EVENT, nameOfEvent, type TraceEvent, TraceHash } from './trace.ts';

/** What a simulated world reports beyond what every world does. */
export interface SimulatedObserver extends WorldObserver {
  /** An invariant was found broken; called once for each. */
  invariantBroken?(violation: InvariantViolation): void;
}

/** Parts that tests and tools put in. */
export interface SimulatorParts {
  readonly createReplica: (host: Host, options: ReplicaOptions) => SimulatedReplica;
  /** Called for every event of the trace, after it was absorbed into the hash. */
  readonly trace?: (event: TraceEvent) => void;
  /** Checks invariants after every event. */
  readonly createWatch?: (world: SimulatedWorld) => Watch;
}

interface Message {
  readonly link: SimulatedLink;
  readonly from: SimulatedNode;
  readonly number: number;
  readonly connection: number;
  readonly frame: PeerFrame;
  readonly sentAt: number;
  readonly id: number;
}

interface TrialTimer {
  readonly fire: () => void;
  cancelled: boolean;
}

type Subject = Message | OpenRequest | NodeTimer | DiskDone | TrialTimer | number;

const CAPABILITIES: readonly Capability[] = [
  'links',
  'kill',
  'pause',
  'clock',
  'disk',
  'membership',
  'transfer',
  'compact',
  'wipe',
];

export class SimulatedWorld implements World, Surroundings {
  readonly kind = 'simulator';
  readonly clock: Clock;
  readonly capabilities: ReadonlySet<Capability> = new Set(CAPABILITIES);
  readonly nodes: readonly NodeId[];
  readonly seed: number;
  /** Coverage marks: how often each named interesting state was reached. */
  readonly marks = new Map<string, number>();
  /** Invariants found broken, in order; one for each invariant. */
  readonly violations: InvariantViolation[] = [];
  readonly members: readonly SimulatedNode[];
  /** Virtual time, in nanoseconds. */
  now = 0;
  /** Events handled so far. */
  events = 0;
  network: NetworkOptions;
  disk: DiskOptions;
  process: ProcessOptions;

  private readonly options: SimulatorOptions;
  private readonly observer: SimulatedObserver;
  private readonly parts: SimulatorParts;
  private readonly heap = new EventHeap<Subject>();
  private readonly hash = new TraceHash();
  private readonly byId = new Map<NodeId, SimulatedNode>();
  private readonly links: SimulatedLink[] = [];
  private readonly watch: Watch | null;
  private readonly clientDraw: Draw;
  private readonly processDraw: Draw;
  private messages = 0;
  private connections = 0;
  private stopped = false;

  constructor(options: SimulatorOptions, observer: SimulatedObserver, parts: SimulatorParts) {
    checkOptions(options);
    this.options = options;
    this.observer = observer;
    this.parts = parts;
    this.seed = options.seed;
    this.nodes = options.nodes;
    this.network = options.network;
    this.disk = options.disk;
    this.process = options.process;
    this.clientDraw = draws(options.seed, 'simulator.client');
    this.processDraw = draws(options.seed, 'simulator.process');
    this.clock = {
      now: () => this.now,
      after: (delayNs, fire) => {
        const timer: TrialTimer = { fire, cancelled: false };
        this.heap.push(this.now + Math.max(0, Math.ceil(delayNs)), EVENT.trialTimer, -1, timer);
        return () => {
          timer.cancelled = true;
        };
      },
    };
    this.members = options.nodes.map((id, index) => new SimulatedNode(id, index));
    for (const node of this.members) this.byId.set(node.id, node);
    for (const from of options.nodes)
      for (const to of options.nodes) this.links.push(new SimulatedLink(from, to, options.seed));
    this.watch = parts.createWatch?.(this) ?? null;
    const clockDraw = draws(options.seed, 'simulator.clock');
    for (const node of this.members) {
      const { offsetMaxNs, rateMaxPpm } = options.clock;
      const offset = within({ min: -offsetMaxNs, max: offsetMaxNs }, clockDraw(node.index, 0));
      node.clock.set(0, offset, within({ min: -rateMaxPpm, max: rateMaxPpm }, clockDraw(node.index, 1)));
      this.scheduleStart(node);
    }
  }

  /** Handles every event up to and including virtual time `untilNs`, which then is the time. */
  run(untilNs: number): void {
    const { heap } = this;
    while (!this.stopped && heap.nextTime <= untilNs) this.step();
    if (!this.stopped) this.now = Math.max(this.now, untilNs);
  }

  /** Handles events until the predicate holds, looked at after each; false if it did not by virtual time `limitNs`. */
  runUntil(predicate: () => boolean, limitNs: number): boolean {
    const { heap } = this;
    if (predicate()) return true;
    while (!this.stopped && heap.nextTime <= limitNs) {
      this.step();
      if (predicate()) return true;
    }
    if (!this.stopped) this.now = Math.max(this.now, limitNs);
    return false;
  }

  /** Nothing happens any more. */
  stop(): void {
    this.stopped = true;
    this.heap.clear();
  }

  /** 16 hexadecimal digits over all events so far. */
  traceHash(): string {
    return this.hash.digits();
  }

  /**
   * Ends the troubles the world itself makes (loss, duplicates, reordering, clogs, slow syncs, crashes); latencies stay. What
   * the nemesis asked for stays too, until it heals it.
   */
  calm(): void {
    const { latencyNs, clientLatencyNs } = this.network;
    this.network = { ...CALM_NETWORK, latencyNs, clientLatencyNs };
    this.disk = { ...CALM_DISK, syncNs: this.disk.syncNs };
    this.process = { ...this.process, crashAtDiskPpm: 0, crashAtEventPpm: 0 };
    for (const link of this.links) link.unclog();
  }

  view(id: NodeId): NodeView {
    const node = this.node(id);
    const replica = node.life?.replica;
    if (node.hasReported && replica !== null && replica !== undefined) node.lastStatus = replica.status();
    return { id, state: node.state, status: node.lastStatus };
  }

  request(id: NodeId, request: ClientRequest, timeoutNs: number, done: (result: RequestResult) => void): void {
    const node = this.node(id);
    const connection = ++this.connections;
    const latency = within(this.network.clientLatencyNs, this.clientDraw(connection, 0));
    const { life } = node;
    if (!node.up || life === null) {
      this.clock.after(latency, () =>
        done({ kind: 'not-sent', reason: `${id} refuses connections: it is ${node.state}` }),
      );
      return;
    }
    const open: OpenRequest = { connection, node, request, done, life, response: null, settled: false };
    this.heap.push(this.now + timeoutNs, EVENT.requestTimeout, node.index, open);
    if (this.network.clientLossPpm > 0 && chance(this.clientDraw(connection, 1), this.network.clientLossPpm)) return;
    this.heap.push(this.now + latency, EVENT.request, node.index, open);
  }

  setLinks(rules: readonly (DirectedLink & { readonly rule: LinkRule })[], done: () => void): void {
    for (const { from, to, rule } of rules) {
      this.link(this.node(from), this.node(to)).setRule(rule);
      this.traced(EVENT.links, this.node(from).index, digestOfName(to) ^ digestOfData(rule), to);
    }
    this.clock.after(0, done);
  }

  linkCounts(done: (counts: readonly LinkCounts[]) => void): void {
    const counts = this.links.filter((link) => link.from !== link.to).map((link) => link.counts());
    this.clock.after(0, () => done(counts));
  }

  kill(id: NodeId, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    const was = node.state;
    // Whoever kills a node decides when it comes back.
    node.selfCrashed = false;
    const damage = this.endLife(node, 'killed', EVENT.killed);
    this.report(node, 'exited', { code: 'SIGKILL', was, ...damage });
    this.clock.after(0, () => done({ was, state: 'killed', ...damage }));
  }

  restart(id: NodeId, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    if (node.up) {
      this.clock.after(0, () => done({ was: node.state, serving: true }));
      return;
    }
    node.selfCrashed = false;
    node.startWaiters.push(done);
    if (node.state !== 'starting') this.scheduleStart(node);
  }

  pause(id: NodeId, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    const was = node.state;
    if (was === 'running') {
      node.state = 'paused';
      this.traced(EVENT.paused, node.index, 0, '');
      this.report(node, 'paused', null);
    }
    this.clock.after(0, () => done({ was, state: node.state }));
  }

  resume(id: NodeId, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    const waited = node.queue.length;
    if (node.state === 'paused') {
      node.state = 'running';
      this.traced(EVENT.resumed, node.index, waited, `${waited} events waited`);
      for (const { kind, subject } of node.queue.splice(0))
        this.heap.push(this.now, kind, node.index, subject as Subject);
      this.report(node, 'resumed', { waited });
    }
    this.clock.after(0, () => done({ state: node.state, waited }));
  }

  setClock(id: NodeId, setting: ClockSetting, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    node.clock.set(this.now, setting.offsetNs, setting.ratePpm);
    node.life?.rescheduleTimers();
    const offsetNs = node.clock.read(this.now) - this.now;
    this.traced(EVENT.clock, node.index, digestOfData(setting), `offset ${offsetNs} rate ${setting.ratePpm}`);
    const evidence = { readsNs: node.clock.read(this.now), offsetNs, ratePpm: setting.ratePpm };
    this.report(node, 'clock', evidence);
    this.clock.after(0, () => done(evidence));
  }

  resetClock(id: NodeId, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    this.setClock(id, { offsetNs: this.now - node.clock.read(this.now), ratePpm: 0 }, done);
  }

  setDisk(id: NodeId, fault: DiskFault, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    node.diskFault = fault;
    this.traced(EVENT.disk, node.index, digestOfData(fault), fault.disk);
    this.clock.after(0, () => done({ disk: node.diskFault.disk, bytes: node.files.totalBytes }));
  }

  wipe(id: NodeId, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    const bytes = node.files.totalBytes;
    const allowed = !node.up;
    if (allowed) {
      node.files.wipe();
      node.excused = 'its disk was wiped';
      this.traced(EVENT.wiped, node.index, bytes, '');
    }
    this.clock.after(0, () => done(allowed ? { wiped: true, bytes } : { wiped: false, state: node.state }));
  }

  /**
   * Flips one bit of a file of a node that is down, both drawn from `which`. Null if it has nothing on disk. The node is from
   * then on excused for halting as corrupt.
   */
  flipBit(id: NodeId, which: number): { readonly file: string; readonly bit: number } | null {
    const node = this.node(id);
    if (node.up) throw new Error(`${id} is ${node.state}: bits are flipped on the disk of a node that is down`);
    const names = node.files.list().filter((name) => node.files.lengths(name).length > 0);
    if (names.length === 0) return null;
    const file = names[below(this.processDraw(node.index, which, 10), names.length)] as string;
    const bit = below(this.processDraw(node.index, which, 11), node.files.lengths(file).length * 8);
    node.files.flipBit(file, bit);
    node.excused = 'bits on its disk were flipped';
    this.traced(EVENT.disk, node.index, bit, `flipped bit ${bit} of ${file}`);
    return { file, bit };
  }

  /**
   * Plans a crash in the node's current or next life: before its k-th operation on the disk or its k-th event, counted from the
   * start of that life. It stays down until it is restarted.
   */
  crashBefore(id: NodeId, point: { readonly diskOperation: number } | { readonly event: number }): void {
    const node = this.node(id);
    if ('event' in point) node.crashAtEvent = point.event;
    else node.crashAtDiskOperation = point.diskOperation;
  }

  node(id: NodeId): SimulatedNode {
    const node = this.byId.get(id);
    if (node === undefined)
      throw new RangeError(`there is no node ${id} in this world: its nodes are ${this.nodes.join(', ')}`);
    return node;
  }

  /** Whoever finds an invariant broken reports it here; only the first of each is kept. */
  violated(violation: InvariantViolation): void {
    if (this.violations.some((earlier) => earlier.invariant === violation.invariant)) return;
    this.violations.push(violation);
    this.observer.invariantBroken?.(violation);
  }

  // ---- What lives need (Surroundings) ----

  scheduleTimer(node: SimulatedNode, at: number, timer: NodeTimer): void {
    this.heap.push(at, EVENT.nodeTimer, node.index, timer);
  }

  scheduleDisk(node: SimulatedNode, at: number, subject: DiskDone): void {
    this.heap.push(at, EVENT.diskDone, node.index, subject);
  }

  send(life: Life, to: NodeId, frame: PeerFrame): void {
    const from = life.node;
    const target = this.byId.get(to);
    if (target === undefined) return;
    this.watch?.onSend(from, target, frame);
    const link = this.link(from, target);
    const number = link.sent;
    link.decide(this.now, this.network, () => frameBytes(frame));
    const id = this.messages++;
    if (link.firstArrival < 0) {
      if (this.options.recordMessages) this.recordMessage(link, frame, this.now, null, id, { loss: link.loss });
      return;
    }
    const carried = this.options.frames === 'copy' ? (JSON.parse(JSON.stringify(frame)) as PeerFrame) : frame;
    const { connection } = link;
    const message: Message = { link, from, number, connection, frame: carried, sentAt: this.now, id };
    this.heap.push(link.firstArrival, EVENT.message, target.index, message);
    if (link.secondArrival >= 0) this.heap.push(link.secondArrival, EVENT.message, target.index, message);
  }

  respond(life: Life, request: OpenRequest, response: ClientResponse): void {
    this.watch?.onRespond(life.node, request.request, response);
    request.response = response;
    const { connection } = request;
    if (this.network.clientLossPpm > 0 && chance(this.clientDraw(connection, 2), this.network.clientLossPpm)) return;
    const latency = within(this.network.clientLatencyNs, this.clientDraw(connection, 3));
    this.heap.push(this.now + latency, EVENT.response, life.node.index, request);
  }

  log(node: SimulatedNode, level: LogLevel, text: string): void {
    this.observer.logLine({ at: this.now, node: node.id, level, text });
  }

  statusChanged(life: Life, status: ReplicaStatus): void {
    const { node } = life;
    node.hasReported = true;
    node.lastStatus = status;
    this.traced(
      EVENT.status,
      node.index,
      digestOfName(status.role) ^ status.term,
      `${status.role} of term ${status.term}`,
    );
    this.report(node, 'status', { leader: status.leader, voters: [...status.voters], learners: [...status.learners] });
  }

  mark(name: string): void {
    this.marks.set(name, (this.marks.get(name) ?? 0) + 1);
  }

  halt(life: Life, code: HaltCode, reason: string): void {
    const { node } = life;
    const full = code === 'disk-full' && node.diskFault.disk === 'full';
    const expected = code === 'removed' || full || node.excused !== null;
    node.lastExit = { code, reason };
    this.endLife(node, 'exited', EVENT.exited);
    this.report(node, 'exited', { code, reason, expected });
    if (!expected)
      this.observer.failure(`${node.id} ended by itself: ${code}: ${reason}`, { node: node.id, code, reason });
  }

  /** A self-made crash may not take more nodes than the options allow, nor one that the nemesis has a hand in. */
  mayCrash(node: SimulatedNode): boolean {
    if (node.state !== 'running') return false;
    let down = 0;
    for (const other of this.members) if (!other.up) down++;
    return down < this.process.downMax;
  }

  crash(node: SimulatedNode, at: string): void {
    const damage = this.endLife(node, 'killed', EVENT.killed);
    this.report(node, 'exited', { code: 'crash', at, ...damage });
    node.selfCrashed = true;
    const down = within(this.process.downNs, this.processDraw(node.index, node.crashes++, 1));
    const { crashes } = node;
    this.heap.push(this.now + down, EVENT.crash, node.index, crashes);
  }

  // ---- The events ----

  private step(): void {
    const { heap } = this;
    heap.pop();
    this.now = heap.time;
    const subject = heap.subject as Subject;
    switch (heap.kind) {
      case EVENT.trialTimer: {
        const timer = subject as TrialTimer;
        if (timer.cancelled) return;
        this.absorb(EVENT.trialTimer, -1, 0, '');
        timer.fire();
        return;
      }
      case EVENT.requestTimeout: {
        const open = subject as OpenRequest;
        if (open.settled) return;
        this.absorb(EVENT.requestTimeout, open.node.index, open.connection, '');
        this.settle(open, { kind: 'no-answer', reason: 'the time is over' });
        return;
      }
      case EVENT.response: {
        const open = subject as OpenRequest;
        if (open.settled) return;
        const response = open.response as ClientResponse;
        this.absorb(EVENT.response, open.node.index, digestOfData(response), '');
        this.settle(open, { kind: 'response', response });
        return;
      }
      case EVENT.start:
        this.start(this.members[heap.node] as SimulatedNode, subject as number);
        return;
      case EVENT.crash: {
        const node = this.members[heap.node] as SimulatedNode;
        if (node.selfCrashed && node.crashes === subject && node.state === 'killed') this.scheduleStart(node);
        return;
      }
      case EVENT.message:
        this.arrive(this.members[heap.node] as SimulatedNode, subject as Message);
        return;
      default:
        this.toNode(this.members[heap.node] as SimulatedNode, heap.kind, subject);
    }
  }

  private arrive(node: SimulatedNode, message: Message): void {
    const { link, frame } = message;
    const open = link.arrive(message.number, message.connection);
    const arrived = open && node.up;
    if (arrived) link.delivered++;
    if (this.options.recordMessages)
      this.recordMessage(
        link,
        frame,
        message.sentAt,
        arrived ? this.now : null,
        message.id,
        arrived ? null : { loss: open ? `${node.id} is ${node.state}` : 'link closed' },
      );
    if (arrived) this.toNode(node, EVENT.message, message);
  }

  /** An event for a node's life: handled, kept while it is paused, or void. */
  private toNode(node: SimulatedNode, kind: number, subject: Subject): void {
    const { life } = node;
    if (kind === EVENT.request && (life === null || (subject as OpenRequest).life !== life)) {
      this.breakConnection(subject as OpenRequest);
      return;
    }
    if (life === null) return;
    if (kind === EVENT.diskDone) {
      // The disk works on while the process is paused.
      if ((subject as DiskDone).life !== life) return;
      if (!this.completeDisk(node, life)) return;
    }
    if (node.state === 'paused') {
      if (node.queue.length < PAUSED_QUEUE_MAX || kind !== EVENT.message)
        node.queue.push({ kind: kind === EVENT.diskDone ? EVENT.callback : kind, subject });
      else node.queueDropped++;
      return;
    }
    if (this.crashesAtEvent(node)) {
      if (kind === EVENT.request) this.breakConnection(subject as OpenRequest);
      return;
    }
    this.handle(node, life, kind, subject);
  }

  private handle(node: SimulatedNode, life: Life, kind: number, subject: Subject): void {
    const replica = life.replica as SimulatedReplica;
    try {
      switch (kind) {
        case EVENT.message: {
          const { from, frame, link } = subject as Message;
          this.absorb(kind, node.index, digestOfData(frame) ^ from.index, link.from, frame.type);
          replica.onFrame(from.id, frame);
          break;
        }
        case EVENT.nodeTimer: {
          const timer = subject as NodeTimer;
          if (timer.life !== life || !life.takeTimer(timer)) return;
          this.absorb(kind, node.index, 0, '');
          timer.fire();
          break;
        }
        case EVENT.diskDone:
        case EVENT.callback: {
          const { life: owner, done } = subject as DiskDone;
          if (owner !== life) return;
          this.absorb(kind, node.index, node.files.totalBytes, '');
          done();
          break;
        }
        case EVENT.request: {
          const open = subject as OpenRequest;
          this.absorb(kind, node.index, digestOfData(open.request), open.request.kind);
          if (!open.settled) life.requests.set(open.connection, open);
          replica.onRequest(open.connection, open.request);
          break;
        }
      }
    } catch (error) {
      this.threw(node, life, error);
    }
    if (life.alive && this.watch !== null) this.watch.afterEvent(node);
  }

  /** A sync or replace is done. False if the disk is full: then the node has ended. */
  private completeDisk(node: SimulatedNode, life: Life): boolean {
    if (node.diskFault.disk === 'full') {
      this.halt(life, 'disk-full', 'no space left on device');
      return false;
    }
    const name = node.files.complete();
    this.watch?.onDurable(node, name);
    return true;
  }

  private crashesAtEvent(node: SimulatedNode): boolean {
    const which = node.events++;
    if (node.crashAtEvent === which) node.crashAtEvent = -1;
    else {
      const ppm = this.process.crashAtEventPpm;
      if (ppm === 0 || !chance(this.processDraw(node.index, node.starts, which + 16), ppm) || !this.mayCrash(node))
        return false;
    }
    this.crash(node, `before event ${which}`);
    return true;
  }

  private scheduleStart(node: SimulatedNode): void {
    node.state = 'starting';
    const number = ++node.startNumber;
    this.heap.push(
      this.now + within(this.process.startNs, this.processDraw(node.index, number, 0)),
      EVENT.start,
      node.index,
      number,
    );
  }

  private start(node: SimulatedNode, startNumber: number): void {
    if (node.state !== 'starting' || node.startNumber !== startNumber) return;
    this.absorb(EVENT.start, node.index, node.starts, '');
    node.events = 0;
    node.lastExit = null;
    node.selfCrashed = false;
    const life = new Life(this, node, node.starts++);
    node.life = life;
    node.state = 'running';
    this.report(node, 'started', { start: life.number });
    try {
      life.replica = this.parts.createReplica(life, {
        ...this.options.replica,
        id: node.id,
        founders: this.options.founders.includes(node.id) ? this.options.founders : [],
        firstStart: !node.hasReported,
      });
    } catch (error) {
      this.threw(node, life, error);
    }
    const serving = life.alive;
    if (serving) {
      this.watch?.onStart(node);
      this.report(node, 'serving', null);
    }
    this.tellStartWaiters(node, { serving, exit: node.lastExit });
  }

  private tellStartWaiters(node: SimulatedNode, evidence: Evidence): void {
    for (const waiter of node.startWaiters.splice(0)) this.clock.after(0, () => waiter(evidence));
  }

  /** Ends the current life, if there is one: what was not synced is at the disk's mercy, its connections break. */
  private endLife(node: SimulatedNode, state: 'killed' | 'exited', kind: number): CrashDamage | Record<string, never> {
    const { life } = node;
    node.state = state;
    this.traced(kind, node.index, node.starts, '');
    if (life === null) {
      this.tellStartWaiters(node, { serving: false });
      return {};
    }
    if (life.replica !== null && node.hasReported) node.lastStatus = life.replica.status();
    this.watch?.onEnd(node);
    life.alive = false;
    node.life = null;
    for (const { kind: waiting, subject } of node.queue.splice(0))
      if (waiting === EVENT.request) this.breakConnection(subject as OpenRequest);
    for (const open of life.requests.values()) this.breakConnection(open);
    life.requests.clear();
    const damage = node.files.crash(this.disk, (a, b, c = 0) =>
      this.processDraw(node.index, node.starts, 1000 + (((a ?? 0) * 4099 + (b ?? 0)) * 16 + c)),
    );
    return damage;
  }

  private breakConnection(open: OpenRequest): void {
    if (open.settled || open.response !== null) return;
    const latency = within(this.network.clientLatencyNs, this.clientDraw(open.connection, 4));
    this.clock.after(latency, () =>
      this.settle(open, { kind: 'no-answer', reason: `the connection to ${open.node.id} broke` }),
    );
  }

  private settle(open: OpenRequest, result: RequestResult): void {
    if (open.settled) return;
    open.settled = true;
    open.life.requests.delete(open.connection);
    open.done(result);
  }

  private threw(node: SimulatedNode, life: Life, error: unknown): void {
    if (error instanceof CrashedHere) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (!life.alive) return;
    node.lastExit = { code: 'exception', reason: text };
    this.endLife(node, 'exited', EVENT.exited);
    this.report(node, 'exited', { code: 'exception', reason: text, expected: false });
    const message = error instanceof Error ? error.message : String(error);
    this.observer.failure(`${node.id} threw: ${message}`, {
      node: node.id,
      at: this.now,
      event: this.events,
      stack: text,
    });
  }

  private link(from: SimulatedNode, to: SimulatedNode): SimulatedLink {
    return this.links[from.index * this.members.length + to.index] as SimulatedLink;
  }

  /** An event from the heap is handled now. */
  private absorb(kind: number, node: number, digest: number, text: string, more = ''): void {
    this.events++;
    this.traced(kind, node, digest, text, more);
  }

  private traced(kind: number, node: number, digest: number, text: string, more = ''): void {
    const number = this.hash.count;
    this.hash.absorb(this.now, kind, node, digest);
    if (this.parts.trace !== undefined)
      this.parts.trace({
        number,
        at: this.now,
        kind: nameOfEvent(kind),
        node,
        digest,
        text: more === '' ? text : `${more} from ${text}`,
      });
  }

  private report(node: SimulatedNode, kind: NodeEvent['kind'], detail: Json): void {
    const status = node.lastStatus;
    this.observer.nodeEvent({
      at: this.now,
      node: node.id,
      kind,
      role: status?.role ?? null,
      term: status?.term ?? null,
      commitIndex: status?.commitIndex ?? null,
      appliedIndex: status?.appliedIndex ?? null,
      detail,
    });
  }

  private recordMessage(
    link: SimulatedLink,
    frame: PeerFrame,
    sentAt: number,
    arrivedAt: number | null,
    id: number,
    detail: { readonly loss: string | null } | null,
  ): void {
    const { from, to } = link;
    const { type, term } = frame;
    this.observer.message({
      id,
      from,
      to,
      type,
      term,
      sentAt,
      arrivedAt,
      detail: { ...summaryOfFrame(frame), ...detail },
    });
  }
}

/** Scalars of a frame as they are, lists by their length: small enough to keep for every message. */
function summaryOfFrame(frame: PeerFrame): { readonly [name: string]: Json } {
  const summary: { [name: string]: Json } = {};
  for (const [name, value] of Object.entries(frame)) {
    if (name === 'type' || name === 'term') continue;
    if (Array.isArray(value)) summary[name] = value.length;
    else if (typeof value === 'string' && value.length > 40) summary[name] = value.length;
    else if (typeof value !== 'object') summary[name] = value as Json;
  }
  return summary;
}
