/**
 * Drives one trial on a world that has been started: clients do the workload's operations while the nemesis carries out its
 * schedule; then everything is healed, the cluster must serve again, and final reads look at what is left. Written with
 * callbacks against World and its clock alone, so it is the same code on real and on virtual time.
 */

import { Client } from '../cluster/client.ts';
import type { NodeId } from '../cluster/raft/types.ts';
import type { World } from '../cluster/world.ts';
import type { Recorder } from '../history/recorder.ts';
import { LinkTable } from '../nemesis/links.ts';
import { Losses } from '../nemesis/losses.ts';
import { type Nemesis, startNemesis } from '../nemesis/nemesis.ts';
import { currentLeader } from '../nemesis/targets.ts';
import { below, draws } from '../seed/draw.ts';
import type { Completion, Generator, Invocation, Workload } from '../workload/workload.ts';
import type { CompleteSpec } from './spec.ts';

/** What the driver needs of a recorder. */
export type DriverRecorder = Pick<Recorder, 'invoke' | 'complete' | 'fault' | 'overloaded'>;

export type Phase = 'starting' | 'ordeal' | 'healing' | 'final reads' | 'done';

export interface Progress {
  readonly phase: Phase;
  /** Since the trial began. */
  readonly elapsedNs: number;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  readonly leader: NodeId | null;
  readonly faults: readonly string[];
  /** What each node is seen to be: the role it last reported while it runs, else its state ("paused", "killed", …). */
  readonly roles: { readonly [node: NodeId]: string };
}

export interface DriveResult {
  readonly operations: number;
  readonly ok: number;
  /** Time from the last heal until an operation succeeded again; null if none did within the spec's recovery time. */
  readonly recoveredAfterNs: number | null;
  /** When the clients began and when they were told to stop. */
  readonly ordealBeganAt: number;
  readonly ordealEndedAt: number;
  /** When the last heal had taken effect. */
  readonly healedAt: number;
  /** The cluster did not serve before the ordeal, which therefore never began. */
  readonly neverServed: boolean;
  /** Ended from outside, before its time: nothing follows from what is missing. */
  readonly abandoned: boolean;
  /** The operations of the ordeal in order of invocation, each as client and its count. Final reads are none of them. */
  readonly performed: readonly (readonly [client: number, count: number])[];
}

const MS = 1_000_000;
/** How long a fresh cluster may take to elect its first leader and open the clients' sessions. */
const START_TIMEOUT_NS = 20_000 * MS;
const OVERLOAD_PAUSE_NS = 50 * MS;
const CALM_TIMEOUT_MS = 1000;
/** A final read is tried this often before its key is left unread. */
const FINAL_READ_TRIES = 5;

/** One client: a process number that an unknown outcome retires. */
interface Worker {
  readonly home: NodeId;
  readonly number: number;
  process: number;
  client: Client;
  count: number;
  /** When its next operation is due, if there is a rate. */
  dueAt: number;
}

export class Driver {
  readonly #world: World;
  readonly #spec: CompleteSpec;
  readonly #workload: Workload;
  readonly #generator: Generator;
  readonly #recorder: DriverRecorder;
  readonly #finished: (result: DriveResult) => void;
  /** Ends the troubles that the world makes of itself. */
  readonly #calm: () => void;
  readonly #workers: Worker[];
  readonly #pacing;
  readonly #jitter;
  readonly #links: LinkTable;
  #nemesis: Nemesis | null = null;
  #phase: Phase = 'starting';
  #requestId = 0;
  /** By client: its last request, and the operation that it has under way. */
  readonly #lastRequests: number[] = [];
  readonly #underWay: (number | null)[] = [];
  #operations = 0;
  #counts = { ok: 0, fail: 0, info: 0 };
  #open = 0;
  #beganAt = 0;
  #endedAt = 0;
  #healedAt = 0;
  #neverServed = false;
  readonly #performed: (readonly [client: number, count: number])[] = [];
  /** Per client the counts of the operations it is to do, ascending; null: all. */
  readonly #chosen: readonly (readonly number[])[] | null;
  #afterLastOpen: (() => void) | null = null;

  constructor(
    world: World,
    spec: CompleteSpec,
    workload: Workload,
    recorder: DriverRecorder,
    finished: (result: DriveResult) => void,
    calm: () => void = () => {},
  ) {
    this.#calm = calm;
    this.#world = world;
    this.#spec = spec;
    this.#workload = workload;
    this.#recorder = recorder;
    this.#finished = finished;
    this.#links = new LinkTable(world);
    this.#pacing = draws(spec.seed, 'client.pacing');
    this.#jitter = draws(spec.seed, 'client.jitter');
    const { seed, clients, keys, operationsPerKey } = spec;
    this.#generator = workload.generator({ seed, clients, keys, operationsPerKey });
    this.#chosen = chosenCounts(spec);
    this.#workers = Array.from({ length: clients }, (_, number) => this.#worker(number));
  }

