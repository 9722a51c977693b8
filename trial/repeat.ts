/** Doing a recorded trial again: is its record judged as it was, and does it happen once more? */

import { judge } from '../checker/judge.ts';
import type { Verdict } from '../checker/verdict.ts';
import { type ReproCount, saveReproCount } from '../history/repro-counts.ts';
import type { Store, TrialRow } from '../history/store.ts';
import { WORKLOADS } from '../workload/registry.ts';
import { InputError } from './input-error.ts';
import { describeOracle, type Oracle, oracleOf, sameOracle } from './oracle.ts';
import { provenance } from './provenance.ts';
import { runTrial, type TrialResult } from './run.ts';
import { type CompleteSpec, parseSpec } from './spec.ts';

/** What judging the clients' history once more has shown. */
export interface Rejudged {
  readonly agrees: boolean;
  /** What the record said of the history, and what is said now: pass, violation or unknown. */
  readonly recorded: string;
  readonly now: string;
}

/**
 * Judges a trial's history again. Where either verdict is unknown (out of time or memory), nothing can disagree. Throws
 * InputError for a trial without a verdict.
 */
export async function rejudge(store: Store, trial: TrialRow): Promise<Rejudged> {
  const stored = storedVerdict(trial);
  const recorded = stored.anomalies.some(({ violation }) => violation === 'linearizability')
    ? 'violation'
    : stored.valid === 'unknown' && stored.outcome !== 'vacuous'
      ? 'unknown'
      : 'pass';
  const model = WORKLOADS.get(trial.workload ?? '')?.model ?? stored.model;
  const verdict = await judge([...store.readOperations(trial.id)], { model });
  const now = verdict.outcome === 'broken' ? 'unknown' : verdict.outcome;
  return { agrees: recorded === now || recorded === 'unknown' || now === 'unknown', recorded, now };
}

export function storedVerdict(trial: TrialRow): Verdict {
  if (trial.verdict === null)
    throw new InputError(`trial ${trial.id} has no verdict yet: \`ordeal report ${trial.id}\` judges it`);
  return trial.verdict as unknown as Verdict;
}

/** The complete spec of a recorded trial. Throws InputError where there is none, or none this version can run. */
export function storedSpec(trial: TrialRow): CompleteSpec {
  if (trial.spec === null)
    throw new InputError(`trial ${trial.id} is a history without a spec: it can be judged, not run again`);
  return parseSpec(trial.spec);
}

/** A sentence if the recorded trial was run by another version of the code than this one, or null. */
export function otherVersion(trial: TrialRow): string | null {
  const { commit } = provenance();
  const recorded = trial.provenance.commit ?? null;
  if (commit === recorded && commit !== null && !commit.endsWith('-dirty')) return null;
  const name = (of: unknown): string => (typeof of === 'string' ? of : 'an unknown commit');
  if (commit === recorded) return `files were changed on top of ${name(commit)}: the code may not be the recorded one`;
  return `the trial was recorded at ${name(recorded)}, this is ${name(commit)}`;
}

export interface Repetition {
  /** What was left out: kinds of faults; none for the trial as it was. */
  readonly without: readonly string[];
  /** Tries that tell something: those that the harness broke are not among them. */
  readonly tries: number;
  readonly broken: number;
  /** Tries that failed by the same oracle. */
  readonly same: number;
  /** Tries that failed otherwise. */
  readonly other: number;
  /** Of a simulated trial as it was: whether every event was the same. Null elsewhere. */
  readonly sameTrace: boolean | null;
  readonly trials: readonly TrialResult[];
}

export interface RepeatOptions {
  readonly tries: number;
  readonly traceHash: string | null;
  /** Kinds of faults to leave out. */
  readonly without: readonly string[];
  readonly signal?: AbortSignal;
  /** Told of each try when it is over. */
  readonly onTry?: (so: { readonly tries: number; readonly same: number }) => void;
}

/** Runs a spec `tries` times, each stored. `oracle` is what the recorded trial failed by, or null. */
export async function repeat(
  store: Store,
  spec: CompleteSpec,
  oracle: Oracle | null,
  options: RepeatOptions,
): Promise<Repetition> {
  const { without, signal } = options;
  const schedule = spec.schedule.filter(({ kind }) => !without.includes(kind));
  const faults = spec.faults.filter((name) => !without.includes(name));
  const trials: TrialResult[] = [];
  let [same, other, broken] = [0, 0, 0];
  let sameTrace: boolean | null = null;
  for (let attempt = 0; attempt < options.tries && !signal?.aborted; attempt++) {
    const trial = await runTrial({ ...spec, schedule, faults }, { store, ...(signal && { signal }) });
    // A trial that was cut short tells nothing of the recorded one.
    if (trial.interrupted) break;
    trials.push(trial);
    const now = oracleOf(trial.verdict);
    // A broken harness says nothing of the system: neither that it failed again, nor that it did not.
    if (trial.verdict.outcome === 'broken') broken++;
    else if (oracle === null ? now === null : sameOracle(now, oracle)) same++;
    else if (now !== null) other++;
    options.onTry?.({ tries: trials.length - broken, same });
    if (spec.world === 'simulator' && without.length === 0)
      sameTrace = (sameTrace ?? true) && trial.traceHash === options.traceHash;
  }
  return { without, tries: trials.length - broken, broken, same, other, sameTrace, trials };
}

/**
 * Keeps with a trial on processes how often it happened again, which its own record cannot tell; returns what was kept. Null for
 * what tells nothing of that: no try that ended soundly, a trial with faults left out, or a simulated one, which is always the same.
 */
export function keepRate(
  store: Store,
  trial: TrialRow,
  oracle: Oracle | null,
  { without, tries, same, other, trials }: Repetition,
): ReproCount | null {
  const [first] = trials;
  if (trial.world === 'simulator' || without.length > 0 || first === undefined || tries === 0) return null;
  const { commit } = store.getTrial(first.id).provenance;
  const count: ReproCount = {
    at: Date.now(),
    commit: typeof commit === 'string' ? commit : null,
    oracle: oracle === null ? null : describeOracle(oracle),
    tries,
    same,
    other,
  };
  saveReproCount(store.directory, trial.id, count);
  return count;
}
