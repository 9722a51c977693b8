/** Which of several anomalies stands for the trial: the one that convinces a reader soonest. The checker knows them all alike. */

import type { Anomaly } from '../checker/verdict.ts';
import type { Operation } from '../history/operation.ts';
import { attendance, showsNoEffect } from './circumstances.ts';
import type { TrialData } from './trial-data.ts';
import { ended, type Telling, tellingOf, witnessesOf } from './witness.ts';

/** Shapes that say one thing in two ways: an acknowledged write is missing. Only these are weighed against each other. */
const MISSING_WRITE: ReadonlySet<Anomaly['shape']> = new Set(['stale-read', 'nil-after-write']);
/** More operations than this are not taken in at a glance. */
const FEW = 4;
/** A write acknowledged closer than this before a fault began invites doubt about their order. */
const CLEAR_NS = 50e6;
/** Anomalies beyond these are not weighed: one of many like them is as good. */
const WEIGHED_MAX = 200;

const orders = new WeakMap<TrialData, readonly Anomaly[]>();

/**
 * All anomalies, the exhibit first, the others in the checker's order. Of missing writes it is the one that a second method
 * confirmed, with few operations, whose write was acknowledged well before any fault began, whose nodes were at the answer what
 * they had been at the call, with the longest time between the two (by doublings), answered by a leader rather than a follower.
 */
export function anomaliesInOrder(data: TrialData): readonly Anomaly[] {
  const known = orders.get(data);
  if (known !== undefined) return known;
  const { anomalies } = data.verdict;
  const first = anomalies[0];
  let order = anomalies;
  if (first !== undefined && MISSING_WRITE.has(first.shape)) {
    const weighed = anomalies
      .slice(0, WEIGHED_MAX)
      .filter((anomaly) => MISSING_WRITE.has(anomaly.shape))
      .map((anomaly) => ({ anomaly, weight: weightOf(data, anomaly) }));
    // A stable sort: equals stay as the checker ordered them.
    weighed.sort((a, b) => compared(b.weight, a.weight));
    const exhibit = weighed[0]?.anomaly ?? first;
    order = [exhibit, ...anomalies.filter((anomaly) => anomaly !== exhibit)];
  }
  orders.set(data, order);
  return order;
}

/** The more, the better; what comes first counts first. */
function weightOf(data: TrialData, anomaly: Anomaly): readonly number[] {
  const telling = tellingOf(data, anomaly);
  const witnesses = witnessesOf(telling);
  if (witnesses === null || witnesses.other === null) return [];
  const { seen, other } = witnesses;
  const acknowledged = ended(other);
  const clear = !data.faults.some(
    (fault) => !showsNoEffect(fault) && fault.startedAt >= acknowledged && fault.startedAt - acknowledged < CLEAR_NS,
  );
  const margin = Math.max(1, seen.invokedAt - acknowledged);
  const { call, end } = attendance(telling.spans, seen);
  const size = anomaly.core.length;
  return [
    Number(anomaly.confirmedBy !== null),
    Number(size <= FEW),
    Number(clear),
    -changes(telling, seen) - changes(telling, other),
    Math.floor(Math.log2(margin)),
    Number(call?.role === 'leader' || end?.role === 'leader'),
    -size,
    margin,
  ];
}

/** How much the node of an operation is known to have changed while it ran: role, term, standing still. */
function changes({ spans }: Telling, operation: Operation): number {
  const { call, end, pausedMeanwhile } = attendance(spans, operation);
  const stood = Number(pausedMeanwhile || call?.paused === true);
  // One that was just starting had said nothing yet.
  if (call === null || call.role === null) return stood;
  return stood + Number(call.role !== end?.role) + Number(call.term !== end?.term);
}

function compared(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
