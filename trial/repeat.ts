/** Doing a recorded trial again: does it happen once more? Whether its record is judged as it was: rejudge.ts. */

import { z } from 'zod';
import type { Verdict } from '../checker/verdict.ts';
import { type ReproCount, saveReproCount } from '../history/repro-counts.ts';
import type { Store, TrialRow } from '../history/store.ts';
import { historySourceOf } from './history-source.ts';
import { InputError } from './input-error.ts';
import { describeOracle, type Oracle, oracleOf, sameOracle } from './oracle.ts';
import { provenance } from './provenance.ts';
import { runTrial, type TrialResult } from './run.ts';
import { type CompleteSpec, parseSpec } from './spec.ts';

/** What every verdict has, whichever version wrote it. */
const verdictSchema = z.looseObject({
  outcome: z.enum(['pass', 'violation', 'unknown', 'vacuous', 'broken']),
  model: z.string(),
  reasons: z.array(z.string()),
  anomalies: z.array(z.looseObject({ violation: z.string(), core: z.array(z.number()), facts: z.looseObject({}) })),
  keys: z.array(z.looseObject({})),
  statistics: z.looseObject({ operations: z.number() }),
});

/** The verdict of a trial. Throws InputError where there is none, or what is there is none. */
export function storedVerdict(trial: TrialRow): Verdict {
  if (trial.verdict === null)
    throw new InputError(`trial ${trial.id} has no verdict yet: \`ordeal report ${trial.id}\` judges it`);
  const { error } = verdictSchema.safeParse(trial.verdict);
  if (error !== undefined)
    throw new InputError(
      `the stored verdict of trial ${trial.id} is none (${error.issues.map(({ path }) => path.join('.') || 'all of it').join(', ')} ` +
        'missing or wrong): somebody changed the store; take the trial from a bundle or a backup',
    );
  return trial.verdict as unknown as Verdict;
}

/** The complete spec of a recorded trial. Throws InputError where there is none, or none this version can run. */
export function storedSpec(trial: TrialRow): CompleteSpec {
  if (trial.spec === null || historySourceOf(trial) !== null)
    throw new InputError(`trial ${trial.id} is a history without a spec: it can be judged, not run again`);
  try {
    return parseSpec(trial.spec);
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`trial ${trial.id} can't be run again: ${error.message}`);
    throw error;
  }
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
  /** The trial that is repeated: noted with each run, so that none of them passes for the latest trial. */
  readonly of: string;
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
    const origin = { repeatOf: options.of };
    const trial = await runTrial({ ...spec, schedule, faults }, { store, origin, ...(signal && { signal }) });
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
