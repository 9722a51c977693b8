/** `ordeal run`: one trial. */

import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { openStore } from '../history/store.ts';
import type { TrialOutcome } from '../history/trial-records.ts';
import { FAULTS } from '../nemesis/registry.ts';
import { sentenceBody, verdictSentence } from '../reports/sentence.ts';
import { SEED_MAX } from '../seed/draw.ts';
import { InputError } from '../trial/input-error.ts';
import { describeOracle, oracleOf } from '../trial/oracle.ts';
import { EXIT_INTERRUPTED, exitCodeOf } from '../trial/outcome.ts';
import { runTrial, type TrialResult } from '../trial/run.ts';
import { type CompleteSpec, parseSpec, type SpecInput, WORLD_KINDS } from '../trial/spec.ts';
import { trialData } from '../trial/trial-report.ts';
import { WORKLOADS } from '../workload/registry.ts';
import { DEFAULT_STORE, durationFlag, integerFlag, listFlag } from './flags.ts';
import { progressLine } from './progress.ts';

interface RunFlags {
  readonly world?: string;
  readonly system?: string;
  readonly nodes?: number;
  readonly spares?: number;
  readonly workload?: string;
  readonly clients?: number;
  readonly rate?: number;
  readonly keys?: number;
  readonly opsPerKey?: number;
  readonly faults?: string[];
  readonly time?: number;
  readonly opTimeout?: number;
  readonly reads?: string;
  readonly seed?: number;
  readonly bug?: string[];
  readonly spec?: string;
  readonly specOf?: string;
  readonly store: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const EXAMPLES = `
Examples:
  ordeal run                                       five real processes for 20 s: partitions, kills, pauses, clock skew
  ordeal run --faults none --rate 0 --clients 64   no faults, as fast as it goes
  ordeal run --bug leader-local-read --time 30s    a planted bug: see a violation and its report
  ordeal run --spec-of latest                      the last trial once more, from its stored spec

Every kind of fault is drawn from the seed; the same seed gives the same plan. With 0 operations or without overlap a
trial is never green: it is "vacuous" (exit code 3).`;

export function runCommand(finished: (exitCode: number) => void): Command {
  const faults = [...FAULTS.values()].map(({ name, summary }) => `  ${name.padEnd(11)} ${summary}`).join('\n');
  const workloads = [...WORKLOADS.values()].map(({ name, summary }) => `  ${name.padEnd(11)} ${summary}`).join('\n');
  return new Command('run')
    .description('run one trial: start a cluster, drive it, break it, record it, judge it, write its report')
    .option('--world <kind>', `where it runs: ${WORLD_KINDS.join(' or ')} (default: processes)`)
    .option('--system <name>', 'what is tested (default: raft, the built-in cluster)')
    .option('--nodes <n>', 'size of the cluster (default: 5)', integerFlag)
    .option(
      '--spares <n>',
      'nodes that wait to become members (default: 0; 1 if disks are wiped or damaged)',
      integerFlag,
    )
    .option('--workload <name>', 'what clients do (default: register)')
    .option('--clients <n>', 'clients at the same time (default: 15)', integerFlag)
    .option('--rate <n>', 'operations per second of all clients; 0: flat out (default: 400)', integerFlag)
    .option('--keys <n>', 'keys in use at the same time (default: 4)', integerFlag)
    .option('--ops-per-key <n>', 'operations before a key is retired (default: 500)', integerFlag)
    .option('--faults <list>', 'kinds of faults, "all" or "none" (default: partition,kill,pause,clock)', listFlag)
    .option('--time <duration>', 'how long clients and faults run (default: 20s)', durationFlag)
    .option('--op-timeout <duration>', 'when a client gives up on an operation (default: 1s)', durationFlag)
    .option('--reads <how>', 'read-index or lease (default: read-index)')
    .option('--seed <n>', 'all random draws follow from it (default: drawn, and printed)', integerFlag)
    .option('--bug <names>', 'switch planted bugs on', listFlag)
    .option('--spec <file>', 'a spec as JSON; flags override its fields')
    .option('--spec-of <trial>', 'the spec of an earlier trial ("latest", or part of its name); flags override')
    .option('--store <dir>', 'directory of the store and its reports', DEFAULT_STORE)
    .option('--json', 'print one JSON object instead of text')
    .option('--quiet', 'no progress on standard error')
    .addHelpText('after', `\nFaults:\n${faults}\n\nWorkloads:\n${workloads}\n${EXAMPLES}`)
    .action(async (flags: RunFlags) => finished(await run(flags)));
}

async function run(flags: RunFlags): Promise<number> {
  const spec = specFromFlags(flags);
  const store = openStore(flags.store, 'write');
  try {
    const interrupt = new AbortController();
    const onSignal = (): void => interrupt.abort();
    process.once('SIGINT', onSignal);
    process.once('SIGTERM', onSignal);
    const line = progressLine(process.stderr);
    if (!flags.quiet) process.stderr.write(`${announce(spec)}\n`);
    const began = performance.now();
    const onProgress = flags.quiet ? {} : { onProgress: line.update };
    const result = await runTrial(spec, { store, signal: interrupt.signal, ...onProgress });
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    line.clear();
    const ms = Math.round(performance.now() - began);
    const sentence = verdictSentence(trialData(store, result.id));
    process.stdout.write(
      flags.json ? `${JSON.stringify(asJson(result, spec, ms, sentence))}\n` : asText(result, sentence),
    );
    if (result.reportError !== null) process.stderr.write(undrawn(result, flags.store));
    return result.interrupted ? EXIT_INTERRUPTED : exitCodeOf(result.verdict.outcome);
  } finally {
    store.close();
  }
}

/** The flag that sets a field of the spec. */
const FLAG_OF = {
  world: '--world',
  system: '--system',
  nodes: '--nodes',
  spares: '--spares',
  workload: '--workload',
  clients: '--clients',
  ratePerSecond: '--rate',
  keys: '--keys',
  operationsPerKey: '--ops-per-key',
  faults: '--faults',
  timeMs: '--time',
  operationTimeoutMs: '--op-timeout',
  reads: '--reads',
  seed: '--seed',
  bugs: '--bug',
} as const;

/** Flags over a spec file or an earlier trial's spec over defaults. */
function specFromFlags(flags: RunFlags): CompleteSpec {
  const base: Record<string, unknown> = {
    ...(flags.spec === undefined ? {} : readSpecFile(flags.spec)),
    ...(flags.specOf === undefined ? {} : storedSpec(flags.store, flags.specOf)),
  };
  const given: Record<keyof typeof FLAG_OF, unknown> = {
    world: flags.world,
    system: flags.system,
    nodes: flags.nodes,
    spares: flags.spares,
    workload: flags.workload,
    clients: flags.clients,
    ratePerSecond: flags.rate,
    keys: flags.keys,
    operationsPerKey: flags.opsPerKey,
    faults: flags.faults === undefined ? undefined : expandFaults(flags.faults),
    timeMs: flags.time,
    operationTimeoutMs: flags.opTimeout,
    reads: flags.reads,
    seed: flags.seed,
    bugs: flags.bug,
  };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  // What the schedule was drawn from has changed: draw it anew.
  const changed = ['faults', 'timeMs', 'seed', 'nodes', 'spares'].filter((field) => field in set);
  const redrawn = changed.length > 0 ? { schedule: null } : {};
  if (changed.length > 0 && (base.schedule ?? null) !== null && !flags.quiet)
    process.stderr.write(
      `ordeal: ${changed.map((field) => FLAG_OF[field as keyof typeof FLAG_OF]).join(', ')} replaces the schedule of --spec by one drawn anew\n`,
    );
  const spec: Partial<SpecInput> = { seed: freshSeed(), ...base, ...set, ...redrawn };
  const nameOf = (field: string): string => (field in set ? (FLAG_OF[field as keyof typeof FLAG_OF] ?? field) : field);
  return parseSpec(spec, nameOf);
}

function expandFaults(names: readonly string[]): string[] {
  if (names.length === 1 && names[0] === 'all') return [...FAULTS.keys()];
  if (names.length === 1 && names[0] === 'none') return [];
  return [...names];
}

function readSpecFile(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = missing ? 'there is no such file' : error instanceof Error ? error.message : String(error);
    throw new InputError(`cannot read the spec ${path}: ${why}`);
  }
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch (error) {
    throw new InputError(`the spec ${path} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new InputError(`the spec ${path} must be one JSON object`);
}

function storedSpec(directory: string, reference: string): Record<string, unknown> {
  const store = openStore(directory, 'read');
  try {
    return { ...(store.getTrial(reference).spec as Record<string, unknown>) };
  } finally {
    store.close();
  }
}

/** Short enough to type. The only draw in Ordeal that is not keyed: it is where a seed comes from. */
function freshSeed(): number {
  return Math.floor(Math.random() * Math.min(1e9, SEED_MAX));
}

function announce(spec: CompleteSpec): string {
  const bugs = spec.bugs.length === 0 ? '' : `, with the bug ${spec.bugs.join(' and ')}`;
  const faults = spec.faults.length === 0 ? 'no faults' : spec.faults.join(', ');
  const rate = spec.ratePerSecond === 0 ? 'flat out' : `${spec.ratePerSecond} ops/s`;
  return (
    `seed ${spec.seed}: ${spec.nodes} nodes (${spec.world}), ${spec.clients} clients at ${rate} for ${spec.timeMs / 1000} s; ` +
    `${faults}${bugs}`
  );
}

function asText(result: TrialResult, sentence: string): string {
  const { ok, fail, info, keys, ms } = result.verdict.statistics;
  const lines = [
    `${result.verdict.outcome.toUpperCase()}  ${result.verdict.outcome === 'violation' ? sentence : sentenceBody(sentence)}`,
    `  trial   ${result.id}`,
    `  judged  ${ok} ok, ${fail} fail, ${info} info on ${keys} keys in ${(ms / 1000).toFixed(2)} s`,
    ...(result.traceHash === null ? [] : [`  trace   ${result.traceHash}`]),
    `  report  ${result.reportPath ?? 'NONE: it could not be drawn'}`,
    ...(isForWantOfTime(result) ? ['  hint    a longer trial gives each kind of fault more chances: --time 30s'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** A page that could not be drawn changes neither verdict nor exit code, but nobody may look for it in vain. */
function undrawn({ id, reportError }: TrialResult, store: string): string {
  const where = store === DEFAULT_STORE ? '' : ` --store ${store}`;
  return (
    `ordeal: THE REPORT COULD NOT BE DRAWN: ${reportError}\n` +
    `ordeal: the verdict and the record are stored all the same; with that mended: npx ordeal report ${id}${where}\n`
  );
}

/** Some kind of fault showed no effect, and had few chances to. */
function isForWantOfTime({ verdict, durationNs }: TrialResult): boolean {
  return (
    verdict.outcome === 'vacuous' &&
    durationNs < 30e9 &&
    verdict.reasons.some((reason) => reason.startsWith('the fault '))
  );
}

function asJson(result: TrialResult, spec: CompleteSpec, ms: number, sentence: string): object {
  const { verdict } = result;
  const oracle = oracleOf(verdict);
  return {
    trial: result.id,
    valid: validityOf(verdict.outcome),
    outcome: verdict.outcome,
    oracle: oracle === null ? null : describeOracle(oracle),
    sentence,
    reasons: verdict.reasons,
    seed: spec.seed,
    world: spec.world,
    workload: spec.workload,
    bugs: spec.bugs,
    ops: verdict.statistics.operations,
    ...counts(verdict.statistics),
    ms,
    trialMs: Math.round(result.durationNs / 1e6),
    checkMs: Math.round(verdict.statistics.ms),
    recordingMs: Math.round(result.recordingNs / 1e6),
    traceHash: result.traceHash,
    report: result.reportPath,
    reportError: result.reportError,
  };
}

function counts({ ok, fail, info }: TrialResult['verdict']['statistics']): object {
  return { ok, fail, info };
}

/** True for a pass alone: an empty or interrupted record may be linearizable, but that proves nothing. */
function validityOf(outcome: TrialOutcome): boolean | 'unknown' {
  if (outcome === 'pass') return true;
  return outcome === 'violation' ? false : 'unknown';
}
