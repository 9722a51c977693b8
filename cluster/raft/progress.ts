/** What a leader knows of one other member, and how fast it may send to it (after etcd's tracker package, in idea). */

import type { Snapshot } from './ready.ts';

/**
 * probe: agreement is being looked for, one message at a time. replicate: the logs agree, entries are pipelined. snapshot: what the
 * follower needs is compacted, chunks of a snapshot go out one at a time.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

export interface SnapshotTransfer {
  /** Held for the whole transfer, so that a newer snapshot does not mix with it. */
  readonly snapshot: Snapshot;
  offset: number;
  /** A chunk is under way, for so many heartbeats. */
  outstanding: boolean;
  waited: number;
}

export class Progress {
  state: ProgressState = 'probe';
  /** Highest index known to be durable there and equal to ours. Never falls within a term. */
  match = 0;
  /** Next index to send, always beyond match. */
  next: number;
  /** Highest round of ours it acknowledged. */
  ackedRound = 0;
  /** Highest commit index it was sent. */
  sentCommit = 0;
  /** Heard from since the last check of the quorum. */
  active = false;
  /** Anything was sent at all: after that, entries go only to those who answer. */
  approached = false;
  /** A probe is under way. */
  paused = false;
  transfer: SnapshotTransfer | null = null;
  /** Last indexes of the messages under way, oldest first. */
  #inflight: number[] = [];

  constructor(next: number) {
    this.next = next;
  }

  get inflight(): number {
    return this.#inflight.length;
  }

  /** Entries up to `last` were sent while replicating. */
  sent(last: number): void {
    this.next = last + 1;
    this.#inflight.push(last);
  }

  /** Everything up to `index` is acknowledged. True if that was news. */
  acknowledged(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    if (this.next <= index) this.next = index + 1;
    let done = 0;
    while (done < this.#inflight.length && (this.#inflight[done] as number) <= index) done++;
    if (done > 0) this.#inflight.splice(0, done);
    return true;
  }

  becomeProbe(next: number): void {
    this.state = 'probe';
    this.next = next;
    this.paused = false;
    this.transfer = null;
    this.#inflight = [];
  }

  becomeReplicate(): void {
    this.state = 'replicate';
    this.next = this.match + 1;
    this.paused = false;
    this.transfer = null;
    this.#inflight = [];
  }

  becomeSnapshot(snapshot: Snapshot): void {
    this.state = 'snapshot';
    this.paused = false;
    this.transfer = { snapshot, offset: 0, outstanding: false, waited: 0 };
    this.#inflight = [];
  }
}
