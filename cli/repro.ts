/** `ordeal repro`: judge a recorded trial again, then run it again. */

import { Command } from 'commander';
import { checkedFileJson } from '../checker/check-files.ts';
import { changeOf } from '../history/history-digest.ts';
import type { Store, TrialRow } from '../history/store.ts';
import { InputError, unknownName } from '../trial/input-error.ts';
import { describeOracle, type Oracle, oracleOf, sameOracle } from '../trial/oracle.ts';
import { EXIT_INTERRUPTED, exitCodeOf, worstOf } from '../trial/outcome.ts';
import { describeRate, PROCESS_TRIES, wilsonInterval } from '../trial/rate.ts';
import { differingOperation, rejudge } from '../trial/rejudge.ts';
import { keepRate, otherVersion, type Repetition, repeat, storedSpec, storedVerdict } from '../trial/repeat.ts';
import { runTrial } from '../trial/run.ts';
import { checkFile } from '../trial/shrink-history.ts';
import { subjectOf } from '../trial/subject.ts';
import { writeReport } from '../trial/trial-report.ts';
import { DEFAULT_STORE, integerFlag, listFlag } from './flags.ts';
import { openStoreFor, trialIn } from './store-for.ts';

interface ReproFlags {
  readonly tries?: number;
  readonly without?: string[];
  readonly store: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const EXAMPLES = `
Examples:
  ordeal repro latest                        in the simulator: the same trial, event by event
  ordeal repro latest --tries 20             on processes: how often does it fail? kept, and told by the trial's page
  ordeal repro latest --without each         which kinds of faults does the failure need?
  ordeal repro failure.ordeal                a bundle that somebody sent
  ordeal repro spec.json                     a spec: run once, then compared with that run
  ordeal repro history.edn                   a history: judged again, there is nothing to run

The exit code is that of what was seen now: 1 if it failed again, 0 if it did not; 4 if the record was changed or is judged
otherwise than it was, or a simulated trial did not repeat on the same commit.`;

export function reproCommand(finished: (exitCode: number) => void): Command {
  return new Command('repro')
    .description(
      'judge a recorded trial again, then run it again: exactly in the simulator, several times on processes',
    )
    .argument('<trial>', 'name of a trial, "latest", a bundle, a spec file, or a history file')
    .option(
      '--tries <n>',
      `how often to run it (default: 1 in the simulator, ${PROCESS_TRIES} on processes)`,
      integerFlag,
    )
    .option(
      '--without <faults>',
      'run it without these kinds of faults too, one at a time; "each": all of them',
      listFlag,
    )
    .option('--store <dir>', 'directory of the store', DEFAULT_STORE)
    .option('--json', 'print one JSON object')
    .option('--quiet', 'no progress on standard error')
    .addHelpText('after', EXAMPLES)
    .action(async (reference: string, flags: ReproFlags) => finished(await reproSubject(reference, flags)));
}

async function reproSubject(reference: string, flags: ReproFlags): Promise<number> {
  const subject = subjectOf(reference);
  if (subject.kind === 'history') return rejudgeFile(subject.file, flags);
  const store = openStoreFor(flags.store, subject);
  try {
    if (subject.kind !== 'spec') {
      const trial = trialIn(store, subject);
      return await repro(store, trial, oracleOf(storedVerdict(trial)), flags);
    }
    // A spec has no record yet: the first run is what all others are compared with.
    if (!flags.quiet) process.stderr.write('a spec has no record: it is run once, and that run is the record\n');
    const { id, verdict } = await runTrial(subject.spec, { store });
    return await repro(store, store.getTrial(id), subject.oracle ?? oracleOf(verdict), flags);
  } finally {
    store.close();
  }
}

/** A history can be judged again, but nobody can run it again. */
async function rejudgeFile(file: string, flags: ReproFlags): Promise<number> {
  if (flags.tries !== undefined || flags.without !== undefined)
    throw new InputError(`${file} is a history: it can be judged again, not run again (--tries, --without)`);
  const checked = await checkFile(file);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(checkedFileJson(checked))}\n`
      : `${file}: ${checked.outcome}${checked.error === null ? ` by the model ${checked.model}` : ''}\n` +
          `${checked.error === null ? '' : `  why       ${checked.error}\n`}` +
          `  record    ${checked.ops} operations; a history has no spec, so there is nothing to run again\n`,
  );
  return exitCodeOf(checked.outcome);
}

/** `oracle`: what the trial is known to fail by, or null. */
async function repro(store: Store, trial: TrialRow, oracle: Oracle | null, flags: ReproFlags): Promise<number> {
  const change = changeOf(store, trial);
  if (change !== null) {
    process.stderr.write(`ordeal: THE RECORD WAS CHANGED: ${change}.\n        Nothing was run.\n`);
    return exitCodeOf('broken');
  }
  const judged = await rejudge(store, trial);
  if (!judged.agrees) {
    process.stderr.write(
      `ordeal: THE RECORD OF ${trial.id} IS JUDGED OTHERWISE THAN IT WAS: ${judged.recorded} then, ${judged.now} now.\n` +
        '        Either the store was changed or the checker is not what it was. Nothing was run.\n',
    );
    return exitCodeOf('broken');
  }
  const spec = storedSpec(trial);
  const warning = otherVersion(trial);
  if (warning !== null) process.stderr.write(`ordeal: ${warning}\n`);
  const exact = spec.world === 'simulator';
  const tries = flags.tries ?? (exact ? 1 : PROCESS_TRIES);
  if (tries < 1 || tries > 10_000) throw new InputError('--tries: give 1 to 10000');
  const kinds = [...new Set(spec.schedule.map(({ kind }) => kind))];
  if (flags.without !== undefined && kinds.length === 0)
    process.stderr.write('ordeal: this trial has no faults: there is nothing to leave out\n');
  const named = [...new Set(flags.without ?? [])];
  const without = kinds.length === 0 ? [] : named.includes('each') ? kinds : named;
  for (const kind of without)
    if (!kinds.includes(kind)) throw new InputError(unknownName('fault of this trial', kind, kinds));

  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const rows: Repetition[] = [];
  for (const left of [[], ...without.map((kind) => [kind])]) {
    if (interrupt.signal.aborted) break;
    const what = left.length === 0 ? 'as it was' : `without ${left}`;
    let done = 0;
    const onTry = ({ tries: sound, same }: { readonly tries: number; readonly same: number }): void => {
      done++;
      if (!flags.quiet)
        process.stderr.write(`${what}: ${same} of ${sound}${done < tries ? `, ${tries - done} to do` : ''}\n`);
    };
    const { signal } = interrupt;
    rows.push(
      await repeat(store, spec, oracle, {
        tries,
        traceHash: trial.traceHash,
        of: trial.id,
        without: left,
        signal,
        onTry,
      }),
    );
  }
  process.off('SIGINT', onSignal);
  process.off('SIGTERM', onSignal);

  const [first] = rows;
  const kept = first === undefined ? null : keepRate(store, trial, oracle, first);
  const page = kept === null ? null : writeReport(store, trial.id).reportPath;
  const parted = first?.sameTrace === false;
  const wanted = oracle === null ? 'no failure' : describeOracle(oracle);
  if (flags.json) process.stdout.write(`${JSON.stringify(asJson(trial, wanted, judged.now, warning, rows))}\n`);
  else process.stdout.write(asText(trial, wanted, judged.now, rows, page));
  if (interrupt.signal.aborted) return EXIT_INTERRUPTED;
  if (parted && warning === null) {
    process.stderr.write(
      'ordeal: the same code made another trial of the same spec: the simulator is not repeatable here\n',
    );
    return exitCodeOf('broken');
  }
  const other = first?.sameTrace === true ? differingOperation(store, trial.id, first.trials[0]?.id ?? trial.id) : null;
  if (other !== null) {
    process.stderr.write(
      `ordeal: THE RECORD OF ${trial.id} IS NOT WHAT HAPPENED: the same trial, event by event; ${other}.\n` +
        '        The store was changed after the trial was recorded.\n',
    );
    return exitCodeOf('broken');
  }
  if (first?.sameTrace === true && first.same < first.tries) {
    const seen = first.trials.map(({ verdict }) => oracleOf(verdict));
    const now = seen.find((other) => (oracle === null ? other !== null : !sameOracle(other, oracle))) ?? null;
    process.stderr.write(
      `ordeal: THE SAME TRIAL, EVENT BY EVENT, IS JUDGED OTHERWISE THAN IT WAS: ${wanted} then, ${now === null ? 'no failure' : describeOracle(now)} now.\n` +
        '        Either the recorded verdict was changed or the oracles are not what they were.\n',
    );
    return exitCodeOf('broken');
  }
  return exitCodeOf(worstOf((first?.trials ?? []).map(({ verdict }) => verdict.outcome)));
}

function asText(
  trial: TrialRow,
  wanted: string,
  judged: string,
  rows: readonly Repetition[],
  page: string | null,
): string {
  const lines = [`${trial.id}: ${wanted}`, `  record    judged again: ${judged}, as it was`];
  for (const row of rows) {
    const what = row.without.length === 0 ? 'as it was' : `without ${row.without.join(', ')}`;
    const other = row.other === 0 ? '' : ` (${row.other} failed otherwise)`;
    const exact = trial.world === 'simulator' && row.tries === 1;
    const result = exact ? (row.same === 1 ? 'again' : 'not again') : describeRate(row.same, row.tries);
    const broken = row.broken === 0 ? '' : ` (${row.broken} more broke, and tell nothing)`;
    lines.push(`  ${what.padEnd(22)} ${wanted}: ${result}${other}${broken}`);
    if (row.sameTrace !== null)
      lines.push(
        row.sameTrace
          ? `  trace     ${trial.traceHash}: the same trial, event by event`
          : `  trace     ${row.trials[0]?.traceHash} instead of ${trial.traceHash}: another trial than the recorded one`,
      );
  }
  const last = rows[0]?.trials.at(-1);
  if (last !== undefined && last.reportPath !== null) lines.push(`  report    ${last.reportPath}, of the last run`);
  if (page !== null) lines.push(`  kept      the rate is kept with the trial, and told by its page: ${page}`);
  return `${lines.join('\n')}\n`;
}

function asJson(
  trial: TrialRow,
  wanted: string,
  judged: string,
  warning: string | null,
  rows: readonly Repetition[],
): object {
  return {
    trial: trial.id,
    oracle: wanted,
    record: judged,
    warning,
    runs: rows.map((row) => ({
      without: row.without,
      tries: row.tries,
      same: row.same,
      other: row.other,
      broken: row.broken,
      interval: wilsonInterval(row.same, row.tries),
      sameTrace: row.sameTrace,
      trials: row.trials.map(({ id }) => id),
    })),
  };
}
