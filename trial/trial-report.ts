/** From the store to the page: gathers what was recorded of a trial and writes its report. A failure to draw changes nothing. */

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import type { Verdict } from '../checker/verdict.ts';
import type { Json } from '../history/operation.ts';
import { readReproCounts } from '../history/repro-counts.ts';
import type { Store, TrialRow } from '../history/store.ts';
import { renderReport } from '../reports/report.ts';
import { MESSAGES_MAX, momentsOf } from '../reports/selection.ts';
import { shellWord } from '../reports/shell-word.ts';
import { asRead, type RepeatCommand, type TrialData } from '../reports/trial-data.ts';
import { checkCommandLine } from './check-command-line.ts';
import { historySourceOf, saidOf } from './history-source.ts';
import { InputError } from './input-error.ts';
import { exitCodeOf } from './outcome.ts';
import { describeReproRate, describeReproRateAt, PROCESS_TRIES, ratesOf } from './rate.ts';

export interface WrittenReport {
  readonly reportPath: string | null;
  readonly reportError: string | null;
}

/** What the store knows of a judged trial and a page shows of it: all but messages far from what it is about. Throws InputError while there is no verdict. */
export function trialData(store: Store, id: string): TrialData {
  const trial = store.getTrial(id);
  if (trial.verdict === null || trial.outcome === null)
    throw new InputError(`trial ${trial.id} has no verdict yet (it is ${trial.state})`);
  const verdict = trial.verdict as unknown as Verdict;
  const source = historySourceOf(trial);
  const faults = store.readFaults(id);
  const moments = momentsOf(verdict, faults, trial.durationNs ?? 0);
  const { messages, total } = store.readMessagesNear(id, moments, MESSAGES_MAX);
  return {
    trial: {
      id: source?.history ?? trial.id,
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
    verdict,
    operations: [...store.readOperations(id)],
    faults,
    nodeEvents: store.readNodeEvents(id),
    messages,
    messageTotal: total,
    logs: store.readLogLines(id),
    marks: trial.marks,
    repeat: repeatCommands(store, id),
    ...(source === null ? {} : asRead(source.notes)),
    repeatIn: `the folder that holds the store ${storeName(store)}`,
  };
}

/** Writes `reports/<id>.html` beside the store, whole or not at all. */
export function writeReport(store: Store, id: string): WrittenReport {
  const directory = join(store.directory, 'reports');
  const path = join(directory, `${id}.html`);
  try {
    mkdirSync(directory, { recursive: true });
    writeFileSync(`${path}.tmp`, renderReport(trialData(store, id)));
    renameSync(`${path}.tmp`, path);
    store.saveReportPath(id, relative(store.directory, path));
    return { reportPath: path, reportError: null };
  } catch (error) {
    if (error instanceof InputError) throw error;
    removeIfThere(`${path}.tmp`);
    return { reportPath: null, reportError: error instanceof Error ? error.message : String(error) };
  }
}

/** A part of a page on a disk that is full helps nobody. */
function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The directory itself is missing, or none.
  }
}

/** Every store but the default one has to be named. */
const DEFAULT_STORE = 'ordeal-data';

/** By its own name alone: the page of a trial is the same bytes wherever the command that wrote it was started. */
function storeName(store: Store): string {
  return basename(resolve(store.directory));
}

function repeatCommands(store: Store, id: string): RepeatCommand[] {
  const trial = store.getTrial(id);
  const name = storeName(store);
  const flag = name === DEFAULT_STORE ? '' : ` --store ${shellWord(name)}`;
  if (trial.workload === null) return [checkAgain(trial, flag)];
  const simulated = trial.world === 'simulator';
  const [rate, earlier] = simulated ? [] : ratesOf(readReproCounts(store.directory, id));
  const repro: RepeatCommand = {
    name: 'repro',
    command: `npx ordeal repro ${trial.id}${flag}`,
    expect: simulated
      ? 'exactly the same trial, event by event'
      : rate === undefined
        ? PROCESSES_REPRO[trial.outcome === 'violation' ? 1 : 0]
        : [rate, ...(earlier === undefined ? [] : [earlier])].map(describeReproRateAt).join('; before that, '),
    ...(rate === undefined ? {} : { rate: describeReproRate(rate) }),
  };
  if (trial.outcome !== 'violation') return [repro, checkAgain(trial, flag)];
  const shrink: RepeatCommand = {
    name: 'shrink',
    command: `npx ordeal shrink ${trial.id}${flag}`,
    expect: simulated ? 'a smaller trial with the same failure' : 'the operations that contradict each other, alone',
  };
  return [repro, shrink, checkAgain(trial, flag)];
}

/** What the machine does in between differs each time, and no record of one trial knows how often it matters. */
const PROCESSES_REPRO = [
  'the same plan, run again; what the machine does in between differs, so the outcome may',
  `runs the same plan ${PROCESS_TRIES} times and tells how often it fails so; not counted yet. The rate is kept with the trial and told here (--tries 50 for a closer one)`,
] as const;

/** The record alone, judged anywhere: all that can be done with a history from elsewhere. Judged as it was, limits included. */
function checkAgain(trial: TrialRow, flag: string): RepeatCommand {
  const verdict = trial.verdict as unknown as Verdict | null;
  const expect = expectedOfCheck(verdict);
  const model = verdict?.model ?? 'auto';
  const source = historySourceOf(trial);
  // What a format implies of the first values is in the file alone, not in what is exported of it.
  if (source !== null) {
    const { history, format } = source;
    return { name: 'check', command: checkCommandLine(history, { model, format, ...saidOf(source) }), expect };
  }
  const { timeMs, memoryMb } = fieldsOf(fieldsOf(trial.spec).check ?? null);
  const flags = {
    model,
    ...(typeof timeMs === 'number' ? { timeMs } : {}),
    ...(typeof memoryMb === 'number' ? { memoryMb } : {}),
  };
  const command = `npx ordeal export ${trial.id}${flag} > history.ndjson; ${checkCommandLine('history.ndjson', flags)}`;
  return { name: 'check', command, expect };
}

function fieldsOf(json: Json): { readonly [name: string]: Json } {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return {};
  return json as { readonly [name: string]: Json };
}

/** A history holds what clients asked and were answered. What was seen of the nodes, or of the harness, is not in it. */
export function expectedOfCheck(verdict: Verdict | null): string {
  const anomalies = verdict?.anomalies ?? [];
  const ofClients = anomalies.filter(({ violation }) => violation === 'linearizability').length;
  if (verdict?.outcome === 'violation' && ofClients === 0)
    return 'judges what clients saw, and may pass: this anomaly was seen of the nodes, and clients may have seen nothing wrong';
  if (ofClients < anomalies.length)
    return 'the anomalies that clients saw; what was seen of the nodes is not in a history';
  if (verdict?.outcome === 'violation') return 'the same verdict on what clients saw';
  return 'judges what clients saw, alone';
}
