/** `ordeal hunt`: many simulated trials, until one shows a violation. */

import { Command, Option } from 'commander';
import { BUGS, findBug } from '../cluster/bugs/catalogue.ts';
import { RAFT_MARKS } from '../cluster/raft/marks.ts';
import { REPLICA_MARKS } from '../cluster/replica/marks.ts';
import { WORLD_MARKS } from '../cluster/simulator/marks.ts';
import { openStore, type Store } from '../history/store.ts';
import type { TrialOutcome } from '../history/trial-records.ts';
import { type HuntResult, type HuntTotals, hunt, outcomeOfHunt, startHunters } from '../trial/hunt.ts';
import type { SeedFinding } from '../trial/hunting-batch.ts';
import { InputError } from '../trial/input-error.ts';
import { describeOracle } from '../trial/oracle.ts';
import { EXIT_INTERRUPTED, exitCodeOf, worstOf } from '../trial/outcome.ts';
import { runTrial, type TrialResult } from '../trial/run.ts';
import { type Shrunk, shrinkSpec } from '../trial/shrink.ts';
import { swarmSpec } from '../trial/swarm.ts';
import { variantSpec } from '../trial/variant.ts';
import { DEFAULT_STORE, durationFlag, integerFlag, listFlag } from './flags.ts';

