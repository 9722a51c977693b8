/** Answers to clients. An error says whether it is definite: whether this copy of the request surely has no effect, ever. */

import type { Json } from '../../history/operation.ts';
import type { MachineOutcome } from '../kv/machine.ts';
import type { Refusal } from '../raft/ready.ts';
import type { NodeId, ReplicaStatus } from '../raft/types.ts';
import type { ErrorCode } from './client-protocol.ts';
import type { Host } from './host.ts';

/** Whom to answer, and which of its requests. */
export interface Requester {
  readonly connection: number;
  readonly id: number;
}

export class Answers {
  readonly #host: Host;
  readonly #leader: () => NodeId | null;

  constructor(host: Host, leader: () => NodeId | null) {
    this.#host = host;
    this.#leader = leader;
  }

  result({ connection, id }: Requester, result: Json): void {
    this.#host.respond(connection, { id, ok: true, result });
  }

  status({ connection, id }: Requester, status: ReplicaStatus): void {
    this.#host.respond(connection, { id, ok: true, status });
  }

  error({ connection, id }: Requester, error: ErrorCode, definite: boolean, message: string): void {
    this.#host.respond(connection, { id, ok: false, error, definite, message, leader: this.#leader() });
  }

  /** What the machine made of a command. */
  outcome(to: Requester, outcome: MachineOutcome): void {
    if (outcome.done) this.result(to, outcome.result);
    // An earlier copy of a stale command may well have taken effect.
    else if (outcome.error === 'stale') this.error(to, 'bad-request', false, outcome.message);
    else this.error(to, outcome.error, true, outcome.message);
  }

  /** Raft did not take it: nothing was done. */
  refusal(to: Requester, refusal: Refusal): void {
    const [code, message] = REFUSALS[refusal];
    this.error(to, code, true, message);
  }
}

const REFUSALS: Record<Refusal, readonly [ErrorCode, string]> = {
  'not-leader': ['not-leader', 'this node does not lead'],
  transferring: ['busy', 'leadership is being handed over: ask again'],
  overloaded: ['overloaded', 'too many commands wait for their commit: ask again later'],
  'change-in-progress': ['busy', 'a change of members is under way: ask again when it is done'],
  'not-committed-in-term': ['busy', 'the leader has not committed anything in its term yet: ask again'],
  invalid: ['bad-request', 'the request makes no sense for this cluster'],
};
