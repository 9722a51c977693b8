/** Starts and ends the lives of nodes, hands events to them, and is all that a life needs of its world. */

import { chance, type Draw, draws } from '../../seed/draw.ts';
import type { NodeId, ReplicaStatus } from '../raft/types.ts';
import type { ClientResponse } from '../replica/client-protocol.ts';
import type { LogLevel, PeerFrame } from '../replica/host.ts';
import type { Evidence } from '../world.ts';
import type { Carrier, Message } from './carrier.ts';
import type { ClientLines } from './client-lines.ts';
import type { Core } from './core.ts';
import type { CrashDamage } from './disk.ts';
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
import { within } from './network.ts';
import { PAUSED_QUEUE_MAX, type SimulatedNode } from './node.ts';
import type { DiskOptions, ProcessOptions } from './options.ts';
import { digestOfData, digestOfName, EVENT } from './trace.ts';

/** A message this old has missed more than one election, with the usual timeouts. */
const LATE_NS = 1_000_000_000;

type NodeSubject = Message | OpenRequest | NodeTimer | DiskDone;

export class Lives implements Surroundings {
  private readonly core: Core;
  private readonly carrier: Carrier;
  private readonly clients: ClientLines;
  private readonly startDraw: Draw;
  private readonly downDraw: Draw;
  private readonly crashDraw: Draw;
  private readonly damageDraws: readonly Draw[];

  constructor(core: Core, carrier: Carrier, clients: ClientLines) {
    this.core = core;
    this.carrier = carrier;
    this.clients = clients;
    this.startDraw = draws(core.seed, 'simulator.start');
    this.downDraw = draws(core.seed, 'simulator.down');
    this.crashDraw = draws(core.seed, 'simulator.crash-at-event');
    this.damageDraws = core.nodes.map(({ id }) => draws(core.seed, `simulator.damage ${id}`));
  }

  // ---- What a life needs ----

  get now(): number {
    return this.core.now;
  }

  get seed(): number {
    return this.core.seed;
  }

  get disk(): DiskOptions {
    return this.core.disk;
  }

  get process(): ProcessOptions {
    return this.core.process;
  }

  scheduleTimer(node: SimulatedNode, at: number, timer: NodeTimer): void {
    this.core.heap.push(at, EVENT.nodeTimer, node.index, timer);
  }

  scheduleDisk(node: SimulatedNode, at: number, subject: DiskDone): void {
    this.core.heap.push(at, EVENT.diskDone, node.index, subject);
  }

  send(life: Life, to: NodeId, frame: PeerFrame): void {
    this.carrier.send(life, to, frame);
  }

  respond(request: OpenRequest, response: ClientResponse): void {
    this.clients.respond(request, response);
  }

  log(node: SimulatedNode, level: LogLevel, text: string): void {
    this.core.observer.logLine({ at: this.core.now, node: node.id, level, text });
  }

  statusChanged(life: Life, status: ReplicaStatus): void {
    const { node } = life;
    node.hasReported = true;
    node.lastStatus = status;
    const digest = digestOfName(status.role) ^ status.term;
    this.core.traced(EVENT.status, node.index, digest, `${status.role} of term ${status.term}`);
    const { leader, voters, learners } = status;
    this.core.report(node, 'status', { leader, voters: [...voters], learners: [...learners] });
  }

  mark(name: string): void {
    this.core.mark(name);
  }

  halt(life: Life, code: HaltCode, reason: string): void {
    const { node } = life;
    const full = code === 'disk-full' && node.diskFault.disk === 'full';
    if (full) this.core.reached('disk-filled-up');
    const expected = code === 'removed' || full || node.excused !== null;
    node.lastExit = { code, reason };
    this.end(node, 'exited');
    this.core.report(node, 'exited', { code, reason, expected });
    if (expected) return;
    this.core.observer.failure(`${node.id} ended by itself: ${code}: ${reason}`, { node: node.id, code, reason });
  }

