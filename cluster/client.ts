/**
 * A client of the key-value cluster: one replicated session, one operation at a time, with retries that apply at most once
 * (Raft dissertation, section 6.3). It says of each operation what can honestly be said: ok with its answer, fail only if
 * no attempt can ever take effect, info for the rest.
 */

import type { Json } from '../history/operation.ts';
import { below, type Draw } from '../seed/draw.ts';
import type { NodeId } from './raft/types.ts';
import type { ClientRequest, ClientResponse, KvCommand } from './replica/client-protocol.ts';
import type { RequestResult, World } from './world.ts';

export type CommandOutcome =
  | { readonly outcome: 'ok'; readonly result: Json; readonly node: NodeId }
  | { readonly outcome: 'fail' | 'info'; readonly error: string; readonly node: NodeId };

export interface ClientOptions {
  readonly world: World;
  /** Where reads go first. Writes follow the leader. */
  readonly home: NodeId;
  /** Identifies the session across retries of opening it; unique in the trial. */
  readonly nonce: string;
  /** Ids of requests, unique among all clients of the world. */
  readonly nextRequestId: () => number;
  /** Jitter of the pauses between attempts. */
  readonly jitter: Draw;
  /** How long one node is waited for before another one is tried. */
  readonly attemptTimeoutNs: number;
}

const RETRY_PAUSE_NS = 10_000_000;
const RETRY_JITTER_NS = 20_000_000;

/** What is common to the attempts of one operation. */
interface Attempts {
  readonly deadline: number;
  readonly done: (outcome: CommandOutcome) => void;
  /** Builds the request for one attempt. */
  readonly request: (id: number) => ClientRequest;
  /** True once any attempt may have taken effect without our knowing. */
  mayHaveTakenEffect: boolean;
  lastError: string;
  tries: number;
}

export class Client {
  readonly #options: ClientOptions;
  #session: number | null = null;
  #sequence = 0;
  #target: NodeId;
  #pauses = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#target = options.home;
  }

  /**
   * Executes one command; exactly one call of `done`, at the latest after `timeoutNs` and a little. A command of gets alone is
   * a linearizable read, sent to the home node first.
   */
  execute(command: KvCommand, timeoutNs: number, done: (outcome: CommandOutcome) => void): void {
    const deadline = this.#options.world.clock.now() + timeoutNs;
    if (isRead(command)) {
      this.#target = this.#options.home;
      this.#attempt({ ...fresh(deadline, done), request: (id) => ({ kind: 'read', id, command }) });
      return;
    }
    this.#withSession(deadline, done, (session) => {
      const sequence = ++this.#sequence;
      const request = (id: number): ClientRequest => ({ kind: 'command', id, session, sequence, command });
      this.#attempt({ ...fresh(deadline, done), request });
    });
  }

  /** Opens the session ahead of the first write, so that its latency is not counted as the write's. */
  prepare(timeoutNs: number, done: (opened: boolean) => void): void {
    const deadline = this.#options.world.clock.now() + timeoutNs;
    this.#withSession(
      deadline,
      () => done(false),
      () => done(true),
    );
  }

  #withSession(deadline: number, failed: (outcome: CommandOutcome) => void, proceed: (session: number) => void): void {
    if (this.#session !== null) {
      proceed(this.#session);
      return;
    }
    const { nonce } = this.#options;
    const opened = (outcome: CommandOutcome): void => {
      if (outcome.outcome === 'ok' && typeof outcome.result === 'number') {
        this.#session = outcome.result;
        this.#sequence = 0;
        proceed(outcome.result);
      } else {
        const why = outcome.outcome === 'ok' ? 'the node sent no session number' : outcome.error;
        // The command itself was never sent, so it surely has no effect.
        failed({ outcome: 'fail', error: `no session: ${why}`, node: outcome.node });
      }
    };
    this.#attempt({ ...fresh(deadline, opened), request: (id) => ({ kind: 'open-session', id, nonce }) });
  }

  #attempt(attempts: Attempts): void {
    const { world, nextRequestId, attemptTimeoutNs } = this.#options;
    const left = attempts.deadline - world.clock.now();
    const node = this.#target;
    if (left <= 0) {
      const outcome = attempts.mayHaveTakenEffect ? 'info' : 'fail';
      attempts.done({ outcome, error: attempts.lastError, node });
      return;
    }
    attempts.tries++;
    const request = attempts.request(nextRequestId());
    world.request(node, request, Math.min(left, attemptTimeoutNs), (result) => this.#answered(attempts, node, result));
  }

  #answered(attempts: Attempts, node: NodeId, result: RequestResult): void {
    if (result.kind === 'response') {
      this.#responded(attempts, node, result.response);
      return;
    }
    attempts.lastError = result.kind === 'no-answer' ? `timeout: ${result.reason}` : result.reason;
    if (result.kind === 'no-answer') attempts.mayHaveTakenEffect = true;
    this.#target = this.#nodeAfter(node);
    this.#retry(attempts);
  }

  #responded(attempts: Attempts, node: NodeId, response: ClientResponse): void {
    if (response.ok) {
      if ('result' in response) attempts.done({ outcome: 'ok', result: response.result, node });
      else attempts.done({ outcome: 'info', error: 'the node answered a status to a command', node });
      return;
    }
    attempts.lastError = `${response.error}: ${response.message}`;
    if (!response.definite) attempts.mayHaveTakenEffect = true;
    switch (response.error) {
      case 'bad-request':
      case 'too-large':
        attempts.done({ outcome: attempts.mayHaveTakenEffect ? 'info' : 'fail', error: attempts.lastError, node });
        return;
      case 'bad-session':
        // Closed by the cluster. Whether an earlier attempt was applied before that can no longer be found out.
        this.#session = null;
        attempts.done({ outcome: attempts.mayHaveTakenEffect ? 'info' : 'fail', error: attempts.lastError, node });
        return;
      default:
        this.#target = response.leader ?? this.#nodeAfter(node);
        this.#retry(attempts);
    }
  }

  #retry(attempts: Attempts): void {
    const pause = RETRY_PAUSE_NS + below(this.#options.jitter(this.#pauses++), RETRY_JITTER_NS);
    this.#options.world.clock.after(pause, () => this.#attempt(attempts));
  }

  #nodeAfter(node: NodeId): NodeId {
    const { nodes } = this.#options.world;
    return nodes[(nodes.indexOf(node) + 1) % nodes.length] ?? node;
  }
}

/** True if a command only reads: served without the log. */
export function isRead(command: KvCommand): boolean {
  return command.f === 'get' || (command.f === 'txn' && command.steps.every((step) => step.f === 'get'));
}

function fresh(deadline: number, done: (outcome: CommandOutcome) => void): Omit<Attempts, 'request'> {
  return { deadline, done, mayHaveTakenEffect: false, lastError: 'no node answered', tries: 0 };
}
