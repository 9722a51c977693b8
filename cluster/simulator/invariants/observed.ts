/**
 * What was last seen of a node: the mirror against which the next event is compared. Invariants read `view` for the present and
 * the mirror for the past; only the checker changes it.
 */

import type { RaftView } from '../../raft/raft.ts';
import type { Entry, Membership } from '../../raft/ready.ts';
import type { NodeId, Role } from '../../raft/types.ts';
import type { SimulatedReplica } from '../life.ts';
import type { SimulatedNode } from '../node.ts';
import { DurableState } from './durable-state.ts';

/** What a replica shows to invariants; the real one has more. */
export interface InspectableReplica extends SimulatedReplica {
  inspect(): {
    /** Always the same object for one replica: it reads the live state. */
    readonly raft: RaftView;
    readonly appliedIndex: number;
    readonly machine: { hash(): string };
  };
}

const NOBODY: Membership = { voters: [], outgoing: null, learners: [] };

export class Observed {
  readonly node: SimulatedNode;
  readonly id: NodeId;
  readonly durable = new DurableState();
  /** Read from the disk at least once: DurableState means something. */
  started = false;
  /** Its disk was wiped or damaged on purpose: it may lack what it once promised. */
  get excused(): boolean {
    return this.node.excused !== null;
  }

  /** The present. Only valid while the node is up and has been restored from its disk. */
  replica: InspectableReplica | null = null;
  view: RaftView = null as unknown as RaftView;

  /** The last term in which it took back its vote while it lived. */
  gaveUpIn = -1;

  // The mirror.
  term = 0;
  vote: NodeId | null = null;
  role: Role = 'follower';
  commit = 0;
  applied = 0;
  baseIndex = 0;
  lastIndex = 0;
  lastTerm = 0;
  snapshotIndex = 0;
  membershipIndex = 0;
  membership: Membership = NOBODY;
  /** The log's entries from baseIndex + 1. */
  entries: Entry[] = [];

  constructor(node: SimulatedNode) {
    this.node = node;
    this.id = node.id;
  }

  /** Whether the present differs from the mirror in anything but what a leader knows of its followers. */
  differs(): boolean {
    const { view } = this;
    return (
      view.lastIndex !== this.lastIndex ||
      view.commit !== this.commit ||
      view.applied !== this.applied ||
      view.term !== this.term ||
      view.role !== this.role ||
      view.vote !== this.vote ||
      view.baseIndex !== this.baseIndex ||
      view.snapshotIndex !== this.snapshotIndex ||
      view.membershipIndex !== this.membershipIndex ||
      view.lastTerm !== this.lastTerm
    );
  }

  /** Before the present becomes the past: did it take back its vote? */
  noteVote(): void {
    const { term, vote } = this.view;
    if (this.vote !== null && vote === null && term === this.term) this.gaveUpIn = term;
  }

  /** Takes the present as the past. `from`: first index at which the log changed, or Infinity. */
  remember(from: number): void {
    const { view } = this;
    if (view.baseIndex !== this.baseIndex) {
      const dropped = view.baseIndex - this.baseIndex;
      if (dropped > 0 && dropped <= this.entries.length) this.entries.splice(0, dropped);
      else {
        this.entries = [];
        from = view.baseIndex + 1;
      }
      this.baseIndex = view.baseIndex;
    }
    const first = Math.max(from, this.baseIndex + 1);
    const { lastIndex } = view;
    if (first <= lastIndex || this.entries.length !== lastIndex - this.baseIndex) {
      const kept = Math.max(0, first - this.baseIndex - 1);
      if (kept < this.entries.length) this.entries.length = kept;
      for (let index = this.baseIndex + this.entries.length + 1; index <= lastIndex; index++)
        this.entries.push(view.entryAt(index) as Entry);
    }
    this.term = view.term;
    this.vote = view.vote;
    this.role = view.role;
    this.commit = view.commit;
    this.applied = view.applied;
    this.lastIndex = lastIndex;
    this.lastTerm = view.lastTerm;
    this.snapshotIndex = view.snapshotIndex;
    this.membershipIndex = view.membershipIndex;
    this.membership = view.membership;
  }

  /** First index at which the log differs from the mirror; Infinity if it does not. */
  firstChange(): number {
    const { view } = this;
    const { lastIndex, baseIndex } = view;
    if (baseIndex > this.baseIndex) {
      // A snapshot may have replaced what the log held there, and left what came after it.
      const replaced = this.entries[baseIndex - this.baseIndex - 1];
      if (replaced !== undefined && replaced.term !== view.baseTerm) return baseIndex + 1;
    }
    if (lastIndex === this.lastIndex && view.lastTerm === this.lastTerm && baseIndex >= this.baseIndex)
      return Number.POSITIVE_INFINITY;
    if (baseIndex > this.lastIndex || baseIndex < this.baseIndex) return baseIndex + 1;
    // By log matching all before an equal entry is equal; looking from the end finds the first change quickly.
    let index = Math.min(lastIndex, this.lastIndex);
    const lowest = Math.max(baseIndex, this.baseIndex);
    while (index > lowest && view.termAt(index) !== this.entries[index - this.baseIndex - 1]?.term) index--;
    return index + 1;
  }
}
