/** `ordeal export`: a trial's history for other tools, on standard output, or the whole trial as one file. */

import { once } from 'node:events';
import { Command } from 'commander';
import { writeBundle } from '../history/bundle.ts';
import { writeJepsenEdn } from '../history/formats/jepsen-edn-writer.ts';
import { writeNdjson } from '../history/formats/ndjson.ts';
import { changeOf } from '../history/history-digest.ts';
import { openStore } from '../history/store.ts';
import { InputError, unknownName } from '../trial/input-error.ts';
import { DEFAULT_STORE } from './flags.ts';

const WRITERS = new Map([
  ['ndjson', writeNdjson],
  ['edn', writeJepsenEdn],
]);

export function exportCommand(finished: (exitCode: number) => void): Command {
  return new Command('export')
    .description("print a trial's history as NDJSON (one operation a line) or as Jepsen's EDN, for Knossos and Elle")
    .argument('<trial>', 'name of a trial, a part of it that no other has, or "latest"')
    .option('--format <name>', `${[...WRITERS.keys()].join(' or ')}`, 'ndjson')
    .option('--bundle <file>', 'write the whole trial (spec, schedule, history, messages, logs) to this file instead')
    .option('--store <dir>', 'directory of the store', DEFAULT_STORE)
    .action(async (reference: string, flags: { format: string; bundle?: string; store: string }) => {
      const write = WRITERS.get(flags.format);
      if (write === undefined) throw new InputError(unknownName('format', flags.format, [...WRITERS.keys()]));
      const store = openStore(flags.store, 'read');
      try {
        const trial = store.getTrial(reference);
        const change = changeOf(store, trial);
        if (change !== null) process.stderr.write(`ordeal: ${change}\n`);
        if (flags.bundle !== undefined) {
          const bytes = writeBundle(store, trial.id, flags.bundle);
          process.stderr.write(`${flags.bundle}: ${bytes} bytes\n`);
          finished(0);
          return;
        }
        const operations = [...store.readOperations(trial.id)];
        for (const text of write(operations)) if (!process.stdout.write(text)) await once(process.stdout, 'drain');
      } finally {
        store.close();
      }
      finished(0);
    });
}
