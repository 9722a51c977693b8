/** `ordeal import`: take the trial of a bundle into the store. */

import { Command } from 'commander';
import { readBundle } from '../history/bundle.ts';
import { openStore } from '../history/store.ts';
import { writeReport } from '../trial/trial-report.ts';
import { DEFAULT_STORE } from './flags.ts';

export function importCommand(finished: (exitCode: number) => void): Command {
  return new Command('import')
    .description('take a trial that somebody exported as a bundle into the store')
    .argument('<file>', 'a bundle: `ordeal export TRIAL --bundle FILE` makes one')
    .option('--store <dir>', 'directory of the store', DEFAULT_STORE)
    .option('--json', 'print one JSON object')
    .action((file: string, flags: { store: string; json?: boolean }) => {
      const store = openStore(flags.store, 'write');
      try {
        const trial = readBundle(file, store);
        const { reportPath: report } = writeReport(store, trial);
        process.stdout.write(flags.json ? `${JSON.stringify({ trial, report })}\n` : `${trial}\n`);
      } finally {
        store.close();
      }
      finished(0);
    });
}
