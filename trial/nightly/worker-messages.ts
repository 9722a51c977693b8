/** What passes between a night and the child process that does its items. */

import type { Fingerprint, Measures } from '../../history/night-records.ts';
import type { TrialOutcome } from '../../history/trial-records.ts';
import type { PlanItem } from './plan.ts';

/** Where an item's results go. */
export interface Places {
  /** Directory of the store. */
  readonly store: string;
  /** Directory of the night, for reports and bundles. */
  readonly out: string;
}

export type ToWorker =
  | { readonly type: 'run'; readonly item: PlanItem; readonly places: Places; readonly budgetMs: number }
  /** End the item early; what was recorded is judged. */
  | { readonly type: 'stop' };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'done'; readonly results: readonly ItemResult[] };

/** What came of an item. A hunt has one for itself and one for each find, whose `id` says so. */
export interface ItemResult {
  readonly id: string;
  readonly title: string;
  readonly outcome: TrialOutcome;
  readonly sentence: string;
  readonly fingerprint: Fingerprint | null;
  readonly trial: string | null;
  readonly seed: number | null;
  /** Relative to the night's directory. */
  readonly report: string | null;
  readonly bundle: string | null;
  readonly again: string | null;
  readonly measures: Measures;
}
