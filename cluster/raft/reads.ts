/**
 * Linearizable reads without the log (dissertation, section 6.4). The leader notes its commit index, then makes sure that it
 * still leads: by a round of messages that a quorum acknowledges, or by a lease such a round gave it. A follower asks its leader
 * for the index. Many reads share one round and one request.
 */

import type { NodeId } from './types.ts';

/** A read at the leader: its own, or a follower's batch of them. */
export type LeaderRead =
  | { readonly from: null; readonly context: number }
  | { readonly from: NodeId; readonly life: number; readonly batch: number };

/** Bound on remembered rounds that no quorum has acknowledged. */
const ROUNDS_KEPT_MAX = 1024;

interface Round {
  readonly round: number;
  readonly index: number;
  readonly reads: readonly LeaderRead[];
}

/** Reads at a leader, and the rounds that confirm its leadership. */
export class LeaderReads {
  /** Not part of a round yet. */
  waiting: LeaderRead[] = [];
  /** The newest round begun in this term; every message to a follower carries it. */
  round = 0;
  #unconfirmed: Round[] = [];
  /** Tick at which each round from #firstRound on began; older ones can't matter any more. */
  #startedAt: number[] = [];
  #firstRound = 1;

  /** How many reads (a follower's batch counts as one) are not answered yet. */
  get size(): number {
    let size = this.waiting.length;
    for (const round of this.#unconfirmed) size += round.reads.length;
    return size;
  }

  get hasUnconfirmed(): boolean {
    return this.#unconfirmed.length > 0;
  }

  /** Begins a round; it takes the waiting reads along unless `index`, their read index, is null. */
  begin(tick: number, index: number | null): void {
    this.round++;
    this.#startedAt.push(tick);
    if (this.#startedAt.length > ROUNDS_KEPT_MAX) {
      this.#startedAt.shift();
      this.#firstRound++;
    }
    if (index === null || this.waiting.length === 0) return;
    this.#unconfirmed.push({ round: this.round, index, reads: this.waiting });
    this.waiting = [];
  }

  /** A quorum acknowledged rounds up to `round`: calls `release` for each read that this confirms. */
  confirm(round: number, release: (read: LeaderRead, index: number) => void): void {
    while (this.#unconfirmed.length > 0 && (this.#unconfirmed[0] as Round).round <= round) {
      const { index, reads } = this.#unconfirmed.shift() as Round;
      for (const read of reads) release(read, index);
    }
    while (this.#firstRound < round && this.#startedAt.length > 1) {
      this.#startedAt.shift();
      this.#firstRound++;
    }
  }

  /** The tick in which a round began, or null if it is not known (any more). */
  startedAt(round: number): number | null {
    return this.#startedAt[round - this.#firstRound] ?? null;
  }

  /** Ends the term: returns all reads that were not answered. */
  close(): LeaderRead[] {
    const left = this.#unconfirmed.flatMap((round) => round.reads).concat(this.waiting);
    this.waiting = [];
    this.#unconfirmed = [];
    this.#startedAt = [];
    this.#firstRound = 1;
    this.round = 0;
    return left;
  }
}

interface Asked {
  readonly contexts: readonly number[];
  ticks: number;
}

/** Reads at a node that does not lead, on their way to the leader. */
export class ForwardedReads {
  #waiting: number[] = [];
  #asked = new Map<number, Asked>();
  #batch = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  add(context: number): void {
    this.#waiting.push(context);
    this.#size++;
  }

  /** Puts all waiting reads into one batch and returns its number. */
  ask(): number {
    this.#batch++;
    this.#asked.set(this.#batch, { contexts: this.#waiting, ticks: 0 });
    this.#waiting = [];
    return this.#batch;
  }

  /** The batch is answered: returns its reads, none if it was answered before. */
  answered(batch: number): readonly number[] {
    const asked = this.#asked.get(batch);
    if (asked === undefined) return [];
    this.#asked.delete(batch);
    this.#size -= asked.contexts.length;
    return asked.contexts;
  }

  /**
   * Time passed: calls `resend` for batches without an answer each time `resendTicks` are full, and returns the reads that
   * have waited for `giveUpTicks`.
   */
  tick(count: number, resendTicks: number, giveUpTicks: number, resend: (batch: number) => void): readonly number[] {
    if (this.#asked.size === 0) return [];
    const expired: number[] = [];
    for (const [batch, asked] of this.#asked) {
      const before = Math.floor(asked.ticks / resendTicks);
      asked.ticks += count;
      if (asked.ticks >= giveUpTicks) expired.push(...this.answered(batch));
      else if (Math.floor(asked.ticks / resendTicks) > before) resend(batch);
    }
    return expired;
  }

  /** The first of the coming ticks in which `tick` would resend or give up something; Infinity while nothing was asked. */
  ticksUntilDue(resendTicks: number, giveUpTicks: number): number {
    let due = Number.POSITIVE_INFINITY;
    if (this.#asked.size === 0) return due;
    for (const { ticks } of this.#asked.values())
      due = Math.min(due, giveUpTicks - ticks, resendTicks - (ticks % resendTicks));
    return due;
  }

  /** The leader is lost: returns all reads. */
  close(): readonly number[] {
    const left = [...this.#asked.values()].flatMap((asked) => asked.contexts).concat(this.#waiting);
    this.#asked.clear();
    this.#waiting = [];
    this.#size = 0;
    return left;
  }
}
