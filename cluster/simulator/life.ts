/**
 * One life of a node: from a start to its end. It is the Host of the replica that lives it. When the life is over nothing
 * reaches the outside any more, and nothing from outside reaches the replica.
 */

import { chance, type Draw, draws } from '../../seed/draw.ts';
import type { NodeId, ReplicaStatus } from '../raft/types.ts';
import type { ClientRequest, ClientResponse } from '../replica/client-protocol.ts';
import type { Disk, Host, LogLevel, PeerFrame } from '../replica/host.ts';
import type { RequestResult } from '../world.ts';
import { DISK_BYTES_MAX } from './disk.ts';
import { within } from './network.ts';
import type { SimulatedNode } from './node.ts';
import type { DiskOptions, ProcessOptions } from './options.ts';

/** What the simulator needs of a replica; the real one has it, and so have the stand-ins of tests. */
export interface SimulatedReplica {
  onFrame(from: NodeId, frame: PeerFrame): void;
  onRequest(connection: number, request: ClientRequest): void;
  status(): ReplicaStatus;
}

/** A deadline on a node's own clock. */
export interface NodeTimer {
  readonly life: Life;
  readonly fire: () => void;
  /** Position among the life's timers, or -1 once it fired or was replaced. */
  position: number;
}

export interface DiskDone {
  readonly life: Life;
  readonly done: () => void;
}

/** A client's request, from its sending to its result. */
export interface OpenRequest {
  readonly connection: number;
  readonly node: SimulatedNode;
  readonly request: ClientRequest;
  readonly done: (result: RequestResult) => void;
  /** The life it was sent to: a later one never had this connection. */
  readonly life: Life;
  response: ClientResponse | null;
  settled: boolean;
  /** Highest index that was committed anywhere when the request reached the node; for checkers. */
  committedBefore: number;
}

/** What a life needs of its world. */
export interface Surroundings {
  readonly now: number;
  readonly seed: number;
  readonly disk: DiskOptions;
  readonly process: ProcessOptions;
  scheduleTimer(node: SimulatedNode, at: number, timer: NodeTimer): void;
  scheduleDisk(node: SimulatedNode, at: number, subject: DiskDone): void;
  send(life: Life, to: NodeId, frame: PeerFrame): void;
  respond(request: OpenRequest, response: ClientResponse): void;
  log(node: SimulatedNode, level: LogLevel, text: string): void;
  statusChanged(life: Life, status: ReplicaStatus): void;
  mark(name: string): void;
  halt(life: Life, code: HaltCode, reason: string): void;
  /** Ends the life here and now, if a crash at this point may be. */
  mayCrash(node: SimulatedNode): boolean;
  crash(node: SimulatedNode, at: string): void;
}

export type HaltCode = Parameters<Host['halt']>[0];

/** Thrown through a replica's handler when its node crashes in the midst of it; nobody but the world catches it. */
export class CrashedHere extends Error {
  override readonly name = 'CrashedHere';
}

export class Life implements Host {
  readonly node: SimulatedNode;
  /** How often the node had started before. */
  readonly number: number;
  readonly disk: Disk;
  replica: SimulatedReplica | null = null;
  alive = true;
  status: ReplicaStatus | null = null;
  readonly requests = new Map<number, OpenRequest>();
  readonly timers: NodeTimer[] = [];
  diskOperations = 0;
  effects = 0;

  private readonly world: Surroundings;
  private readonly drawsByPurpose = new Map<string, Draw>();
  private readonly crashDraw: Draw;
  private readonly syncDraw: Draw;
  /** When the last operation that was asked of the disk will be done. */
  diskFreeAt = 0;
  private syncs = 0;

  constructor(world: Surroundings, node: SimulatedNode, number: number) {
    this.world = world;
    this.node = node;
    this.number = number;
    this.crashDraw = draws(world.seed, `simulator.crash ${node.id}`);
    this.syncDraw = draws(world.seed, `simulator.sync ${node.id}`);
    this.disk = this.openDisk();
  }

  now(): number {
    return this.node.clock.read(this.world.now);
  }

  after(delayNs: number, fire: () => void): void {
    if (!this.alive) return;
    const { now } = this.world;
    const { clock } = this.node;
    const timer: NodeTimer = { life: this, fire, position: this.timers.length };
    this.timers.push(timer);
    this.world.scheduleTimer(this.node, clock.when(clock.read(now) + Math.max(0, Math.ceil(delayNs)), now), timer);
  }

