/**
 * The simulator: the second implementation of World. One event heap drives replicas, messages, disks, timers, clients and
 * nemesis on virtual time in one process; every draw is keyed by the seed, so a seed repeats bit for bit.
 */

import { below, draws } from '../../seed/draw.ts';
import type { NodeId } from '../raft/types.ts';
import type { ClientRequest } from '../replica/client-protocol.ts';
import { Replica } from '../replica/replica.ts';
import {
  type BitChoice,
  CAPABILITIES,
  type Capability,
  type Clock,
  type ClockSetting,
  type DirectedLink,
  type DiskFault,
  type Evidence,
  type LinkCounts,
  type LinkRule,
  type NodeView,
  type RequestResult,
  type World,
} from '../world.ts';
import { Carrier, type Message } from './carrier.ts';
import { ClientLines } from './client-lines.ts';
import { Core, type SimulatedObserver, type SimulatorParts, type TrialTimer } from './core.ts';
import { InvariantChecker } from './invariants/checker.ts';
import type { InvariantViolation } from './invariants/watch.ts';
import type { DiskDone, NodeTimer, OpenRequest } from './life.ts';
import { Lives } from './lives.ts';
import { within } from './network.ts';
import type { SimulatedNode } from './node.ts';
import { CALM_DISK, CALM_NETWORK, checkOptions, type SimulatorOptions } from './options.ts';
import { digestOfData, digestOfName, EVENT } from './trace.ts';

/** A world of real replicas, with all invariants checked after every event if `options.invariants` says so. */
export function createSimulatedWorld(
  options: SimulatorOptions,
  observer: SimulatedObserver,
  parts: Pick<SimulatorParts, 'trace'> = {},
): SimulatedWorld {
  return new SimulatedWorld(options, observer, {
    ...parts,
    createReplica: (host, replicaOptions) => new Replica(host, replicaOptions),
    ...(options.invariants && { createWatch: (core: Core) => new InvariantChecker(core) }),
  });
}

export class SimulatedWorld implements World {
  readonly kind = 'simulator';
  readonly clock: Clock;
  readonly capabilities: ReadonlySet<Capability> = new Set(CAPABILITIES);
  readonly nodes: readonly NodeId[];
  readonly members: readonly SimulatedNode[];

  private readonly core: Core;
  private readonly carrier: Carrier;
  private readonly clients: ClientLines;
  private readonly lives: Lives;
  private stopped = false;

  /** Schedules the start of all nodes; nothing happens before `run`. Throws RangeError for options outside their limits. */
  constructor(options: SimulatorOptions, observer: SimulatedObserver, parts: SimulatorParts) {
    checkOptions(options);
    const core = new Core(options, observer, parts);
    this.core = core;
    this.nodes = options.nodes;
    this.members = core.nodes;
    this.carrier = new Carrier(core);
    this.clients = new ClientLines(core);
    this.lives = new Lives(core, this.carrier, this.clients);
    this.clock = { now: () => core.now, after: (delayNs, fire) => core.after(delayNs, fire) };
    const clockDraw = draws(options.seed, 'simulator.clock');
    const { offsetMaxNs, rateMaxPpm } = options.clock;
    for (const node of core.nodes) {
      const offset = within({ min: -offsetMaxNs, max: offsetMaxNs }, clockDraw(node.index, 0));
      node.clock.set(0, offset, within({ min: -rateMaxPpm, max: rateMaxPpm }, clockDraw(node.index, 1)));
      this.lives.scheduleStart(node);
    }
  }

  /** Virtual time, in nanoseconds. */
  get now(): number {
    return this.core.now;
  }

  /** Events handled so far. */
  get events(): number {
    return this.core.events;
  }

  /** Invariants found broken, in order; one record for each invariant. */
  get violations(): readonly InvariantViolation[] {
    return this.core.violations;
  }

  /** Hashes of the situations that the cluster has been in; none where invariants are not checked. */
  get situations(): ReadonlySet<number> {
    const { watch } = this.core;
    return watch instanceof InvariantChecker ? watch.situations : new Set();
  }

  /** Coverage marks: how often each named interesting state was reached. */
  get marks(): ReadonlyMap<string, number> {
    return this.core.marks;
  }

