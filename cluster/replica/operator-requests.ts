/**
 * Operators' requests: changes of members and the transfer of leadership. Each is answered when it is done, so that an answer
 * means something; one of each kind waits at a time.
 */

import { isDone, type WantedMembership } from '../raft/change.ts';
import type { Raft } from '../raft/raft.ts';
import type { Membership } from '../raft/ready.ts';
import type { NodeId, ReplicaStatus } from '../raft/types.ts';
import type { Answers, Requester } from './answers.ts';

interface MemberChange {
  readonly to: Requester;
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
  readonly term: number;
  ticks: number;
}

interface Transfer {
  readonly to: Requester;
  readonly heir: NodeId;
  ticks: number;
}

export class OperatorRequests {
  readonly #answers: Answers;
  readonly #ticksMax: number;
  #change: MemberChange | null = null;
  #transfer: Transfer | null = null;

  constructor(answers: Answers, ticksMax: number) {
    this.#answers = answers;
    this.#ticksMax = ticksMax;
  }

  /**
   * Also where the members are what is wanted: only an entry that commits shows that this is still so. A leader that merely looked
   * at its log would say "done" while a change by the leader before it lives on at another node, and may be taken up again.
   */
  changeMembers(to: Requester, raft: Raft, wanted: WantedMembership): void {
    if (this.#change !== null) {
      this.#answers.refusal(to, 'change-in-progress');
      return;
    }
    const proposed = raft.proposeMembership(wanted);
    if (proposed.accepted) this.#change = { to, ...wanted, term: proposed.term, ticks: 0 };
    else this.#answers.refusal(to, proposed.refusal);
  }

  transferLeadership(to: Requester, raft: Raft, heir: NodeId): void {
    if (this.#transfer !== null) {
      this.#answers.refusal(to, 'transferring');
      return;
    }
    const proposed = raft.transferLeadership(heir);
    if (!proposed.accepted) this.#answers.refusal(to, proposed.refusal);
    else if (raft.status().leader === heir) this.#answers.result(to, heir);
    else this.#transfer = { to, heir, ticks: 0 };
  }

  /** A membership entry was committed and applied. */
  membershipApplied(membership: Membership): void {
    const change = this.#change;
    if (change === null || !isDone(membership, change)) return;
    this.#change = null;
    this.#answers.result(change.to, { voters: [...change.voters], learners: [...change.learners] });
  }

  statusChanged(status: ReplicaStatus): void {
    const change = this.#change;
    if (change !== null && (status.role !== 'leader' || status.term !== change.term)) {
      this.#change = null;
      this.#answers.error(change.to, 'lost-leadership', false, 'the change may be half done: ask the new leader again');
    }
    const transfer = this.#transfer;
    if (transfer === null || status.leader === null || status.leader === status.id) return;
    this.#transfer = null;
    if (status.leader === transfer.heir) this.#answers.result(transfer.to, transfer.heir);
    else this.#answers.error(transfer.to, 'unavailable', false, `${status.leader} was elected instead`);
  }

  /** The first of the coming ticks in which `ticked` would give something up. */
  ticksUntilDue(): number {
    const none = Number.NEGATIVE_INFINITY;
    return this.#ticksMax + 1 - Math.max(this.#change?.ticks ?? none, this.#transfer?.ticks ?? none);
  }

  ticked(count: number): void {
    if (this.#change !== null) {
      this.#change.ticks += count;
      if (this.#change.ticks > this.#ticksMax) {
        this.#answers.error(this.#change.to, 'unavailable', false, 'the change is not done yet: ask again');
        this.#change = null;
      }
    }
    if (this.#transfer !== null) {
      this.#transfer.ticks += count;
      if (this.#transfer.ticks > this.#ticksMax) {
        this.#answers.error(this.#transfer.to, 'unavailable', false, `${this.#transfer.heir} did not take over`);
        this.#transfer = null;
      }
    }
  }
}
