/** `ordeal shrink`: make a failing trial small. */

import { basename } from 'node:path';
import { Command, Option } from 'commander';
import type { Store, TrialRow } from '../history/store.ts';
import { planCarry } from '../trial/carry.ts';
import { type CarryProgress, type CarryResult, searchCarried } from '../trial/carry-search.ts';
import { historySourceOf } from '../trial/history-source.ts';
import { InputError } from '../trial/input-error.ts';
import { describeOracle, type Oracle, oracleOf } from '../trial/oracle.ts';
import { exitCodeOf } from '../trial/outcome.ts';
import { storedSpec, storedVerdict } from '../trial/repeat.ts';
import { runTrial, type TrialResult } from '../trial/run.ts';
import { type ShrinkProgress, type Shrunk, shrinkSpec, type TrialSize } from '../trial/shrink.ts';
import { type ShrunkHistory, shrinkHistory, shrinkHistoryFile } from '../trial/shrink-history.ts';
import { simulateTrial } from '../trial/simulate.ts';
import type { CompleteSpec } from '../trial/spec.ts';
import { type Subject, subjectOf } from '../trial/subject.ts';
import { DEFAULT_STORE, durationFlag } from './flags.ts';
import { passingLine } from './progress.ts';
import { openStoreFor, trialIn } from './store-for.ts';

