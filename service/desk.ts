/** What a visitor can have done, the same for the API and for the pages. Each throws a Problem where it can't be. */

import { existsSync } from 'node:fs';
import type { Store, TrialRow } from '../history/store.ts';
import { StoreError } from '../history/store-error.ts';
import type { TrialListing } from '../history/trial-listing.ts';
import { acceptSpec } from './accept-spec.ts';
import type { EventLog } from './events/event-log.ts';
import type { Failures } from './failures.ts';
import type { NightMemory } from './nights.ts';
import type { ServiceLimits } from './options.ts';
import { Problem } from './problem.ts';
import type { Job, JobTable } from './queue/jobs.ts';
import type { Keeper } from './queue/keeper.ts';
import type { Errands } from './work/errand-pool.ts';
import { reportFile } from './work/report-file.ts';
import { sentenceOf } from './work/sentence.ts';
import { isUploadedHistory } from './work/uploaded-history.ts';

export interface DeskParts {
  readonly store: Store;
  readonly listing: TrialListing;
  readonly jobs: JobTable;
  readonly keeper: Keeper;
  readonly events: EventLog;
  readonly errands: Errands;
  readonly failures: Failures;
  readonly nights: NightMemory;
  readonly limits: ServiceLimits;
}

export class Desk {
  readonly parts: DeskParts;

  constructor(parts: DeskParts) {
    this.parts = parts;
  }

  /** A trial by its whole name. Throws Problem 404. */
  trial(id: string): TrialRow {
    if (this.parts.listing.line(id) !== null) {
      try {
        return this.parts.store.getTrial(id);
      } catch (error) {
        // Deleted between the two looks.
        if (!(error instanceof StoreError) || error.code !== 'no-such-trial') throw error;
      }
    }
    throw new Problem(404, 'no-such-trial', `there is no trial "${id.slice(0, 120)}": GET /api/v1/trials lists them`);
  }

  /** A trial's verdict in one sentence; null without one. */
  async sentence(trial: TrialRow): Promise<string | null> {
    // Only a violation's sentence tells of operations, and those may be many.
    if (trial.outcome === 'violation') return this.parts.errands.sayVerdict(trial.id);
    return sentenceOf(this.parts.store, trial, [], []);
  }

  hasReport(trial: TrialRow): boolean {
    return existsSync(reportFile(this.parts.store.directory, trial.id));
  }

  /** Throws Problem 404. */
  job(number: number): Job {
    const job = this.parts.jobs.get(number);
    if (job === null) throw new Problem(404, 'no-such-job', `there is no job ${number}: GET /api/v1/queue lists them`);
    return job;
  }

  start(spec: unknown): Job {
    return this.parts.keeper.add({ kind: 'trial', spec: acceptSpec(spec) });
  }

  /** The same spec once more. */
  startAgain(id: string): Job {
    const trial = this.trial(id);
    if (isUploadedHistory(trial) || trial.spec === null)
      throw new Problem(409, 'not-ours', `trial ${id} is a history from elsewhere: it can be judged, not run again`);
    return this.start(trial.spec);
  }

  /** Judges a trial's record, once more or for the first time, and writes its report. */
  judge(id: string): Job {
    const trial = this.trial(id);
    if (trial.state === 'running') throw new Problem(409, 'running', `trial ${id} is still running: cancel it first`);
    const busy = this.parts.jobs.ofTrial(id);
    if (busy !== null && (busy.state === 'waiting' || busy.state === 'running')) return busy;
    return this.parts.keeper.add({ kind: 'judge', trial: id });
  }

  cancelTrial(id: string): Job {
    const trial = this.trial(id);
    const job = this.parts.jobs.ofTrial(id);
    if (job !== null && this.parts.keeper.cancel(job)) return this.job(job.number);
    throw trial.state === 'running'
      ? new Problem(409, 'not-ours', `trial ${id} was not started by this service: end it where it was`)
      : new Problem(409, 'not-running', `trial ${id} is not running`);
  }

  cancelJob(number: number): Job {
    const job = this.job(number);
    if (!this.parts.keeper.cancel(job)) throw new Problem(409, 'ended', `job ${number} has ended: ${job.state}`);
    return this.job(number);
  }

  /** Starts a job's task once more, e.g. one that was interrupted. An upload is gone once its job has ended. */
  repeatJob(number: number): Job {
    const { state, task } = this.job(number);
    if (state === 'waiting' || state === 'running')
      throw new Problem(409, 'not-ended', `job ${number} has not ended: it is ${state}`);
    if ('upload' in task)
      throw new Problem(409, 'upload-gone', 'the uploaded file is not kept: upload it again, or judge its trial again');
    return task.kind === 'judge' ? this.judge(task.trial) : this.start(task.spec);
  }

  async delete(id: string): Promise<void> {
    const trial = this.trial(id);
    const job = this.parts.jobs.ofTrial(id);
    if (trial.state === 'running' || job?.state === 'running' || job?.state === 'waiting')
      throw new Problem(409, 'running', `trial ${id} is being worked on: cancel that first`);
    try {
      await this.parts.errands.deleteTrial(id);
    } catch (error) {
      // Two at once: it is gone, as both wanted.
      if (!(error instanceof StoreError) || error.code !== 'no-such-trial') throw error;
    }
    this.parts.events.append('deleted', null, id, {});
  }
}
