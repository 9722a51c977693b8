/**
 * One task of the queue, in a process of its own: what goes wrong here (a crash, a lack of memory, a search without end) is
 * the end of this task, not of the service. It does not outlive the service: its nodes end with it, as those of any trial do.
 */

import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { openStore, type Store } from '../../history/store.ts';
import type { TrialOutcome } from '../../history/trial-records.ts';
import { judgeRecord } from '../../trial/judge-record.ts';
import { runTrial } from '../../trial/run.ts';
import { parseSpec } from '../../trial/spec.ts';
import { writeReport } from '../../trial/trial-report.ts';
import { takeBundle } from '../work/take-bundle.ts';
import { isUploadedHistory, judgeHistory, keepHistory } from '../work/uploaded-history.ts';
import { UPLOADS } from '../work/uploads.ts';
import type { FromChild, Task, ToChild } from './tasks.ts';

/** Progress is told this often at most. */
const PROGRESS_EVERY_MS = 1000;

type Done = Omit<Extract<FromChild, { type: 'ended' }>, 'type'>;

const parent = Number(process.env.ORDEAL_SERVICE_PID);
if (!process.connected || process.ppid !== parent) process.exit(0);
new Worker(new URL('./watchdog.mjs', import.meta.url), { workerData: { parent }, execArgv: [] }).unref();
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C is sent to the whole terminal; when a task ends is for the service to say.
process.on('SIGINT', () => {});
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());

process.on('message', (message: ToChild) => {
  if (message.type === 'stop') stop.abort();
  else void perform(message);
});
tell({ type: 'ready' });

async function perform({ store: directory, mark, task }: Extract<ToChild, { type: 'task' }>): Promise<void> {
  const store = openStore(directory, 'write');
  let done: Done;
  try {
    done = await resultOf(task, store, mark);
  } catch (error) {
    if (!isForPeople(error)) throw error;
    done = { trial: null, outcome: null, error: error.message, interrupted: false };
  } finally {
    store.close();
  }
  await new Promise((resolve) => process.send?.({ type: 'ended', ...done } satisfies FromChild, resolve));
  process.exit(0);
}

async function resultOf(task: Task, store: Store, mark: string): Promise<Done> {
  const began = (trial: string): void => tell({ type: 'began', trial });
  switch (task.kind) {
    case 'trial': {
      const { id, verdict, interrupted, reportError } = await runTrial(parseSpec(task.spec), {
        store,
        signal: stop.signal,
        origin: { job: mark },
        onBegan: began,
        onProgress: atMostEvery(PROGRESS_EVERY_MS, (progress) => tell({ type: 'progress', progress })),
      });
      return { trial: id, outcome: verdict.outcome, error: undrawn(reportError), interrupted };
    }
    case 'judge': {
      const trial = store.getTrial(task.trial);
      began(trial.id);
      const verdict = isUploadedHistory(trial) ? await judgeHistory(store, trial) : await judgeRecord(store, trial);
      return reported(store, trial.id, verdict.outcome);
    }
    case 'check': {
      const trial = await keepHistory(store, join(store.directory, UPLOADS, task.upload), task, mark);
      began(trial.id);
      const verdict = await judgeHistory(store, trial);
      return reported(store, trial.id, verdict.outcome);
    }
    case 'import': {
      const trial = takeBundle(join(store.directory, UPLOADS, task.upload), task.name, store);
      began(trial.id);
      return reported(store, trial.id, trial.outcome);
    }
  }
}

function reported(store: Store, trial: string, outcome: TrialOutcome | null): Done {
  const { reportError } = writeReport(store, trial);
  return { trial, outcome, error: undrawn(reportError), interrupted: stop.signal.aborted };
}

/** A page that could not be drawn changes no verdict, but the job says so. */
function undrawn(reportError: string | null): string | null {
  return reportError === null ? null : `the report could not be drawn: ${reportError}`;
}

function tell(message: FromChild): void {
  if (process.connected) process.send?.(message, () => {});
}

/** Errors that say what a person can do about them. */
function isForPeople(error: unknown): error is Error {
  return error instanceof Error && ['InputError', 'StoreError', 'HistoryError'].includes(error.name);
}

function atMostEvery<T>(ms: number, call: (value: T) => void): (value: T) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (value) => {
    const now = performance.now();
    if (now - last < ms) return;
    last = now;
    call(value);
  };
}
