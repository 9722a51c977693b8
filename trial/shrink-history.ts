/** Shrinking a history that cannot be run again exactly: what is left are the operations of its first core. */

import { writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { checkHistory } from '../checker/check-files.ts';
import { judge } from '../checker/judge.ts';
import type { Verdict } from '../checker/verdict.ts';
import { makeDirectory } from '../history/directory.ts';
import { HistoryError } from '../history/formats/format.ts';
import { writeNdjson } from '../history/formats/ndjson.ts';
import type { Operation } from '../history/operation.ts';
import { readHistory } from '../history/read-history.ts';
import type { Store, TrialRow } from '../history/store.ts';
import { WORKLOADS } from '../workload/registry.ts';
import { historySourceOf, judgedAs } from './history-source.ts';
import { InputError } from './input-error.ts';
import { storedVerdict } from './repeat.ts';
import { writeReport } from './trial-report.ts';

/** Operations of a whole history, and of its core. */
export interface ShrunkTo {
  readonly before: number;
  readonly after: number;
}

export interface ShrunkHistory extends ShrunkTo {
  readonly id: string;
  readonly reportPath: string | null;
}

export interface ShrunkFile extends ShrunkTo {
  readonly file: string;
  readonly model: string;
}

/** The operations of the first core of a verdict, numbered anew; null if no anomaly has one. */
function coreOf(verdict: Verdict, operations: readonly Operation[]): Operation[] | null {
  const anomaly = verdict.anomalies.find(({ core }) => core.length > 0);
  if (anomaly === undefined) return null;
  const core = new Set(anomaly.core);
  return operations.filter(({ index }) => core.has(index)).map((operation, index) => ({ ...operation, index }));
}

/**
 * Stores the core of a trial's first linearizability violation as a trial of its own, judged again by itself. Null if clients saw
 * no contradiction. Throws InputError if the core alone is not rejected.
 */
export async function shrinkHistory(store: Store, trial: TrialRow): Promise<ShrunkHistory | null> {
  const verdict = storedVerdict(trial);
  const all = [...store.readOperations(trial.id)];
  const operations = coreOf(verdict, all);
  if (operations === null) return null;
  const model = WORKLOADS.get(trial.workload ?? '')?.model ?? verdict.model;
  const source = historySourceOf(trial);
  const judged = await judge(operations, { ...(source === null ? {} : judgedAs(source)), model });
  if (judged.outcome !== 'violation')
    throw new InputError(`the core of trial ${trial.id} is no violation by itself: its verdict is to be doubted`);
  const spec = source === null ? trial.spec : { ...source, operations: operations.length };
  const id = store.createTrial({ ...trial, spec, provenance: { ...trial.provenance, historyOf: trial.id } });
  store.writeOperations(id, operations);
  store.saveVerdict(id, judged.outcome, judged);
  store.finishTrial(id, { durationNs: trial.durationNs ?? 0, outcome: judged.outcome });
  const { reportPath } = writeReport(store, id);
  return { id, reportPath, before: all.length, after: operations.length };
}

/**
 * Writes the core of a history's first violation as a history of its own. Throws InputError for a history that can't be read or
 * is no violation, and if the core alone, read back, is not rejected.
 */
export async function shrinkHistoryFile(file: string, target: string): Promise<ShrunkFile> {
  const checked = await checkFile(file);
  if (checked.verdict === null) throw new InputError(checked.error ?? `${file} can't be judged`);
  const core = coreOf(checked.verdict, checked.operations);
  if (core === null) throw new InputError(`${file} is no violation (${checked.outcome}): there is nothing to shrink`);
  const model = checked.verdict.model;
  writeCore(target, core);
  const { outcome } = await judge(core, { model });
  if (outcome !== 'violation')
    throw new InputError(
      `${core.length} operations contradict each other by the conventions of ${checked.format ?? 'its format'} alone ` +
        `(what a key holds at first); ${target} holds them, but is no violation by itself`,
    );
  return { file: target, model, before: checked.operations.length, after: core.length };
}

function writeCore(target: string, core: readonly Operation[]): void {
  try {
    makeDirectory(dirname(resolve(target)));
    writeFileSync(target, [...writeNdjson(core)].join(''));
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new InputError(`cannot write ${target} (${code}): give --out another file`);
  }
}

/** Judges one history file. */
export async function checkFile(file: string) {
  try {
    return await checkHistory(file, await readHistory(file), {});
  } catch (error) {
    if (error instanceof HistoryError) throw new InputError(error.message);
    throw error;
  }
}