interface ShrinkFlags {
  readonly budget: number;
  readonly out?: string;
  readonly store: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const EXAMPLES = `
What is shrunk depends on what it is:
  a simulated trial, or its spec    faults, operations, nodes, clients, keys, troubles, until nothing more can go
  a trial on processes              its history; and its faults are carried into the simulator, where the same failure is
                                    searched for over many seeds: found there, it is shrunk like any other, and repeats exactly
  a history in a file               to the operations that contradict each other, as a file

Examples:
  ordeal shrink latest
  ordeal shrink failure.ordeal --budget 5m     a bundle; search and shrink for up to 5 minutes each
  ordeal shrink history.edn --out core.ndjson`;

export function shrinkCommand(finished: (exitCode: number) => void): Command {
  return new Command('shrink')
    .description('make a failing trial small: a simulated one with its faults and operations, others their history')
    .argument('<trial>', 'name of a trial, "latest", a bundle, a spec file, or a history file')
    .addOption(
      new Option('--budget <duration>', 'for searching, and for shrinking: the smallest by then is the result')
        .argParser(durationFlag)
        .default(60_000, '60s'),
    )
    .option('--out <file>', 'where the core of a history file goes (default: its name and .core.ndjson)')
    .option('--store <dir>', 'directory of the store', DEFAULT_STORE)
    .option('--json', 'print one JSON object')
    .option('--quiet', 'no progress on standard error')
    .addHelpText('after', EXAMPLES)
    .action(async (reference: string, flags: ShrinkFlags) => finished(await shrink(reference, flags)));
}

async function shrink(reference: string, flags: ShrinkFlags): Promise<number> {
  const subject = subjectOf(reference);
  if (subject.kind === 'history') return shrinkFile(subject.file, flags);
  if (subject.kind === 'spec') return shrinkSpecFile(subject, reference, flags);
  const store = openStoreFor(flags.store, subject);
  try {
    const trial = wholeOf(store, trialIn(store, subject));
    const oracle = oracleOf(storedVerdict(trial));
    if (oracle === null) throw new InputError(`trial ${trial.id} shows no violation: there is nothing to shrink`);
    return trial.world === 'simulator'
      ? await shrinkSimulated(store, storedSpec(trial), oracle, `trial ${trial.id}`, flags)
      : await shrinkOnProcesses(store, trial, oracle, flags);
  } finally {
    store.close();
  }
}

async function shrinkSpecFile(
  subject: Extract<Subject, { kind: 'spec' }>,
  file: string,
  flags: ShrinkFlags,
): Promise<number> {
  const { spec } = subject;
  if (spec.world !== 'simulator')
    throw new InputError(
      `${file} is a spec of a trial on processes, which never happens twice: run it (ordeal run --spec ${file}), then shrink that trial`,
    );
  const oracle = subject.oracle ?? oracleOf((await simulateTrial(spec, { details: false })).verdict);
  if (oracle === null) throw new InputError(`${file} shows no violation: there is nothing to shrink`);
  const store = openStoreFor(flags.store, subject);
  try {
    return await shrinkSimulated(store, spec, oracle, file, flags);
  } finally {
    store.close();
  }
}

/** The trial that a history was cut out of, where it is still there: it knows what was done to the system. */
function wholeOf(store: Store, trial: TrialRow): TrialRow {
  const { historyOf } = trial.provenance;
  if (typeof historyOf !== 'string') return trial;
  return store.listTrials().find(({ id }) => id === historyOf) ?? trial;
}

async function shrinkFile(file: string, flags: ShrinkFlags): Promise<number> {
  const small = await shrinkHistoryFile(file, flags.out ?? `${basename(file)}.core.ndjson`);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ ...small, from: file })}\n`
      : `${file}: ${small.before} operations, of which ${small.after} contradict each other\n  history ${small.file}\n` +
          `  again   npx ordeal check --model ${small.model} ${small.file}\n`,
  );
  return exitCodeOf('violation');
}

async function shrinkSimulated(
  store: Store,
  spec: CompleteSpec,
  oracle: Oracle,
  name: string,
  flags: ShrinkFlags,
): Promise<number> {
  const small = await shrinkAndKeep(store, spec, oracle, flags);
  if (small === null) {
    process.stderr.write(
      `ordeal: ${name} does not fail by ${describeOracle(oracle)} any more: \`ordeal repro\` says why\n`,
    );
    return exitCodeOf('broken');
  }
  const { shrunk, kept } = small;
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ from: name, oracle, ...smallJson(shrunk, kept) })}\n`
      : `${describeOracle(oracle)}, ${smallText(shrunk, kept, flags)}`,
  );
  return exitCodeOf('violation');
}

interface Small {
  readonly shrunk: Shrunk;
  readonly kept: TrialResult;
}

/** Shrinks a spec that fails by the oracle, and stores what is left. Null if it does not fail so. */
async function shrinkAndKeep(
  store: Store,
  spec: CompleteSpec,
  oracle: Oracle,
  flags: ShrinkFlags,
): Promise<Small | null> {
  const line = passingLine(process.stderr, flags.quiet === true);
  const onProgress = ({ tried, size, trying }: ShrinkProgress): void =>
    line.show(() => `${tried} tried: ${describeSize(size)}; trying ${trying}`);
  const shrunk = await shrinkSpec(spec, { oracle, budgetMs: flags.budget, onProgress });
  line.clear();
  if (shrunk === null) return null;
  const kept = await runTrial(shrunk.spec, { store });
  if (kept.traceHash !== shrunk.simulated.traceHash)
    throw new Error(
      `the shrunk trial did not repeat: trace ${kept.traceHash} instead of ${shrunk.simulated.traceHash}`,
    );
  return { shrunk, kept };
}

/** The history by its core, and the faults in the simulator. */
async function shrinkOnProcesses(store: Store, trial: TrialRow, oracle: Oracle, flags: ShrinkFlags): Promise<number> {
  const history = await shrinkHistory(store, trial);
  if (!flags.json) process.stdout.write(historyText(trial, oracle, history));
  if (trial.spec === null || historySourceOf(trial) !== null) {
    // Recorded elsewhere: nobody knows what was done to the system.
    if (flags.json) process.stdout.write(`${JSON.stringify({ from: trial.id, oracle, history })}\n`);
    else process.stdout.write('simulator  a history without a spec: there are no faults to carry there\n');
    return exitCodeOf('violation');
  }
  const spec = storedSpec(trial);
  const [anomaly] = storedVerdict(trial).anomalies;
  const beganAtNs = firstInvocation(store, trial.id);
  const plan = planCarry(spec, store.readFaults(trial.id), oracle, { beganAtNs, shownAtNs: anomaly?.at ?? null });
  const line = passingLine(process.stderr, flags.quiet === true);
  const onProgress = (progress: CarryProgress): void => line.show(() => `searching the simulator: ${effort(progress)}`);
  const search = await searchCarried(plan, { budgetMs: flags.budget, candidatesMax: null, onProgress });
  line.clear();
  const small = search.found === null ? null : await shrinkAndKeep(store, search.found.spec, oracle, flags);
  if (search.found !== null && small === null)
    throw new Error(`candidate ${search.found.which} did not repeat: the simulator is not repeatable here`);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ from: trial.id, oracle, ...processJson(history, search, small) })}\n`
      : searchText(trial, oracle, search, small, flags),
  );
  return exitCodeOf('violation');
}

