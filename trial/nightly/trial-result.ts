/** From a trial in the store to the item of a night: its sentence, fingerprint, numbers, and the files that are kept of it. */

import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { writeBundle } from '../../history/bundle.ts';
import type { Measures } from '../../history/night-records.ts';
import type { Store } from '../../history/store.ts';
import { verdictSentence } from '../../reports/sentence.ts';
import { seriesOf } from '../../reports/series.ts';
import type { TrialData } from '../../reports/trial-data.ts';
import type { TrialResult } from '../run.ts';
import type { CompleteSpec } from '../spec.ts';
import { trialData } from '../trial-report.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { ItemResult, Places } from './worker-messages.ts';

const SENTENCE_CHARS_MAX = 2000;

/** `again`: the command that does it again where there is no bundle. */
export interface ItemNames {
  readonly id: string;
  readonly title: string;
  readonly again: string | null;
}

/** Copies the trial's page beside the night's, makes a bundle of a failure, and says what came of it. */
export function resultOfTrial(
  names: ItemNames,
  trial: TrialResult,
  { store, places }: { readonly store: Store; readonly places: Places },
): ItemResult {
  const data = trialData(store, trial.id);
  const file = fileNameOf(names.id);
  const byIndex = new Map(data.operations.map((operation) => [operation.index, operation]));
  const failed = trial.verdict.outcome !== 'pass';
  const bundle = failed ? bundleOf(store, trial.id, places, file) : null;
  return {
    ...names,
    outcome: trial.verdict.outcome,
    sentence: verdictSentence(data).slice(0, SENTENCE_CHARS_MAX),
    fingerprint: fingerprintOf(trial.verdict, {
      system: data.trial.system,
      operation: (index) => byIndex.get(index),
    }),
    trial: trial.id,
    seed: data.trial.seed,
    report: trial.reportPath === null ? null : placed(trial.reportPath, places, 'reports', `${file}.html`),
    bundle,
    again: bundle === null ? names.again : `npx ordeal repro ${bundle}`,
    measures: measuresOf(data),
  };
}

/** A name for files: what an item's id is made of, without what a file system or a shell takes amiss. */
export function fileNameOf(id: string): string {
  return id.replace(/[^\w+.-]+/g, '-').slice(0, 150);
}

function bundleOf(store: Store, id: string, places: Places, file: string): string {
  mkdirSync(join(places.out, 'bundles'), { recursive: true });
  writeBundle(store, id, join(places.out, 'bundles', `${file}.ordeal`));
  return `bundles/${file}.ordeal`;
}

/** Copies a file into the night's directory, whole or not at all; returns its place there. */
function placed(from: string, places: Places, directory: string, name: string): string {
  const target = join(places.out, directory, name);
  mkdirSync(join(places.out, directory), { recursive: true });
  copyFileSync(from, `${target}.tmp`);
  renameSync(`${target}.tmp`, target);
  return `${directory}/${name}`;
}

function measuresOf(data: TrialData): Measures {
  const { trial, verdict, operations, faults } = data;
  const { overall, recoveries } = seriesOf(operations, faults, data.nodeEvents, trial.durationNs);
  const recovered = recoveries.flatMap(({ recoveredAfterNs }) => recoveredAfterNs ?? []);
  const simulated = trial.world === 'simulator';
  return {
    operations: verdict.statistics.operations,
    seeds: simulated ? 1 : 0,
    virtualNs: simulated ? trial.durationNs : null,
    checkMs: verdict.statistics.ms,
    p50Ns: overall?.p50 ?? null,
    p99Ns: overall?.p99 ?? null,
    recoveryNs: recovered.length === 0 ? null : Math.max(...recovered),
    detectedMs: null,
    faults: faults.length,
    faultsBit: faults.filter(({ bit }) => bit).length,
  };
}

/** The command line that runs a trial of a matrix again: the same plan, and in the simulator exactly the same trial. */
export function commandOf(spec: CompleteSpec): string {
  const flags = [
    ['seed', String(spec.seed)],
    ['world', spec.world],
    ['workload', spec.workload],
    ['faults', spec.faults.join(',') || 'none'],
    ['nodes', String(spec.nodes)],
    ['time', `${spec.timeMs}ms`],
    ['clients', String(spec.clients)],
    ['rate', String(spec.ratePerSecond)],
    ['reads', spec.reads],
    ...(spec.bugs.length === 0 ? [] : [['bug', spec.bugs.join(',')]]),
  ];
  return `npx ordeal run ${flags.map(([name, value]) => `--${name} ${value}`).join(' ')}`;
}
