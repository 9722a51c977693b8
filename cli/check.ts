/** `ordeal check`: judge histories recorded elsewhere. */

import { statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command, Option } from 'commander';
import { type CheckedFile, checkedFileJson, checkFiles } from '../checker/check-files.ts';
import { MODELS } from '../checker/models.ts';
import { makeDirectory } from '../history/directory.ts';
import { HistoryError } from '../history/formats/format.ts';
import { FORMATS } from '../history/formats/registry.ts';
import { STANDARD_INPUT } from '../history/history-files.ts';
import type { Json } from '../history/operation.ts';
import { renderReport } from '../reports/report.ts';
import { verdictSentence } from '../reports/sentence.ts';
import { type TrialData, trialOfHistory } from '../reports/trial-data.ts';
import { CHECK_MEMORY_MB, CHECK_TIME_MS, checkCommandLine } from '../trial/check-command-line.ts';
import { saidOf } from '../trial/history-source.ts';
import { InputError, unknownName } from '../trial/input-error.ts';
import { exitCodeOf, worstOf } from '../trial/outcome.ts';
import { provenance } from '../trial/provenance.ts';
import { jsonFlag, positiveDurationFlag, positiveFlag } from './flags.ts';

interface CheckFlags {
  readonly model: string;
  readonly format: string;
  readonly time: number;
  readonly memory: number;
  readonly report?: string;
  readonly json?: boolean;
  readonly initial?: Json;
  readonly nilReads?: 'value' | 'any';
  readonly tuples?: boolean;
}

const EXAMPLES = `
Examples:
  ordeal check store/latest/history.edn          what Jepsen recorded
  ordeal check --model kv histories/ more.txt    whole folders, several files
  ordeal check --json run.ndjson.gz | jq .valid  for scripts; gzip is recognised
  ordeal check --report out/ history.edn         also writes an HTML report per file
  ssh db1 cat history.edn | ordeal check -       what comes through a pipe

Each file is judged for itself. The exit code is the worst of all: 1 violation, then 4 broken (a file that can't be
read, or a report that can't be written), 2 unknown, 3 vacuous, 0 pass. In a folder, what is no history is skipped and
named; what is called or looks like one and can't be read is broken.`;

export function checkCommand(finished: (exitCode: number) => void): Command {
  const formats = FORMATS.map(({ name, summary }) => `  ${name.padEnd(15)} ${summary}`).join('\n');
  const models = MODELS.map(
    ({ name, summary, conventions }) => `  ${name.padEnd(15)} ${summary}\n${' '.repeat(18)}${conventions}`,
  ).join('\n');
  return new Command('check')
    .description('judge histories that were recorded elsewhere: Jepsen, Knossos, Porcupine, or our own NDJSON')
    .argument('<file...>', 'files or folders; - is standard input')
    .option('--model <name>', 'what the history is judged by', 'auto')
    .option(
      '--initial <json>',
      'what a register, key or counter holds at first; how many can hold a semaphore',
      jsonFlag,
    )
    .option('--format <name>', 'how the files are written', 'auto')
    .addOption(
      new Option(
        '--nil-reads <meaning>',
        "what a read of nil says: that nothing is there (value), or nothing at all (any), as for Knossos' own models (default: value; any only for a vector without times that proves to have held 0 at first)",
      ).choices(['value', 'any']),
    )
    .option('--tuples', "values are [key value] tuples of Jepsen's independent tests (default: recognised)")
    .option('--no-tuples', 'values are no such tuples, even if they look like it')
    .addOption(
      new Option(
        '--time <duration>',
        'limit for judging each file, explanations included: once a violation is found, a fifth of it (20 s at most) is kept for these; beyond it the verdict is unknown',
      )
        .argParser(positiveDurationFlag)
        .default(CHECK_TIME_MS, `${CHECK_TIME_MS / 1000}s`),
    )
    .option('--memory <mb>', 'limit for the tables of the search, in MB', positiveFlag, CHECK_MEMORY_MB)
    .option('--report <dir>', 'write an HTML report per file into this directory')
    .option('--json', 'print one JSON object per file')
    .addHelpText(
      'after',
      `\nFormats (recognised from the content):\n${formats}\n\nModels (with their operations, and → what these answer):\n${models}\n${EXAMPLES}`,
    )
    .action(async (files: string[], flags: CheckFlags) => finished(await check(files, flags)));
}

