/**
 * What the trial's process says to its child processes over their IPC channels, and they to it. Both ends are ours and are
 * started together, so these are trusted types; what arrives on sockets is checked where it arrives.
 */

import type { NodeId, ReplicaStatus } from '../raft/types.ts';
import type { ReplicaOptions } from '../replica/options.ts';
import type { DirectedLink, DiskFault, Evidence, LinkCounts, LinkRule } from '../world.ts';
import type { ClockPiece } from './node-clock.ts';

/** `process.hrtime()` at the start of the trial. The monotonic clock is the machine's, so children read the trial's time from it. */
export type Origin = readonly [seconds: number, nanoseconds: number];

/** All a node is told at its start, as JSON in its first argument. */
export interface NodeConfig {
  readonly replica: ReplicaOptions;
  /** All nodes of the world, itself included. */
  readonly nodes: readonly NodeId[];
  readonly seed: number;
  /** How often it has started before. */
  readonly starts: number;
  /** Directory of its files. */
  readonly directory: string;
  readonly networkPort: number;
  /** Secret of this trial: a port may have been another trial's a moment ago. */
  readonly token: string;
  readonly origin: Origin;
  readonly clock: ClockPiece;
  readonly diskFault: DiskFault;
}

export type ToNode =
  | { readonly type: 'clock'; readonly id: number; readonly piece: ClockPiece }
  | { readonly type: 'disk'; readonly id: number; readonly fault: DiskFault };

export type HaltCode = 'corrupt' | 'disk-full' | 'removed' | 'unsupported';

export type FromNode =
  /** The replica stands and its port is open. */
  | { readonly type: 'listening'; readonly port: number }
  /** `at`: trial time. `changed`: the replica said so; else it was noticed by polling. */
  | { readonly type: 'status'; readonly at: number; readonly changed: boolean; readonly status: ReplicaStatus }
  | { readonly type: 'halt'; readonly code: HaltCode; readonly reason: string }
  | { readonly type: 'ack'; readonly id: number; readonly evidence: Evidence };

export interface NetworkConfig {
  readonly nodes: readonly NodeId[];
  readonly seed: number;
  readonly token: string;
  readonly origin: Origin;
}

export type ToNetwork =
  /** A child process to kill should the trial die. */
  | { readonly type: 'watch' | 'unwatch'; readonly pid: number }
  | { readonly type: 'node-up'; readonly node: NodeId; readonly port: number }
  | { readonly type: 'node-down'; readonly node: NodeId }
  | {
      readonly type: 'links';
      readonly id: number;
      readonly rules: readonly (DirectedLink & { readonly rule: LinkRule })[];
    }
  | { readonly type: 'counts'; readonly id: number };

export type FromNetwork =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'ack'; readonly id: number }
  | { readonly type: 'counts'; readonly id: number; readonly counts: readonly LinkCounts[] };

/** First frame on every connection: who speaks, and to whom it means to speak. */
export type Hello =
  | { readonly hello: 'client'; readonly token: string; readonly to: NodeId }
  | { readonly hello: 'peer'; readonly token: string; readonly from: NodeId; readonly to: NodeId }
  /** From a node to the network process: all frames that follow are for `to`. */
  | { readonly hello: 'link'; readonly token: string; readonly from: NodeId; readonly to: NodeId };

/** The hello in a first frame, or null if it is none of this trial's. */
export function parseHello(value: unknown, token: string): Hello | null {
  if (typeof value !== 'object' || value === null) return null;
  const { hello, token: theirs, from, to } = value as { [name: string]: unknown };
  if (theirs !== token || typeof to !== 'string') return null;
  if (hello === 'client') return { hello, token, to };
  if ((hello === 'peer' || hello === 'link') && typeof from === 'string') return { hello, token, from, to };
  return null;
}
