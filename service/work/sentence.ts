/** A trial's verdict in one sentence, without loading more of its record than the sentence needs. */

import type { Operation } from '../../history/operation.ts';
import type { Store, TrialRow } from '../../history/store.ts';
import type { NodeEvent } from '../../history/trial-records.ts';
import { verdictSentence } from '../../reports/sentence.ts';
import { asRead } from '../../reports/trial-data.ts';
import { historySourceOf } from '../../trial/history-source.ts';
import { exitCodeOf } from '../../trial/outcome.ts';
import { asVerdict } from './verdict-schema.ts';

/** Null without a verdict. Operations and node events are only told of in the sentence of a violation. */
export function sentenceOf(
  store: Store,
  trial: TrialRow,
  operations: readonly Operation[],
  nodeEvents: readonly NodeEvent[],
): string | null {
  const verdict = asVerdict(trial.verdict);
  if (verdict === null || trial.outcome === null) return null;
  const { id, spec, seed, system, world, workload, nodes, provenance, traceHash, outcome } = trial;
  return verdictSentence({
    trial: {
      id,
      spec,
      seed,
      system,
      world,
      workload,
      nodes,
      startedAt: new Date(trial.startedAt).toISOString(),
      durationNs: trial.durationNs ?? 0,
      provenance,
      traceHash,
      outcome,
      exitCode: exitCodeOf(outcome),
    },
    verdict,
    operations,
    faults: store.readFaults(id),
    nodeEvents,
    messages: [],
    logs: [],
    marks: trial.marks,
    repeat: [],
    ...asRead(historySourceOf(trial)?.notes ?? []),
  });
}
