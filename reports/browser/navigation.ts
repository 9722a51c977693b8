/** Steps from one thing of interest to the next: anomalies, faults, operations. */

import type { Operation } from '../../history/operation.ts';
import type { Model } from './model.ts';
import { openingOf } from './opening.ts';
import { found } from './search.ts';
import type { View } from './view.ts';

/** The next anomaly after the one that is selected, in the order of the report; after the last the first again. */
export function nextAnomaly(model: Model, view: View): void {
  const { anomalies } = model.page;
  if (anomalies.length === 0) return;
  const { selected, from, to } = view.state;
  const current = anomalies.findIndex((anomaly) =>
    selected?.kind === 'op' ? anomaly.culprit === selected.index : anomaly.at === (from + to) / 2,
  );
  const next = anomalies[(current + 1) % anomalies.length];
  if (next === undefined) return;
  view.set({
    key: next.key,
    selected: next.culprit === null ? null : { kind: 'op', index: next.culprit },
  });
  const opening = openingOf(model, next);
  view.window(opening.from, opening.to);
}

/** The fault that begins after (1) or before (-1) the one selected, or the middle of the window. */
export function stepFault(model: Model, view: View, direction: 1 | -1): void {
  const faults = [...model.page.faults].sort((a, b) => a.startedAt - b.startedAt);
  const { selected, from, to } = view.state;
  const current = faults.findIndex((fault) => selected?.kind === 'fault' && fault.index === selected.index);
  const middle = (from + to) / 2;
  const next =
    current >= 0
      ? faults[current + direction]
      : direction === 1
        ? faults.find((fault) => fault.startedAt > middle)
        : faults.findLast((fault) => fault.startedAt < middle);
  if (next === undefined) return;
  view.select({ kind: 'fault', index: next.index });
  view.reveal(next.startedAt, next.endedAt ?? model.end);
}

/** The operation before or after the selected one: among those found, else of the key in focus, else of all. */
export function stepOperation(model: Model, view: View, direction: 1 | -1): void {
  const { selected, key, search, from, to } = view.state;
  const list = found(model, search) ?? model.page.operations;
  const fits = (operation: Operation): boolean => search.trim() !== '' || key === null || operation.key === key;
  const middle = (from + to) / 2;
  const index = selected?.kind === 'op' ? selected.index : null;
  const next =
    direction === 1
      ? list.find((one) => fits(one) && (index === null ? one.invokedAt >= middle : one.index > index))
      : list.findLast((one) => fits(one) && (index === null ? one.invokedAt < middle : one.index < index));
  if (next === undefined) return;
  view.select({ kind: 'op', index: next.index });
  view.reveal(next.invokedAt, next.completedAt ?? next.invokedAt);
}
