/** What a child process of the service can be given to do, and what passes between the two over the IPC channel. */

import type { TrialOutcome } from '../../history/trial-records.ts';
import type { Progress } from '../../trial/driver.ts';
import type { HistoryReading } from '../../trial/history-source.ts';
import type { CompleteSpec } from '../../trial/spec.ts';

export type Task =
  /** Run a trial. */
  | { readonly kind: 'trial'; readonly spec: CompleteSpec }
  /** Judge a trial's record and write its report. */
  | { readonly kind: 'judge'; readonly trial: string }
  /** Judge an uploaded history and keep it as a trial. */
  | ({ readonly kind: 'check' } & HistoryReading & UploadedFile)
  /** Take an uploaded bundle into the store. */
  | ({ readonly kind: 'import' } & UploadedFile);

interface UploadedFile {
  /** Name that the service drew for the file; its place follows from it, never from a request. */
  readonly upload: string;
  /** What the uploader calls it. */
  readonly name: string;
}

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
