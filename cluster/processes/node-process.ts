/**
 * One node as the world holds it: through all its starts, kills and pauses. A process that ends without having been asked to
 * is a failure, unless its end is what the faults of the trial had to lead to.
 */

import fs from 'node:fs';
import type { Json } from '../../history/operation.ts';
import type { NodeEvent } from '../../history/trial-records.ts';
import type { NodeId, ReplicaStatus } from '../raft/types.ts';
import type { ClientRequest } from '../replica/client-protocol.ts';
import type { ReplicaOptions } from '../replica/options.ts';
import type {
  BitChoice,
  Clock,
  ClockSetting,
  DiskFault,
  Evidence,
  NodeState,
  NodeView,
  RequestResult,
  WorldObserver,
} from '../world.ts';
import { Child, type ChildEnd, lastWords, processState } from './child.ts';
import { ClientConnection } from './client-connection.ts';
import type { FromNode, HaltCode, NodeConfig, ToNode } from './control.ts';
import { flipBitOnDisk } from './flip-bit.ts';
import type { NetworkProcess } from './network-process.ts';
import { adjustClock, type ClockPiece, readClock } from './node-clock.ts';

const NS_PER_MS = 1_000_000;
/** A node that does not serve this long after its start is reported as such. */
const SERVING_TIMEOUT_MS = 60_000;
/** How long a node may take to acknowledge a setting. */
const ACKNOWLEDGE_TIMEOUT_MS = 10_000;
/** How long a signal may take to show in the state of the process. */
const SIGNAL_TIMEOUT_NS = 10_000 * NS_PER_MS;

/** What all nodes of a world share. */
export interface NodeSurroundings {
  readonly program: string;
  readonly nodes: readonly NodeId[];
  readonly seed: number;
  readonly token: string;
  readonly origin: NodeConfig['origin'];
  readonly clock: Clock;
  readonly network: NetworkProcess;
  readonly networkPort: number;
  readonly observer: WorldObserver;
}

/** One life of the process, from its start to its end. */
interface Life {
  readonly child: Child<ToNode, FromNode>;
  readonly startedAt: number;
  /** Waits for it to serve; null once told. */
  onServing: ((evidence: Evidence) => void) | null;
  /** Wait for it to end, having been asked to kill it. */
  readonly onKilled: (() => void)[];
  killed: boolean;
  /** It has been seen to accept clients. */
  serving: boolean;
  /** Its disk has been full for some of this life, so it may find out later. */
  diskWasFull: boolean;
  halt: { readonly code: HaltCode; readonly reason: string } | null;
}

export class NodeProcess {
  readonly id: NodeId;
  readonly #around: NodeSurroundings;
  readonly #directory: string;
  readonly #options: Omit<ReplicaOptions, 'firstStart'>;
  readonly #client: ClientConnection;
  readonly #acknowledgements = new Map<number, (evidence: Evidence | null) => void>();
  #life: Life | null = null;
  #state: NodeState = 'killed';
  #status: ReplicaStatus | null = null;
  #starts = 0;
  /** It has reported a status: from then on its disk must know who it is. */
  #hasReported = false;
  /** Its files were tampered with: that it can't start on them any more is no failure. */
  #excused = false;
  #clock: ClockPiece;
  #diskFault: DiskFault = { disk: 'healthy' };
  #messages = 0;
  #dismissed = false;

  constructor(
    options: Omit<ReplicaOptions, 'firstStart'>,
    directory: string,
    clock: ClockPiece,
    around: NodeSurroundings,
  ) {
    this.id = options.id;
    this.#options = options;
    this.#directory = directory;
    this.#clock = clock;
    this.#around = around;
    this.#client = new ClientConnection(options.id, around.token);
  }