  /** Handles every event up to and including virtual time `untilNs`, which then is the time. */
  run(untilNs: number): void {
    this.runUntil(() => false, untilNs);
  }

  /** Handles events until the predicate holds, looked at after each; false if it did not by virtual time `limitNs`. */
  runUntil(predicate: () => boolean, limitNs: number): boolean {
    const { heap } = this.core;
    if (predicate()) return true;
    while (!this.stopped && heap.nextTime <= limitNs) {
      this.step();
      if (predicate()) return true;
    }
    if (!this.stopped) this.core.now = Math.max(this.core.now, limitNs);
    return false;
  }

  /** Nothing happens any more. */
  stop(): void {
    if (!this.stopped) this.carrier.end();
    this.stopped = true;
    this.core.heap.clear();
  }

  /** 16 hexadecimal digits over all events so far. */
  traceHash(): string {
    return this.core.hash.digits();
  }

  /**
   * Ends the troubles the world itself makes (loss, duplicates, reordering, clogs, slow syncs, crashes); latencies stay. What
   * the nemesis asked for stays too, until it heals it.
   */
  calm(): void {
    const { core } = this;
    const { latencyNs, clientLatencyNs } = core.network;
    core.network = { ...CALM_NETWORK, latencyNs, clientLatencyNs };
    core.disk = { ...CALM_DISK, syncNs: core.disk.syncNs };
    core.process = { ...core.process, crashAtDiskPpm: 0, crashAtEventPpm: 0 };
    this.carrier.unclog();
  }

  view(id: NodeId): NodeView {
    const node = this.node(id);
    if (node.hasReported && node.life !== null && node.life.replica !== null)
      node.lastStatus = node.life.replica.status();
    return { id, state: node.state, status: node.lastStatus };
  }

  request(id: NodeId, request: ClientRequest, timeoutNs: number, done: (result: RequestResult) => void): void {
    this.clients.request(this.node(id), request, timeoutNs, done);
  }

  setLinks(rules: readonly (DirectedLink & { readonly rule: LinkRule })[], done: () => void): void {
    for (const { from, to, rule } of rules) {
      this.carrier.link(this.node(from), this.node(to)).setRule(rule);
      this.core.conditions.linkTouched(this.node(from).index, this.node(to).index, rule, this.now);
      this.core.traced(EVENT.links, this.node(from).index, digestOfName(to) ^ digestOfData(rule), to);
    }
    this.core.after(0, done);
  }

  linkCounts(done: (counts: readonly LinkCounts[]) => void): void {
    const counts = this.carrier.counts();
    this.core.after(0, () => done(counts));
  }

  kill(id: NodeId, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    const was = node.state;
    // Whoever kills a node decides when it comes back.
    node.selfCrashed = false;
    const damage = this.lives.end(node, 'killed');
    this.core.report(node, 'exited', { code: 'SIGKILL', was, ...damage });
    this.core.after(0, () => done({ was, state: 'killed', ...damage }));
  }

  restart(id: NodeId, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    if (node.up) {
      this.core.after(0, () => done({ was: node.state, serving: true }));
      return;
    }
    node.selfCrashed = false;
    node.startWaiters.push(done);
    if (node.state !== 'starting') this.lives.scheduleStart(node);
  }

  pause(id: NodeId, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    const was = node.state;
    if (was === 'running') {
      node.state = 'paused';
      this.core.conditions.nodeTouched(node.index, this.now);
      this.core.traced(EVENT.paused, node.index, 0, '');
      this.core.report(node, 'paused', null);
    }
    this.core.after(0, () => done({ was, state: node.state }));
  }

  resume(id: NodeId, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    const waited = node.queue.length;
    if (node.state === 'paused') {
      node.state = 'running';
      this.core.conditions.nodeTouched(node.index, this.now);
      this.core.conditions.resumedAt = this.now;
      this.core.traced(EVENT.resumed, node.index, waited, `${waited} events waited`);
      for (const { kind, subject } of node.queue.splice(0)) this.core.heap.push(this.now, kind, node.index, subject);
      this.core.report(node, 'resumed', { waited });
    }
    this.core.after(0, () => done({ state: node.state, waited }));
  }

