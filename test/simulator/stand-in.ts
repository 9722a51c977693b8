/**
 * A replica of a few lines for tests of the simulator itself: it gossips a counter every 10 ms, stores what clients put, and
 * answers once that is synced. It knows nothing of consensus.
 */

import type { ReplicaStatus } from '../../cluster/raft/types.ts';
import type { ClientRequest } from '../../cluster/replica/client-protocol.ts';
import type { Host, PeerFrame } from '../../cluster/replica/host.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMING, type ReplicaOptions } from '../../cluster/replica/options.ts';
import type { SimulatedObserver, SimulatorParts } from '../../cluster/simulator/core.ts';
import type { InvariantViolation } from '../../cluster/simulator/invariants/watch.ts';
import type { SimulatedReplica } from '../../cluster/simulator/life.ts';
import {
  CALM_DISK,
  CALM_NETWORK,
  CALM_PROCESS,
  type SimulatorOptions,
  TRUE_CLOCKS,
} from '../../cluster/simulator/options.ts';
import { SimulatedWorld } from '../../cluster/simulator/world.ts';
import type { LogLine, MessageRecord, NodeEvent } from '../../history/trial-records.ts';

export interface Gossip extends PeerFrame {
  readonly type: 'gossip';
  readonly count: number;
}

export class StandIn implements SimulatedReplica {
  readonly host: Host;
  readonly options: ReplicaOptions;
  readonly nodes: readonly string[];
  /** Lines read back at the start, and written since. */
  readonly lines: string[];
  readonly heard: { readonly from: string; readonly count: number; readonly at: number }[] = [];
  readonly ticks: number[] = [];
  private count = 0;

  constructor(host: Host, options: ReplicaOptions, nodes: readonly string[]) {
    this.host = host;
    this.options = options;
    this.nodes = nodes;
    const stored = host.disk.read('log');
    this.lines = stored === null ? [] : new TextDecoder().decode(stored).split('\n').slice(0, -1);
    host.statusChanged(this.status());
    this.tick();
  }

  onFrame(from: string, frame: PeerFrame): void {
    this.heard.push({ from, count: (frame as Gossip).count, at: this.host.now() });
  }

  onRequest(connection: number, request: ClientRequest): void {
    const { id } = request;
    if (request.kind === 'status') {
      this.host.respond(connection, { id, ok: true, status: this.status() });
      return;
    }
    const line = JSON.stringify(request);
    this.lines.push(line);
    this.host.disk.append('log', new TextEncoder().encode(`${line}\n`));
    this.host.disk.sync('log', () => this.host.respond(connection, { id, ok: true, result: this.lines.length }));
  }

  status(): ReplicaStatus {
    const { id } = this.options;
    const index = this.lines.length;
    const role = 'follower';
    const none = { term: 1, leader: null, commitIndex: index, appliedIndex: index, firstIndex: 1, lastIndex: index };
    return { id, role, ...none, voters: this.nodes, learners: [] };
  }

  private tick(): void {
    this.ticks.push(this.host.now());
    const frame: Gossip = { type: 'gossip', term: this.host.random('gossip', this.count) % 7, count: this.count++ };
    for (const to of this.nodes) if (to !== this.options.id) this.host.send(to, frame);
    this.host.after(this.options.tickNs, () => this.tick());
  }
}

export interface Observed extends SimulatedObserver {
  readonly events: NodeEvent[];
  readonly lines: LogLine[];
  readonly messages: MessageRecord[];
  readonly failures: string[];
  readonly broken: InvariantViolation[];
}

export function observed(): Observed {
  const all: Observed = {
    events: [],
    lines: [],
    messages: [],
    failures: [],
    broken: [],
    nodeEvent: (event) => void all.events.push(event),
    logLine: (line) => void all.lines.push(line),
    message: (record) => void all.messages.push(record),
    failure: (reason) => void all.failures.push(reason),
    invariantBroken: (violation) => void all.broken.push(violation),
  };
  return all;
}

export const REPLICA_OPTIONS: SimulatorOptions['replica'] = {
  ...DEFAULT_TIMING,
  reads: 'read-index',
  maxClockDriftPpm: 0,
  snapshotThresholdBytes: 1_000_000,
  snapshotChunkBytes: 100_000,
  limits: DEFAULT_LIMITS,
  bugs: [],
};

/** Options of a calm world of `count` nodes, n1 to nN, all of them founders. */
export function calmOptions(count: number, seed: number, changes: Partial<SimulatorOptions> = {}): SimulatorOptions {
  const nodes = Array.from({ length: count }, (_, at) => `n${at + 1}`);
  return {
    replica: REPLICA_OPTIONS,
    nodes,
    founders: nodes,
    seed,
    network: CALM_NETWORK,
    disk: CALM_DISK,
    process: CALM_PROCESS,
    clock: TRUE_CLOCKS,
    invariants: false,
    recordMessages: false,
    frames: 'share',
    ...changes,
  };
}

/** A world of stand-ins. `replicas` holds the latest life of each node. */
export function standInWorld(options: SimulatorOptions, parts: Partial<SimulatorParts> = {}) {
  const seen = observed();
  const replicas = new Map<string, StandIn>();
  const world = new SimulatedWorld(options, seen, {
    createReplica: (host, replicaOptions) => {
      const replica = new StandIn(host, replicaOptions, options.nodes);
      replicas.set(replicaOptions.id, replica);
      return replica;
    },
    ...parts,
  });
  const replica = (id: string) => replicas.get(id) as StandIn;
  return { world, seen, replica };
}

export const MS = 1_000_000;
export const SECOND = 1_000_000_000;

/** A put that a stand-in stores. */
export function put(id: number): ClientRequest {
  return { kind: 'command', id, session: 1, sequence: id, command: { f: 'put', key: `k${id}`, value: 'v'.repeat(40) } };
}
