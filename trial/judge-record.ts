/** Judges what a trial left in the store: one whose recording was cut short, or one that is judged once more. */

import { judge } from '../checker/judge.ts';
import type { Verdict } from '../checker/verdict.ts';
import { changeOf } from '../history/history-digest.ts';
import type { Store, TrialRow } from '../history/store.ts';
import { WORKLOADS } from '../workload/registry.ts';
import { conclude, ENDED_EARLY, INTERRUPTED } from './conclude.ts';
import { InputError } from './input-error.ts';
import { parseSpec } from './spec.ts';

/**
 * Judges the record, stores the verdict and marks the trial as finished. Only the clients' history can be judged again: what
 * was seen of the replicas themselves, and what broke or ended the trial, stays as the first verdict has it, so that judging
 * again never turns such a failure green. Throws InputError for a history that was changed since it was recorded.
 */
export async function judgeRecord(store: Store, trial: TrialRow): Promise<Verdict> {
  const change = changeOf(store, trial);
  if (change !== null) throw new InputError(change);
  const before = trial.verdict as unknown as Verdict | null;
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
    failures: before?.outcome === 'broken' ? before.reasons.map((reason) => ({ at: 0, reason, detail: null })) : [],
    anomalies: before?.anomalies.filter(({ violation }) => violation !== 'linearizability') ?? [],
    drive: null,
    interrupted: before === null ? trial.state === 'unfinished' : endedEarly(before),
  });
  const last = operations.reduce(
    (latest, operation) => Math.max(latest, operation.completedAt ?? operation.invokedAt),
    0,
  );
  store.saveVerdict(trial.id, verdict.outcome, verdict);
  store.finishTrial(trial.id, { durationNs: trial.durationNs ?? last, outcome: verdict.outcome });
  return verdict;
}

/** Whether the trial did not last as long as it was to: then it is no pass, however its record is judged. */
function endedEarly({ reasons }: Verdict): boolean {
  return reasons.some((reason) => reason === INTERRUPTED || reason === ENDED_EARLY);
}
