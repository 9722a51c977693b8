/** Which stretch of time shows an anomaly: all that contradicts each other where that fits, else what is around the anomaly. */

import type { PageAnomaly } from '../page-data.ts';
import type { Model } from './model.ts';

/** Time on both sides of an anomaly. */
const AROUND_NS = 2e9;
/** A core that takes longer would be seen from too far away, unless its operations are as slow. */
const CORE_MAX_NS = 8e9;
const CORE_MAX_OPERATIONS = 5;
/** A core that is shorter than this share of the window would not be seen in it: some records count ticks. */
const CORE_SHARE_MIN = 1 / 1000;
/** Room beside a core, at least. */
const MARGIN_NS = 0.5e9;

export function openingOf(model: Model, { at, core }: PageAnomaly): { readonly from: number; readonly to: number } {
  let first = at;
  let last = at;
  let longest = 0;
  for (const index of core) {
    const operation = model.byIndex.get(index);
    if (operation === undefined) continue;
    first = Math.min(first, operation.invokedAt);
    const end = operation.completedAt ?? operation.invokedAt;
    last = Math.max(last, end);
    longest = Math.max(longest, end - operation.invokedAt);
  }
  const beside = last === first ? AROUND_NS : Math.min(AROUND_NS, (last - first) / CORE_SHARE_MIN / 2);
  const around = { from: at - beside, to: at + beside };
  if (first >= around.from && last <= around.to) return around;
  if (last - first > Math.max(CORE_MAX_NS, longest * CORE_MAX_OPERATIONS)) return around;
  const margin = Math.max(MARGIN_NS, (last - first) / 8);
  return { from: first - margin, to: last + margin };
}
