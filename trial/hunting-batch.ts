/** What a hunting thread does: a few seeds of the swarm, one after the other, each judged. */

import type { TrialOutcome } from '../history/trial-records.ts';
import { type Oracle, oracleOf } from './oracle.ts';
import { simulateTrial } from './simulate.ts';
import { type Variant, variantSpec } from './variant.ts';

export interface HuntTask {
  readonly from: number;
  readonly count: number;
  /** These instead of the seeds from `from` on, as they stand in the swarm. */
  readonly variants?: readonly Variant[];
  readonly bugs: readonly string[];
  /** Virtual milliseconds of each trial. */
  readonly timeMs: number;
  /** Look into the replicas; without, a find has to show in what clients saw. */
  readonly invariants: boolean;
  /** End the batch with the first violation. */
  readonly stopAtFind: boolean;
  /** Shared with whoever hunts: anything but 0 ends the batch after the trial that is running. */
  readonly stop?: Int32Array;
}

/** A seed that is no pass. */
export interface SeedFinding {
  readonly seed: number;
  /** What was changed in what the seed stands for (variant.ts); mostly nothing. */
  readonly changes: readonly number[];
  readonly outcome: TrialOutcome;
  /** Null unless the outcome is a violation. */
  readonly oracle: Oracle | null;
  readonly shape: string | null;
  readonly summary: string;
  readonly operations: number;
  readonly virtualNs: number;
  readonly traceHash: string;
  /** Trials of this batch up to and including this one, and their virtual time. */
  readonly batchSeeds: number;
  readonly batchVirtualNs: number;
}

/** A trial and the situations that its cluster was in. */
export interface Met {
  readonly variant: Variant;
  readonly situations: readonly number[];
}

export interface HuntBatch {
  readonly task: HuntTask;
  /** Seeds tried; fewer than asked for if the batch ended with a find. */
  readonly seeds: number;
  readonly operations: number;
  readonly virtualNs: number;
  readonly outcomes: { readonly [outcome in TrialOutcome]: number };
  /** How often each mark was reached, and in how many seeds. */
  readonly marks: { readonly [name: string]: { readonly times: number; readonly seeds: number } };
  /** What each trial met, for a hunt that learns. */
  readonly met: readonly Met[];
  /** All seeds that are neither pass nor vacuous. */
  readonly findings: readonly SeedFinding[];
}

/** Runs `task.count` seeds. With `invariants` off, only linearizability counts: as for a system one cannot look into. */
export async function huntBatch(task: HuntTask): Promise<HuntBatch> {
  const outcomes = { pass: 0, violation: 0, unknown: 0, vacuous: 0, broken: 0 };
  const marks: Record<string, { times: number; seeds: number }> = {};
  const findings: SeedFinding[] = [];
  let [seeds, operations, virtualNs] = [0, 0, 0];
  const met: Met[] = [];
  for (const variant of task.variants ?? seedsOf(task)) {
    if (task.stop !== undefined && Atomics.load(task.stop, 0) !== 0) break;
    const { seed, changes } = variant;
    const spec = variantSpec(variant, task);
    const ran = await simulateTrial(spec, { details: false, invariants: task.invariants });
    const { verdict } = ran;
    seeds++;
    if (task.variants !== undefined) met.push({ variant, situations: ran.situations });
    operations += verdict.statistics.operations;
    virtualNs += ran.virtualNs;
    for (const [name, times] of Object.entries(ran.marks)) {
      const sum = marks[name] ?? { times: 0, seeds: 0 };
      marks[name] = { times: sum.times + times, seeds: sum.seeds + 1 };
    }
    const oracle = oracleOf(verdict);
    const seen = task.invariants || oracle === null || oracle.violation === 'linearizability';
    const outcome = seen ? verdict.outcome : 'pass';
    outcomes[outcome]++;
    if (outcome === 'pass' || outcome === 'vacuous') continue;
    const [anomaly] = verdict.anomalies;
    findings.push({
      seed,
      changes,
      outcome,
      oracle,
      shape: anomaly?.shape ?? null,
      summary: anomaly?.argument[0]?.text ?? verdict.reasons[0] ?? '',
      operations: verdict.statistics.operations,
      virtualNs: ran.virtualNs,
      traceHash: ran.traceHash,
      batchSeeds: seeds,
      batchVirtualNs: virtualNs,
    });
    if (outcome === 'violation' && task.stopAtFind) break;
  }
  return { task, seeds, operations, virtualNs, outcomes, marks, met, findings };
}

function seedsOf({ from, count }: HuntTask): Variant[] {
  return Array.from({ length: count }, (_, at) => ({ seed: from + at, changes: [] }));
}
