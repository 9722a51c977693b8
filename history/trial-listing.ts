/**
 * Many trials at a glance: pages of a list, counts, and a part of one trial's operations. Answers come from one narrow index
 * that covers all a list shows, so that ten thousand trials with their specs and verdicts are never loaded to show fifty.
 */

import type { Database } from 'better-sqlite3';
import { rowOperation } from './batch.ts';
import type { Operation } from './operation.ts';
import type { TrialState } from './store.ts';
import type { TrialOutcome } from './trial-records.ts';
import { mayBeAlive } from './writer-identity.ts';

/** What a line of a list says of a trial. */
export interface TrialLine {
  /** Counts up with every trial of the store; pages are cut by it. */
  readonly number: number;
  readonly id: string;
  readonly state: TrialState;
  readonly outcome: TrialOutcome | null;
  readonly system: string | null;
  readonly world: string | null;
  readonly workload: string | null;
  readonly seed: number | null;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly durationNs: number | null;
  /** Planted bugs of its spec. */
  readonly bugs: readonly string[];
}

/** Each given field narrows the list; `bug` is a planted one's name, "none" or "any". Times are milliseconds since 1970. */
export interface TrialFilter {
  readonly outcome?: TrialOutcome | undefined;
  readonly state?: TrialState | undefined;
  readonly world?: string | undefined;
  readonly workload?: string | undefined;
  readonly bug?: string | undefined;
  /** Part of a trial's name. */
  readonly name?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface TrialPage {
  /** Newest first. */
  readonly trials: readonly TrialLine[];
  /** Trials that fit the filter, on all pages. */
  readonly total: number;
  /** Give it as `before` for the page of older ones; null on the last. */
  readonly next: number | null;
  /** Trials that fit and are newer than this page. */
  readonly newer: number;
}

const INDEX = 'trials_listing';
const BUGS = "json_extract(spec, '$.bugs')";
const COLUMNS = `number, id, state, outcome, system, world, workload, seed, started_at, duration_ns, ${BUGS}`;
const LISTED = `FROM trials INDEXED BY ${INDEX}`;
/** Operations looked at for one page of them. */
const SCAN_MAX = 50_000;

/** Makes the index where it is missing; for a connection that may write. */
export function indexTrials(db: Database): void {
  db.exec(`CREATE INDEX IF NOT EXISTS ${INDEX} ON trials (${COLUMNS})`);
}

export class TrialListing {
  readonly #db: Database;

  /** `db` is a store whose trials are indexed (see `indexTrials`). */
  constructor(db: Database) {
    this.#db = db;
  }

  /** One page of the trials that fit, newest first. `before` is the `next` of the page before. */
  page(filter: TrialFilter, limit: number, before: number | null = null): TrialPage {
    const where = conditions(filter);
    // Those that say they run are few, and only a look at their writers tells which of them died.
    if (filter.state === 'running' || filter.state === 'unfinished')
      return cut(
        this.#lines(where, -1).filter(({ state }) => state === filter.state),
        limit,
        before,
      );
    const below = before === null ? where : and(where, 'number < ?', before);
    const found = this.#lines(below, limit + 1);
    const trials = found.slice(0, limit);
    return {
      trials,
      total: this.#count(where),
      newer: before === null ? 0 : this.#count(and(where, 'number >= ?', before)),
      next: found.length > limit ? (trials.at(-1)?.number ?? null) : null,
    };
  }

  /** One trial's line, or null. */
  line(id: string): TrialLine | null {
    const row = this.#db.prepare(`SELECT ${COLUMNS} FROM trials WHERE id = ?`).raw().get(id);
    return row === undefined ? null : this.#line(row as unknown[]);
  }

  /** How many trials there are of each outcome; those without a verdict count as "none". */
  countByOutcome(): ReadonlyMap<TrialOutcome | 'none', number> {
    const rows = this.#db.prepare(`SELECT coalesce(outcome, 'none'), count(*) ${LISTED} GROUP BY outcome`).raw().all();
    return new Map(rows as [TrialOutcome | 'none', number][]);
  }

  /** The newest trial of ours that was judged and had no bug planted, or null. */
  latestJudged(): TrialLine | null {
    const honest = `system IS NOT NULL AND coalesce(${BUGS}, '[]') = '[]'`;
    const row = this.#db
      .prepare(`SELECT ${COLUMNS} ${LISTED} WHERE outcome IS NOT NULL AND ${honest} ORDER BY number DESC LIMIT 1`)
      .raw()
      .get();
    return row === undefined ? null : this.#line(row as unknown[]);
  }

  /** The trial that was started with this mark in its provenance, not earlier than `since`, or null. */
  startedFor(mark: string, since: number): string | null {
    const id = this.#db
      .prepare(`SELECT id FROM trials WHERE started_at >= ? AND json_extract(provenance, '$.job') = ?
                ORDER BY number DESC LIMIT 1`)
      .pluck()
      .get(since, mark);
    return (id as string | undefined) ?? null;
  }

