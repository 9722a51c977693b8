/** `ordeal report`: write a trial's page again; a trial that nobody judged is judged first. */

import { Command } from 'commander';
import { openStore } from '../history/store.ts';
import { InputError } from '../trial/input-error.ts';
import { judgeRecord } from '../trial/judge-record.ts';
import { exitCodeOf } from '../trial/outcome.ts';
import { writeReport } from '../trial/trial-report.ts';
import { DEFAULT_STORE } from './flags.ts';

interface ReportFlags {
  readonly store: string;
}

export function reportCommand(finished: (exitCode: number) => void): Command {
  return new Command('report')
    .description("write a trial's page again; judges it first if its recording was cut short")
    .argument('<trial>', 'name of a trial, a part of it that no other has, or "latest"')
    .option('--store <dir>', 'directory of the store', DEFAULT_STORE)
    .action(async (reference: string, flags: ReportFlags) => {
      // For reading first: a store that is not there must not be made by asking for a report.
      openStore(flags.store, 'read').close();
      const store = openStore(flags.store, 'write');
      try {
        const trial = store.getTrial(reference);
        if (trial.state === 'running') throw new InputError(`trial ${trial.id} is still running`);
        if (trial.verdict === null) await judgeRecord(store, trial);
        const { reportPath, reportError } = writeReport(store, trial.id);
        if (reportPath === null) {
          process.stderr.write(`ordeal: the report could not be drawn: ${reportError}\n`);
          finished(exitCodeOf('broken'));
          return;
        }
        process.stdout.write(`${reportPath}\n`);
        finished(0);
      } finally {
        store.close();
      }
    });
}
