/** `ordeal hunt`: many simulated trials, until one shows a violation. */

import { Command, Option } from 'commander';
import { BUGS, findBug } from '../cluster/bugs/catalogue.ts';
import type { TrialOutcome } from '../history/trial-records.ts';
import { SEED_MAX } from '../seed/draw.ts';
import { type HuntResult, type HuntTotals, hunt, outcomeOfHunt, startHunters } from '../trial/hunt.ts';
import { InputError } from '../trial/input-error.ts';
import { EXIT_INTERRUPTED, exitCodeOf, worstOf } from '../trial/outcome.ts';
import { swarmSpec } from '../trial/swarm.ts';
import { DEFAULT_STORE, durationFlag, integerFlag, listFlag } from './flags.ts';
import { checkStore, keepFinds, NotRepeatable } from './hunt-finds.ts';
import { asJson, asRow, asText, describeTotals, summaryOfAll } from './hunt-output.ts';

export interface HuntFlags {
  readonly seeds?: number;
  readonly budget?: number;
  readonly from: number;
  readonly time: number;
  readonly bug?: string[];
  readonly keepGoing?: boolean;
  readonly learn?: boolean;
  /** Of --no-shrink. */
  readonly shrink: boolean;
  readonly threads?: number;
  readonly store: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const DEFAULT_BUDGET_MS = 60_000;
/** Violations of one hunt that are stored with a report; of the others the seeds are printed. */
const STORED_MAX = 5;
/** More take memory by the gigabyte, and no machine that hunts has them. */
const THREADS_MAX = 64;
const PLAIN_INTERVAL_MS = 5000;
const SHRINK_BUDGET_MS = 30_000;
/** With `--bug all`, where there are fifty to shrink. */
const SHRINK_BUDGET_ALL_MS = 10_000;

const EXAMPLES = `
Examples:
  ordeal hunt --budget 5m                     look for a violation of the correct replica
  ordeal hunt --bug commit-previous-term      how soon is a planted bug found?
  ordeal hunt --bug all --budget 20s          each bug of the catalogue, 20 s each; its first find is shrunk and kept
  ordeal hunt --seeds 10000 --keep-going      the same seeds each time; do not stop at the first find

Each seed stands for a world of its own: size of the cluster, faults, latencies, timeouts, clients, and how much of the
virtual time it takes. The same seed is the same trial, event by event. A hunt is "vacuous" only if no seed passed; one in which a fault did not bite is no surprise
among many.`;

export function huntCommand(finished: (exitCode: number) => void): Command {
  return new Command('hunt')
    .description('run many simulated trials on all cores, and stop at the first violation')
    .option('--seeds <n>', 'how many seeds to try', integerFlag)
    .option('--budget <duration>', 'how long to hunt (default, without --seeds: 60s)', durationFlag)
    .option('--from <seed>', 'the first seed; the others follow by one', integerFlag, 1)
    .addOption(
      new Option('--time <duration>', 'virtual time of a trial, at most').argParser(durationFlag).default(5000, '5s'),
    )
    .option('--bug <names>', 'switch planted bugs on; "all": a hunt for each of the catalogue', listFlag)
    .option('--keep-going', 'go on after a violation')
    .option('--learn', 'give half of the trials to variants of those that met new situations')
    .option('--no-shrink', 'keep the trial that was found only, not a smaller one with the same failure too')
    .option('--threads <n>', 'how many cores to use (default: all)', integerFlag)
    .option('--store <dir>', 'directory for the trials that show a violation', DEFAULT_STORE)
    .option('--json', 'print one JSON object for each hunt')
    .option('--quiet', 'no progress on standard error')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: HuntFlags) => finished(await huntAll(flags)));
}

/** One hunt, or with `--bug all` one for each bug. */
async function huntAll(flags: HuntFlags): Promise<number> {
  const all = flags.bug?.length === 1 && flags.bug[0] === 'all';
  const hunts = all ? BUGS.map(({ name }) => [name]) : [flags.bug ?? []];
  if (!all && flags.bug?.includes('all'))
    throw new InputError('--bug: "all" stands for every bug of the catalogue, so give it alone, or name the bugs');
  for (const name of hunts.flat()) checkBug(name);
  if (flags.time < 100) throw new InputError('--time: a trial takes at least 100ms');
  if (flags.threads === 0 || (flags.threads ?? 1) > THREADS_MAX)
    throw new InputError(`--threads: give 1 to ${THREADS_MAX}`);
  if (flags.from + (flags.seeds ?? 1) - 1 > SEED_MAX)
    throw new InputError(`--from: seeds go up to ${SEED_MAX}, and this hunt would go beyond`);
  swarmSpec(flags.from, { bugs: hunts[0] ?? [], timeMs: flags.time });
  checkStore(flags.store);
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const hunters = startHunters(flags.threads);
  const outcomes: TrialOutcome[] = [];
  const hunted: { bugs: readonly string[]; result: HuntResult }[] = [];
  try {
    for (const bugs of hunts) {
      if (interrupt.signal.aborted) break;
      const progress = progressOf(flags, bugs);
      const result = await hunt(hunters, {
        bugs,
        from: flags.from,
        seedsMax: flags.seeds ?? null,
        budgetMs: flags.budget ?? (flags.seeds === undefined ? DEFAULT_BUDGET_MS : null),
        timeMs: flags.time,
        keepGoing: flags.keepGoing === true,
        learn: flags.learn === true,
        signal: interrupt.signal,
        onProgress: progress.update,
      });
      progress.clear();
      outcomes.push(outcomeOfHunt(result));
      const { kept, error } = await keepFinds(result, bugs, {
        ...flags,
        max: all ? 1 : STORED_MAX,
        shrinkMs: flags.shrink ? (all ? SHRINK_BUDGET_ALL_MS : SHRINK_BUDGET_MS) : 0,
        signal: interrupt.signal,
      });
      hunted.push({ bugs, result });
      if (flags.json) process.stdout.write(`${JSON.stringify(asJson(result, kept, bugs, flags))}\n`);
      else process.stdout.write(all ? asRow(result, kept, bugs, flags) : asText(result, kept, bugs, flags));
      if (error instanceof NotRepeatable) throw error;
      if (error !== null) process.stderr.write(`ordeal: WHAT WAS FOUND COULD NOT ALL BE STORED: ${error.message}\n`);
    }
    if (all && !flags.json) process.stdout.write(summaryOfAll(hunted, hunts));
  } finally {
    await hunters.close();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
  const worst = worstOf(outcomes);
  return interrupt.signal.aborted && worst !== 'violation' ? EXIT_INTERRUPTED : exitCodeOf(worst);
}

function checkBug(name: string): void {
  try {
    findBug(name);
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}

function progressOf(flags: HuntFlags, bugs: readonly string[]) {
  const { stderr } = process;
  let last = Date.now();
  return {
    update(totals: HuntTotals): void {
      const now = Date.now();
      if (flags.quiet || now - last < (stderr.isTTY ? 100 : PLAIN_INTERVAL_MS)) return;
      last = now;
      const line = `${bugs.join(', ') || 'no bug'}: ${describeTotals(totals)}, ${totals.marks.size} marks`;
      stderr.write(stderr.isTTY ? `\r\x1b[2K${line.slice(0, Math.max(20, stderr.columns - 1))}` : `${line}\n`);
    },
    clear(): void {
      if (!flags.quiet && stderr.isTTY) stderr.write('\r\x1b[2K');
    },
  };
}
