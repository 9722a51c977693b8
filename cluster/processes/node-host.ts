/** The Host of a replica that runs in a process of its own: real timers, sockets and files, and a clock that can be set. */

import { type Draw, draws } from '../../seed/draw.ts';
import type { NodeId, ReplicaStatus } from '../raft/types.ts';
import type { ClientResponse } from '../replica/client-protocol.ts';
import type { Disk, Host, LogLevel, PeerFrame } from '../replica/host.ts';
import type { HaltCode } from './control.ts';
import { type ClockPiece, readClock, trialDuration } from './node-clock.ts';
import { beforeTurnEnd } from './turn.ts';

const NS_PER_MS = 1_000_000;
const LOG_TEXT_MAX = 2000;

/** What the host reaches outside of itself. */
export interface Outside {
  /** The trial's time. */
  readonly trialNow: () => number;
  readonly sendToPeer: (to: NodeId, text: string) => void;
  readonly respond: (connection: number, response: ClientResponse) => void;
  readonly statusChanged: (status: ReplicaStatus) => void;
  /** The node is to end; called once. */
  readonly halted: (code: HaltCode, reason: string) => void;
}

export interface NodeHostOptions {
  readonly id: NodeId;
  readonly seed: number;
  readonly starts: number;
  readonly clock: ClockPiece;
}

interface Timer {
  /** Null if it fires at the end of this turn. */
  timeout: NodeJS.Timeout | null;
  readonly fire: () => void;
}

export class NodeHost implements Host {
  readonly disk: Disk;
  readonly #options: NodeHostOptions;
  readonly #outside: Outside;
  #clock: ClockPiece;
  readonly #draws = new Map<string, Draw>();
  /** Those that have not fired yet. */
  readonly #timers = new Set<Timer>();
  #stopped = false;

  constructor(options: NodeHostOptions, disk: Disk, outside: Outside) {
    this.#options = options;
    this.#clock = options.clock;
    this.disk = disk;
    this.#outside = outside;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  setClock(piece: ClockPiece): void {
    for (const timer of [...this.#timers]) this.#fire(timer);
    this.#clock = piece;
    for (const timer of this.#timers) beforeTurnEnd(() => this.#fire(timer));
  }

  now(): number {
    return readClock(this.#clock, this.#outside.trialNow());
  }

  /** A delay runs at the rate of the node's clock. */
  after(delayNs: number, fire: () => void): void {
    const timer: Timer = { timeout: null, fire };
    this.#timers.add(timer);
    const delayMs = trialDuration(this.#clock, delayNs) / NS_PER_MS;
    if (delayMs > 0) timer.timeout = setTimeout(() => this.#fire(timer), Math.ceil(delayMs));
    else beforeTurnEnd(() => this.#fire(timer));
  }

  #fire(timer: Timer): void {
    if (!this.#timers.delete(timer) || this.#stopped) return;
    clearTimeout(timer.timeout ?? undefined);
    timer.fire();
  }

  random(purpose: string, which: number): number {
    let draw = this.#draws.get(purpose);
    if (draw === undefined) {
      draw = draws(this.#options.seed, `${this.#options.id} ${purpose}`);
      this.#draws.set(purpose, draw);
    }
    return draw(this.#options.starts, which);
  }

  send(to: NodeId, frame: PeerFrame): void {
    if (!this.#stopped) this.#outside.sendToPeer(to, JSON.stringify(frame));
  }

  respond(connection: number, response: ClientResponse): void {
    if (!this.#stopped) this.#outside.respond(connection, response);
  }

  log(level: LogLevel, text: string): void {
    if (level !== 'debug') process.stdout.write(`[${level}] ${text.slice(0, LOG_TEXT_MAX).replaceAll('\n', ' | ')}\n`);
  }

  statusChanged(status: ReplicaStatus): void {
    if (!this.#stopped) this.#outside.statusChanged(status);
  }

  mark(_name: string): void {}

  halt(code: HaltCode, reason: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#outside.halted(code, reason);
  }
}
