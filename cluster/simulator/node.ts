/** A node of a simulated world over all its lives: its disk, its clock, its state, and what waits for it while it is paused. */

import type { NodeId, ReplicaStatus } from '../raft/types.ts';
import type { DiskFault, Evidence, NodeState } from '../world.ts';
import { NodeClock } from './clock.ts';
import { SimulatedFiles } from './disk.ts';
import type { Life } from './life.ts';

/** Events that wait for a paused node; more are dropped, as by the full buffers of its sockets. */
export const PAUSED_QUEUE_MAX = 50_000;

export class SimulatedNode {
  readonly id: NodeId;
  readonly index: number;
  readonly clock = new NodeClock();
  readonly files = new SimulatedFiles();
  state: NodeState = 'killed';
  life: Life | null = null;
  /** When its current life began. */
  startedAt = 0;
  /** How often it has been started. */
  starts = 0;
  /** Its replica has reported a status in some life. */
  hasReported = false;
  lastStatus: ReplicaStatus | null = null;
  diskFault: DiskFault = { disk: 'healthy' };
  /** A start is scheduled; a kill before it makes the number stale. */
  startNumber = 0;
  /** Who waits for the node to serve. */
  startWaiters: ((evidence: Evidence) => void)[] = [];
  /** Events that came while it was paused, in order. */
  readonly queue: { readonly kind: number; readonly subject: unknown }[] = [];
  queueDropped = 0;
  /** Crashed by itself, and will be started again by itself. */
  selfCrashed = false;
  /** Why it may end by itself without that being a failure: its disk was tampered with. Null: it may not. */
  excused: string | null = null;
  /** Disk operation of the current life before which it crashes; -1: none planned. */
  crashAtDiskOperation = -1;
  /** Event of the current life before which it crashes; -1: none planned. */
  crashAtEvent = -1;
  /** Events handled in the current life. */
  events = 0;
  crashes = 0;
  lastExit: { readonly code: string; readonly reason: string } | null = null;

  constructor(id: NodeId, index: number) {
    this.id = id;
    this.index = index;
  }

  /** Whether its process exists: the kernel takes connections for it, also while it is paused. */
  get up(): boolean {
    return this.state === 'running' || this.state === 'paused';
  }
}
