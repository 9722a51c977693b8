/** `ordeal corpus`: failures kept in the repository as regressions. */

import { Command } from 'commander';
import { addToCorpus, CORPUS_DIRECTORY, checkEntry, readCorpus } from '../trial/corpus.ts';
import { InputError } from '../trial/input-error.ts';
import { oracleOf } from '../trial/oracle.ts';
import { exitCodeOf } from '../trial/outcome.ts';
import { storedSpec, storedVerdict } from '../trial/repeat.ts';
import { subjectOf } from '../trial/subject.ts';
import { DEFAULT_STORE } from './flags.ts';
import { openStoreFor, trialIn } from './store-for.ts';

interface AddFlags {
  readonly name?: string;
  readonly note: string;
  readonly directory: string;
  readonly store: string;
}

export function corpusCommand(finished: (exitCode: number) => void): Command {
  const add = new Command('add')
    .description('keep a failing simulated trial, shrunk beforehand, as a regression')
    .argument('<trial>', 'name of a trial, "latest", or a bundle')
    .option('--name <name>', 'of the entry (default: its bug and what it was found by)')
    .option('--note <text>', 'what there is to know about it', '')
    .option('--directory <dir>', 'where the corpus is', CORPUS_DIRECTORY)
    .option('--store <dir>', 'directory of the store', DEFAULT_STORE)
    .action((reference: string, flags: AddFlags) => {
      const subject = subjectOf(reference);
      if (subject.kind === 'spec' || subject.kind === 'history')
        throw new InputError(
          `${reference} is a ${subject.kind}, not a trial: \`ordeal export TRIAL --bundle FILE\` makes a file of one`,
        );
      const store = openStoreFor(flags.store, subject);
      try {
        const trial = trialIn(store, subject);
        const oracle = oracleOf(storedVerdict(trial));
        if (oracle === null) throw new InputError(`trial ${trial.id} shows no violation`);
        const spec = storedSpec(trial);
        const drawn = [
          ...spec.bugs,
          oracle.invariant ?? oracle.violation,
          ...(spec.bugs.length === 0 ? [spec.seed] : []),
        ];
        const name = flags.name ?? drawn.join('-').replaceAll(' ', '-');
        const { commit } = trial.provenance;
        const entry = { name, oracle, commit: typeof commit === 'string' ? commit : null, note: flags.note, spec };
        process.stdout.write(`${addToCorpus(flags.directory, entry)}\n`);
      } finally {
        store.close();
      }
      finished(0);
    });
  const run = new Command('run')
    .description('check every entry: what was mended must not come back, planted bugs must still be found')
    .option('--directory <dir>', 'where the corpus is', CORPUS_DIRECTORY)
    .action(async (flags: { directory: string }) => {
      const entries = readCorpus(flags.directory);
      if (entries.length === 0) {
        process.stdout.write(`VACUOUS  there is no entry in ${flags.directory}: nothing was checked\n`);
        finished(exitCodeOf('vacuous'));
        return;
      }
      let wrong = 0;
      for (const entry of entries) {
        const problem = await checkEntry(entry);
        if (problem !== null) wrong++;
        process.stdout.write(`${problem === null ? 'as it should be' : 'WRONG'}  ${problem ?? entry.name}\n`);
      }
      finished(exitCodeOf(wrong === 0 ? 'pass' : 'violation'));
    });
  return new Command('corpus')
    .description('failures kept in the repository as regressions')
    .addCommand(add)
    .addCommand(run);
}