  /**
   * Operations of a trial after a position, narrowed by key, function, process and time of invocation (nanoseconds). Looks at
   * a bounded number of them: `next` may be set although fewer than `limit` were found.
   */
  operations(
    id: string,
    part: {
      readonly key?: string | undefined;
      readonly f?: string | undefined;
      readonly process?: number | undefined;
      readonly from?: number | undefined;
      readonly to?: number | undefined;
    },
    limit: number,
    after: number,
  ): { readonly operations: Operation[]; readonly next: number | null } {
    const number = this.#db.prepare('SELECT number FROM trials WHERE id = ?').pluck().get(id);
    const until = after + SCAN_MAX;
    let where: Condition = {
      sql: 'WHERE trial = ? AND position > ? AND position <= ?',
      values: [number, after, until],
    };
    if (part.key !== undefined) where = and(where, 'key = ?', part.key);
    if (part.f !== undefined) where = and(where, 'f = ?', part.f);
    if (part.process !== undefined) where = and(where, 'process = ?', part.process);
    if (part.from !== undefined) where = and(where, 'invoked_at >= ?', part.from);
    if (part.to !== undefined) where = and(where, 'invoked_at <= ?', part.to);
    const rows = this.#db
      .prepare(
        `SELECT position, process, f, key, value, outcome, result, error, invoked_at, completed_at, node
         FROM operations ${where.sql} ORDER BY position LIMIT ?`,
      )
      .raw()
      .all(...where.values, limit) as unknown[][];
    const operations = rows.map(rowOperation);
    const seen = operations.length === limit ? (operations.at(-1)?.index ?? after) : until;
    const more = this.#db
      .prepare('SELECT 1 FROM operations WHERE trial = ? AND position > ? LIMIT 1')
      .get(number, seen);
    return { operations, next: more === undefined ? null : seen };
  }

  /** Newest first; a negative `limit` is none. */
  #lines(where: Condition, limit: number): TrialLine[] {
    return this.#db
      .prepare(`SELECT ${COLUMNS} ${LISTED} ${where.sql} ORDER BY number DESC LIMIT ?`)
      .raw()
      .all(...where.values, limit)
      .map((row) => this.#line(row as unknown[]));
  }

  #count(where: Condition): number {
    return this.#db
      .prepare(`SELECT count(*) ${LISTED} ${where.sql}`)
      .pluck()
      .get(...where.values) as number;
  }

  #line(row: readonly unknown[]): TrialLine {
    const state = row[2] as TrialState;
    const bugs = row[10] === null ? [] : (JSON.parse(row[10] as string) as unknown);
    return {
      number: row[0] as number,
      id: row[1] as string,
      state: state === 'running' ? this.#liveState(row[0] as number) : state,
      outcome: row[3] as TrialOutcome | null,
      system: row[4] as string | null,
      world: row[5] as string | null,
      workload: row[6] as string | null,
      seed: row[7] as number | null,
      startedAt: row[8] as number,
      durationNs: row[9] as number | null,
      bugs: Array.isArray(bugs) ? bugs.map(String) : [],
    };
  }

  /** Whether the process that records a trial is still there. */
  #liveState(number: number): TrialState {
    const row = this.#db
      .prepare(
        'SELECT writer_host host, writer_pid pid, writer_born born, heartbeat_at beat FROM trials WHERE number = ?',
      )
      .get(number) as { host: string; pid: number; born: string | null; beat: number };
    return mayBeAlive(row, row.beat, Date.now()) ? 'running' : 'unfinished';
  }
}

/** The page of a list that is there as a whole. */
function cut(all: readonly TrialLine[], limit: number, before: number | null): TrialPage {
  const from = before === null ? 0 : all.filter(({ number }) => number >= before).length;
  const trials = all.slice(from, from + limit);
  const next = from + limit < all.length ? (trials.at(-1)?.number ?? null) : null;
  return { trials, total: all.length, newer: from, next };
}

interface Condition {
  readonly sql: string;
  readonly values: readonly unknown[];
}

function and(condition: Condition, sql: string, ...values: readonly unknown[]): Condition {
  return {
    sql: condition.sql === '' ? `WHERE ${sql}` : `${condition.sql} AND ${sql}`,
    values: [...condition.values, ...values],
  };
}

function conditions(filter: TrialFilter): Condition {
  let where: Condition = { sql: '', values: [] };
  if (filter.outcome !== undefined) where = and(where, 'outcome = ?', filter.outcome);
  // A trial that says it runs may have died: its line tells, once its writer has been looked at.
  if (filter.state === 'finished') where = and(where, "state = 'finished'");
  else if (filter.state !== undefined) where = and(where, "state IN ('running', 'unfinished')");
  if (filter.world !== undefined) where = and(where, 'world = ?', filter.world);
  if (filter.workload !== undefined) where = and(where, 'workload = ?', filter.workload);
  if (filter.bug === 'none') where = and(where, `coalesce(${BUGS}, '[]') = '[]'`);
  else if (filter.bug === 'any') where = and(where, `coalesce(${BUGS}, '[]') <> '[]'`);
  else if (filter.bug !== undefined) where = and(where, `instr(${BUGS}, ?) > 0`, JSON.stringify(filter.bug));
  if (filter.name !== undefined) where = and(where, 'instr(id, ?) > 0', filter.name);
  if (filter.from !== undefined) where = and(where, 'started_at >= ?', filter.from);
  if (filter.to !== undefined) where = and(where, 'started_at <= ?', filter.to);
  return where;
}
