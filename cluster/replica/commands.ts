/**
 * Commands of clients on their way through the log: first queued (while the disk is busy, so that they share a batch), then in
 * this leader's log at an index, until the entry there is applied or the leader loses its office.
 */

import type { Json } from '../../history/operation.ts';
import type { KvMachine, LoggedCommand, MachineOutcome } from '../kv/machine.ts';
import type { Raft } from '../raft/raft.ts';
import type { Answers, Requester } from './answers.ts';
import type { ReplicaRules } from './rules.ts';

interface Queued {
  readonly to: Requester;
  readonly logged: LoggedCommand;
}

interface InLog {
  readonly to: Requester;
  readonly term: number;
}

export class Commands {
  readonly #answers: Answers;
  readonly #machine: KvMachine;
  readonly #rules: ReplicaRules;
  #queued: Queued[] = [];
  readonly #inLog = new Map<number, InLog>();

  constructor(answers: Answers, machine: KvMachine, rules: ReplicaRules) {
    this.#answers = answers;
    this.#machine = machine;
    this.#rules = rules;
  }

  /** Commands that wait for their answer. */
  get pending(): number {
    return this.#queued.length + this.#inLog.size;
  }

  get queued(): number {
    return this.#queued.length;
  }

  queue(to: Requester, logged: LoggedCommand): void {
    this.#queued.push({ to, logged });
  }

  /** Hands all that is queued to Raft. */
  propose(raft: Raft): void {
    const queued = this.#queued;
    this.#queued = [];
    for (const { to, logged } of queued) {
      const proposed = raft.propose(logged as unknown as Json);
      if (!proposed.accepted) this.#answers.refusal(to, proposed.refusal);
      else if (this.#rules.answersAt === 'append' && logged.op === 'run') {
        this.#answers.outcome(to, this.#machine.preview(logged.command));
      } else this.#inLog.set(proposed.index, { to, term: proposed.term });
    }
  }

  /** The committed entry at (index, term) was applied; `outcome` is null if it was no command. */
  applied(index: number, term: number, outcome: MachineOutcome | null): void {
    const waiting = this.#inLog.get(index);
    if (waiting === undefined) return;
    this.#inLog.delete(index);
    if (waiting.term === term && outcome !== null) this.#answers.outcome(waiting.to, outcome);
    else {
      // Another entry has committed at its index, so its own never can.
      this.#answers.error(waiting.to, 'lost-leadership', true, 'another leader committed something else in its place');
    }
  }

  /**
   * This node no longer leads in the term in which it took the commands. They may still commit under the next leader, or not;
   * their clients ask that one, in the same session.
   */
  leadershipLost(): void {
    const definite = this.#rules.lostLeadershipIsDefinite;
    for (const { to } of this.#inLog.values()) {
      this.#answers.error(
        to,
        'lost-leadership',
        definite,
        'this node lost its leadership before the command committed',
      );
    }
    this.#inLog.clear();
  }
}
