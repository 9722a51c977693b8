/** What a hunting thread does: a few seeds of the swarm, one after the other, each judged. */

import type { TrialOutcome } from '../history/trial-records.ts';
import { type Oracle, oracleOf } from './oracle.ts';
import { simulateTrial } from './simulate.ts';
import { swarmSpec } from './swarm.ts';

export interface HuntTask {
  readonly from: number;
  readonly count: number;
  readonly bugs: readonly string[];
  /** Virtual milliseconds of each trial. */
  readonly timeMs: number;
  /** Look into the replicas; without, a find has to show in what clients saw. */
  readonly invariants: boolean;
  /** End the batch with the first violation. */
  readonly stopAtFind: boolean;
}

/** A seed that is no pass. */
export interface SeedFinding {
  readonly seed: number;
  readonly outcome: TrialOutcome;
  /** Null unless the outcome is a violation. */
  readonly oracle: Oracle | null;
  readonly shape: string | null;
  readonly summary: string;
  readonly operations: number;
  readonly virtualNs: number;
  readonly traceHash: string;
  /** Virtual time of this batch up to and including this seed. */
  readonly batchVirtualNs: number;
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
  /** All seeds that are neither pass nor vacuous. */
  readonly findings: readonly SeedFinding[];
}

/** Runs `task.count` seeds. With `invariants` off, only linearizability counts: as for a system one cannot look into. */
export async function huntBatch(task: HuntTask): Promise<HuntBatch> {
  const outcomes = { pass: 0, violation: 0, unknown: 0, vacuous: 0, broken: 0 };
  const marks: Record<string, { times: number; seeds: number }> = {};
  const findings: SeedFinding[] = [];
  let [seeds, operations, virtualNs] = [0, 0, 0];
  for (let seed = task.from; seed < task.from + task.count; seed++) {
    const spec = swarmSpec(seed, task);
    const ran = await simulateTrial(spec, { details: false, invariants: task.invariants });
    const { verdict } = ran;
    seeds++;
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
      outcome,
      oracle,
      shape: anomaly?.shape ?? null,
      summary: anomaly?.argument[0]?.text ?? verdict.reasons[0] ?? '',
      operations: verdict.statistics.operations,
      virtualNs: ran.virtualNs,
      traceHash: ran.traceHash,
      batchVirtualNs: virtualNs,
    });
    if (outcome === 'violation' && task.stopAtFind) break;
  }
  return { task, seeds, operations, virtualNs, outcomes, marks, findings };
}
