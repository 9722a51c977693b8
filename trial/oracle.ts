/** Who noticed: the oracle that a trial was found wrong by. Two failures of one kind have the same. */

import type { Anomaly, Verdict, ViolationKind } from '../checker/verdict.ts';

export interface Oracle {
  readonly violation: ViolationKind;
  /** Of an invariant, and of what was owed within bounded time: its name. Null for the other kinds, of which there is one each. */
  readonly invariant: string | null;
}

/** The oracle of a verdict's first anomaly, or null where nothing was found. */
export function oracleOf(verdict: Verdict): Oracle | null {
  const [first] = verdict.anomalies;
  return first === undefined ? null : oracleOfAnomaly(first);
}

export function oracleOfAnomaly({ violation, shape, facts }: Anomaly): Oracle {
  const named = violation === 'invariant' || (violation === 'liveness' && shape !== 'no-progress');
  return { violation, invariant: named ? String(facts.invariant) : null };
}

export function sameOracle(a: Oracle | null, b: Oracle | null): boolean {
  return a !== null && b !== null && a.violation === b.violation && a.invariant === b.invariant;
}

/** "invariant election safety", "linearizability", "liveness", "crash". */
export function describeOracle({ violation, invariant }: Oracle): string {
  return invariant === null ? violation : `${violation} ${invariant}`;
}