  /** A self-made crash may not bring more nodes down than the options allow, whatever brought down the others. */
  mayCrash(node: SimulatedNode): boolean {
    if (node.state !== 'running') return false;
    let down = 0;
    for (const other of this.core.nodes) if (other.state !== 'running') down++;
    return down < this.core.process.downMax;
  }

  crash(node: SimulatedNode, at: string): void {
    const damage = this.end(node, 'killed');
    this.core.report(node, 'exited', { code: 'crash', at, ...damage });
    node.selfCrashed = true;
    const number = ++node.crashes;
    const down = within(this.core.process.downNs, this.downDraw(node.index, number));
    this.core.heap.push(this.core.now + down, EVENT.crash, node.index, number);
  }

  // ---- Beginning and end ----

  scheduleStart(node: SimulatedNode): void {
    node.state = 'starting';
    const number = ++node.startNumber;
    const takes = within(this.core.process.startNs, this.startDraw(node.index, number));
    this.core.heap.push(this.core.now + takes, EVENT.start, node.index, number);
  }

  /** The time of a node that crashed by itself to come back; void if somebody else has seen to it meanwhile. */
  comeBack(node: SimulatedNode, crash: number): void {
    if (node.selfCrashed && node.crashes === crash && node.state === 'killed') this.scheduleStart(node);
  }

  start(node: SimulatedNode, startNumber: number): void {
    if (node.state !== 'starting' || node.startNumber !== startNumber) return;
    const { core } = this;
    core.handling(EVENT.start, node.index, node.starts);
    node.events = 0;
    node.startedAt = core.now;
    node.lastExit = null;
    node.selfCrashed = false;
    const life = new Life(this, node, node.starts++);
    core.conditions.nodeTouched(node.index, core.now);
    node.life = life;
    node.state = 'running';
    core.report(node, 'started', { start: life.number });
    try {
      life.replica = core.parts.createReplica(life, {
        ...core.options.replica,
        id: node.id,
        founders: core.options.founders.includes(node.id) ? core.options.founders : [],
        firstStart: !node.hasReported,
      });
    } catch (error) {
      this.threw(node, life, error);
    }
    if (life.alive) {
      core.watch?.onStart(node);
      core.report(node, 'serving', null);
    }
    this.tellStartWaiters(node, { serving: life.alive, exit: node.lastExit });
  }

  /** Ends the current life, if there is one: what was not synced is at the disk's mercy, its connections break. */
  end(node: SimulatedNode, state: 'killed' | 'exited'): CrashDamage | Record<string, never> {
    const { life } = node;
    node.state = state;
    this.core.conditions.nodeTouched(node.index, this.core.now);
    this.core.traced(state === 'killed' ? EVENT.killed : EVENT.exited, node.index, node.starts);
    if (life === null) {
      this.tellStartWaiters(node, { serving: false });
      return {};
    }
    if (life.replica !== null && node.hasReported) node.lastStatus = life.replica.status();
    this.core.watch?.onEnd(node);
    life.alive = false;
    node.life = null;
    for (const { kind, subject } of node.queue.splice(0))
      if (kind === EVENT.request) this.clients.broken(subject as OpenRequest);
    this.clients.allBroken(life);
    const draw = this.damageDraws[node.index] as Draw;
    const damage = node.files.crash(this.core.disk, (file = 0, sector = 0, what = 0) =>
      draw(node.starts, file * 16 + what, sector),
    );
    if (damage.operationsUnderWay > 0) this.core.reached('sync-lost-in-crash');
    if (damage.tornFiles > 0) this.core.reached('write-torn');
    if (damage.holes > 0) this.core.reached('write-with-hole');
    return damage;
  }

  // ---- Events ----

