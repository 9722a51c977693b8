/** What a child process of the service can be given to do, and what passes between the two over the IPC channel. */

import { z } from 'zod';
import type { TrialOutcome } from '../../history/trial-records.ts';
import type { Progress } from '../../trial/driver.ts';
import { specSchema } from '../../trial/spec.ts';

/** Name that the service gave to an uploaded file; its place follows from it, never from a request. */
const uploadName = z.string().regex(/^[0-9a-f]{32}$/);

export const taskSchema = z.discriminatedUnion('kind', [
  /** Run a trial. */
  z.strictObject({ kind: z.literal('trial'), spec: specSchema }),
  /** Judge a trial's record and write its report. */
  z.strictObject({ kind: z.literal('judge'), trial: z.string() }),
  /** Judge an uploaded history and keep it as a trial. */
  z.strictObject({
    kind: z.literal('check'),
    upload: uploadName,
    name: z.string(),
    model: z.string(),
    format: z.string(),
  }),
  /** Take an uploaded bundle into the store. */
  z.strictObject({ kind: z.literal('import'), upload: uploadName, name: z.string() }),
]);
export type Task = z.output<typeof taskSchema>;

/** Trials wait for each other; judging and taking in what was uploaded goes on beside them. */
export type Lane = 'trials' | 'checks';

export function laneOf(task: Task): Lane {
  return task.kind === 'trial' ? 'trials' : 'checks';
}

export type ToChild =
  | { readonly type: 'task'; readonly store: string; readonly mark: string; readonly task: Task }
  /** Conclude early, with what there is. */
  | { readonly type: 'stop' };

export type FromChild =
  | { readonly type: 'ready' }
  /** The trial is registered in the store. */
  | { readonly type: 'began'; readonly trial: string }
  | { readonly type: 'progress'; readonly progress: Progress }
  /** The result is in the store. `error`: what a person can mend, e.g. a file that is no history. */
  | {
      readonly type: 'ended';
      readonly trial: string | null;
      readonly outcome: TrialOutcome | null;
      readonly error: string | null;
      readonly interrupted: boolean;
    };
