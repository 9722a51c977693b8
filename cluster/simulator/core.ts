/** What all parts of a simulated world share: virtual time, the event heap, the trace, and who is told what. */

import type { Json } from '../../history/operation.ts';
import type { NodeEvent } from '../../history/trial-records.ts';
import type { NodeId } from '../raft/types.ts';
import type { Host } from '../replica/host.ts';
import type { ReplicaOptions } from '../replica/options.ts';
import type { WorldObserver } from '../world.ts';
import { Conditions } from './conditions.ts';
import { EventHeap } from './heap.ts';
import type { InvariantViolation, Watch } from './invariants/watch.ts';
import type { SimulatedReplica } from './life.ts';
import type { WorldMark } from './marks.ts';
import { SimulatedNode } from './node.ts';
import type { DiskOptions, NetworkOptions, ProcessOptions, SimulatorOptions } from './options.ts';
import { EVENT, nameOfEvent, type TraceEvent, TraceHash } from './trace.ts';

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
  readonly createWatch?: (core: Core) => Watch;
}

export interface TrialTimer {
  readonly fire: () => void;
  cancelled: boolean;
}

export class Core {
  /** Virtual time, in nanoseconds. */
  now = 0;
  /** Events handled so far. */
  events = 0;
  network: NetworkOptions;
  disk: DiskOptions;
  process: ProcessOptions;
  readonly seed: number;
  readonly options: SimulatorOptions;
  readonly observer: SimulatedObserver;
  readonly parts: SimulatorParts;
  readonly heap = new EventHeap<unknown>();
  readonly hash = new TraceHash();
  readonly nodes: readonly SimulatedNode[];
  readonly violations: InvariantViolation[] = [];
  readonly marks = new Map<string, number>();
  /** What is done to nodes and links at present. */
  readonly conditions: Conditions;
  readonly watch: Watch | null;
  private readonly byId = new Map<NodeId, SimulatedNode>();

  constructor(options: SimulatorOptions, observer: SimulatedObserver, parts: SimulatorParts) {
    this.options = options;
    this.observer = observer;
    this.parts = parts;
    this.seed = options.seed;
    this.network = options.network;
    this.disk = options.disk;
    this.process = options.process;
    this.nodes = options.nodes.map((id, index) => new SimulatedNode(id, index));
    for (const node of this.nodes) this.byId.set(node.id, node);
    this.conditions = new Conditions(this.nodes.length);
    this.watch = parts.createWatch?.(this) ?? null;
  }

  find(id: NodeId): SimulatedNode | undefined {
    return this.byId.get(id);
  }

  /** Throws RangeError for a name that is no node's. */
  node(id: NodeId): SimulatedNode {
    const node = this.byId.get(id);
    if (node === undefined)
      throw new RangeError(`there is no node ${id} in this world: its nodes are ${this.options.nodes.join(', ')}`);
    return node;
  }

  /** An event of trial, clients or nemesis; the returned function cancels it. */
  after(delayNs: number, fire: () => void): () => void {
    const timer: TrialTimer = { fire, cancelled: false };
    this.heap.push(this.now + Math.max(0, Math.ceil(delayNs)), EVENT.trialTimer, -1, timer);
    return () => {
      timer.cancelled = true;
    };
  }

  /** Whoever finds an invariant broken reports it here; only the first of each is kept. */
  violated(violation: InvariantViolation): void {
    if (this.violations.some((earlier) => earlier.invariant === violation.invariant)) return;
    this.violations.push(violation);
    this.observer.invariantBroken?.(violation);
  }

  mark(name: string): void {
    this.marks.set(name, (this.marks.get(name) ?? 0) + 1);
  }

  /** A mark of the world's own. */
  reached(name: WorldMark): void {
    this.mark(name);
  }

  /** An event from the heap is handled now. */
  handling(kind: number, node: number, digest: number, text = '', from = ''): void {
    this.events++;
    this.traced(kind, node, digest, text, from);
  }

  /** Something that belongs into the trace has happened. */
  traced(kind: number, node: number, digest: number, text = '', from = ''): void {
    const number = this.hash.count;
    this.hash.absorb(this.now, kind, node, digest);
    if (this.parts.trace === undefined) return;
    const told = from === '' ? text : `${text} from ${from}`;
    this.parts.trace({ number, at: this.now, kind: nameOfEvent(kind), node, digest, text: told });
  }

  report(node: SimulatedNode, kind: NodeEvent['kind'], detail: Json): void {
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
}
