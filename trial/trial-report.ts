/** From the store to the page: gathers what was recorded of a trial and writes its report. A failure to draw changes nothing. */

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Verdict } from '../checker/verdict.ts';
import type { Store, TrialRow } from '../history/store.ts';
import { renderReport } from '../reports/report.ts';
import { shellWord } from '../reports/shell-word.ts';
import type { RepeatCommand, TrialData } from '../reports/trial-data.ts';
import { InputError } from './input-error.ts';
import { exitCodeOf } from './outcome.ts';

export interface WrittenReport {
  readonly reportPath: string | null;
  readonly reportError: string | null;
}

/** Everything the store knows of a judged trial, as the report wants it. Throws InputError while there is no verdict. */
export function trialData(store: Store, id: string): TrialData {
  const trial = store.getTrial(id);
  if (trial.verdict === null || trial.outcome === null)
    throw new InputError(`trial ${trial.id} has no verdict yet (it is ${trial.state})`);
  return {
    trial: {
      id: trial.id,
      spec: trial.spec,
      seed: trial.seed,
      system: trial.system,
      world: trial.world,
      workload: trial.workload,
      nodes: trial.nodes,
      startedAt: new Date(trial.startedAt).toISOString(),
      durationNs: trial.durationNs ?? 0,
      provenance: trial.provenance,
      traceHash: trial.traceHash,
      outcome: trial.outcome,
      exitCode: exitCodeOf(trial.outcome),
    },
    verdict: trial.verdict as unknown as Verdict,
    operations: [...store.readOperations(id)],
    faults: store.readFaults(id),
    nodeEvents: store.readNodeEvents(id),
    messages: store.readMessages(id),
    logs: store.readLogLines(id),
    marks: trial.marks,
    repeat: repeatCommands(store, id),
  };
}

/** Writes `reports/<id>.html` beside the store, whole or not at all. */
export function writeReport(store: Store, id: string): WrittenReport {
  try {
    const directory = join(store.directory, 'reports');
    mkdirSync(directory, { recursive: true });
    const path = join(directory, `${id}.html`);
    writeFileSync(`${path}.tmp`, renderReport(trialData(store, id)));
    renameSync(`${path}.tmp`, path);
    store.saveReportPath(id, relative(store.directory, path));
    return { reportPath: path, reportError: null };
  } catch (error) {
    if (error instanceof InputError) throw error;
    return { reportPath: null, reportError: error instanceof Error ? error.message : String(error) };
  }
}

function repeatCommands(store: Store, id: string): RepeatCommand[] {
  const trial = store.getTrial(id);
  const where = relative(process.cwd(), store.directory) || '.';
  const flag = where === 'ordeal-data' ? '' : ` --store ${shellWord(where)}`;
  if (trial.workload === null) return [checkAgain(trial, flag)];
  const simulated = trial.world === 'simulator';
  const repro: RepeatCommand = {
    name: 'repro',
    command: `npx ordeal repro ${trial.id}${flag}`,
    expect: simulated
      ? 'exactly the same trial, event by event'
      : 'the same plan several times, since what the machine does in between differs; tells in how many of them it failed',
  };
  if (trial.outcome !== 'violation') return [repro, checkAgain(trial, flag)];
  const shrink: RepeatCommand = {
    name: 'shrink',
    command: `npx ordeal shrink ${trial.id}${flag}`,
    expect: simulated ? 'a smaller trial with the same failure' : 'the operations that contradict each other, alone',
  };
  return [repro, shrink, checkAgain(trial, flag)];
}

/** The record alone, judged anywhere: all that can be done with a history from elsewhere. */
function checkAgain(trial: TrialRow, flag: string): RepeatCommand {
  const model = (trial.verdict as unknown as Verdict | null)?.model ?? 'auto';
  const command = `npx ordeal export ${trial.id}${flag} > history.ndjson; npx ordeal check --model ${model} history.ndjson`;
  return { name: 'check', command, expect: 'the same verdict on what clients saw' };
}
