/** What a checker says of a history, as data. The wording belongs to the report. */

import type { Json } from '../history/operation.ts';
import type { TrialOutcome } from '../history/trial-records.ts';

/** What kind of promise was broken. */
export type ViolationKind = 'linearizability' | 'invariant' | 'liveness' | 'crash';

/** The shapes of anomaly that have a wording of their own; `no-order` for the rest. */
export type AnomalyShape =
  | RegisterShape
  | ElementShape
  | CountShape
  | LockShape
  | TransactionShape
  | TextShape
  | SystemShape
  | 'no-order';

/** Of registers and keys; of transactions, too, where the same is meant. */
export type RegisterShape =
  | 'never-written'
  | 'from-the-future'
  | 'failed-write-read'
  | 'stale-read'
  | 'newer-then-older'
  | 'lost-update'
  | 'double-cas'
  | 'nil-after-write';

/** Of texts that grow by append, and of compare-and-set. */
export type TextShape = 'never-appended' | 'appended-twice' | 'append-out-of-order' | 'refused-cas';

/** Of queues, stacks, priority queues and sets. */
export type ElementShape =
  | 'never-added'
  | 'failed-add-seen'
  | 'added-later'
  | 'taken-twice'
  | 'added-twice'
  | 'still-there'
  | 'lost-element'
  | 'wrongly-empty'
  | 'fifo-violation'
  | 'lifo-violation'
  | 'priority-violation'
  | 'seen-then-gone'
  | 'gone-then-seen'
  | 'contradicting-reads'
  | 'listed-twice';

/** Of counters. */
export type CountShape =
  | 'lost-increment'
  | 'stale-count'
  | 'failed-add-counted'
  | 'count-too-low'
  | 'count-too-high'
  | 'impossible-count'
  | 'same-count-twice';

/** Of locks. */
export type LockShape = 'two-holders' | 'too-many-holders' | 'release-without-hold' | 'wrongly-refused';

/** Of transactions. */
export type TransactionShape =
  | 'aborted-read'
  | 'intermediate-read'
  | 'internal-inconsistency'
  | 'non-repeatable-read'
  | 'fractured-read'
  | 'cause-unseen'
  | 'write-skew'
  | 'long-fork'
  | 'circular-reads'
  | 'circular-dependencies';

/** Of the system itself, seen from inside or by whether it serves. */
export type SystemShape =
  | 'invariant'
  | 'no-progress'
  | 'needless-election'
  | 'disrupted-leader'
  | 'cut-off-leader'
  | 'no-leader'
  | 'overdue-campaign'
  | 'crash';

/** One contradiction, with the operations that prove it. */
export interface Anomaly {
  readonly violation: ViolationKind;
  readonly shape: AnomalyShape;
  readonly key: string | null;
  /** Indexes of operations: a smallest sub-history found that no order explains. Empty for invariants and liveness. */
  readonly core: readonly number[];
  /** The second, independent method that rejects the core too: "enumeration", "textbook search". Null if not applicable. */
  readonly confirmedBy: string | null;
  /** The operation that gives the contradiction away (a read, mostly), or null. */
  readonly culprit: number | null;
  /** Nanoseconds since the start of the trial: where to open the timeline. */
  readonly at: number;
  /** A numbered argument, each step naming the operations it rests on. */
  readonly argument: readonly { readonly text: string; readonly operations: readonly number[] }[];
  /** For shape-specific wording: e.g. stale-read has `{read, write, overwrittenBy, staleByNs}`; invariants have their own facts. */
  readonly facts: { readonly [name: string]: Json };
}

/** How one key (or the whole history where there are no keys) was judged. */
export interface KeyVerdict {
  readonly key: string | null;
  readonly valid: true | false | 'unknown';
  readonly operations: number;
  readonly ms: number;
  /** Why it is unknown. */
  readonly reason: string | null;
}

export interface CheckStatistics {
  readonly operations: number;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  readonly keys: number;
  /** Largest number of operations of one key that were open at once. */
  readonly concurrencyMax: number;
  /** Pairs of operations on one key that overlapped in time: what a checker can learn something from. */
  readonly overlappingPairs: number;
  /** States or configurations visited by the search. */
  readonly steps: number;
  readonly ms: number;
}

export interface Verdict {
  readonly outcome: TrialOutcome;
  readonly valid: true | false | 'unknown';
  /** Model the history was judged by, e.g. "cas-register". */
  readonly model: string;
  /** Why unknown, vacuous or broken; one sentence each. */
  readonly reasons: readonly string[];
  /** The first is the one to explain first. */
  readonly anomalies: readonly Anomaly[];
  /** Keys that failed or could not be decided; passed keys only as a count in the statistics. */
  readonly keys: readonly KeyVerdict[];
  readonly statistics: CheckStatistics;
}
