/**
 * Linearizable reads without the log (ReadIndex; Raft dissertation, section 6.4), at any node. One confirmation is under way at a
 * time; reads that arrive meanwhile share the next. A confirmed read waits until the machine has applied the index it got.
 */

import type { KvMachine } from '../kv/machine.ts';
import type { Raft } from '../raft/raft.ts';
import type { NodeId } from '../raft/types.ts';
import type { Answers, Requester } from './answers.ts';
import type { KvCommand } from './client-protocol.ts';

interface Read {
  readonly to: Requester;
  readonly command: KvCommand;
}

interface Round {
  readonly context: number;
  readonly reads: readonly Read[];
  ticks: number;
}

interface Confirmed {
  readonly index: number;
  readonly reads: readonly Read[];
  ticks: number;
}

export class ReadRounds {
  readonly #answers: Answers;
  readonly #machine: KvMachine;
  /** A read that has waited for this many ticks, for its confirmation or for the machine, is given up. */
  readonly #ticksMax: number;
  #waiting: Read[] = [];
  #round: Round | null = null;
  /** In the order of confirmation; their indexes need not rise. */
  #confirmed: Confirmed[] = [];
  #contexts = 0;
  #pending = 0;

  constructor(answers: Answers, machine: KvMachine, ticksMax: number) {
    this.#answers = answers;
    this.#machine = machine;
    this.#ticksMax = ticksMax;
  }

  get pending(): number {
    return this.#pending;
  }

  add(to: Requester, command: KvCommand): void {
    this.#waiting.push({ to, command });
    this.#pending++;
  }

  /** Whether `begin` would ask Raft for a confirmation. */
  get due(): boolean {
    return this.#round === null && this.#waiting.length > 0;
  }

  begin(raft: Raft): void {
    if (!this.due) return;
    this.#round = { context: ++this.#contexts, reads: this.#waiting, ticks: 0 };
    this.#waiting = [];
    raft.readIndex(this.#round.context);
  }

  confirmed(context: number, index: number, applied: number): void {
    const round = this.#end(context);
    if (round === null) return;
    if (index <= applied) this.#serve(round.reads);
    else this.#confirmed.push({ index, reads: round.reads, ticks: 0 });
  }

  refused(context: number, leader: NodeId | null): void {
    const round = this.#end(context);
    if (round === null) return;
    const message = leader === null ? 'no leader is known' : 'the leader changed';
    this.#giveUp(round.reads, `the read could not be confirmed: ${message}`);
  }

  /** The machine has applied everything up to this index. */
  applied(applied: number): void {
    if (this.#confirmed.length === 0) return;
    const waiting = this.#confirmed;
    this.#confirmed = [];
    for (const confirmed of waiting) {
      if (confirmed.index <= applied) this.#serve(confirmed.reads);
      else this.#confirmed.push(confirmed);
    }
  }

  ticked(count: number): void {
    if (this.#round !== null) {
      this.#round.ticks += count;
      if (this.#round.ticks > this.#ticksMax) this.refused(this.#round.context, null);
    }
    if (this.#confirmed.length === 0) return;
    for (const confirmed of this.#confirmed) confirmed.ticks += count;
    const late = this.#confirmed.filter((confirmed) => confirmed.ticks > this.#ticksMax);
    if (late.length === 0) return;
    this.#confirmed = this.#confirmed.filter((confirmed) => confirmed.ticks <= this.#ticksMax);
    for (const { reads } of late) this.#giveUp(reads, 'this node lags behind and did not catch up in time');
  }

  /** The first of the coming ticks in which `ticked` would give something up. */
  ticksUntilDue(): number {
    let oldest = this.#round === null ? Number.NEGATIVE_INFINITY : this.#round.ticks;
    for (const { ticks } of this.#confirmed) oldest = Math.max(oldest, ticks);
    return this.#ticksMax + 1 - oldest;
  }

  /** Ends the round under way if it has this context: an answer to a round given up is ignored. */
  #end(context: number): Round | null {
    const round = this.#round;
    if (round?.context !== context) return null;
    this.#round = null;
    return round;
  }

  #serve(reads: readonly Read[]): void {
    this.#pending -= reads.length;
    for (const { to, command } of reads) this.#answers.result(to, this.#machine.read(command));
  }

  #giveUp(reads: readonly Read[], message: string): void {
    this.#pending -= reads.length;
    for (const { to } of reads) this.#answers.error(to, 'unavailable', true, message);
  }
}
