/**
 * Where a system runs, as the trial and the nemesis see it. Two implementations: `processes/` (child processes, TCP, files)
 * and `simulator/` (one process on virtual time). Callbacks instead of promises: in the simulator everything between two
 * events happens synchronously, which keeps it fast and repeatable.
 */

import type { Json } from '../history/operation.ts';
import type { LogLine, MessageRecord, NodeEvent } from '../history/trial-records.ts';
import type { NodeId, ReplicaStatus } from './raft/types.ts';
import type { ClientRequest, ClientResponse } from './replica/client-protocol.ts';

/** Time as the trial sees it: real on processes, virtual in the simulator. Integer nanoseconds since the start of the trial. */
export interface Clock {
  now(): number;
  /** Calls `fire` once, `delayNs` from now; the returned function cancels it. */
  after(delayNs: number, fire: () => void): () => void;
}

/** What a world can do to a system. A fault that needs more than its world offers is refused by name before the trial. */
export const CAPABILITIES = [
  'links',
  'kill',
  'pause',
  'clock',
  'disk',
  'membership',
  'transfer',
  'compact',
  'wipe',
  'flip',
] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** How one direction of one link treats messages. Integers only; probabilities in parts per million. */
export interface LinkRule {
  /** Messages vanish, the connection stays. */
  readonly drop: boolean;
  /** The connection itself is closed and refused. */
  readonly cut: boolean;
  readonly lossPpm: number;
  readonly duplicatePpm: number;
  /** Share of messages that are held back by an extra `delayNs + jitter`, and so overtaken by later ones. */
  readonly reorderPpm: number;
  readonly delayNs: number;
  /** Added to the delay: uniform in 0..jitterNs. Order is kept unless `reorderPpm` says otherwise. */
  readonly jitterNs: number;
  /** Bytes per second, or 0 for no limit. */
  readonly bytesPerSecond: number;
}

export const CLEAR_LINK: LinkRule = {
  drop: false,
  cut: false,
  lossPpm: 0,
  duplicatePpm: 0,
  reorderPpm: 0,
  delayNs: 0,
  jitterNs: 0,
  bytesPerSecond: 0,
};

export interface DirectedLink {
  readonly from: NodeId;
  readonly to: NodeId;
}

/** What the network did to the messages of one directed link since the trial began. */
export interface LinkCounts extends DirectedLink {
  readonly sent: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly delayed: number;
  readonly duplicated: number;
  readonly reordered: number;
}

/** Clock of a node relative to the trial's: `offsetNs` is added once as a jump, then it runs at 1 + ratePpm/10^6. */
export interface ClockSetting {
  readonly offsetNs: number;
  readonly ratePpm: number;
}

/** State of a node as seen from outside. */
export type NodeState = 'starting' | 'running' | 'paused' | 'killed' | 'exited';

export interface NodeView {
  readonly id: NodeId;
  readonly state: NodeState;
  /** The last status it reported; null before the first. It may be old: a paused leader still looks like one. */
  readonly status: ReplicaStatus | null;
}

/** The evidence an action produced: facts observed after it, as plain data. */
export type Evidence = { readonly [name: string]: Json };

export type DiskFault =
  /** Every sync takes this much longer. */
  | { readonly disk: 'slow'; readonly delayNs: number }
  /** Writes fail as on a full disk. */
  | { readonly disk: 'full' }
  | { readonly disk: 'healthy' };

/** Which bit of a node's files is flipped: two 32-bit draws, of which the world takes the remainder by what there is. */
export interface BitChoice {
  /** Among the files that hold anything, by name. */
  readonly file: number;
  /** Among the bits of that file. */
  readonly bit: number;
}

/** Answer to a client's request: a response of the node, or why there is none. */
export type RequestResult =
  | { readonly kind: 'response'; readonly response: ClientResponse }
  /** The request was surely never handed to the node (no connection): definite. */
  | { readonly kind: 'not-sent'; readonly reason: string }
  /** It may have been received: the connection broke, or the time is over. Indefinite. */
  | { readonly kind: 'no-answer'; readonly reason: string };

/** How the faults of a schedule reach the system. Each `done` gets the evidence once the action has been seen to work. */
export interface World {
  readonly kind: 'processes' | 'simulator';
  readonly clock: Clock;
  readonly capabilities: ReadonlySet<Capability>;
  /** All nodes, in a fixed order, including those that do not belong to the cluster yet. */
  readonly nodes: readonly NodeId[];
  view(node: NodeId): NodeView;

  /** Sends one request to one node; exactly one call of `done`, at the latest after `timeoutNs`. */
  request(node: NodeId, request: ClientRequest, timeoutNs: number, done: (result: RequestResult) => void): void;

  /** Replaces the rules of the given directed links; other links keep theirs. */
  setLinks(rules: readonly (DirectedLink & { readonly rule: LinkRule })[], done: () => void): void;
  linkCounts(done: (counts: readonly LinkCounts[]) => void): void;
  /** Ends a node at once; what it had not synced is lost. */
  kill(node: NodeId, done: (evidence: Evidence) => void): void;
  /** Starts a killed or exited node on the disk it left; done when it accepts clients again. */
  restart(node: NodeId, done: (evidence: Evidence) => void): void;
  pause(node: NodeId, done: (evidence: Evidence) => void): void;
  resume(node: NodeId, done: (evidence: Evidence) => void): void;
  /** Jumps the clock by `offsetNs` relative to now, and sets its rate. The evidence is what the node's clock then reads. */
  setClock(node: NodeId, setting: ClockSetting, done: (evidence: Evidence) => void): void;
  /** Brings a node's clock back to the trial's. */
  resetClock(node: NodeId, done: (evidence: Evidence) => void): void;
  setDisk(node: NodeId, fault: DiskFault, done: (evidence: Evidence) => void): void;
  /** Deletes everything a killed node has on disk. */
  wipe(node: NodeId, done: (evidence: Evidence) => void): void;
  /**
   * Flips one bit of a file of a node that is down. The evidence says which (`flipped: true`, file, offset, bit, and the byte
   * before and after), or why none (`flipped: false`).
   */
  flipBit(node: NodeId, choice: BitChoice, done: (evidence: Evidence) => void): void;
}

/** What a world reports while a trial runs; the trial hands it to the recorder. */
export interface WorldObserver {
  nodeEvent(event: NodeEvent): void;
  logLine(line: LogLine): void;
  message(record: MessageRecord): void;
  /** A node ended although nobody killed it, or the harness itself failed: the trial is `broken` unless a bug is switched on. */
  failure(reason: string, detail: Json): void;
}
