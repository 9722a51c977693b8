/** `ordeal init`: the files that a repository needs to have a night every night. */

import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { makeDirectory } from '../history/directory.ts';
import { InputError } from '../trial/input-error.ts';
import { nightlyJsonSchema } from '../trial/nightly/config.ts';
import { CONFIG_FILE } from '../trial/nightly/config-file.ts';
import { nightlyConfigTemplate, SCHEMA_FILE, WORKFLOW_FILE, workflowTemplate } from '../trial/nightly/templates.ts';

interface InitFlags {
  readonly directory: string;
  readonly force?: boolean;
}

export function initCommand(finished: (exitCode: number) => void): Command {
  return new Command('init')
    .description('write a configuration for `ordeal nightly`, its schema for editors, and a GitHub Actions workflow')
    .option('--directory <dir>', 'where to write them: the root of a repository', '.')
    .option('--force', 'overwrite files that are there')
    .action((flags: InitFlags) => {
      const files: readonly (readonly [name: string, text: string])[] = [
        [CONFIG_FILE, nightlyConfigTemplate()],
        [SCHEMA_FILE, nightlyJsonSchema()],
        [WORKFLOW_FILE, workflowTemplate()],
      ];
      const there = files.map(([name]) => join(flags.directory, name)).filter((path) => existsSync(path));
      if (there.length > 0 && !flags.force)
        throw new InputError(`${there.join(' and ')} would be overwritten: nothing was written; --force overwrites`);
      for (const [name, text] of files) {
        const path = join(flags.directory, name);
        try {
          makeDirectory(dirname(path));
          writeFileSync(path, text);
        } catch (error) {
          throw new InputError(`cannot write ${path} (${(error as NodeJS.ErrnoException).code})`);
        }
        process.stdout.write(`${path}\n`);
      }
      finished(0);
    });
}
