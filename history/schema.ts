/**
 * The tables of the store, and their version. Rows of a trial carry its number; times are integer nanoseconds since the start
 * of the trial, values are JSON text (numbers as numbers). Tables are kept WITHOUT ROWID on (trial, position), so that a
 * trial's rows lie together and are read in order without sorting.
 */

import type { Database } from 'better-sqlite3';
import { StoreError } from './store-error.ts';

/** What every version after the first adds, in order: tables and columns only, so that an older store is upgraded in place. */
const ADDITIONS: readonly string[] = [
  // 2: the memory across nights.
  `CREATE TABLE nights (
     number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, started_at INTEGER NOT NULL, record TEXT NOT NULL);
   CREATE INDEX nights_by_start ON nights (started_at);`,
  // 3: how often a trial failed again.
  `CREATE TABLE repro_counts (
     trial INTEGER NOT NULL, position INTEGER NOT NULL, at INTEGER NOT NULL, code TEXT, oracle TEXT,
     tries INTEGER NOT NULL, same INTEGER NOT NULL, other INTEGER NOT NULL,
     PRIMARY KEY (trial, position)) WITHOUT ROWID;`,
  // 4: what a history was when its recording had ended.
  'ALTER TABLE trials ADD COLUMN history_digest TEXT;',
];
/** Counts up with every change of a table. Kept in `PRAGMA user_version`. */
export const SCHEMA_VERSION = 1 + ADDITIONS.length;
/** "ORDL": tells our files from other programs' SQLite files. */
const APPLICATION_ID = 0x4f52444c;

const TABLES = `
CREATE TABLE trials (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
  spec TEXT NOT NULL, seed INTEGER, system TEXT, world TEXT, workload TEXT, nodes TEXT NOT NULL,
  started_at INTEGER NOT NULL, duration_ns INTEGER, state TEXT NOT NULL, outcome TEXT, verdict TEXT,
  provenance TEXT NOT NULL, marks TEXT NOT NULL DEFAULT '{}', trace_hash TEXT, report_path TEXT,
  writer_host TEXT, writer_pid INTEGER, writer_born TEXT, heartbeat_at INTEGER);
CREATE TABLE operations (
  trial INTEGER NOT NULL, position INTEGER NOT NULL, process INTEGER NOT NULL, f TEXT NOT NULL, key TEXT, value,
  outcome TEXT NOT NULL, result, error TEXT, invoked_at INTEGER NOT NULL, completed_at INTEGER, node TEXT,
  PRIMARY KEY (trial, position)) WITHOUT ROWID;
CREATE TABLE faults (
  trial INTEGER NOT NULL, position INTEGER NOT NULL, kind TEXT NOT NULL, targets TEXT NOT NULL,
  started_at INTEGER NOT NULL, ended_at INTEGER, asked TEXT NOT NULL, effect TEXT NOT NULL, bit INTEGER NOT NULL,
  PRIMARY KEY (trial, position)) WITHOUT ROWID;
CREATE TABLE node_events (
  trial INTEGER NOT NULL, position INTEGER NOT NULL, at INTEGER NOT NULL, node TEXT NOT NULL, kind TEXT NOT NULL,
  role TEXT, term INTEGER, commit_index INTEGER, applied_index INTEGER, detail TEXT NOT NULL,
  PRIMARY KEY (trial, position)) WITHOUT ROWID;
CREATE TABLE log_lines (
  trial INTEGER NOT NULL, position INTEGER NOT NULL, at INTEGER NOT NULL, node TEXT NOT NULL, level TEXT NOT NULL,
  text TEXT NOT NULL, PRIMARY KEY (trial, position)) WITHOUT ROWID;
CREATE TABLE messages (
  trial INTEGER NOT NULL, position INTEGER NOT NULL, id INTEGER NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL,
  type TEXT NOT NULL, term INTEGER NOT NULL, sent_at INTEGER NOT NULL, arrived_at INTEGER, detail TEXT NOT NULL,
  PRIMARY KEY (trial, position)) WITHOUT ROWID;
`;

/** Tables with rows of a trial, which go when it goes. */
export const ROW_TABLES = ['operations', 'faults', 'node_events', 'log_lines', 'messages', 'repro_counts'] as const;

/** Creates the tables in an empty database. Safe when several processes do it at once. */
export function createSchema(db: Database): void {
  db.transaction(() => {
    if (versionOf(db) !== 0 || hasTables(db)) return;
    db.exec(TABLES);
    for (const addition of ADDITIONS) db.exec(addition);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  }).immediate();
}

/** Brings a store of an earlier version up to this one; leaves anything else as it is. Safe when several processes do it. */
export function upgradeSchema(db: Database): void {
  if (!isOurs(db) || versionOf(db) >= SCHEMA_VERSION) return;
  db.transaction(() => {
    for (const addition of ADDITIONS.slice(versionOf(db) - 1)) db.exec(addition);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  }).immediate();
}

/** Throws StoreError unless the database holds a store that can be read; one of an earlier version lacks the later tables. */
export function verifySchema(db: Database, file: string): void {
  const version = versionOf(db);
  if (!isOurs(db))
    throw new StoreError('not-a-store', `${file} is a SQLite database, but no store of Ordeal: give another directory`);
  if (version > SCHEMA_VERSION)
    throw new StoreError(
      'version',
      `${file} is a store of version ${version}, this Ordeal reads version ${SCHEMA_VERSION}: use the newer Ordeal ` +
        'that wrote it, or give another directory with --store',
    );
}

function isOurs(db: Database): boolean {
  return db.pragma('application_id', { simple: true }) === APPLICATION_ID;
}

/** True for a database that nothing was ever written to. */
export function isEmpty(db: Database): boolean {
  return versionOf(db) === 0 && !hasTables(db);
}

function versionOf(db: Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}

function hasTables(db: Database): boolean {
  return db.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() !== undefined;
}
