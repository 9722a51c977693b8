/**
 * The store: one SQLite file (`ordeal.sqlite`, write-ahead logging) in a directory, holding trials and what they recorded.
 * Several processes may use it at once. After SIGKILL at any moment it opens again, and holds every transaction that was
 * committed; with synchronous=NORMAL a power cut may cost the last moments of a record, never more. Verdicts are synced.
 */

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import BetterSqlite, { type Database } from 'better-sqlite3';
import { type Batch, batchWriter, emptyBatch, pushOperation, rowOperation } from './batch.ts';
import { makeDirectory } from './directory.ts';
import { historyDigest } from './history-digest.ts';
import { nearestMessageRows } from './nearest-messages.ts';
import type { Json, Operation } from './operation.ts';
import { createSchema, isEmpty, ROW_TABLES, upgradeSchema, verifySchema } from './schema.ts';
import { asStoreError, StoreError } from './store-error.ts';
import { faultOf, logLineOf, messageOf, nodeEventOf, type Row, trialIdStem, trialRow } from './stored-rows.ts';
import type { FaultRecord, LogLine, MessageRecord, NodeEvent, TrialOutcome } from './trial-records.ts';
import { ownIdentity } from './writer-identity.ts';

export const STORE_FILE = 'ordeal.sqlite';
/** How long one process waits for another one's transaction. */
const BUSY_TIMEOUT_MS = 20_000;
const INSERT_ROWS = 5000;
/** The trial that a run repeats; a provenance that is no JSON any more must not hide the trial. */
const REPEAT_OF = "CASE WHEN json_valid(provenance) THEN json_extract(provenance, '$.repeatOf') END";

/** `unfinished`: the process that recorded it died before the end. Its record is a prefix, and can be judged. */
export type TrialState = 'running' | 'finished' | 'unfinished';

/** What is known of a trial before it runs. */
export interface NewTrial {
  readonly spec: Json;
  readonly seed: number | null;
  readonly system: string | null;
  readonly world: string | null;
  readonly workload: string | null;
  readonly nodes: readonly string[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Commit, version, node, host, cpu, … */
  readonly provenance: { readonly [name: string]: Json };
}

export interface TrialRow extends NewTrial {
  /** What a person types, e.g. "2026-11-21-0403-register-s42". */
  readonly id: string;
  readonly state: TrialState;
  readonly durationNs: number | null;
  readonly outcome: TrialOutcome | null;
  /** The Verdict as stored, or null while there is none. */
  readonly verdict: Json;
  readonly marks: { readonly [name: string]: number };
  readonly traceHash: string | null;
  readonly reportPath: string | null;
  /** SHA-256 of the history (`historyDigest`) when the recording had ended; null before, and of trials of older versions. */
  readonly historyDigest: string | null;
}

/** What is known when a trial has ended. */
export interface TrialEnd {
  readonly durationNs: number;
  readonly outcome: TrialOutcome;
  readonly traceHash?: string | null;
  readonly marks?: { readonly [name: string]: number };
  /** Of a trial that is copied: what was recorded then, not what is there now. */
  readonly historyDigest?: string | null;
}

export interface Store {
  readonly directory: string;
  readonly file: string;
  /** Registers a trial as running, written by this process, and returns its id. */
  createTrial(trial: NewTrial): string;
  /** Newest first. `limit` defaults to 1000. */
  listTrials(limit?: number): TrialRow[];
  /**
   * By id, by "latest", or by any part of an id that only one trial has. "latest" passes over runs that repeat another trial
   * (`repeatOf` in their provenance), unless there is nothing else. Throws StoreError if there is none or several.
   */
  getTrial(reference: string): TrialRow;
  /** In order of invocation. The store must not be used for writing while an iterator is open. */
  readOperations(id: string): IterableIterator<Operation>;
  countOperations(id: string): number;
  readFaults(id: string): FaultRecord[];
  readNodeEvents(id: string): NodeEvent[];
  readLogLines(id: string): LogLine[];
  readMessages(id: string): MessageRecord[];
  /** The `max` messages that were sent nearest to some moments, in their own order, and how many the trial has. */
  readMessagesNear(
    id: string,
    moments: readonly number[],
    max: number,
  ): { readonly messages: MessageRecord[]; readonly total: number };
  /** Writes a whole batch of records at once, e.g. of a simulated trial. */
  writeBatch(id: string, batch: Batch): void;
  /** Writes operations that were recorded elsewhere. Indexes must be those of the history. */
  writeOperations(id: string, operations: Iterable<Operation>): void;
  /** Stores a verdict durably; also for an unfinished trial. */
  saveVerdict(id: string, outcome: TrialOutcome, verdict: object): void;
  /** Ends a trial, for the first time or, judged again, once more. The first time seals its history by a digest. */
  finishTrial(id: string, end: TrialEnd): void;
  saveReportPath(id: string, path: string): void;
  deleteTrial(id: string): void;
  close(): void;
}

/**
 * Opens the store in a directory. `write` creates directory and file where they are missing; `read` needs them, and leaves
 * them as they are. Throws StoreError: missing, of another version, not a store, locked, or no room.
 */
export function openStore(directory: string, mode: 'read' | 'write'): Store {
  const file = join(resolve(directory), STORE_FILE);
  return new SqliteStore(directory, file, openDatabase(file, mode));
}

/** The database of a store, checked; for the recording thread, which has a connection of its own. */
export function openDatabase(file: string, mode: 'read' | 'write'): Database {
  if (mode === 'read' && !existsSync(file))
    throw new StoreError(
      'missing',
      `there is no store at ${file}: run a trial first, or give --store another directory`,
    );
  let db: Database | null = null;
  try {
    if (mode === 'write') makeDirectory(dirname(file));
    db = new BetterSqlite(file, { readonly: mode === 'read', timeout: BUSY_TIMEOUT_MS });
    if (mode === 'write' && isEmpty(db)) createSchema(db);
    if (mode === 'write') upgradeSchema(db);
    verifySchema(db, file);
    if (mode === 'write') enterWriteAheadLogging(db);
    return db;
  } catch (error) {
    db?.close();
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (/^E[A-Z]+$/.test(code)) throw new StoreError('io', `cannot create ${file} (${code}): choose another directory`);
    throw asStoreError(error, file);
  }
}

/** The switch to write-ahead logging needs the file for itself for a moment, and SQLite does not wait for that by itself. */
function enterWriteAheadLogging(db: Database): void {
  const deadline = Date.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      if (db.pragma('journal_mode', { simple: true }) !== 'wal') db.pragma('journal_mode = WAL');
      db.pragma('synchronous = NORMAL');
      return;
    } catch (error) {
      if (!String((error as { code?: string }).code).startsWith('SQLITE_BUSY') || Date.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 + (process.pid % 7));
    }
  }
}

