/** A small cluster on virtual time in memory: deterministic, without loss or faults except what a test asks for. */

import type { NodeId, ReplicaStatus } from '../../cluster/raft/types.ts';
import type { ClientRequest, ClientResponse, KvCommand } from '../../cluster/replica/client-protocol.ts';
import type { Host, PeerFrame } from '../../cluster/replica/host.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMING, type ReplicaOptions } from '../../cluster/replica/options.ts';
import { Replica } from '../../cluster/replica/replica.ts';
import { draws } from '../../seed/draw.ts';
import { MemoryDisk, type SectorFate } from './memory-disk.ts';

const LATENCY_NS = 500_000;

interface Timed {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

export interface Halt {
  readonly code: string;
  readonly reason: string;
}

export class MemoryNode {
  readonly id: NodeId;
  disk = new MemoryDisk();
  replica: Replica | null = null;
  starts = 0;
  reported = false;
  halted: Halt | null = null;
  /** Added to the cluster's time. */
  clockOffsetNs = 0;
  readonly logLines: string[] = [];

  constructor(id: NodeId) {
    this.id = id;
  }

  get running(): Replica {
    if (this.replica === null) throw new Error(`${this.id} is not running`);
    return this.replica;
  }
}

export class MemoryCluster {
  now = 0;
  readonly nodes: ReadonlyMap<NodeId, MemoryNode>;
  readonly responses = new Map<number, ClientResponse>();
  /** Every frame on its way from one node to another; return false to lose it. */
  passes: (from: NodeId, to: NodeId, frame: PeerFrame) => boolean = () => true;
  readonly marks = new Map<string, number>();
  /** How long a sync or a replace takes. */
  syncNs = 300_000;
  readonly #founders: readonly NodeId[];
  readonly #options: Partial<ReplicaOptions>;
  #events: Timed[] = [];
  #order = 0;
  #requests = 0;

  constructor(founders: number, options: Partial<ReplicaOptions> = {}, joiners = 0) {
    const ids = Array.from({ length: founders + joiners }, (_, at) => `n${at + 1}`);
    this.#founders = ids.slice(0, founders);
    this.#options = options;
    this.nodes = new Map(ids.map((id) => [id, new MemoryNode(id)]));
    for (const id of ids) this.start(id);
  }

  node(id: NodeId): MemoryNode {
    return this.nodes.get(id) as MemoryNode;
  }

  start(id: NodeId): void {
    const node = this.node(id);
    node.halted = null;
    const start = ++node.starts;
    const alive = (): boolean => node.starts === start && node.halted === null;
    const random = (purpose: string, which: number): number => draws(7, `${id} ${start} ${purpose}`)(which);
    const later = (delayNs: number, fire: () => void): void => this.#at(delayNs, () => alive() && fire());
    const { disk } = node;
    disk.onOperation = () => undefined;
    const host: Host = {
      now: () => this.now + node.clockOffsetNs,
      after: later,
      random,
      send: (to, frame) => {
        if (!alive() || !this.passes(id, to, frame)) return;
        const text = JSON.stringify(frame);
        this.#at(LATENCY_NS, () => this.nodes.get(to)?.replica?.onFrame(id, JSON.parse(text) as PeerFrame));
      },
      respond: (connection, response) => alive() && this.responses.set(connection, response),
      disk: {
        list: () => disk.list(),
        read: (name) => disk.read(name),
        truncate: (name, length) => disk.truncate(name, length),
        append: (name, bytes) => disk.append(name, bytes),
        remove: (name) => disk.remove(name),
        sync: (name, done) => {
          disk.sync(name, () => alive() && done());
          this.#at(this.syncNs, () => alive() && disk.finishNext());
        },
        replace: (name, bytes, done) => {
          disk.replace(name, bytes, () => alive() && done());
          this.#at(this.syncNs, () => alive() && disk.finishNext());
        },
      },
      log: (_level, text) => node.logLines.push(text),
      statusChanged: () => {
        node.reported = true;
      },
      mark: (name) => this.marks.set(name, (this.marks.get(name) ?? 0) + 1),
      halt: (code, reason) => {
        node.halted = { code, reason };
        node.replica = null;
      },
    };
    const options: ReplicaOptions = {
      id,
      founders: this.#founders.includes(id) ? this.#founders : [],
      firstStart: !node.reported,
      ...DEFAULT_TIMING,
      reads: 'read-index',
      maxClockDriftPpm: 0,
      snapshotThresholdBytes: 1 << 20,
      snapshotChunkBytes: 1 << 16,
      limits: DEFAULT_LIMITS,
      bugs: [],
      ...this.#options,
    };
    const replica = new Replica(host, options);
    node.replica = node.halted === null ? replica : null;
  }

  /** Ends a node at once; what it had not synced is subject to `fate`. */
  kill(id: NodeId, fate: SectorFate): void {
    const node = this.node(id);
    node.starts++;
    node.replica = null;
    node.disk = node.disk.afterCrash(fate);
  }

  /** Lets virtual time pass. */
  run(ns: number): void {
    const until = this.now + ns;
    while (this.step(until));
    this.now = until;
  }

  /** Runs until `condition` holds; throws after 20 virtual seconds. */
  until(condition: () => boolean, what: string): void {
    const limit = this.now + 20_000_000_000;
    while (!condition()) if (!this.step(limit)) throw new Error(`waited in vain until ${what}`);
  }

  /** The next event, if it is due by then. */
  step(until: number): boolean {
    let next = 0;
    for (let at = 1; at < this.#events.length; at++) {
      const a = this.#events[at] as Timed;
      const b = this.#events[next] as Timed;
      if (a.at < b.at || (a.at === b.at && a.order < b.order)) next = at;
    }
    const event = this.#events[next];
    if (event === undefined || event.at > until) return false;
    this.#events.splice(next, 1);
    this.now = Math.max(this.now, event.at);
    event.fire();
    return true;
  }

  #at(delayNs: number, fire: () => void): void {
    this.#events.push({ at: this.now + delayNs, order: this.#order++, fire });
  }

  // ── what tests ask ──

  statuses(): ReplicaStatus[] {
    return [...this.nodes.values()].flatMap(({ replica }) => (replica === null ? [] : [replica.status()]));
  }

  leader(): NodeId {
    const leaders = (): ReplicaStatus[] => this.statuses().filter(({ role }) => role === 'leader');
    this.until(() => leaders().length > 0, 'there is a leader');
    return (leaders().sort((a, b) => b.term - a.term)[0] as ReplicaStatus).id;
  }

  /** Sends a request and returns the id under which its response will be. */
  send(to: NodeId, request: DistributiveOmit<ClientRequest, 'id'>): number {
    const id = ++this.#requests;
    this.#at(LATENCY_NS, () => this.node(to).replica?.onRequest(id, { ...request, id }));
    return id;
  }

  /** Sends a request and waits for its response. */
  ask(to: NodeId, request: DistributiveOmit<ClientRequest, 'id'>): ClientResponse {
    const id = this.send(to, request);
    this.until(() => this.responses.has(id), `${to} answers ${request.kind}`);
    return this.responses.get(id) as ClientResponse;
  }

  openSession(nonce: string): number {
    const response = this.ask(this.leader(), { kind: 'open-session', nonce });
    if (!response.ok || !('result' in response)) throw new Error(JSON.stringify(response));
    return response.result as number;
  }

  read(to: NodeId, key: string): ClientResponse {
    return this.ask(to, { kind: 'read', command: { f: 'get', key } });
  }

  command(to: NodeId, session: number, sequence: number, command: KvCommand): ClientResponse {
    return this.ask(to, { kind: 'command', session, sequence, command });
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
