/** What an invariant checker gets to see, and what it says when it finds one broken. */

import type { Json } from '../../../history/operation.ts';
import type { NodeId } from '../../raft/types.ts';
import type { ClientResponse } from '../../replica/client-protocol.ts';
import type { PeerFrame } from '../../replica/host.ts';
import type { OpenRequest } from '../life.ts';
import type { SimulatedNode } from '../node.ts';

/** A broken invariant: which, where and when, with the facts that show it. */
export interface InvariantViolation {
  readonly invariant: string;
  /** Safety: something that must never be was. Liveness: something that must come to be within bounded time did not. */
  readonly kind: 'safety' | 'liveness';
  /** One sentence for a person. */
  readonly summary: string;
  readonly nodes: readonly NodeId[];
  /** Number of the event after which it was seen. */
  readonly event: number;
  /** Virtual nanoseconds. */
  readonly at: number;
  readonly facts: { readonly [name: string]: Json };
}

/** Called by the world; must not change anything. */
export interface Watch {
  /** A node serves: its replica has been restored from its disk. */
  onStart(node: SimulatedNode): void;
  /** The node's life is about to end. */
  onEnd(node: SimulatedNode): void;
  /** The node is about to handle a message of another. */
  onHear(node: SimulatedNode, from: SimulatedNode, frame: PeerFrame): void;
  /** The node has handled an event; `heard`: it was a message from another node. */
  afterEvent(node: SimulatedNode, heard: boolean): void;
  /** A frame is leaving the node. */
  onSend(from: SimulatedNode, to: SimulatedNode, frame: PeerFrame): void;
  /** A client's request reaches a node. */
  onRequest(request: OpenRequest): void;
  onRespond(request: OpenRequest, response: ClientResponse): void;
  /** A sync or replace of the file has made bytes durable. */
  onDurable(node: SimulatedNode, file: string): void;
}
