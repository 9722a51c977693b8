/** `ordeal merge`: the shards of a night as one. */

import { resolve } from 'node:path';
import { Command } from 'commander';
import { openNights } from '../history/nights.ts';
import { exitCodeOfNight } from '../reports/nightly/outcome.ts';
import { MEMORY_NIGHTS } from '../reports/nightly/trends.ts';
import { InputError } from '../trial/input-error.ts';
import { copyShardFiles, mergeShards, readShards } from '../trial/nightly/merge.ts';
import { prepareOut } from '../trial/nightly/out-directory.ts';
import { startPublisher } from '../trial/nightly/publisher.ts';
import { DEFAULT_STORE } from './flags.ts';
import { DEFAULT_OUT, report } from './nightly.ts';

interface MergeFlags {
  readonly out: string;
  readonly store: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  ordeal merge shards/*                    join what the machines left, each its --out directory below shards/
  ordeal merge a b c --out night           one index.html, junit.xml, summary.md and result.json; one exit code

Shards belong together if date, plan and commit are the same. One that is missing, or was killed, makes the night broken.`;

export function mergeCommand(finished: (exitCode: number) => void): Command {
  return new Command('merge')
    .description('join the shards of a night: one index, one summary, one exit code')
    .argument('<dir...>', 'directories that `ordeal nightly --shard` wrote')
    .option('--out <dir>', 'directory of the joined results', DEFAULT_OUT)
    .option('--store <dir>', 'directory of the store: the memory of earlier nights', DEFAULT_STORE)
    .option('--json', 'print the result as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((directories: string[], flags: MergeFlags) => {
      if (directories.some((directory) => resolve(directory) === resolve(flags.out)))
        throw new InputError(`--out ${flags.out} is one of the directories to be joined: give another one`);
      const shards = readShards(directories);
      prepareOut(flags.out);
      const memory = openNights(flags.store, 'write');
      try {
        const night = mergeShards(shards, (date) => memory.freshId(date));
        copyShardFiles(shards, flags.out);
        const earlier = memory.list();
        const page = startPublisher({ out: flags.out, earlier, nights: MEMORY_NIGHTS, memory }).ended(night);
        report(page, flags);
        finished(exitCodeOfNight(night));
      } finally {
        memory.close();
      }
    });
}
