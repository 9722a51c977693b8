/** Histories that show one kind of anomaly each, and the sentence that tells it. */

import type { AnomalyShape } from '../../checker/verdict.ts';
import type { Json, Operation, OperationOutcome } from '../../history/operation.ts';

/** [client, f, value, result, from ms, to ms, outcome, error] */
export type Row = readonly [number, string, Json, Json, number, number, OperationOutcome?, string?];

export interface Sample {
  readonly name: string;
  readonly model: string;
  readonly initial?: Json;
  /** What all of it is on. */
  readonly key?: string;
  readonly rows: readonly Row[];
  readonly shape: AnomalyShape;
  readonly sentence: string;
}

const MS = 1e6;

export function historyOf(rows: readonly Row[], key: string | null = null): Operation[] {
  return rows
    .map(([process, f, value, result, from, to, outcome = 'ok', error = null]) => ({
      process,
      f,
      key,
      value,
      outcome,
      result,
      error,
      invokedAt: from * MS,
      completedAt: outcome === 'info' ? null : to * MS,
      node: null,
    }))
    .sort((a, b) => a.invokedAt - b.invokedAt)
    .map((one, index) => ({ index, ...one }));
}

/** A sample of a model that has its sentence. */
export const ofModel = (
  model: string,
  shape: AnomalyShape,
  name: string,
  rows: readonly Row[],
  sentence: string,
  initial?: Json,
): Sample => ({ name, model, rows, shape, sentence, ...(initial === undefined ? {} : { initial }) });
