/** The shape of an invariant, and what all of them share: what the cluster as a whole has done so far. */

import type { Json } from '../../../history/operation.ts';
import type { NodeId } from '../../raft/types.ts';
import type { ClientResponse } from '../../replica/client-protocol.ts';
import type { PeerFrame } from '../../replica/host.ts';
import type { OpenRequest } from '../life.ts';
import type { Observed } from './observed.ts';

/**
 * One invariant: hooks that the checker calls after an event that could break it. In all of them the node's `view` is the present
 * and its mirror still the past.
 */
export interface Invariant {
  /** As in the Raft paper, figure 3, where it is listed there. */
  readonly name: string;
  /** The node has been restored from its disk; its durable state is still what it was before. */
  started?(node: Observed): void;
  /** The log differs from the mirror from index `from` on. */
  logChanged?(node: Observed, from: number): void;
  becameLeader?(node: Observed): void;
  /** The commit index rose from the mirror's. */
  committed?(node: Observed, from: number): void;
  /** The applied index changed, or the node has started. */
  applied?(node: Observed): void;
  /** Term, vote, role, log, membership, commit, applied or snapshot index differ from the mirror. */
  changed?(node: Observed): void;
  /** A leader has handled a message: what it knows of its followers may have changed. */
  leaderHeard?(node: Observed): void;
  /** A frame leaves a node; the view may be in the midst of an event. */
  sent?(node: Observed, to: NodeId, frame: PeerFrame): void;
  responded?(node: Observed, request: OpenRequest, response: ClientResponse): void;
}

export interface Shared {
  readonly nodes: readonly Observed[];
  find(id: NodeId): Observed | undefined;
  /** Reports that the invariant does not hold. Called any number of times; the first counts. */
  broken(invariant: string, summary: string, nodes: readonly NodeId[], facts: { readonly [name: string]: Json }): void;
}
