/**
 * From everything a trial showed to its one outcome. Fail closed: a violation outweighs all, a broken harness is never a
 * pass, and a trial in which too little happened proves nothing.
 */

import { vacuousReasons } from '../checker/vacuous.ts';
import type { Anomaly, AnomalyShape, Verdict } from '../checker/verdict.ts';
import type { InvariantViolation } from '../cluster/simulator/invariants/watch.ts';
import type { Json } from '../history/operation.ts';
import type { FaultRecord, TrialOutcome } from '../history/trial-records.ts';
import type { DriveResult } from './driver.ts';
import type { CompleteSpec } from './spec.ts';

/** Reasons of a trial that did not last as long as it was to. */
export const INTERRUPTED = 'the trial was interrupted before its end';
export const ENDED_EARLY = 'the trial was ended before its time';

/** Something that ended or spoiled the trial, as a world reported it. */
export interface Failure {
  readonly at: number;
  readonly reason: string;
  /** Facts; `node` names the node that ended, if that is what happened. */
  readonly detail: Json;
}

export interface Evidence {
  readonly spec: CompleteSpec;
  /** What the checker says of the clients' history. */
  readonly judged: Verdict;
  readonly faults: readonly FaultRecord[];
  readonly failures: readonly Failure[];
  /** Broken invariants and the like, found by looking into the replicas. */
  readonly anomalies: readonly Anomaly[];
  /** Null: only a record is left, nobody knows how far the trial got. */
  readonly drive: DriveResult | null;
  readonly interrupted: boolean;
}

/** The verdict of the trial. */
export function conclude(evidence: Evidence): Verdict {
  const { spec, judged, failures, drive } = evidence;
  const found: Anomaly[] = [...evidence.anomalies, ...judged.anomalies];
  const reasons: string[] = [];
  // With a planted bug on, a node that dies is what was looked for; anything else that fails is a defect of ours.
  if (spec.bugs.length > 0) found.push(...failures.filter(isEndOfNode).map(crash));
  // On processes a cluster that never served may be the machine's fault; on virtual time it is the cluster's.
  const started = drive !== null && (!drive.neverServed || spec.world === 'simulator');
  if (started && !drive.abandoned && drive.recoveredAfterNs === null) found.push(noProgress(drive, spec.recoveryMs));

  let outcome: TrialOutcome = judged.outcome;
  if (found.length > 0) outcome = 'violation';
  else if (failures.length > 0) {
    outcome = 'broken';
    reasons.push(...failures.map((failure) => failure.reason));
  } else if (drive?.neverServed && spec.world === 'simulator') {
    // Its troubles are drawn, and some draws are too harsh to begin with; that the cluster serves without them was seen.
    outcome = 'vacuous';
    reasons.push(
      'the world made so much trouble that not every client could open a session in 20 s; without it, they could',
    );
  } else if (drive?.neverServed) {
    outcome = 'broken';
    reasons.push('the cluster never served a client: no session could be opened on every client in 20 s');
  } else if (evidence.interrupted) {
    outcome = 'unknown';
    reasons.push(INTERRUPTED);
  } else if (drive?.abandoned) {
    outcome = 'unknown';
    reasons.push(ENDED_EARLY);
  } else if (outcome === 'pass') {
    const vacuous = vacuousReasons(judged.statistics, evidence.faults, spec.faults);
    if (vacuous.length > 0) outcome = 'vacuous';
    reasons.push(...vacuous);
  }
  return {
    ...judged,
    outcome,
    valid: outcome === 'violation' ? false : judged.valid,
    reasons: [...reasons, ...judged.reasons],
    anomalies: found,
  };
}

/** What the simulator found by looking into the replicas; an answer that cannot be is told with the operation that waited for it. */
export function brokenInvariant(
  violation: InvariantViolation,
  operationOf: (requestId: number) => number | null = () => null,
): Anomaly {
  const { invariant, kind, summary, nodes, event, at, facts } = violation;
  const operation = typeof facts.request === 'number' ? operationOf(facts.request) : null;
  return {
    violation: kind === 'liveness' ? 'liveness' : 'invariant',
    shape: kind === 'liveness' ? (invariant.replaceAll(' ', '-') as AnomalyShape) : 'invariant',
    key: null,
    core: [],
    confirmedBy: null,
    culprit: null,
    at,
    argument: [{ text: summary, operations: [] }],
    facts: { ...facts, ...(operation === null ? {} : { operation }), invariant, summary, nodes, event },
  };
}

function isEndOfNode({ detail }: Failure): boolean {
  return typeof detail === 'object' && detail !== null && 'node' in detail;
}

function crash(failure: Failure): Anomaly {
  return {
    violation: 'crash',
    shape: 'crash',
    key: null,
    core: [],
    confirmedBy: null,
    culprit: null,
    at: failure.at,
    argument: [{ text: failure.reason, operations: [] }],
    facts: { reason: failure.reason, detail: failure.detail },
  };
}

function noProgress(drive: DriveResult, recoveryMs: number): Anomaly {
  const waited = `${recoveryMs / 1000} s`;
  return {
    violation: 'liveness',
    shape: 'no-progress',
    key: null,
    core: [],
    confirmedBy: null,
    culprit: null,
    at: drive.ordealEndedAt,
    argument: [
      { text: 'Every fault was healed, every node was running, and all links were open.', operations: [] },
      {
        text: `For ${waited} after that, no client could open a session, which takes one committed entry.`,
        operations: [],
      },
    ],
    facts: { waitedNs: recoveryMs * 1_000_000, healedAt: drive.healedAt },
  };
}
