/** The part of `checkInWorkers` that runs in a worker: judges some partitions. */

import type { MessagePort } from 'node:worker_threads';
import { check } from './check.ts';
import type { Model, Partition } from './model.ts';
import type { CheckOptions, PartitionResult } from './outcome.ts';
import { usableModel } from './usable-model.ts';

/** Where a worker finds the model: functions can't be sent to it. */
export interface ModelReference {
  /** URL of a module, as `import.meta.resolve` or `pathToFileURL` gives it. */
  readonly module: string;
  /** Name of an export: the model, or a function that makes it. */
  readonly export: string;
  /** For a function that makes it. */
  readonly arguments?: readonly unknown[];
}

/** What a worker says first: loading the program may take longer than the task. */
export const BEGUN = 'begun';

export interface WorkerTask {
  readonly reference: ModelReference;
  readonly parts: readonly Partition<unknown, unknown>[];
  readonly limits: Pick<CheckOptions, 'timeMs' | 'searchMs' | 'memoryBytes' | 'stepsMax'>;
  readonly explainMax: number;
  readonly stopAtViolation: boolean;
  /** Is told when the task begins, and sent each result as soon as there is one: the task may never end. */
  readonly decided: MessagePort;
}

/** @throws TypeError if there is no model at the reference */
export const modelAt = async (reference: ModelReference): Promise<Model<unknown, unknown, unknown>> => {
  const exports = (await import(reference.module)) as { readonly [name: string]: unknown };
  const found = exports[reference.export];
  const model =
    typeof found === 'function' ? (found as (...args: unknown[]) => unknown)(...(reference.arguments ?? [])) : found;
  if (typeof (model as { step?: unknown } | undefined)?.step !== 'function')
    throw new TypeError(`${reference.module} has no model named "${reference.export}": it needs a step function`);
  return usableModel(model as Model<unknown, unknown, unknown>);
};

/** The results that were not sent before: violations, now explained, and what is undecided. */
export const judgeParts = async (task: WorkerTask): Promise<readonly PartitionResult[]> => {
  const model = await modelAt(task.reference);
  const { limits, explainMax, stopAtViolation, decided } = task;
  decided.postMessage(BEGUN);
  const result = check(
    { ...model, partition: () => task.parts },
    task.parts.flatMap(({ operations }) => operations),
    { ...limits, explainMax, stopAtViolation, onDecided: (part) => decided.postMessage(part) },
  );
  return result.partitions.filter(({ outcome }) => outcome !== 'pass');
};
