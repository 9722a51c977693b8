/**
 * The one door between a replica and the outside. Both worlds implement it, so the code that is simulated is the code that
 * runs. A replica is a synchronous event handler: it never reads a clock, draws a number, opens a file or socket, starts a
 * timer or awaits a promise except through this interface. Every callback given to a host is called later, never from within
 * the call that registered it, and never after the host has stopped.
 */

import type { NodeId, ReplicaStatus } from '../raft/types.ts';
import type { ClientResponse } from './client-protocol.ts';

/**
 * A flat directory of small files that belongs to one node. Bytes that were appended but not synced are lost (in whole or in
 * part, also torn in the middle) when the node is killed: of each 512-byte sector of them (counted from the start of the file)
 * a crash keeps everything, a prefix, or nothing. What is missing at the end makes the file shorter; what is missing before
 * bytes that were kept reads as zeros. Callbacks arrive in the order of their calls.
 */
export interface Disk {
  /** Names of the files present. Only during construction of the replica. */
  list(): readonly string[];
  /** The whole content of a file, or null if there is none. Only during construction of the replica. */
  read(name: string): Uint8Array | null;
  /** Shortens a file to `length` bytes, at once and durably. Only during construction (cutting off a torn tail). */
  truncate(name: string, length: number): void;
  /** Appends to a file, creating it. The host has copied the bytes when it returns. Nothing is durable before `sync`. */
  append(name: string, bytes: Uint8Array): void;
  /** Makes everything appended to the file so far durable, then calls `done`. */
  sync(name: string, done: () => void): void;
  /** Replaces a file atomically: temporary file, sync, rename, sync of the directory; then calls `done`. */
  replace(name: string, bytes: Uint8Array, done: () => void): void;
  /** Removes a file, if present. Durable at the latest with the next `replace`, `sync` or `remove` that is. */
  remove(name: string): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Host {
  /** Nanoseconds on the node's own monotonic clock, an integer. It may drift, and the nemesis may make it jump either way. */
  now(): number;
  /**
   * Calls `fire` once, after `delayNs` on the node's own clock. If that clock is set before, the wait is over: timers fire just
   * before it is set, so that the time that has passed can still be told, and those that are waiting then fire at once after it.
   * There is no cancelling: a stale timer is ignored by its owner.
   */
  after(delayNs: number, fire: () => void): void;
  /** An unsigned 32-bit number, a function of the seed, the node, how often it has started, `purpose` and `which`. */
  random(purpose: string, which: number): number;
  /** Sends one frame to another node, without any promise that it arrives, arrives once, or in order. */
  send(to: NodeId, frame: PeerFrame): void;
  /** Answers a client's request. Silently dropped when the connection is gone. */
  respond(connection: number, response: ClientResponse): void;
  readonly disk: Disk;
  /** A line for the node's log. */
  log(level: LogLevel, text: string): void;
  /** Role, term, leader or membership changed: the world records it. Commit and applied indexes are polled by the world. */
  statusChanged(status: ReplicaStatus): void;
  /**
   * A named interesting state was reached ("truncation", "snapshot-over-conflict", …): coverage marks, counted by the
   * simulator, ignored on processes.
   */
  mark(name: string): void;
  /**
   * The replica can't go on (corrupt log, full disk, removed from the cluster): the host ends the node. `reason` is shown
   * to a person.
   */
  halt(code: 'corrupt' | 'disk-full' | 'removed' | 'unsupported', reason: string): void;
}

/** What travels between nodes: JSON-compatible data with a type and a term, so that worlds can count and describe it. */
export interface PeerFrame {
  readonly type: string;
  readonly term: number;
}
