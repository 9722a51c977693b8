/**
 * `service.sqlite` beside the store: the queue and the events of the service. A file of its own, so that the service never
 * waits for a trial that is writing its record, and a store without it is still a whole store.
 */

import { join } from 'node:path';
import BetterSqlite, { type Database } from 'better-sqlite3';
import { asStoreError, StoreError } from '../../history/store-error.ts';
import { mayBeAlive, ownIdentity } from '../../history/writer-identity.ts';

export const SERVICE_FILE = 'service.sqlite';
const VERSION = 1;
const BUSY_TIMEOUT_MS = 20_000;

const TABLES = `
CREATE TABLE jobs (
  number INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, state TEXT NOT NULL, task TEXT NOT NULL,
  trial TEXT, outcome TEXT, error TEXT, progress TEXT,
  queued_at INTEGER NOT NULL, began_at INTEGER, ended_at INTEGER, pid INTEGER, born TEXT);
CREATE INDEX jobs_by_state ON jobs (state, lane, number);
CREATE INDEX jobs_by_trial ON jobs (trial, number);
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, job INTEGER, trial TEXT, data TEXT NOT NULL);
CREATE TABLE owner (one INTEGER PRIMARY KEY CHECK (one = 1), host TEXT NOT NULL, pid INTEGER NOT NULL, born TEXT);
`;

/**
 * Opens the service's database in a store's directory and takes it for this process. Throws StoreError: another service that
 * lives has it, or it can't be used.
 */
export function openServiceDatabase(directory: string): Database {
  const file = join(directory, SERVICE_FILE);
  let db: Database | null = null;
  try {
    db = new BetterSqlite(file, { timeout: BUSY_TIMEOUT_MS });
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    const opened = db;
    opened
      .transaction(() => {
        const version = opened.pragma('user_version', { simple: true });
        if (version === 0) {
          opened.exec(TABLES);
          opened.pragma(`user_version = ${VERSION}`);
        } else if (version !== VERSION)
          throw new StoreError(
            'version',
            `${file} is of version ${version}, this Ordeal uses ${VERSION}: move it away`,
          );
        own(opened, file);
      })
      .immediate();
    return db;
  } catch (error) {
    db?.close();
    throw asStoreError(error, file);
  }
}

/** Two services on one store would both start what waits. */
function own(db: Database, file: string): void {
  const owner = db.prepare('SELECT host, pid, born FROM owner').get() as
    | { host: string; pid: number; born: string | null }
    | undefined;
  const self = ownIdentity();
  if (owner !== undefined && owner.pid !== self.pid && mayBeAlive(owner, 0, Date.now()))
    throw new StoreError(
      'busy',
      `another service (process ${owner.pid}) uses ${file}: stop it, or give another --store`,
    );
  db.prepare('INSERT OR REPLACE INTO owner VALUES (1, ?, ?, ?)').run(self.host, self.pid, self.born);
}