  /** Begins; `finished` is called once, from an event of the world. */
  start(): void {
    if (this.#spec.clientsAfterMs !== null) {
      this.#startTogether(this.#spec.clientsAfterMs);
      return;
    }
    this.#prepareAll(START_TIMEOUT_NS, (ready) => {
      this.#beganAt = this.#world.clock.now();
      if (!ready) {
        // Perhaps the world's own troubles were too much: does it serve without them?
        this.#neverServed = true;
        this.#phase = 'healing';
        this.#endedAt = this.#beganAt;
        this.#healedAt = this.#beganAt;
        this.#calm();
        this.#recover();
        return;
      }
      this.#beginOrdeal();
      for (const worker of this.#workers) this.#schedule(worker);
    });
  }

  /** Faults from the first moment on, while the first leader is elected; clients follow, each as soon as it has a session. */
  #startTogether(clientsAfterMs: number): void {
    this.#beginOrdeal();
    const leftMs = Math.max(1, this.#spec.timeMs - clientsAfterMs);
    const join = (worker: Worker): void => {
      if (this.#phase !== 'ordeal') return;
      worker.client.prepare(leftMs * MS, (opened) => {
        if (opened) this.#schedule(worker);
      });
    };
    this.#world.clock.after(clientsAfterMs * MS, () => this.#workers.forEach(join));
  }

  #beginOrdeal(): void {
    this.#phase = 'ordeal';
    this.#beganAt = this.#world.clock.now();
    const founders = this.#world.nodes.slice(0, this.#spec.nodes);
    const losses = new Losses();
    const field = { world: this.#world, founders, links: this.#links, losses, nextRequestId: this.#nextRequestId };
    this.#nemesis = startNemesis(field, this.#spec.schedule, this.#recorder);
    for (const worker of this.#workers) worker.dueAt = this.#beganAt;
    this.#world.clock.after(this.#spec.timeMs * MS, () => this.stop());
  }

  /** Ends the ordeal early or on time: no new operations, everything is healed, final reads follow. */
  stop(): void {
    if (this.#phase !== 'ordeal') return;
    this.#phase = 'healing';
    this.#endedAt = this.#world.clock.now();
    this.#calm();
    this.#nemesis?.healAll(() => {
      this.#healedAt = this.#world.clock.now();
      this.#whenNoneOpen(() => this.#recover());
    });
  }

  /** Ends at once, wherever it is: operations that are open stay unknown. */
  abandon(): void {
    if (this.#phase !== 'done') this.#finish(null, true);
  }

  progress(): Progress {
    return {
      phase: this.#phase,
      elapsedNs: this.#world.clock.now(),
      ...this.#counts,
      leader: currentLeader(this.#world),
      faults: this.#nemesis?.active() ?? [],
      roles: Object.fromEntries(
        this.#world.nodes.map((node) => {
          const { state, status } = this.#world.view(node);
          return [node, state === 'running' ? (status?.role ?? state) : state];
        }),
      ),
    };
  }

  /** Index of the operation that waits for the answer to a request; null if none does, or no more. */
  operationOf(requestId: number): number | null {
    const client = this.#lastRequests.indexOf(requestId);
    return client < 0 ? null : (this.#underWay[client] ?? null);
  }

  readonly #nextRequestId = (): number => ++this.#requestId;

  #worker(number: number): Worker {
    const { nodes } = this.#world;
    const home = nodes[number % this.#spec.nodes] as NodeId;
    return { home, number, process: number, client: this.#clientFor(home, number, number), count: 0, dueAt: 0 };
  }

  #clientFor(home: NodeId, number: number, process: number): Client {
    const nextRequestId = (): number => {
      const id = this.#nextRequestId();
      this.#lastRequests[number] = id;
      return id;
    };
    return new Client({
      world: this.#world,
      home,
      nonce: `${this.#spec.seed}-${process}`,
      nextRequestId,
      jitter: (which = 0) => this.#jitter(process, which),
      attemptTimeoutNs: this.#spec.attemptTimeoutMs * MS,
    });
  }

  /** Opens all sessions; `done` is told whether every client has one. */
  #prepareAll(timeoutNs: number, done: (all: boolean) => void): void {
    let left = this.#workers.length;
    let failed = false;
    const finished = (opened: boolean): void => {
      failed ||= !opened;
      if (--left === 0) done(!failed);
    };
    for (const worker of this.#workers) worker.client.prepare(timeoutNs, finished);
  }

  /** Lets a worker do its next operation now, or when it is due. */
  #schedule(worker: Worker): void {
    if (this.#phase !== 'ordeal') return;
    const now = this.#world.clock.now();
    const last = this.#nextCount(worker);
    if (last === null) return;
    // Operations left out take their time all the same, so that those after them keep their places.
    for (; worker.count < last; worker.count++) this.#makeDue(worker, 0);
    this.#makeDue(worker, now);
    const next = (): void => {
      if (this.#phase !== 'ordeal') return;
      this.#performed.push([worker.number, worker.count]);
      const invocation = this.#generator.next(worker.number, worker.count++);
      this.#operate(worker, invocation, () => this.#schedule(worker));
    };
    // A store that can't keep up makes the clients slower, never the record shorter.
    if (this.#recorder.overloaded) this.#world.clock.after(OVERLOAD_PAUSE_NS, () => this.#schedule(worker));
    else if (worker.dueAt > now) this.#world.clock.after(worker.dueAt - now, next);
    else next();
  }

  /** The count of a worker's next operation; null if it has none left. */
  #nextCount(worker: Worker): number | null {
    if (this.#chosen === null) return worker.count;
    return this.#chosen[worker.number]?.find((count) => count >= worker.count) ?? null;
  }

  /** Sets when the operation of the worker's present count is due. */
  #makeDue(worker: Worker, now: number): void {
    const { ratePerSecond, clients } = this.#spec;
    if (ratePerSecond === 0) {
      worker.dueAt = now;
      return;
    }
    // Uniform in half to one and a half times the mean interval. A worker that fell behind does not hurry to catch up.
    const intervalNs = Math.round((clients * 1e9) / ratePerSecond);
    const drawn = this.#pacing(worker.number, worker.count);
    worker.dueAt = Math.max(worker.dueAt + Math.floor(intervalNs / 2) + below(drawn, intervalNs), now);
  }

  /** One recorded operation. */
  #operate(worker: Worker, invocation: Invocation, then: (completion: Completion) => void): void {
    this.#operations++;
    this.#open++;
    const invokedAt = this.#world.clock.now();
    const index = this.#recorder.invoke({ process: worker.process, ...invocation, invokedAt, node: worker.home });
    this.#underWay[worker.number] = index;
    const command = this.#workload.command(invocation);
    const timeoutNs = this.#phase === 'final reads' ? this.#calmTimeoutNs() : this.#spec.operationTimeoutMs * MS;
    worker.client.execute(command, timeoutNs, (outcome) => {
      if (this.#phase === 'done') return;
      this.#underWay[worker.number] = null;
      const completion = this.#workload.completion(invocation, outcome);
      this.#recorder.complete(index, { ...completion, completedAt: this.#world.clock.now(), node: outcome.node });
      this.#generator.completed(worker.number, invocation, completion);
      this.#counts[completion.outcome]++;
      if (completion.outcome === 'info') {
        worker.process += this.#spec.clients;
        worker.client = this.#clientFor(worker.home, worker.number, worker.process);
      }
      this.#open--;
      then(completion);
      this.#checkNoneOpen();
    });
  }

  /** Once everything is healed nobody is in a hurry: a client that has to try several nodes shall get through. */
  #calmTimeoutNs(): number {
    return Math.max(this.#spec.operationTimeoutMs, CALM_TIMEOUT_MS) * MS;
  }

  #whenNoneOpen(done: () => void): void {
    this.#afterLastOpen = done;
    this.#checkNoneOpen();
  }

  #checkNoneOpen(): void {
    if (this.#open > 0 || this.#afterLastOpen === null) return;
    const done = this.#afterLastOpen;
    this.#afterLastOpen = null;
    done();
  }

  /** The healed cluster must serve again within bounded time. */
  #recover(): void {
    const deadline = this.#healedAt + this.#spec.recoveryMs * MS;
    const worker = this.#workers[0] as Worker;
    const probe = (): void => {
      if (this.#world.clock.now() > deadline) {
        this.#finish(null);
        return;
      }
      // A fresh session each time: opening it writes, so the whole path through the log has to work.
      worker.process += this.#spec.clients;
      worker.client = this.#clientFor(worker.home, worker.number, worker.process);
      worker.client.prepare(this.#calmTimeoutNs(), (opened) => {
        if (opened) this.#finalReads(this.#world.clock.now() - this.#healedAt);
        else probe();
      });
    };
    probe();
  }

  #finalReads(recoveredAfterNs: number): void {
    this.#phase = 'final reads';
    const reads = [...this.#generator.finalReads()];
    let left = this.#workers.length;
    const nextRead = (worker: Worker): void => {
      const invocation = reads.shift();
      if (invocation !== undefined) attempt(worker, invocation, FINAL_READ_TRIES);
      else if (--left === 0) this.#finish(recoveredAfterNs);
    };
    const attempt = (worker: Worker, invocation: Invocation, tries: number): void =>
      this.#operate(worker, invocation, (completion) => {
        if (completion.outcome === 'ok' || tries <= 1) nextRead(worker);
        else attempt(worker, invocation, tries - 1);
      });
    for (const worker of this.#workers) nextRead(worker);
  }

  #finish(recoveredAfterNs: number | null, abandoned = false): void {
    if (this.#phase === 'done') return;
    this.#phase = 'done';
    this.#finished({
      operations: this.#operations,
      ok: this.#counts.ok,
      recoveredAfterNs,
      ordealBeganAt: this.#beganAt,
      ordealEndedAt: this.#endedAt,
      healedAt: this.#healedAt,
      neverServed: this.#neverServed,
      abandoned,
      performed: this.#performed,
    });
  }
}

function chosenCounts({ operations, clients }: CompleteSpec): number[][] | null {
  if (operations === null) return null;
  const counts: number[][] = Array.from({ length: clients }, () => []);
  for (const [client, count] of operations) counts[client]?.push(count);
  for (const list of counts) list.sort((a, b) => a - b);
  return counts;
}
