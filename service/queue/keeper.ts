/**
 * Keeps the queue going: starts what waits, listens to what runs, and writes down how it ended. What runs is a child process;
 * this file only ever knows what children say and what the store holds, so that any of them may be killed at any moment.
 */

import type { Json } from '../../history/operation.ts';
import type { Store } from '../../history/store.ts';
import type { TrialListing } from '../../history/trial-listing.ts';
import type { TrialOutcome } from '../../history/trial-records.ts';
import type { EventLog } from '../events/event-log.ts';
import type { ServiceLimits } from '../options.ts';
import { Problem } from '../problem.ts';
import { removeOtherUploads, removeUpload } from '../work/uploads.ts';
import { killLeftover, TaskProcess } from './child-process.ts';
import type { Job, JobState, JobTable } from './jobs.ts';
import { type FromChild, type Lane, laneOf, type Task } from './tasks.ts';

export interface KeeperParts {
  readonly jobs: JobTable;
  readonly events: EventLog;
  readonly store: Store;
  readonly listing: TrialListing;
  readonly limits: ServiceLimits;
  /** Told how each job ended. */
  readonly onEnded: (job: Job) => void;
}

/** A task that takes longer is ended: it hangs. A trial's spec says how long it may take. */
const CHECK_MS_MAX = 10 * 60_000;
const TRIAL_MS_EXTRA = 5 * 60_000;
const SIMULATED_GRACE_MS = 8000;
const ERROR_CHARS_MAX = 600;

interface Running {
  readonly child: TaskProcess;
  ended: Extract<FromChild, { type: 'ended' }> | null;
  /** Why it was asked to stop, if it was. */
  stopping: 'cancelled' | 'interrupted' | null;
  /** How long the service waits for it when it ends itself. */
  readonly graceMs: number;
}

