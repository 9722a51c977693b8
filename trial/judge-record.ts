/** Judges what a trial left in the store: one whose recording was cut short, or one that is judged once more. */

import { judge } from '../checker/judge.ts';
import type { Verdict } from '../checker/verdict.ts';
import type { Store, TrialRow } from '../history/store.ts';
import { WORKLOADS } from '../workload/registry.ts';
import { conclude } from './conclude.ts';
import { InputError } from './input-error.ts';
import { parseSpec } from './spec.ts';

/** Judges the record, stores the verdict and marks the trial as finished. */
export async function judgeRecord(store: Store, trial: TrialRow): Promise<Verdict> {
  const spec = parseSpec(trial.spec);
  const workload = WORKLOADS.get(spec.workload);
  if (workload === undefined) throw new InputError(`trial ${trial.id} has a workload this version does not know`);
  const operations = [...store.readOperations(trial.id)];
  const judged = await judge(operations, {
    model: workload.model,
    timeMs: spec.check.timeMs,
    memoryBytes: spec.check.memoryMb * 1e6,
  });
  const verdict = conclude({
    spec,
    judged,
    faults: store.readFaults(trial.id),
    failures: [],
    anomalies: [],
    drive: null,
    interrupted: trial.state === 'unfinished',
  });
  const last = operations.reduce(
    (latest, operation) => Math.max(latest, operation.completedAt ?? operation.invokedAt),
    0,
  );
  store.saveVerdict(trial.id, verdict.outcome, verdict);
  store.finishTrial(trial.id, { durationNs: trial.durationNs ?? last, outcome: verdict.outcome });
  return verdict;
}
