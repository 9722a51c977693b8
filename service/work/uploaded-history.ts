/** Histories that somebody uploaded: kept as trials without a system, a world or a workload, and judged as `ordeal check` does. */

import { checkHistory, conventions, objectionAt } from '../../checker/check-files.ts';
import { objectionTo } from '../../checker/judge.ts';
import type { Verdict } from '../../checker/verdict.ts';
import { HistoryError } from '../../history/formats/format.ts';
import { changeOf } from '../../history/history-digest.ts';
import type { Json } from '../../history/operation.ts';
import { readHistory } from '../../history/read-history.ts';
import type { Store, TrialRow } from '../../history/store.ts';
import { type HistoryReading, historySourceOf, readAs, saidOf } from '../../trial/history-source.ts';
import { provenance } from '../../trial/provenance.ts';

const CHECK_TIME_MS = 60_000;
const CHECK_MEMORY_BYTES = 1e9;
const NODES_MAX = 100;
/** More would keep the store's other writers waiting while they are written or deleted. */
export const UPLOADED_OPERATIONS_MAX = 1_000_000;

/** Whether a trial is an uploaded history rather than one that we ran. */
export function isUploadedHistory(trial: Pick<TrialRow, 'spec' | 'workload'>): boolean {
  return historySourceOf(trial) !== null;
}

/**
 * Reads an uploaded file into the store as a trial without a verdict. Throws HistoryError, naming what the uploader called it,
 * for a file that is no history or that makes no sense under its model: of such a one nothing is kept, as it can't be judged.
 */
export async function keepHistory(
  store: Store,
  path: string,
  upload: HistoryReading & { readonly name: string },
  mark: string,
): Promise<TrialRow> {
  const { format, model } = upload;
  const said = saidOf(upload);
  const reading = { format, ...said };
  const read = await readHistory(path, reading).catch((error: unknown) => {
    if (!(error instanceof HistoryError)) throw error;
    throw new HistoryError(error.message.replaceAll(path, upload.name));
  });
  if (read.operations.length > UPLOADED_OPERATIONS_MAX)
    throw new HistoryError(
      `${upload.name}: ${read.operations.length} operations are more than the ${UPLOADED_OPERATIONS_MAX} that the service takes: ` +
        '`ordeal check` on the command line judges it',
    );
  const objection = objectionTo(read.operations, { model, ...said, ...conventions(read, said) });
  if (objection !== null) {
    const text = await objectionAt(objection, (onOperation) => readHistory(path, { ...reading, onOperation }));
    throw new HistoryError(`${upload.name}: ${text}`);
  }
  const nodes = new Set<string>();
  for (const { node } of read.operations) if (node !== null && nodes.size < NODES_MAX) nodes.add(node);
  const source = {
    history: upload.name,
    format: read.format,
    model,
    ...said,
    notes: [...read.notes],
    operations: read.operations.length,
  };
  const id = store.createTrial({
    spec: source satisfies Json,
    seed: null,
    system: null,
    world: null,
    workload: null,
    nodes: [...nodes].sort(),
    startedAt: Date.now(),
    provenance: { ...provenance(), job: mark },
  });
  store.writeOperations(id, read.operations);
  return store.getTrial(id);
}

/**
 * Judges a history that was kept, stores the verdict, and marks the trial as finished. Throws HistoryError for one that makes
 * no sense under its model, that was changed in the store, or that was not kept whole: unlike what a recorder wrote, the first
 * operations of a file are no prefix in time, and could be rejected for want of the others.
 */
export async function judgeHistory(store: Store, trial: TrialRow): Promise<Verdict> {
  const source = historySourceOf(trial);
  if (source === null) throw new HistoryError(`trial ${trial.id} is no history from elsewhere`);
  const change = changeOf(store, trial);
  if (change !== null) throw new HistoryError(change);
  const operations = [...store.readOperations(trial.id)];
  if (operations.length !== source.operations)
    throw new HistoryError(
      `${source.history}: only ${operations.length} of its ${source.operations} operations were kept: upload it again`,
    );
  const history = { operations, ...readAs(source), model: null, notes: source.notes };
  const limits = { timeMs: CHECK_TIME_MS, memoryBytes: CHECK_MEMORY_BYTES };
  const { verdict, error } = await checkHistory(source.history, history, {
    model: source.model,
    ...saidOf(source),
    ...limits,
  });
  if (verdict === null) throw new HistoryError(error ?? `${source.history}: no verdict`);
  let durationNs = 0;
  for (const { completedAt, invokedAt } of operations) durationNs = Math.max(durationNs, completedAt ?? invokedAt);
  store.saveVerdict(trial.id, verdict.outcome, verdict);
  store.finishTrial(trial.id, { durationNs, outcome: verdict.outcome });
  return verdict;
}
