/** A quick attempt at a history, before anything is laid out for a search: most histories are easy. */

export interface Attempt {
  readonly outcome: 'pass' | 'violation';
  readonly method: string;
  /** Of a pass: ids in order. */
  readonly linearization: readonly number[] | null;
  /** Of a violation: the position of the operation whose return no order gets past; else -1. */
  readonly stuckAt: number;
  readonly concurrencyMax: number;
  readonly steps: number;
}