  random(purpose: string, which: number): number {
    let draw = this.drawsByPurpose.get(purpose);
    if (draw === undefined) {
      draw = draws(this.world.seed, `replica.${purpose} ${this.node.id} ${this.number}`);
      this.drawsByPurpose.set(purpose, draw);
    }
    return draw(which);
  }

  send(to: NodeId, frame: PeerFrame): void {
    if (!this.alive) return;
    this.effect();
    this.world.send(this, to, frame);
  }

  respond(connection: number, response: ClientResponse): void {
    const request = this.requests.get(connection);
    if (!this.alive || request === undefined) return;
    this.effect();
    this.requests.delete(connection);
    this.world.respond(request, response);
  }

  log(level: LogLevel, text: string): void {
    if (this.alive) this.world.log(this.node, level, text);
  }

  statusChanged(status: ReplicaStatus): void {
    if (this.alive) this.world.statusChanged(this, status);
  }

  mark(name: string): void {
    if (this.alive) this.world.mark(name);
  }

  halt(code: HaltCode, reason: string): void {
    if (this.alive) this.world.halt(this, code, reason);
  }

  /** The clock was set: what waits fires now. */
  clockSet(): void {
    for (const timer of this.timers) this.world.scheduleTimer(this.node, this.world.now, timer);
  }

  /** A timer fires: false if it is void. */
  takeTimer(timer: NodeTimer): boolean {
    if (timer.position < 0 || !this.alive) return false;
    const last = this.timers.pop() as NodeTimer;
    if (last !== timer) {
      this.timers[timer.position] = last;
      last.position = timer.position;
    }
    timer.position = -1;
    return true;
  }

  /** A point at which the node may crash in the midst of a handler: everything before it happened, nothing after it. */
  private effect(): void {
    const which = this.effects++;
    const ppm = this.world.process.crashAtEventPpm;
    if (ppm > 0 && chance(this.crashDraw(1, this.number, which), ppm) && this.world.mayCrash(this.node)) {
      this.world.crash(this.node, `before effect ${which} of life ${this.number}`);
      throw new CrashedHere();
    }
  }

  private beforeDiskOperation(): void {
    const which = this.diskOperations++;
    const ppm = this.world.process.crashAtDiskPpm;
    const planned = this.node.crashAtDiskOperation === which;
    if (!planned && !(ppm > 0 && chance(this.crashDraw(0, this.number, which), ppm) && this.world.mayCrash(this.node)))
      return;
    if (planned) this.node.crashAtDiskOperation = -1;
    this.world.mark('crash-between-writes');
    this.world.crash(this.node, `before disk operation ${which} of life ${this.number}`);
    throw new CrashedHere();
  }

  /** Does a write, unless the disk is full: then the node ends, as a process does whose write failed. */
  private written(bytes: number): boolean {
    if (this.node.diskFault.disk !== 'full' && this.node.files.totalBytes + bytes <= DISK_BYTES_MAX) return true;
    this.world.halt(this, 'disk-full', 'no space left on device');
    return false;
  }

  private diskTime(): number {
    const { disk, now } = this.world;
    const which = this.syncs++;
    const slow = disk.slowSyncPpm > 0 && chance(this.syncDraw(this.number, which, 1), disk.slowSyncPpm);
    let takes = within(slow ? disk.slowSyncNs : disk.syncNs, this.syncDraw(this.number, which, 0));
    if (this.node.diskFault.disk === 'slow') takes += this.node.diskFault.delayNs;
    this.diskFreeAt = Math.max(now, this.diskFreeAt) + takes;
    return this.diskFreeAt;
  }

  private openDisk(): Disk {
    const { files } = this.node;
    return {
      list: () => files.list(),
      read: (name) => files.read(name),
      truncate: (name, length) => {
        if (!this.alive) return;
        this.beforeDiskOperation();
        files.truncate(name, length);
      },
      append: (name, bytes) => {
        if (!this.alive) return;
        this.beforeDiskOperation();
        if (this.written(bytes.length)) files.append(name, bytes);
      },
      sync: (name, done) => {
        if (!this.alive) return;
        this.beforeDiskOperation();
        files.beginSync(name);
        this.world.scheduleDisk(this.node, this.diskTime(), { life: this, done });
      },
      replace: (name, bytes, done) => {
        if (!this.alive) return;
        this.beforeDiskOperation();
        if (!this.written(bytes.length)) return;
        files.beginReplace(name, bytes);
        this.world.scheduleDisk(this.node, this.diskTime(), { life: this, done });
      },
      remove: (name) => {
        if (!this.alive) return;
        this.beforeDiskOperation();
        files.remove(name);
      },
    };
  }
}