interface HuntFlags {
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
const PLAIN_INTERVAL_MS = 5000;
const SHRINK_BUDGET_MS = 30_000;

const EXAMPLES = `
Examples:
  ordeal hunt --budget 5m                     look for a violation of the correct replica
  ordeal hunt --bug commit-previous-term      how soon is a planted bug found?
  ordeal hunt --bug all --budget 20s          each bug of the catalogue, 20 s each
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
  for (const name of hunts.flat()) checkBug(name);
  if (flags.time < 100) throw new InputError('--time: a trial takes at least 100ms');
  if (flags.threads === 0 || (flags.threads ?? 1) > 1024) throw new InputError('--threads: give 1 to 1024');
  swarmSpec(flags.from, { bugs: hunts[0] ?? [], timeMs: flags.time });
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const hunters = startHunters(flags.threads);
  const outcomes: TrialOutcome[] = [];
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
      const stored = await storeFinds(result, bugs, flags, all ? 1 : STORED_MAX);
      const [found] = result.finds;
      const small = flags.shrink && !all && found !== undefined ? await shrinkFind(found, bugs, flags) : null;
      if (flags.json) process.stdout.write(`${JSON.stringify(asJson(result, stored, small, bugs, flags))}\n`);
      else process.stdout.write(all ? asRow(result, bugs) : asText(result, stored, small, bugs, flags));
    }
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

/** Runs the finds once more, with all details kept, into the store. */
async function storeFinds(
  result: HuntResult,
  bugs: readonly string[],
  flags: HuntFlags,
  max: number,
): Promise<Map<SeedFinding, TrialResult>> {
  const stored = new Map<SeedFinding, TrialResult>();
  if (result.finds.length === 0) return stored;
  const store: Store = openStore(flags.store, 'write');
  try {
    for (const find of result.finds.slice(0, max)) {
      const trial = await runTrial(variantSpec(find, { bugs, timeMs: flags.time }), { store });
      if (trial.traceHash !== find.traceHash)
        throw new Error(
          `seed ${find.seed} did not repeat: trace ${trial.traceHash} instead of ${find.traceHash}; ` +
            'the simulator is not deterministic here, which is a defect of Ordeal',
        );
      stored.set(find, trial);
    }
  } finally {
    store.close();
  }
  return stored;
}

/** What a find was shrunk to, and its trial in the store. */
interface SmallTrial {
  readonly shrunk: Shrunk;
  readonly trial: TrialResult;
}

/** A smaller trial with the same failure, stored as well. Null if the find itself cannot be run again. */
async function shrinkFind(find: SeedFinding, bugs: readonly string[], flags: HuntFlags): Promise<SmallTrial | null> {
  if (find.oracle === null) return null;
  const spec = variantSpec(find, { bugs, timeMs: flags.time });
  const shrunk = await shrinkSpec(spec, { oracle: find.oracle, budgetMs: SHRINK_BUDGET_MS });
  if (shrunk === null) return null;
  const store = openStore(flags.store, 'write');
  try {
    return { shrunk, trial: await runTrial(shrunk.spec, { store }) };
  } finally {
    store.close();
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

function describeTotals({ seeds, wallMs, virtualNs, outcomes }: HuntTotals): string {
  const perSecond = (seeds / Math.max(0.001, wallMs / 1000)).toFixed(1);
  const virtual = duration(virtualNs / 1e9);
  return `${seeds} seeds in ${duration(wallMs / 1000)} (${perSecond}/s), ${virtual} of virtual time, ${outcomes.violation} violations`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function asText(
  result: HuntResult,
  stored: ReadonlyMap<SeedFinding, TrialResult>,
  small: SmallTrial | null,
  bugs: readonly string[],
  flags: HuntFlags,
): string {
  const lines = [`${outcomeOfHunt(result).toUpperCase()}  ${describeTotals(result)}`];
  const { pass, vacuous, unknown, broken } = result.outcomes;
  lines.push(`  outcomes ${pass} pass, ${vacuous} vacuous, ${unknown} unknown, ${broken} broken`);
  const known = Object.keys({ ...RAFT_MARKS, ...REPLICA_MARKS, ...WORLD_MARKS });
  const missing = known.filter((name) => !result.marks.has(name));
  // After a find the hunt was over: what else it would have reached says nothing.
  if (result.finds.length === 0 || flags.keepGoing)
    lines.push(`  marks    ${result.marks.size} reached; never: ${missing.join(', ') || 'none of those known'}`);
  for (const find of result.finds) lines.push(...findLines(find, stored.get(find), bugs, flags));
  if (small !== null) {
    const { trial, shrunk } = small;
    const { before, after } = shrunk;
    lines.push(
      `  shrunk from ${counted(before.operations, 'operation')} and ${counted(before.faults, 'fault')} to ` +
        `${counted(after.operations, 'operation')} and ${counted(after.faults, 'fault')}` +
        (shrunk.minimal ? '' : ', until the time for it was over'),
      `    trial    ${trial.id}`,
    );
    if (trial.reportPath !== null) lines.push(`    report   ${trial.reportPath}`);
    lines.push(`    again    npx ordeal repro ${trial.id}${storeFlag(flags)}`);
  }
  for (const { seed, outcome, summary } of result.spoiled) lines.push(`  seed ${seed} ended ${outcome}: ${summary}`);
  return `${lines.join('\n')}\n`;
}

function findLines(
  find: SeedFinding,
  trial: TrialResult | undefined,
  bugs: readonly string[],
  flags: HuntFlags,
): string[] {
  const again = `ordeal hunt --from ${find.seed} --seeds 1${bugs.length === 0 ? '' : ` --bug ${bugs.join(',')}`}`;
  const time = flags.time === 5000 ? '' : ` --time ${flags.time}ms`;
  const store = storeFlag(flags);
  const variant = find.changes.length === 0 ? '' : ', a variant of it';
  const lines = [`  seed ${find.seed}${variant}: ${describeFinding(find)}`];
  // A variant of a seed has no name of its own on the command line.
  if (trial === undefined && find.changes.length > 0) return lines;
  if (trial === undefined) return [...lines, `    again    npx ${again}${time}${store}`];
  lines.push(`    trial    ${trial.id}`);
  if (trial.reportPath !== null) lines.push(`    report   ${trial.reportPath}`);
  return [...lines, `    again    npx ordeal repro ${trial.id}${store}`];
}

function storeFlag({ store }: HuntFlags): string {
  return store === DEFAULT_STORE ? '' : ` --store ${store}`;
}

function describeFinding(find: SeedFinding): string {
  const oracle = find.oracle === null ? find.outcome : describeOracle(find.oracle);
  return `${oracle}${find.shape === null || find.oracle?.invariant != null ? '' : ` (${find.shape})`}: ${find.summary}`;
}

function asRow(result: HuntResult, bugs: readonly string[]): string {
  const [find] = result.finds;
  const found = find === undefined ? 'not found' : `seed ${find.seed}, ${describeFinding(find).slice(0, 100)}`;
  const after = result.firstFind === null ? '' : `after ${duration(result.firstFind.wallMs / 1000)}: `;
  const share = result.finds.length > 1 ? `${result.finds.length} of ${result.seeds}` : String(result.seeds);
  return `${bugs.join(',').padEnd(30)} ${after}${found} (${share} seeds)\n`;
}

function asJson(
  result: HuntResult,
  stored: ReadonlyMap<SeedFinding, TrialResult>,
  small: SmallTrial | null,
  bugs: readonly string[],
  flags: HuntFlags,
): object {
  const outcome = outcomeOfHunt(result);
  return {
    outcome,
    valid: outcome === 'violation' ? false : outcome === 'pass' ? true : 'unknown',
    bugs,
    from: flags.from,
    seeds: result.seeds,
    ms: Math.round(result.wallMs),
    cpuMs: Math.round(result.cpuMs),
    virtualMs: Math.round(result.virtualNs / 1e6),
    ops: result.operations,
    outcomes: result.outcomes,
    interrupted: result.interrupted,
    firstFind: result.firstFind,
    finds: result.finds.map((find) => ({
      ...find,
      trial: stored.get(find)?.id ?? null,
      report: stored.get(find)?.reportPath ?? null,
    })),
    shrunk:
      small === null
        ? null
        : {
            trial: small.trial.id,
            report: small.trial.reportPath,
            before: small.shrunk.before,
            after: small.shrunk.after,
            minimal: small.shrunk.minimal,
          },
    spoiled: result.spoiled,
    marks: Object.fromEntries([...result.marks].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
