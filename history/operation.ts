/** What passes between the rooms of Ordeal: one record per operation of a client, whoever recorded it. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * ok: took effect and answered. fail: surely never took effect. info: nobody knows; it may take effect at any later time,
 * or never (Jepsen's terms).
 */
export type OperationOutcome = 'ok' | 'fail' | 'info';

export interface Operation {
  /** Position in the history, in order of invocation, from 0. */
  readonly index: number;
  /** Logical, single-threaded client. An info outcome retires the number: no later operation carries it. */
  readonly process: number;
  /** What was asked for: "read", "write", "cas", "append", … as the workload names it. */
  readonly f: string;
  /** The key it acts on, or null where the history has no keys. */
  readonly key: string | null;
  /** The argument: a written value, `[expected, new]` of a cas, null of a read. */
  readonly value: Json;
  readonly outcome: OperationOutcome;
  /** What the system answered: the value read, or null. Meaningless unless outcome is ok. */
  readonly result: Json;
  /** Why it failed or is unknown, as the client saw it. */
  readonly error: string | null;
  /** Nanoseconds since the start of the trial, on the recording process' clock. */
  readonly invokedAt: number;
  /** When the client got an answer or gave up; null when the record ends before either. */
  readonly completedAt: number | null;
  /** The node that was asked last, or null where the recorder did not say. */
  readonly node: string | null;
}
