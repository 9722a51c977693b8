/** What a searching thread does: a few candidates of a plan, one after the other, until one fails by the oracle looked for. */

import { type CarryPlan, carriedCandidate } from './carry.ts';
import { oracleOf, sameOracle } from './oracle.ts';
import { simulateTrial } from './simulate.ts';

export interface CarryTask {
  readonly plan: CarryPlan;
  readonly from: number;
  readonly count: number;
  /** No candidate is begun after this time, in milliseconds as Date.now() counts; null: no limit. */
  readonly until: number | null;
}

export interface CarryBatch {
  /** Candidates tried; fewer than asked for if one was found. */
  readonly tried: number;
  readonly virtualNs: number;
  /** Number of the first candidate that fails by the oracle; null if none does. */
  readonly found: number | null;
}

export async function carryBatch({ plan, from, count, until }: CarryTask): Promise<CarryBatch> {
  let virtualNs = 0;
  for (let which = from; which < from + count; which++) {
    if (until !== null && Date.now() > until) return { tried: which - from, virtualNs, found: null };
    const { spec } = carriedCandidate(plan, which);
    const simulated = await simulateTrial(spec, { details: false });
    virtualNs += simulated.virtualNs;
    if (sameOracle(oracleOf(simulated.verdict), plan.oracle))
      return { tried: which - from + 1, virtualNs, found: which };
  }
  return { tried: count, virtualNs, found: null };
}
