/** How exactly the times around an anomaly are written, so that a reader can compute again what the sentence says of them. */

import type { Anomaly } from '../checker/verdict.ts';
import { orderArrows } from './core-layout.ts';
import { measuring, scaleOf, type TimeScale, tellingApart } from './times.ts';
import type { TrialData } from './trial-data.ts';
import { coreOperations, ended, tellingOf, witnessesOf } from './witness.ts';

/** A fault that begins or ends this close to what it is compared with needs more digits to stand before or after it. */
const CLOSE_NS = 1e6;
/** Larger cores are not drawn whole; their order is not told in numbers. */
const ORDERED_MAX = 36;

/**
 * The unit of the record, with enough decimals for the time between the two operations that contradict each other to a hundredth of
 * it, and to tell apart both ends of each, what one client saw before another began, and a fault from what it nearly met.
 */
export function scaleFor(data: TrialData, anomaly: Anomaly): TimeScale {
  const telling = tellingOf(data, anomaly);
  const witnesses = witnessesOf(telling);
  let scale = scaleOf(data.trial.durationNs, data.timeless === true);
  const apart = (a: number, b: number): void => {
    scale = tellingApart(scale, a, b);
  };
  const near = (moment: number): void => {
    for (const { startedAt, endedAt } of data.faults)
      for (const at of [startedAt, endedAt]) if (at !== null && Math.abs(at - moment) < CLOSE_NS) apart(at, moment);
  };
  if (witnesses !== null) {
    const { seen, other } = witnesses;
    for (const operation of other === null ? [seen] : [seen, other]) {
      apart(operation.invokedAt, ended(operation));
      near(operation.invokedAt);
      near(ended(operation));
    }
    if (other !== null) apart(ended(other), seen.invokedAt);
    // Of two compare-and-sets the time in between is not told.
    if (other !== null && anomaly.shape !== 'double-cas' && ended(other) < seen.invokedAt)
      scale = measuring(scale, ended(other), seen.invokedAt);
  }
  const operations = coreOperations(telling);
  if (operations.length <= ORDERED_MAX)
    for (const [a, b] of orderArrows(operations)) apart(operations[a]?.completedAt ?? 0, operations[b]?.invokedAt ?? 0);
  return scale;
}
