/**
 * Elle's list-append: transactions that append elements to lists, and read whole lists. No model here has lists; so a history of it
 * is told that, and not only which of its steps is odd.
 */

import type { Json, Operation } from '../history/operation.ts';
import { ModelError, plainName, shortJson } from './history-model.ts';

/** Throws ModelError for a transaction that appends anything but text, or that appends in a history that reads by "r". */
export function refuseListAppend(operations: readonly Operation[]): void {
  let appending: { readonly operation: Operation; readonly step: Json } | null = null;
  let readsAsElle = false;
  for (const operation of operations) {
    if (operation.f !== 'txn' || !Array.isArray(operation.value)) continue;
    for (const step of operation.value as readonly Json[]) {
      if (!Array.isArray(step) || typeof step[0] !== 'string') continue;
      const f = plainName(step[0]);
      if (f === 'r') readsAsElle = true;
      if (f !== 'append') continue;
      if (typeof step[2] !== 'string') throw listAppend(operation, step);
      appending ??= { operation, step };
    }
    if (appending !== null && readsAsElle) throw listAppend(appending.operation, appending.step);
  }
}

function listAppend({ index, f }: Operation, step: Json): ModelError {
  return new ModelError(
    `operation ${index} (${f}) has the step ${shortJson(step)}: this looks like Elle's list-append, which is not supported. ` +
      'Transactions can be judged whose steps are r and w (model multi-register), or get, put, cas, delete and append of text to text (model kv)',
    index,
  );
}