class SqliteStore implements Store {
  readonly directory: string;
  readonly file: string;
  readonly #db: Database;

  constructor(directory: string, file: string, db: Database) {
    this.directory = directory;
    this.file = file;
    this.#db = db;
  }

  createTrial(trial: NewTrial): string {
    const stem = trialIdStem(trial);
    const writer = ownIdentity();
    return this.#guard(() =>
      this.#db
        .transaction(() => {
          const taken = this.#db.prepare('SELECT 1 FROM trials WHERE id = ?');
          let id = stem;
          for (let n = 2; taken.get(id) !== undefined; n++) id = `${stem}-${n}`;
          this.#db
            .prepare(
              `INSERT INTO trials (id, spec, seed, system, world, workload, nodes, started_at, state, provenance,
                 writer_host, writer_pid, writer_born, heartbeat_at) VALUES (?,?,?,?,?,?,?,?,'running',?,?,?,?,?)`,
            )
            .run(
              id,
              JSON.stringify(trial.spec),
              trial.seed,
              trial.system,
              trial.world,
              trial.workload,
              JSON.stringify(trial.nodes),
              trial.startedAt,
              JSON.stringify(trial.provenance),
              writer.host,
              writer.pid,
              writer.born,
              Date.now(),
            );
          return id;
        })
        .immediate(),
    );
  }

  listTrials(limit = 1000): TrialRow[] {
    return this.#guard(() =>
      this.#db.prepare('SELECT * FROM trials ORDER BY number DESC LIMIT ?').all(limit).map(trialRow),
    );
  }

  getTrial(reference: string): TrialRow {
    const rows = this.#guard(() => {
      if (reference === 'latest') {
        const own = this.#db
          .prepare(`SELECT * FROM trials WHERE ${REPEAT_OF} IS NULL ORDER BY number DESC LIMIT 1`)
          .all();
        return own.length > 0 ? own : this.#db.prepare('SELECT * FROM trials ORDER BY number DESC LIMIT 1').all();
      }
      const exact = this.#db.prepare('SELECT * FROM trials WHERE id = ?').all(reference);
      if (exact.length > 0 || reference === '') return exact;
      return this.#db.prepare('SELECT * FROM trials WHERE instr(id, ?) > 0 ORDER BY number DESC').all(reference);
    });
    if (rows.length === 1) return trialRow(rows[0]);
    const names = rows.slice(0, 5).map((row) => (row as { id: string }).id);
    throw new StoreError(
      'no-such-trial',
      rows.length === 0
        ? `there is no trial "${reference}" in ${this.file}: \`ordeal show\` lists them`
        : `"${reference}" is part of ${rows.length} trials' names (${names.join(', ')}${rows.length > 5 ? ', …' : ''}): give more of it`,
    );
  }

  *readOperations(id: string): IterableIterator<Operation> {
    const number = this.#number(id);
    const rows = this.#db
      .prepare(
        `SELECT position, process, f, key, value, outcome, result, error, invoked_at, completed_at, node
         FROM operations WHERE trial = ? ORDER BY position`,
      )
      .raw()
      .iterate(number);
    for (const row of rows) yield rowOperation(row as unknown[]);
  }

  countOperations(id: string): number {
    return this.#db.prepare('SELECT count(*) FROM operations WHERE trial = ?').pluck().get(this.#number(id)) as number;
  }

  readFaults(id: string): FaultRecord[] {
    return this.#rows('faults', id).map(faultOf);
  }

  readNodeEvents(id: string): NodeEvent[] {
    return this.#rows('node_events', id).map(nodeEventOf);
  }

  readLogLines(id: string): LogLine[] {
    return this.#rows('log_lines', id).map(logLineOf);
  }

  readMessages(id: string): MessageRecord[] {
    return this.#rows('messages', id).map(messageOf);
  }

  readMessagesNear(id: string, moments: readonly number[], max: number) {
    const number = this.#number(id);
    const { rows, total } = this.#guard(() => nearestMessageRows(this.#db, number, moments, max));
    return { messages: rows.map(messageOf), total };
  }

  writeBatch(id: string, batch: Batch): void {
    const number = this.#number(id);
    this.#guard(() => batchWriter(this.#db, number)(batch));
  }

  writeOperations(id: string, operations: Iterable<Operation>): void {
    const number = this.#number(id);
    this.#guard(() => {
      const write = batchWriter(this.#db, number);
      let batch = emptyBatch();
      let rows = 0;
      for (const operation of operations) {
        pushOperation(batch.operations, operation);
        if (++rows % INSERT_ROWS === 0) {
          write(batch);
          batch = emptyBatch();
        }
      }
      write(batch);
    });
  }

  saveVerdict(id: string, outcome: TrialOutcome, verdict: object): void {
    this.#update(id, 'outcome = ?, verdict = ?', [outcome, JSON.stringify(verdict)]);
  }

  finishTrial(id: string, end: TrialEnd): void {
    const { durationNs, outcome, traceHash = null } = end;
    const marks = end.marks === undefined ? null : JSON.stringify(end.marks);
    this.#update(
      id,
      `state = 'finished', duration_ns = ?, outcome = ?, trace_hash = coalesce(?, trace_hash), marks = coalesce(?, marks),
       history_digest = coalesce(history_digest, ?)`,
      [durationNs, outcome, traceHash, marks, this.#digestAtEnd(id, end)],
    );
  }

  /** None for a trial that had ended before: what its history was then, nobody knows any more. */
  #digestAtEnd(id: string, end: TrialEnd): string | null {
    if (end.historyDigest !== undefined) return end.historyDigest;
    const state = this.#guard(() => this.#db.prepare('SELECT state FROM trials WHERE id = ?').pluck().get(id));
    return state === 'running' ? historyDigest(this.readOperations(id)) : null;
  }

  saveReportPath(id: string, path: string): void {
    this.#update(id, 'report_path = ?', [path]);
  }

  deleteTrial(id: string): void {
    const number = this.#number(id);
    this.#guard(() =>
      this.#db
        .transaction(() => {
          for (const table of ROW_TABLES) this.#db.prepare(`DELETE FROM ${table} WHERE trial = ?`).run(number);
          this.#db.prepare('DELETE FROM trials WHERE number = ?').run(number);
        })
        .immediate(),
    );
  }

  close(): void {
    this.#db.close();
  }

  /** Changes a trial's row durably: the verdict is on the disk before any page is drawn. */
  #update(id: string, assignments: string, values: unknown[]): void {
    const number = this.#number(id);
    this.#guard(() => {
      this.#db.pragma('synchronous = FULL');
      try {
        this.#db.prepare(`UPDATE trials SET ${assignments} WHERE number = ?`).run(...values, number);
      } finally {
        this.#db.pragma('synchronous = NORMAL');
      }
    });
  }

  #number(id: string): number {
    const number = this.#guard(() => this.#db.prepare('SELECT number FROM trials WHERE id = ?').pluck().get(id));
    if (number === undefined)
      throw new StoreError('no-such-trial', `there is no trial "${id}" in ${this.file}: \`ordeal show\` lists them`);
    return number as number;
  }

  #rows(table: (typeof ROW_TABLES)[number], id: string): Row[] {
    const number = this.#number(id);
    return this.#guard(
      () => this.#db.prepare(`SELECT * FROM ${table} WHERE trial = ? ORDER BY position`).all(number) as Row[],
    );
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asStoreError(error, this.file);
    }
  }
}

/** The number of a trial's rows; the recording thread is told it rather than the id. */
export function trialNumber(db: Database, id: string): number {
  return db.prepare('SELECT number FROM trials WHERE id = ?').pluck().get(id) as number;
}
