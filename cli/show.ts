/** `ordeal show`: list the trials of a store, or print one. */

import { Command } from 'commander';
import { changeOf } from '../history/history-digest.ts';
import { openStore, type Store, type TrialRow } from '../history/store.ts';
import { verdictSentence } from '../reports/sentence.ts';
import { trialData } from '../trial/trial-report.ts';
import { DEFAULT_STORE, integerFlag } from './flags.ts';

interface ShowFlags {
  readonly store: string;
  readonly json?: boolean;
  readonly limit: number;
  readonly operations?: boolean;
}

export function showCommand(finished: (exitCode: number) => void): Command {
  return new Command('show')
    .description('list the trials of a store, newest first, or print one of them')
    .argument('[trial]', 'name of a trial, a part of it that no other has, or "latest"')
    .option('--store <dir>', 'directory of the store', DEFAULT_STORE)
    .option('--limit <n>', 'how many trials to list', integerFlag, 30)
    .option('--operations', "print the trial's operations, one JSON object a line")
    .option('--json', 'one JSON object per trial')
    .action((reference: string | undefined, flags: ShowFlags) => {
      const store = openStore(flags.store, 'read');
      try {
        if (reference === undefined) list(store, flags);
        else showOne(store, store.getTrial(reference), flags);
      } finally {
        store.close();
      }
      finished(0);
    });
}

function list(store: Store, flags: ShowFlags): void {
  const trials = store.listTrials(flags.limit);
  for (const trial of trials) process.stdout.write(flags.json ? `${JSON.stringify(trial)}\n` : `${row(trial)}\n`);
  if (trials.length === 0) process.stderr.write('no trials yet: `ordeal run` makes one\n');
}

function row(trial: TrialRow): string {
  const outcome = trial.outcome ?? trial.state;
  const seconds = trial.durationNs === null ? '' : `${(trial.durationNs / 1e9).toFixed(1)} s`;
  return `${outcome.padEnd(10)} ${trial.id.padEnd(44)} ${(trial.world ?? '').padEnd(10)} ${seconds.padStart(8)}`;
}

function showOne(store: Store, trial: TrialRow, flags: ShowFlags): void {
  if (flags.operations) {
    for (const operation of store.readOperations(trial.id)) process.stdout.write(`${JSON.stringify(operation)}\n`);
    return;
  }
  const change = changeOf(store, trial);
  if (flags.json) {
    const operations = store.countOperations(trial.id);
    process.stdout.write(`${JSON.stringify({ ...trial, operations, changed: change !== null })}\n`);
    return;
  }
  process.stdout.write(`${row(trial)}\n`);
  if (change !== null) process.stdout.write(`  CHANGED    ${change}\n`);
  if (trial.verdict === null)
    process.stdout.write(`  not judged yet; \`ordeal report ${trial.id}\` judges what was recorded\n`);
  else process.stdout.write(`  ${verdictSentence(trialData(store, trial.id))}\n`);
  process.stdout.write(`  operations ${store.countOperations(trial.id)}\n`);
  for (const fault of store.readFaults(trial.id)) {
    const { summary } = fault.asked as { summary?: string };
    const from = (fault.startedAt / 1e9).toFixed(2).padStart(7);
    const to = fault.endedAt === null ? '   …' : (fault.endedAt / 1e9).toFixed(2).padStart(7);
    const proof = fault.bit ? '' : fault.endedAt === null ? '  (still in force)' : '  (no effect seen)';
    process.stdout.write(
      `  ${from} to ${to} s  ${fault.kind.padEnd(11)} ${summary ?? fault.targets.join(', ')}${proof}\n`,
    );
  }
  process.stdout.write(`  spec       ${JSON.stringify({ ...(trial.spec as object), schedule: undefined })}\n`);
  if (trial.reportPath !== null) process.stdout.write(`  report     ${store.directory}/${trial.reportPath}\n`);
}