  /** An event for a node's life: handled, kept while it is paused, or void. */
  deliver(node: SimulatedNode, kind: number, subject: NodeSubject): void {
    const { life } = node;
    if (kind === EVENT.request && (subject as OpenRequest).life !== life) {
      this.clients.broken(subject as OpenRequest);
      return;
    }
    if (life === null) return;
    if (kind === EVENT.diskDone) {
      if ((subject as DiskDone).life !== life) return;
      if (!this.completeDisk(node, life)) return;
    }
    if (kind === EVENT.nodeTimer && ((subject as NodeTimer).life !== life || (subject as NodeTimer).position < 0))
      return;
    if (node.state === 'paused') {
      if (node.queue.length < PAUSED_QUEUE_MAX || kind !== EVENT.message)
        // The disk works on while the process is paused: only the callback waits.
        node.queue.push({ kind: kind === EVENT.diskDone ? EVENT.callback : kind, subject });
      else node.queueDropped++;
      return;
    }
    if (this.crashesAtEvent(node)) {
      if (kind === EVENT.request) this.clients.broken(subject as OpenRequest);
      return;
    }
    try {
      this.handle(node, life, kind, subject);
    } catch (error) {
      this.threw(node, life, error);
    }
    if (life.alive && this.core.watch !== null) this.core.watch.afterEvent(node, kind === EVENT.message);
  }

  private handle(node: SimulatedNode, life: Life, kind: number, subject: NodeSubject): void {
    const { core } = this;
    const replica = life.replica as SimulatedReplica;
    switch (kind) {
      case EVENT.message: {
        const { from, frame, sentAt } = subject as Message;
        if (sentAt < node.startedAt) core.reached('message-from-before-restart');
        if (core.now - sentAt > LATE_NS && frame.term < (node.lastStatus?.term ?? 0))
          core.reached('message-from-earlier-term');
        core.handling(kind, node.index, digestOfData(frame) ^ from.index, frame.type, from.id);
        core.watch?.onHear(node, from, frame);
        replica.onFrame(from.id, frame);
        return;
      }
      case EVENT.nodeTimer: {
        const timer = subject as NodeTimer;
        life.takeTimer(timer);
        core.handling(kind, node.index, 0);
        timer.fire();
        return;
      }
      case EVENT.diskDone:
      case EVENT.callback: {
        const { life: owner, done } = subject as DiskDone;
        if (owner !== life) return;
        core.handling(kind, node.index, node.files.totalBytes);
        done();
        return;
      }
      default: {
        const open = subject as OpenRequest;
        core.handling(kind, node.index, digestOfData(open.request), open.request.kind);
        if (open.settled) core.reached('late-request');
        else life.requests.set(open.connection, open);
        core.watch?.onRequest(open);
        replica.onRequest(open.connection, open.request);
      }
    }
  }

  /** A sync or replace is done. False if the disk is full: then the node has ended. */
  private completeDisk(node: SimulatedNode, life: Life): boolean {
    if (node.diskFault.disk === 'full') {
      this.halt(life, 'disk-full', 'no space left on device');
      return false;
    }
    const name = node.files.complete();
    this.core.watch?.onDurable(node, name);
    return true;
  }

  private crashesAtEvent(node: SimulatedNode): boolean {
    const which = node.events++;
    if (node.crashAtEvent === which) node.crashAtEvent = -1;
    else {
      const ppm = this.core.process.crashAtEventPpm;
      if (ppm === 0 || !chance(this.crashDraw(node.index, node.starts, which), ppm) || !this.mayCrash(node))
        return false;
    }
    this.crash(node, `before event ${which}`);
    return true;
  }

  private threw(node: SimulatedNode, life: Life, error: unknown): void {
    if (error instanceof CrashedHere || !life.alive) return;
    const { core } = this;
    const message = error instanceof Error ? error.message : String(error);
    const stack = error instanceof Error ? (error.stack ?? message) : message;
    node.lastExit = { code: 'exception', reason: stack };
    this.end(node, 'exited');
    core.report(node, 'exited', { code: 'exception', reason: stack, expected: false });
    core.observer.failure(`${node.id} threw: ${message}`, { node: node.id, at: core.now, event: core.events, stack });
  }

  private tellStartWaiters(node: SimulatedNode, evidence: Evidence): void {
    for (const waiter of node.startWaiters.splice(0)) this.core.after(0, () => waiter(evidence));
  }
}
