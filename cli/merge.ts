/** `ordeal merge`: the shards of a night as one. */

import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { openNights } from '../history/nights.ts';
import { exitCodeOfNight } from '../reports/nightly/outcome.ts';
import { MEMORY_NIGHTS } from '../reports/nightly/trends.ts';
import { InputError } from '../trial/input-error.ts';
import { copyShardFiles, mergeShards, readShards } from '../trial/nightly/merge.ts';
import { prepareOut } from '../trial/nightly/out-directory.ts';
import { startPublisher } from '../trial/nightly/publisher.ts';
import { DEFAULT_STORE } from './flags.ts';
import { DEFAULT_OUT, report, today } from './nightly.ts';

interface MergeFlags {
  readonly out: string;
  readonly store: string;
  readonly shards?: number;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  ordeal merge shards/*                    join what the machines left, each its --out directory below shards/
  ordeal merge a b c --out night           one index.html, junit.xml, summary.md and result.json; one exit code

Shards belong together if date, plan and commit are the same. One that is missing or damaged, or was
killed, makes the night broken; the others are joined all the same.`;

export function mergeCommand(finished: (exitCode: number) => void): Command {
  return new Command('merge')
    .description('join the shards of a night: one index, one summary, one exit code')
    .argument('<dir...>', 'directories that `ordeal nightly --shard` wrote')
    .option('--out <dir>', 'directory of the joined results', DEFAULT_OUT)
    .option('--store <dir>', 'directory of the store: the memory of earlier nights', DEFAULT_STORE)
    .option('--shards <n>', 'how many shards there are: then a night that left none of them is broken', countFlag)
    .option('--json', 'print the result as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((directories: string[], flags: MergeFlags) => {
      if (directories.some((directory) => resolve(directory) === resolve(flags.out)))
        throw new InputError(`--out ${flags.out} is one of the directories to be joined: give another one`);
      const shards = readShards(directories, flags.shards ?? null);
      prepareOut(flags.out);
      const memory = openNights(flags.store, 'write');
      try {
        const night = mergeShards(shards, (date) => memory.freshId(date), today());
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

function countFlag(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > 1000) throw new InvalidArgumentError(`"${text}" is no number of shards from 1 to 1000.`);
  return count;
}