async function check(files: readonly string[], flags: CheckFlags): Promise<number> {
  const models = ['auto', ...MODELS.map(({ name }) => name)];
  const formats = ['auto', ...FORMATS.map(({ name }) => name)];
  if (!models.includes(flags.model)) throw new InputError(unknownName('model', flags.model, models));
  if (!formats.includes(flags.format)) throw new InputError(unknownName('format', flags.format, formats));
  if (flags.report !== undefined) makeReportDirectory(flags.report);
  const outcomes: CheckedFile['outcome'][] = [];
  const written = new Set<string>();
  const skipped: string[] = [];
  const options = {
    model: flags.model,
    format: flags.format,
    timeMs: flags.time,
    memoryBytes: flags.memory * 1e6,
    ...saidOf(flags),
    onSkipped: (path: string, reason: string) => {
      skipped.push(path);
      process.stderr.write(`skipped ${reason}\n`);
    },
  };
  try {
    for await (const checked of checkFiles(files, options)) {
      outcomes.push(checked.outcome);
      process.stdout.write(flags.json ? `${JSON.stringify(checkedFileJson(checked))}\n` : describe(checked, flags));
      if (flags.report !== undefined && checked.verdict !== null)
        if (!writeFileReport(flags.report, checked, flags, written)) outcomes.push('broken');
    }
  } catch (error) {
    if (error instanceof HistoryError) throw new InputError(error.message);
    throw error;
  }
  if (skipped.length > 0)
    process.stderr.write(
      `ordeal: ${skipped.length} ${skipped.length === 1 ? 'file was' : 'files were'} skipped as no history; name a file to have it judged\n`,
    );
  if (outcomes.length === 0) process.stderr.write('ordeal: there was no history among these files\n');
  return exitCodeOf(worstOf(outcomes));
}

function describe(checked: CheckedFile, flags: CheckFlags): string {
  const { file, outcome, ops, ms, model, format, error, notes } = checked;
  if (error !== null) return `${outcome.padEnd(10)} ${error}\n`;
  const data = asTrial(checked, flags);
  const sentence = data === null || outcome === 'pass' ? '' : `\n           ${verdictSentence(data)}`;
  // Of other outcomes the sentence tells the reasons.
  const reasons = outcome === 'pass' ? (checked.verdict?.reasons ?? []) : [];
  const asides = [...notes, ...reasons].map((note) => `\n           note: ${note}`).join('');
  return `${outcome.padEnd(10)} ${file}  (${ops} operations, ${model}, ${format}, ${ms} ms)${sentence}${asides}\n`;
}

function asTrial(checked: CheckedFile, flags: CheckFlags): TrialData | null {
  if (checked.verdict === null) return null;
  const command = checkCommandLine(checked.file, {
    model: checked.model ?? 'auto',
    format: flags.format,
    timeMs: flags.time,
    memoryMb: flags.memory,
    ...saidOf(flags),
  });
  const expect = checked.outcome === 'unknown' ? 'with more --time or --memory, perhaps a verdict' : 'the same verdict';
  const repeat = [{ name: 'check' as const, command, expect }];
  return trialOfHistory(
    basename(checked.file),
    checked.operations,
    checked.verdict,
    { ...provenance() },
    repeat,
    checked.notes,
  );
}

/** Before anything is judged: a folder that can't be made is a mistake to be told at once. */
function makeReportDirectory(directory: string): void {
  try {
    makeDirectory(directory);
    if (!statSync(directory).isDirectory()) throw new Error('it is a file');
  } catch (error) {
    throw new InputError(`cannot write reports to ${directory}: ${error instanceof Error ? error.message : error}`);
  }
}

/** False for a page that can't be drawn or written, which is told of. Files of one name in several folders get a page each. */
function writeFileReport(directory: string, checked: CheckedFile, flags: CheckFlags, taken: Set<string>): boolean {
  const data = asTrial(checked, flags);
  if (data === null) return true;
  const name = checked.file === STANDARD_INPUT ? 'standard-input' : basename(checked.file);
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name}-${i}`;
  taken.add(free);
  const path = join(directory, `${free}.html`);
  try {
    writeFileSync(path, renderReport(data));
    process.stderr.write(`report  ${path}\n`);
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`ordeal: the report ${path} could not be drawn or written: ${why}\n`);
    return false;
  }
}
