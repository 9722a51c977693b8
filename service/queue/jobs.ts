/** The queue as it is stored: what waits, runs and has ended. Everything a restarted service has to know is in here. */

import type { Database } from 'better-sqlite3';
import type { TrialOutcome } from '../../history/trial-records.ts';
import type { Progress } from '../../trial/driver.ts';
import { type Lane, laneOf, type Task } from './tasks.ts';

/**
 * `interrupted`: the service died or stopped while it ran; it can be started again. `failed`: its process ended without a
 * result, or there was nothing to be done with what it was given.
 */
export const JOB_STATES = ['waiting', 'running', 'done', 'failed', 'cancelled', 'interrupted'] as const;
export type JobState = (typeof JOB_STATES)[number];

export interface Job {
  readonly number: number;
  readonly state: JobState;
  readonly task: Task;
  /** The trial it began or works on, once known. */
  readonly trial: string | null;
  readonly outcome: TrialOutcome | null;
  /** Why it failed, for a person. */
  readonly error: string | null;
  readonly progress: Progress | null;
  /** Milliseconds since 1970. */
  readonly queuedAt: number;
  readonly beganAt: number | null;
  readonly endedAt: number | null;
}

/** The process of a running job, to be found again after a restart. */
export interface JobProcess {
  readonly pid: number;
  readonly born: string | null;
}

/** Ended jobs that are remembered. */
const KEPT_MAX = 5000;

export class JobTable {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(task: Task, queuedAt: number): Job {
    const trial = task.kind === 'judge' ? task.trial : null;
    const { lastInsertRowid } = this.#db
      .prepare("INSERT INTO jobs (lane, state, task, trial, queued_at) VALUES (?, 'waiting', ?, ?, ?)")
      .run(laneOf(task), JSON.stringify(task), trial, queuedAt);
    this.#db
      .prepare("DELETE FROM jobs WHERE number <= ? AND state NOT IN ('waiting', 'running')")
      .run(Number(lastInsertRowid) - KEPT_MAX);
    return this.get(Number(lastInsertRowid)) as Job;
  }

  get(number: number): Job | null {
    const row = this.#db.prepare('SELECT * FROM jobs WHERE number = ?').get(number);
    return row === undefined ? null : jobOf(row);
  }

  /** The newest job of a trial, or null. */
  ofTrial(trial: string): Job | null {
    const row = this.#db.prepare('SELECT * FROM jobs WHERE trial = ? ORDER BY number DESC LIMIT 1').get(trial);
    return row === undefined ? null : jobOf(row);
  }

  /** Those in a state, oldest first. */
  in(state: 'waiting' | 'running', lane?: Lane): Job[] {
    const rows =
      lane === undefined
        ? this.#db.prepare('SELECT * FROM jobs WHERE state = ? ORDER BY number').all(state)
        : this.#db.prepare('SELECT * FROM jobs WHERE state = ? AND lane = ? ORDER BY number').all(state, lane);
    return rows.map(jobOf);
  }

  /** Those that have ended, newest first. */
  ended(limit: number): Job[] {
    return this.#db
      .prepare("SELECT * FROM jobs WHERE state NOT IN ('waiting', 'running') ORDER BY number DESC LIMIT ?")
      .all(limit)
      .map(jobOf);
  }

  count(state: JobState, lane?: Lane): number {
    const found =
      lane === undefined
        ? this.#db.prepare('SELECT count(*) FROM jobs WHERE state = ?').pluck().get(state)
        : this.#db.prepare('SELECT count(*) FROM jobs WHERE state = ? AND lane = ?').pluck().get(state, lane);
    return found as number;
  }

  began(number: number, process: JobProcess, at: number): void {
    this.#db
      .prepare("UPDATE jobs SET state = 'running', began_at = ?, pid = ?, born = ? WHERE number = ?")
      .run(at, process.pid, process.born, number);
  }

  trialKnown(number: number, trial: string): void {
    this.#db.prepare('UPDATE jobs SET trial = ? WHERE number = ?').run(trial, number);
  }

  progressed(number: number, progress: Progress): void {
    this.#db.prepare('UPDATE jobs SET progress = ? WHERE number = ?').run(JSON.stringify(progress), number);
  }

  end(number: number, state: JobState, outcome: TrialOutcome | null, error: string | null, at: number): void {
    this.#db
      .prepare(
        'UPDATE jobs SET state = ?, outcome = ?, error = ?, ended_at = ?, pid = NULL, born = NULL WHERE number = ?',
      )
      .run(state, outcome, error, at, number);
  }

  processOf(number: number): JobProcess | null {
    const row = this.#db.prepare('SELECT pid, born FROM jobs WHERE number = ? AND pid IS NOT NULL').get(number);
    return (row as JobProcess | undefined) ?? null;
  }
}

function jobOf(row: unknown): Job {
  const r = row as { [column: string]: unknown };
  return {
    number: r.number as number,
    state: r.state as JobState,
    task: JSON.parse(r.task as string) as Task,
    trial: r.trial as string | null,
    outcome: r.outcome as TrialOutcome | null,
    error: r.error as string | null,
    progress: r.progress === null ? null : (JSON.parse(r.progress as string) as Progress),
    queuedAt: r.queued_at as number,
    beganAt: r.began_at as number | null,
    endedAt: r.ended_at as number | null,
  };
}
