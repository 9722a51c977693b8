/** The `ordeal` command: one file per subcommand, exit codes as in docs/outcomes.md. */

import { Command, CommanderError } from 'commander';
import { StoreError } from '../history/store-error.ts';
import { InputError } from '../trial/input-error.ts';
import { EXIT_USAGE, exitCodeOf } from '../trial/outcome.ts';
import { ordealVersion } from '../trial/provenance.ts';
import { bugsCommand } from './bugs.ts';
import { checkCommand } from './check.ts';
import { corpusCommand } from './corpus.ts';
import { doctorCommand } from './doctor.ts';
import { exportCommand } from './export.ts';
import { wrappedHelp } from './help-text.ts';
import { huntCommand } from './hunt.ts';
import { importCommand } from './import.ts';
import { initCommand } from './init.ts';
import { mergeCommand } from './merge.ts';
import { nightlyCommand } from './nightly.ts';
import { reportCommand } from './report.ts';
import { reproCommand } from './repro.ts';
import { runCommand } from './run.ts';
import { serveCommand } from './serve.ts';
import { showCommand } from './show.ts';
import { shrinkCommand } from './shrink.ts';

const EPILOGUE = `
Exit codes: 0 pass, 1 violation, 2 unknown, 3 vacuous, 4 broken, 64 wrong usage, 130 interrupted.
Data goes to standard output, progress to standard error; --json prints one JSON object per trial or file.

  ordeal run                                    one trial on five real processes, with all that can go wrong
  ordeal run --bug leader-local-read            the same with a planted bug: see what a violation looks like
  ordeal check history.edn                      judge a history recorded by Jepsen or by your own tests
`;

/** Runs one command line; returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let code = 0;
  const finished = (exitCode: number): void => {
    code = exitCode;
  };
  const program = new Command('ordeal')
    .description('Puts a distributed key-value store through an ordeal and says whether it told its clients the truth.')
    .version(ordealVersion())
    .showHelpAfterError('(ordeal --help, or ordeal COMMAND --help, lists what there is)')
    .addHelpText('after', EPILOGUE);
  for (const define of [
    runCommand,
    huntCommand,
    shrinkCommand,
    reproCommand,
    nightlyCommand,
    serveCommand,
    mergeCommand,
    initCommand,
    checkCommand,
    reportCommand,
    showCommand,
    exportCommand,
    importCommand,
    corpusCommand,
    bugsCommand,
    doctorCommand,
  ])
    program.addCommand(define(finished));
  const writeOut = (text: string): void => {
    process.stdout.write(wrappedHelp(text, process.stdout.columns));
  };
  // As all other errors begin.
  const outputError = (text: string, write: (text: string) => void): void =>
    write(text.replace(/^error: /, 'ordeal: '));
  for (const command of program.commands)
    command.showHelpAfterError(`(ordeal ${command.name()} --help lists what there is)`);
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeOut, outputError });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error);
  }
}

/** One clear line for what a person can mend; the stack only for what is a defect of ours. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  if (error instanceof InputError || (error instanceof StoreError && error.code !== 'io' && error.code !== 'full')) {
    process.stderr.write(`ordeal: ${error.message}\n`);
    return EXIT_USAGE;
  }
  const failure = error instanceof Error ? error : new Error(String(error));
  const expected = 'code' in failure && typeof failure.code === 'string';
  process.stderr.write(
    `ordeal: ${expected || process.env.ORDEAL_DEBUG === undefined ? failure.message : failure.stack}\n`,
  );
  return exitCodeOf('broken');
}
