/** Requests of clients and answers of nodes, as they travel (JSON). Errors are data, each definite or indefinite. */

import type { Json } from '../../history/operation.ts';
import type { NodeId, ReplicaStatus } from '../raft/types.ts';

/** One step on the key-value machine. Values are any JSON; a key that was never written reads as null. */
export type KvCommand =
  | { readonly f: 'get'; readonly key: string }
  | { readonly f: 'put'; readonly key: string; readonly value: Json }
  | { readonly f: 'cas'; readonly key: string; readonly expected: Json; readonly value: Json }
  | { readonly f: 'append'; readonly key: string; readonly value: string }
  | { readonly f: 'delete'; readonly key: string }
  | { readonly f: 'txn'; readonly steps: readonly Exclude<KvCommand, { readonly f: 'txn' }>[] };

/**
 * Answer of the machine to a command. get: the value; put, delete: null; cas: true, or false when the expected value did not
 * match; append: the new value; txn: the list of its steps' results (all or nothing: `aborted` if a cas in it did not match).
 */
export type KvResult = Json;

export type ClientRequest =
  /** Opens a replicated session; the answer's result is its number. `nonce` makes a repeated request find the same session. */
  | { readonly kind: 'open-session'; readonly id: number; readonly nonce: string }
  /** A command that changes state. The same (session, sequence) applies at most once, however often it is sent. */
  | {
      readonly kind: 'command';
      readonly id: number;
      readonly session: number;
      readonly sequence: number;
      readonly command: KvCommand;
    }
  /** A linearizable read (a get, or a txn of gets only), served without the log by ReadIndex. */
  | { readonly kind: 'read'; readonly id: number; readonly command: KvCommand }
  | { readonly kind: 'status'; readonly id: number }
  /** Operator's requests: membership, leadership transfer, compaction. */
  | { readonly kind: 'admin'; readonly id: number; readonly request: AdminRequest };

export type AdminRequest =
  | { readonly admin: 'change-members'; readonly voters: readonly NodeId[]; readonly learners: readonly NodeId[] }
  | { readonly admin: 'transfer-leadership'; readonly to: NodeId }
  | { readonly admin: 'compact' };

/**
 * not-leader: nothing was done, ask `leader`. lost-leadership: was in this node's log, may or may not commit. overloaded,
 * too-large, bad-request, bad-session, busy, unavailable: nothing was done. Whether an error is definite is said by the flag
 * beside it.
 */
export type ErrorCode =
  | 'not-leader'
  | 'lost-leadership'
  | 'overloaded'
  | 'too-large'
  | 'bad-request'
  | 'bad-session'
  | 'busy'
  | 'unavailable';

export type ClientResponse =
  | { readonly id: number; readonly ok: true; readonly result: KvResult }
  | { readonly id: number; readonly ok: true; readonly status: ReplicaStatus }
  | {
      readonly id: number;
      readonly ok: false;
      readonly error: ErrorCode;
      /** True: the request surely has no effect, now or later (as far as this copy of it goes). */
      readonly definite: boolean;
      readonly message: string;
      /** Who leads, as far as this node knows. */
      readonly leader: NodeId | null;
    };