export class Keeper {
  readonly #parts: KeeperParts;
  readonly #running = new Map<number, Running>();
  #stopping = false;
  #whenIdle: (() => void) | null = null;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Settles what a service before this one left running, and begins. */
  start(): void {
    const { jobs } = this.#parts;
    for (const job of jobs.in('running')) this.#settleLeftover(job);
    const waited = jobs.in('waiting').flatMap(({ task }) => ('upload' in task ? [task.upload] : []));
    removeOtherUploads(this.#parts.store.directory, new Set(waited));
    this.#pump();
  }

  /** Throws Problem 503 where the queue is full or the service is about to stop. */
  add(task: Task): Job {
    const { jobs, events } = this.#parts;
    if (this.#stopping)
      throw new Problem(503, 'stopping', 'the service is stopping: try again later', { retryAfter: 10 });
    this.refuseWhenFull(laneOf(task));
    const job = jobs.add(task, Date.now());
    events.append('queued', job.number, job.trial, { kind: task.kind });
    setImmediate(() => this.#pump());
    return job;
  }

  refuseWhenFull(lane: Lane): void {
    const { jobs, limits } = this.#parts;
    const max = lane === 'trials' ? limits.waitingTrialsMax : limits.waitingChecksMax;
    if (jobs.count('waiting', lane) >= max)
      throw new Problem(503, 'queue-full', `${max} are waiting already: try again when some have ended`, {
        retryAfter: 60,
      });
  }

  /** Ends a job that waits or runs. One that runs concludes with what it has; false for one that has ended. */
  cancel(job: Job): boolean {
    if (job.state === 'waiting') {
      this.#end(job.number, 'cancelled', null, null);
      return true;
    }
    const running = this.#running.get(job.number);
    if (running === undefined) return false;
    running.stopping ??= 'cancelled';
    running.child.stop(this.#parts.limits.graceMs);
    return true;
  }

  /** Takes nothing more, has what runs conclude, and resolves when nothing runs. What waits stays for the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#running.size === 0) return;
    const idle = new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
    for (const running of this.#running.values()) {
      running.stopping ??= 'interrupted';
      running.child.stop(Math.min(this.#parts.limits.graceMs, running.graceMs));
    }
    await idle;
  }

  #pump(): void {
    if (this.#stopping) return;
    const { jobs, limits } = this.#parts;
    for (const [lane, atOnce] of [['trials', limits.trialsAtOnce] as const, ['checks', 1] as const]) {
      const free = atOnce - jobs.count('running', lane);
      for (const job of jobs.in('waiting', lane).slice(0, Math.max(0, free))) this.#run(job);
    }
  }

  #run(job: Job): void {
    const { jobs, events, store } = this.#parts;
    const { number, task } = job;
    const child = new TaskProcess(store.directory, markOf(job), task, limitOf(task), {
      message: (message) => this.#heard(number, running, message),
      gone: (code, signal, words) => this.#gone(number, running, code, signal, words),
    });
    const running: Running = { child, ended: null, stopping: null, graceMs: graceOf(task) };
    this.#running.set(number, running);
    jobs.began(number, child.process ?? { pid: 0, born: null }, Date.now());
    events.append('began', number, job.trial, { kind: task.kind });
  }

  #heard(number: number, running: Running, message: FromChild): void {
    const { jobs, events } = this.#parts;
    switch (message.type) {
      case 'began':
        jobs.trialKnown(number, message.trial);
        events.append('trial', number, message.trial, {});
        break;
      case 'progress':
        jobs.progressed(number, message.progress);
        events.append('progress', number, jobs.get(number)?.trial ?? null, message.progress as unknown as Json);
        break;
      case 'ended':
        running.ended = message;
        if (message.trial !== null) jobs.trialKnown(number, message.trial);
        break;
    }
  }

  #gone(number: number, running: Running, code: number | null, signal: string | null, words: string): void {
    this.#running.delete(number);
    const { ended, stopping } = running;
    if (ended === null) {
      // Killed, perhaps after its result was stored: then nothing was lost.
      const outcome = this.#storedOutcome(number);
      const state = stopping ?? (outcome === null ? 'failed' : 'done');
      this.#end(number, state, outcome, state === 'failed' ? deathOf(code, signal, words) : null);
    } else if (stopping !== null && (ended.interrupted || ended.outcome === null))
      this.#end(number, stopping, ended.outcome, ended.error);
    else this.#end(number, ended.outcome === null ? 'failed' : 'done', ended.outcome, ended.error);
    if (this.#running.size === 0) this.#whenIdle?.();
    this.#pump();
  }

  #end(number: number, state: JobState, outcome: TrialOutcome | null, error: string | null): void {
    const { jobs, events, store, onEnded } = this.#parts;
    const told = error === null ? null : error.slice(0, ERROR_CHARS_MAX);
    jobs.end(number, state, outcome, told, Date.now());
    const job = jobs.get(number);
    if (job === null) return;
    if ('upload' in job.task) removeUpload(store.directory, job.task.upload);
    events.append('ended', number, job.trial, { state, outcome, error: told });
    onEnded(job);
  }

  /** A job that was running when the service died. Its process may still be there; its trial may even have finished. */
  #settleLeftover(job: Job): void {
    const { jobs, listing } = this.#parts;
    const process = jobs.processOf(job.number);
    if (process !== null) killLeftover(process);
    const trial = job.trial ?? listing.startedFor(markOf(job), job.beganAt ?? job.queuedAt);
    if (trial !== null && job.trial === null) jobs.trialKnown(job.number, trial);
    const outcome = this.#storedOutcome(job.number);
    const why = 'the service ended while it ran';
    this.#end(job.number, outcome === null ? 'interrupted' : 'done', outcome, outcome === null ? why : null);
  }

  /** The outcome of a job's trial if it has one, whatever became of the process. What is judged again had one before. */
  #storedOutcome(number: number): TrialOutcome | null {
    const job = this.#parts.jobs.get(number);
    if (job === null || job.trial === null || job.task.kind === 'judge') return null;
    const line = this.#parts.listing.line(job.trial);
    return line?.state === 'finished' ? line.outcome : null;
  }
}

/** Marks a job's trial in the store, so that it is found even if the service died before it heard the trial's name. */
function markOf({ number, queuedAt }: Job): string {
  return `${number}@${queuedAt}`;
}

/**
 * Milliseconds that a task is worth waiting for when the service ends. What a long simulated trial recorded takes as long to judge
 * and to draw as it ran; and started again it is the same trial, event by event.
 */
function graceOf(task: Task): number {
  return task.kind === 'trial' && task.spec.world === 'simulator' ? SIMULATED_GRACE_MS : Number.POSITIVE_INFINITY;
}

/** Milliseconds of wall time after which a task's process is ended. */
function limitOf(task: Task): number {
  if (task.kind !== 'trial') return CHECK_MS_MAX;
  const { timeMs, recoveryMs, check } = task.spec;
  return 2 * (timeMs + recoveryMs + check.timeMs) + TRIAL_MS_EXTRA;
}

/** How a process ended that did not say so itself, with the last that it said. */
function deathOf(code: number | null, signal: string | null, words: string): string {
  if (/heap out of memory|heap limit/.test(words)) return 'it needed more memory than a task of the service is given';
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  return `its process ended ${how}${words === '' ? '' : `: ${words.split('\n').at(-1)}`}`;
}
