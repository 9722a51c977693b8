/** Shrinking the history of a trial that cannot be run again exactly: what is left are the operations of its first core. */

import { judge } from '../checker/judge.ts';
import type { Operation } from '../history/operation.ts';
import type { Store, TrialRow } from '../history/store.ts';
import { WORKLOADS } from '../workload/registry.ts';
import { InputError } from './input-error.ts';
import { storedVerdict } from './repeat.ts';
import { writeReport } from './trial-report.ts';

export interface ShrunkHistory {
  readonly id: string;
  readonly reportPath: string | null;
  /** Operations of the whole history, and of the core. */
  readonly before: number;
  readonly after: number;
}

/**
 * Stores the core of a trial's first linearizability violation as a trial of its own, judged again by itself. Throws
 * InputError if there is no such violation, and if the core alone is not rejected.
 */
export async function shrinkHistory(store: Store, trial: TrialRow): Promise<ShrunkHistory> {
  const verdict = storedVerdict(trial);
  const anomaly = verdict.anomalies.find(({ core }) => core.length > 0);
  if (anomaly === undefined)
    throw new InputError(
      `trial ${trial.id} ran on processes and its clients saw no contradiction: there is no history to shrink`,
    );
  const core = new Set(anomaly.core);
  const all = [...store.readOperations(trial.id)];
  const operations: Operation[] = all
    .filter(({ index }) => core.has(index))
    .map((operation, index) => ({ ...operation, index }));
  const model = WORKLOADS.get(trial.workload ?? '')?.model ?? verdict.model;
  const judged = await judge(operations, { model });
  if (judged.outcome !== 'violation')
    throw new InputError(`the core of trial ${trial.id} is no violation by itself: its verdict is to be doubted`);
  const id = store.createTrial({ ...trial, provenance: { ...trial.provenance, historyOf: trial.id } });
  store.writeOperations(id, operations);
  store.saveVerdict(id, judged.outcome, judged);
  store.finishTrial(id, { durationNs: trial.durationNs ?? 0, outcome: judged.outcome });
  const { reportPath } = writeReport(store, id);
  return { id, reportPath, before: all.length, after: operations.length };
}
