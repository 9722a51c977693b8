/** `ordeal bugs`: the catalogue of planted bugs. */

import { Command } from 'commander';
import { BUGS } from '../cluster/bugs/catalogue.ts';

const INDENT = ' '.repeat(33);
const HOW_TO = `
To see one found:   ordeal hunt --bug leader-local-read     in simulated trials, the find is shrunk
                    ordeal run --bug leader-local-read      on real processes
The aid alone, as a control, is --bug aid-of-NAME. Where each is known from is in --json; how soon each is found, in docs/power.md.
`;

export function bugsCommand(finished: (exitCode: number) => void): Command {
  return new Command('bugs')
    .description('list the bugs that can be planted with --bug, and what each should break')
    .option('--json', 'one JSON object per bug')
    .action((flags: { json?: boolean }) => {
      if (flags.json)
        for (const { name, group, what, exposedBy, breaks, source, aid } of BUGS)
          process.stdout.write(
            `${JSON.stringify({ name, group, what, exposedBy, breaks, source, aid: aid?.why ?? null })}\n`,
          );
      else {
        for (const group of new Set(BUGS.map((bug) => bug.group))) {
          process.stdout.write(`\n${group}\n`);
          for (const bug of BUGS.filter((candidate) => candidate.group === group))
            process.stdout.write(
              `  ${bug.name.padEnd(30)} ${bug.what}\n` +
                `${INDENT}breaks ${bug.breaks.join(', ') || 'nothing'}; shows when: ${bug.exposedBy}\n` +
                (bug.aid === undefined ? '' : `${INDENT}planted with an aid: ${bug.aid.why}\n`),
            );
        }
        process.stdout.write(HOW_TO);
      }
      finished(0);
    });
}