  setClock(id: NodeId, setting: ClockSetting, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    for (const timer of node.life?.timers.slice() ?? []) this.lives.deliver(node, EVENT.nodeTimer, timer);
    node.clock.set(this.now, setting.offsetNs, setting.ratePpm);
    node.life?.clockSet();
    this.core.conditions.nodeTouched(node.index, this.now);
    const offsetNs = node.clock.read(this.now) - this.now;
    this.core.traced(EVENT.clock, node.index, digestOfData(setting), `offset ${offsetNs} rate ${setting.ratePpm}`);
    const evidence = { readsNs: node.clock.read(this.now), offsetNs, ratePpm: setting.ratePpm };
    this.core.report(node, 'clock', evidence);
    this.core.after(0, () => done(evidence));
  }

  resetClock(id: NodeId, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    this.setClock(id, { offsetNs: this.now - node.clock.read(this.now), ratePpm: 0 }, done);
  }

  setDisk(id: NodeId, fault: DiskFault, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    node.diskFault = fault;
    // What a slow disk has begun ends late, and all that is asked of it later waits for that.
    this.core.conditions.nodeTouched(node.index, Math.max(this.now, node.life?.diskFreeAt ?? 0));
    this.core.traced(EVENT.disk, node.index, digestOfData(fault), fault.disk);
    this.core.after(0, () => done({ disk: node.diskFault.disk, bytes: node.files.totalBytes }));
  }

  wipe(id: NodeId, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    const bytes = node.files.totalBytes;
    const allowed = !node.up;
    if (allowed) {
      node.files.wipe();
      node.excused = 'its disk was wiped';
      this.core.traced(EVENT.wiped, node.index, bytes, '');
    }
    this.core.after(0, () => done(allowed ? { wiped: true, bytes } : { wiped: false, state: node.state }));
  }

  /** The node is from then on excused for halting as corrupt. */
  flipBit(id: NodeId, choice: BitChoice, done: (evidence: Evidence) => void): void {
    const node = this.node(id);
    const evidence = node.up ? { flipped: false, state: node.state } : this.flip(node, choice);
    this.core.after(0, () => done(evidence));
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

  /** A node by its name. Throws RangeError if there is none. */
  node(id: NodeId): SimulatedNode {
    return this.core.node(id);
  }

  private flip(node: SimulatedNode, choice: BitChoice): Evidence {
    const { files } = node;
    const names = files.list().filter((name) => files.lengths(name).length > 0);
    if (names.length === 0) return { flipped: false, state: 'its disk is empty' };
    const file = names[below(choice.file, names.length)] as string;
    const at = below(choice.bit, files.lengths(file).length * 8);
    const offset = Math.floor(at / 8);
    const before = files.bytesOf(file)[offset] as number;
    files.flipBit(file, at);
    node.excused = 'bits on its disk were flipped';
    this.core.traced(EVENT.disk, node.index, at, `flipped bit ${at} of ${file}`);
    return { flipped: true, file, offset, bit: at & 7, before, after: files.bytesOf(file)[offset] as number };
  }

  private step(): void {
    const { heap, nodes } = this.core;
    heap.pop();
    this.core.now = heap.time;
    const { subject } = heap;
    switch (heap.kind) {
      case EVENT.trialTimer: {
        const timer = subject as TrialTimer;
        if (timer.cancelled) return;
        this.core.handling(EVENT.trialTimer, -1, 0);
        timer.fire();
        return;
      }
      case EVENT.requestTimeout:
        this.clients.timedOut(subject as OpenRequest);
        return;
      case EVENT.response:
        this.clients.arrived(subject as OpenRequest);
        return;
      case EVENT.start:
        this.lives.start(nodes[heap.node] as SimulatedNode, subject as number);
        return;
      case EVENT.crash:
        this.lives.comeBack(nodes[heap.node] as SimulatedNode, subject as number);
        return;
      case EVENT.message: {
        const node = nodes[heap.node] as SimulatedNode;
        if (this.carrier.arrive(node, subject as Message)) this.lives.deliver(node, EVENT.message, subject as Message);
        return;
      }
      default:
        this.lives.deliver(nodes[heap.node] as SimulatedNode, heap.kind, subject as OpenRequest | NodeTimer | DiskDone);
    }
  }
}