/** When clients began: faults are planned from then on. */
function firstInvocation(store: Store, id: string): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { invokedAt } of store.readOperations(id)) first = Math.min(first, invokedAt);
  return Number.isFinite(first) ? first : 0;
}

function historyText(trial: TrialRow, oracle: Oracle, history: ShrunkHistory | null): string {
  const head = `${trial.id}: ${describeOracle(oracle)}, on processes\n`;
  if (history === null) return `${head}history    its clients saw no contradiction: there is no core of it\n`;
  const report = history.reportPath === null ? '' : `  report  ${history.reportPath}\n`;
  return `${head}history    ${history.before} operations, of which ${history.after} contradict each other\n  trial   ${history.id}\n${report}`;
}

function searchText(
  trial: TrialRow,
  oracle: Oracle,
  search: CarryResult,
  small: Small | null,
  flags: ShrinkFlags,
): string {
  if (search.found === null || small === null)
    return (
      `simulator  NOT found there: ${effort(search)} with the same faults, none of which failed by ${describeOracle(oracle)}\n` +
      `           \`ordeal repro ${trial.id}\` tells how often it comes back on processes; \`--budget 10m\` searches on\n`
    );
  return (
    `simulator  found there by the same faults: ${effort(search)}\n  how     ${search.found.how}\n` +
    `  shrunk  ${smallText(small.shrunk, small.kept, flags)}`
  );
}

function effort({ tried, virtualNs, wallMs }: CarryProgress): string {
  return `${tried} tried in ${(wallMs / 1000).toFixed(1)} s (${(virtualNs / 60e9).toFixed(1)} min of virtual time)`;
}

function smallText({ before, after, tried, minimal }: Shrunk, kept: TrialResult, flags: ShrinkFlags): string {
  const store = flags.store === DEFAULT_STORE ? '' : ` --store ${flags.store}`;
  return (
    `${minimal ? 'nothing more can be taken away' : 'as small as it got in time'} (${tried} tries)\n` +
    `  before  ${describeSize(before)}\n  after   ${describeSize(after)}\n  trial   ${kept.id}\n` +
    (kept.reportPath === null ? '' : `  report  ${kept.reportPath}\n`) +
    `  again   npx ordeal repro ${kept.id}${store}\n`
  );
}

function smallJson({ before, after, tried, minimal }: Shrunk, kept: TrialResult): object {
  return { trial: kept.id, before, after, tried, minimal, traceHash: kept.traceHash, report: kept.reportPath };
}

function processJson(history: ShrunkHistory | null, search: CarryResult, small: Small | null): object {
  const { tried, virtualNs, wallMs, found } = search;
  return {
    history: history === null ? null : { ...history, report: history.reportPath },
    search: { tried, virtualMs: Math.round(virtualNs / 1e6), ms: Math.round(wallMs), how: found?.how ?? null },
    simulated: small === null ? null : smallJson(small.shrunk, small.kept),
  };
}

function describeSize({ operations, faults, nodes, clients, keys, virtualMs }: TrialSize): string {
  const seconds = (virtualMs / 1000).toFixed(2);
  const counts = [
    count(operations, 'operation'),
    count(faults, 'fault'),
    count(nodes, 'node'),
    count(clients, 'client'),
    count(keys, 'key'),
  ];
  return `${counts.join(', ')}, ${seconds} s of virtual time`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
