/** Which stretch of time shows an anomaly: all that contradicts each other where that fits, else what is around the anomaly. */

import type { PageAnomaly } from '../page-data.ts';
import type { Model } from './model.ts';

/** Time on both sides of an anomaly. */
const AROUND_NS = 2e9;
/** A core that takes longer would be seen from too far away. */
const CORE_MAX_NS = 8e9;
/** Room beside a core, at least. */
const MARGIN_NS = 0.5e9;

export function openingOf(model: Model, { at, core }: PageAnomaly): { readonly from: number; readonly to: number } {
  const around = { from: at - AROUND_NS, to: at + AROUND_NS };
  let first = at;
  let last = at;
  for (const index of core) {
    const operation = model.byIndex.get(index);
    if (operation === undefined) continue;
    first = Math.min(first, operation.invokedAt);
    last = Math.max(last, operation.completedAt ?? operation.invokedAt);
  }
  if ((first >= around.from && last <= around.to) || last - first > CORE_MAX_NS) return around;
  const margin = Math.max(MARGIN_NS, (last - first) / 8);
  return { from: first - margin, to: last + margin };
}
