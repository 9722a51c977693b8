/** `ordeal report`: write a trial's page again; a trial that nobody judged is judged first. */

import { Command } from 'commander';
import { openStore } from '../history/store.ts';
import { renderCore } from '../reports/core.ts';
import { InputError, unknownName } from '../trial/input-error.ts';
import { judgeRecord } from '../trial/judge-record.ts';
import { exitCodeOf } from '../trial/outcome.ts';
import { trialData, writeReport } from '../trial/trial-report.ts';
import { DEFAULT_STORE } from './flags.ts';

interface ReportFlags {
  readonly store: string;
  readonly format: string;
}

const FORMATS = ['html', 'svg', 'md'];

export function reportCommand(finished: (exitCode: number) => void): Command {
  return new Command('report')
    .description("write a trial's page again; judges it first if its recording was cut short")
    .argument('<trial>', 'name of a trial, a part of it that no other has, or "latest"')
    .option('--format <name>', 'html writes the page; svg and md print the core, for an issue tracker', 'html')
    .option('--store <dir>', 'directory of the store', DEFAULT_STORE)
    .action(async (reference: string, flags: ReportFlags) => {
      if (!FORMATS.includes(flags.format)) throw new InputError(unknownName('format', flags.format, FORMATS));
      // For reading first: a store that is not there must not be made by asking for a report.
      openStore(flags.store, 'read').close();
      const store = openStore(flags.store, 'write');
      try {
        const trial = store.getTrial(reference);
        if (trial.state === 'running') throw new InputError(`trial ${trial.id} is still running`);
        if (trial.verdict === null) await judgeRecord(store, trial);
        if (flags.format === 'svg' || flags.format === 'md') {
          process.stdout.write(renderCore(trialData(store, trial.id), flags.format));
          finished(0);
          return;
        }
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
