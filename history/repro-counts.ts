/**
 * How often a recorded trial failed again when it was run again: what one record alone cannot tell. One row for each `ordeal repro`,
 * kept with the trial in the table `repro_counts`, and carried by its bundle.
 */

import { join, resolve } from 'node:path';
import type { Database } from 'better-sqlite3';
import { openDatabase, STORE_FILE, trialNumber } from './store.ts';
import { asStoreError } from './store-error.ts';

export interface ReproCount {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of the code that ran it; null where nobody knows. */
  readonly commit: string | null;
  /** What the tries were compared with, e.g. "linearizability"; null: the recorded trial did not fail. */
  readonly oracle: string | null;
  readonly tries: number;
  /** Tries that ended as the recorded trial did: that failed by the same oracle, or did not fail either. */
  readonly same: number;
  /** Tries that failed, but otherwise. */
  readonly other: number;
}

/** Keeps one more count with a trial. Throws StoreError. */
export function saveReproCount(directory: string, id: string, count: ReproCount): void {
  withDatabase(directory, 'write', (db) => {
    const insert = db.prepare(
      `INSERT INTO repro_counts (trial, position, at, code, oracle, tries, same, other)
       SELECT ?, coalesce(max(position) + 1, 0), ?, ?, ?, ?, ?, ? FROM repro_counts WHERE trial = ?`,
    );
    const trial = trialNumber(db, id);
    insert.run(trial, count.at, count.commit, count.oracle, count.tries, count.same, count.other, trial);
  });
}

/** All counts of a trial, oldest first; none in a store of an earlier version. Throws StoreError. */
export function readReproCounts(directory: string, id: string): ReproCount[] {
  return withDatabase(directory, 'read', (db) => {
    if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'repro_counts'").get() === undefined) return [];
    return db
      .prepare(
        `SELECT at, code AS "commit", oracle, tries, same, other FROM repro_counts
         WHERE trial = ? ORDER BY position`,
      )
      .all(trialNumber(db, id)) as ReproCount[];
  });
}

function withDatabase<T>(directory: string, mode: 'read' | 'write', work: (db: Database) => T): T {
  const file = join(resolve(directory), STORE_FILE);
  const db = openDatabase(file, mode);
  try {
    return work(db);
  } catch (error) {
    throw asStoreError(error, file);
  } finally {
    db.close();
  }
}
