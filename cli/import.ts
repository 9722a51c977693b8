/** `ordeal import`: take the trial of a bundle into the store. */

import { Command } from 'commander';
import { writeReport } from '../trial/trial-report.ts';
import { DEFAULT_STORE } from './flags.ts';
import { openStoreFor, trialIn } from './store-for.ts';

export function importCommand(finished: (exitCode: number) => void): Command {
  return new Command('import')
    .description('take a trial that somebody exported as a bundle into the store')
    .argument('<file>', 'a bundle: `ordeal export TRIAL --bundle FILE` makes one')
    .option('--store <dir>', 'directory of the store', DEFAULT_STORE)
    .option('--json', 'print one JSON object')
    .action((file: string, flags: { store: string; json?: boolean }) => {
      const bundle = { kind: 'bundle', file } as const;
      const store = openStoreFor(flags.store, bundle);
      try {
        const { id: trial } = trialIn(store, bundle);
        const { reportPath: report } = writeReport(store, trial);
        process.stdout.write(flags.json ? `${JSON.stringify({ trial, report })}\n` : `${trial}\n`);
      } finally {
        store.close();
      }
      finished(0);
    });
}