  get view(): NodeView {
    return { id: this.id, state: this.#state, status: this.#status };
  }

  /** Of the process that runs; null if none does. */
  get pid(): number | null {
    return this.#life?.child.pid ?? null;
  }

  request(request: ClientRequest, timeoutNs: number, done: (result: RequestResult) => void): void {
    this.#client.request(request, timeoutNs, done);
  }

  /** Starts the process on what its disk holds; `done` when it serves clients, or has failed to (`served: false`). */
  start(done: (evidence: Evidence) => void): void {
    if (this.#life !== null) {
      setImmediate(done, { served: this.#state === 'running', state: this.#state, note: 'was not down' });
      return;
    }
    if (this.#dismissed) {
      // A fault that was under way when the trial was ended: nobody would end the process any more.
      setImmediate(done, { served: false, note: 'the trial is over' });
      return;
    }
    const { clock, network, networkPort, nodes, origin, program, seed, token } = this.#around;
    const firstStart = !this.#hasReported;
    const config: NodeConfig = {
      replica: { ...this.#options, firstStart },
      nodes,
      seed,
      starts: this.#starts++,
      directory: this.#directory,
      networkPort,
      token,
      origin,
      clock: this.#clock,
      diskFault: this.#diskFault,
    };
    this.#state = 'starting';
    const startedAt = clock.now();
    const child = new Child<ToNode, FromNode>(program, JSON.stringify(config), {
      message: (message) => this.#message(life, message),
      line: (level, text) => this.#around.observer.logLine({ at: clock.now(), node: this.id, level, text }),
      ended: () => this.#ended(life),
      gone: (end) => this.#gone(life, end),
    });
    const life: Life = {
      child,
      startedAt,
      onServing: done,
      onKilled: [],
      killed: false,
      serving: false,
      diskWasFull: this.#diskFault.disk === 'full',
      halt: null,
    };
    this.#life = life;
    if (child.pid !== undefined) network.watch(child.pid);
    this.#event('started', { pid: child.pid ?? null, starts: this.#starts, firstStart }, startedAt);
    setTimeout(() => this.#served(life, { served: false, reason: 'not serving in time' }), SERVING_TIMEOUT_MS).unref();
  }

  kill(done: (evidence: Evidence) => void): void {
    const life = this.#life;
    if (life === null) {
      setImmediate(done, { note: `was already ${this.#state}` });
      return;
    }
    const pid = life.child.pid as number;
    const before = this.#state;
    const askedAt = this.#around.clock.now();
    life.killed = true;
    life.onKilled.push(() => {
      const endedAfterNs = this.#around.clock.now() - askedAt;
      done({ pid, signal: 'SIGKILL', before, endedAfterNs, gone: (processState(pid) ?? 'Z') === 'Z' });
    });
    life.child.signal('SIGKILL');
  }

  pause(done: (evidence: Evidence) => void): void {
    this.#signal('SIGSTOP', (evidence, stopped) => {
      if (stopped && this.#state !== 'paused') {
        this.#state = 'paused';
        this.#event('paused', evidence);
      }
      done(evidence);
    });
  }

  resume(done: (evidence: Evidence) => void): void {
    this.#signal('SIGCONT', (evidence, stopped) => {
      if (!stopped && this.#state === 'paused') {
        this.#state = this.#life?.serving ? 'running' : 'starting';
        this.#event('resumed', evidence);
      }
      done(evidence);
    });
  }

  setClock(setting: ClockSetting, done: (evidence: Evidence) => void): void {
    this.#putClock(adjustClock(this.#clock, this.#around.clock.now(), setting), done);
  }

  /** Puts a clock in force at once if the process runs, else at its next start or when it is resumed. */
  #putClock(piece: ClockPiece, done: (evidence: Evidence) => void): void {
    this.#clock = piece;
    this.#tell(
      (id) => ({ type: 'clock', id, piece }),
      (answer) => {
        const now = this.#around.clock.now();
        const evidence = answer ?? {
          acknowledged: false,
          state: this.#state,
          aheadNs: readClock(piece, now) - now,
          ratePpm: piece.ratePpm,
        };
        this.#event('clock', evidence);
        done(evidence);
      },
    );
  }

  resetClock(trueClock: ClockPiece, done: (evidence: Evidence) => void): void {
    this.#putClock(trueClock, done);
  }

  setDisk(fault: DiskFault, done: (evidence: Evidence) => void): void {
    this.#diskFault = fault;
    if (this.#life !== null && fault.disk === 'full') this.#life.diskWasFull = true;
    this.#tell(
      (id) => ({ type: 'disk', id, fault }),
      (answer) => done(answer ?? { ...fault, acknowledged: false, state: this.#state }),
    );
  }

  /** Deletes all files of a process that has ended. */
  wipe(done: (evidence: Evidence) => void): void {
    if (this.#life !== null) {
      setImmediate(done, { wiped: false, note: `is ${this.#state}` });
      return;
    }
    const files = fs.existsSync(this.#directory) ? fs.readdirSync(this.#directory) : [];
    fs.rmSync(this.#directory, { recursive: true, force: true });
    this.#excused = true;
    setImmediate(done, { wiped: true, files });
  }

  /** Flips one bit of a file of a process that has ended. */
  flipBit(choice: BitChoice, done: (evidence: Evidence) => void): void {
    if (this.#life !== null) {
      setImmediate(done, { flipped: false, note: `is ${this.#state}` });
      return;
    }
    const evidence = flipBitOnDisk(this.#directory, choice);
    if (evidence.flipped === true) this.#excused = true;
    setImmediate(done, evidence);
  }

  /** Ends the process for good: nothing about it is reported any more. */
  dismiss(done: () => void): void {
    this.#dismissed = true;
    if (this.#life === null) done();
    else this.kill(() => done());
  }

  #message(life: Life, message: FromNode): void {
    if (life !== this.#life) return;
    switch (message.type) {
      case 'listening':
        this.#around.network.nodeUp(this.id, message.port);
        this.#client.open(message.port, () => {
          if (life !== this.#life) return;
          life.serving = true;
          if (this.#state === 'starting') this.#state = 'running';
          const servingAfterNs = this.#around.clock.now() - life.startedAt;
          const evidence = { served: true, pid: life.child.pid ?? null, starts: this.#starts, servingAfterNs };
          this.#event('serving', evidence);
          this.#served(life, evidence);
        });
        break;
      case 'status':
        this.#status = message.status;
        if (message.changed) this.#hasReported = true;
        this.#event('status', statusDetail(message.status), message.at);
        break;
      case 'halt':
        life.halt = message;
        break;
      case 'ack':
        this.#acknowledgements.get(message.id)?.(message.evidence);
        break;
    }
  }

  #served(life: Life, evidence: Evidence): void {
    const done = life.onServing;
    life.onServing = null;
    done?.(evidence);
  }

  #ended(life: Life): void {
    if (life !== this.#life) return;
    this.#life = null;
    this.#state = life.killed ? 'killed' : 'exited';
    this.#client.close(`${this.id} ended`);
    this.#around.network.nodeDown(this.id);
    if (life.child.pid !== undefined) this.#around.network.unwatch(life.child.pid);
    for (const acknowledge of [...this.#acknowledgements.values()]) acknowledge(null);
    if (life.killed) {
      this.#event('exited', { asked: true, signal: 'SIGKILL', pid: life.child.pid ?? null });
      this.#served(life, { served: false, reason: 'was killed while it started' });
    }
    for (const done of life.onKilled) done();
  }

  /** After its last line of output. */
  #gone(life: Life, end: ChildEnd): void {
    // A process that could not even be started has not ended before.
    this.#ended(life);
    // A crash just before the kill is still a crash.
    if (life.killed && end.signal === 'SIGKILL') return;
    const expected = this.#expected(life);
    const detail: Json = { asked: false, ...end, halt: life.halt === null ? null : { ...life.halt }, expected };
    this.#event('exited', detail);
    this.#served(life, { served: false, reason: 'ended', ...detail });
    if (expected || this.#dismissed) return;
    const how = end.signal === null ? `exit code ${end.code}` : `signal ${end.signal}`;
    const why = life.halt === null ? lastWords(end.output) : life.halt.reason;
    this.#around.observer.failure(`node ${this.id} ended unasked (${how}): ${why}`, { node: this.id, ...detail });
  }

  /** Whether the end of a process is what the trial did to it had to lead to. */
  #expected(life: Life): boolean {
    if (life.halt === null) return false;
    if (life.halt.code === 'removed' || this.#excused) return true;
    return life.halt.code === 'disk-full' && life.diskWasFull;
  }

  /** Sends a setting; `done` gets the node's answer, or null if it is down, paused, or silent. Called exactly once. */
  #tell(message: (id: number) => ToNode, done: (answer: Evidence | null) => void): void {
    const id = ++this.#messages;
    if (this.#life === null) {
      setImmediate(done, null);
      return;
    }
    this.#life.child.send(message(id));
    if (this.#state === 'paused') {
      // It will find the message when it is resumed.
      setImmediate(done, null);
      return;
    }
    const finish = (answer: Evidence | null): void => {
      clearTimeout(timer);
      if (this.#acknowledgements.delete(id)) done(answer);
    };
    const timer = setTimeout(finish, ACKNOWLEDGE_TIMEOUT_MS, null);
    this.#acknowledgements.set(id, finish);
  }

  /** Stops or continues the process, and looks until its state shows it. */
  #signal(signal: 'SIGSTOP' | 'SIGCONT', done: (evidence: Evidence, stopped: boolean) => void): void {
    const life = this.#life;
    const pid = life?.child.pid;
    if (life === null || pid === undefined) {
      setImmediate(done, { note: `is ${this.#state}` }, false);
      return;
    }
    const { clock } = this.#around;
    const askedAt = clock.now();
    life.child.signal(signal);
    const look = (): void => {
      const state = processState(pid);
      const stopped = state === 'T';
      const afterNs = clock.now() - askedAt;
      if (stopped === (signal === 'SIGSTOP') || life !== this.#life || afterNs > SIGNAL_TIMEOUT_NS)
        done({ pid, signal, processState: state, afterNs }, stopped);
      else setTimeout(look, 1);
    };
    setImmediate(look);
  }

  #event(kind: NodeEvent['kind'], detail: Json, at = this.#around.clock.now()): void {
    if (this.#dismissed) return;
    const status = this.#status;
    this.#around.observer.nodeEvent({
      at,
      node: this.id,
      kind,
      role: status?.role ?? null,
      term: status?.term ?? null,
      commitIndex: status?.commitIndex ?? null,
      appliedIndex: status?.appliedIndex ?? null,
      detail,
    });
  }
}

function statusDetail({ leader, firstIndex, lastIndex, voters, learners }: ReplicaStatus): Json {
  return { leader, firstIndex, lastIndex, voters, learners };
}
