/**
 * The memory across nights: the table `nights` of the store, one record a night, newest last. It holds what is compared from
 * night to night and outlives the trials, whose records are large and may be deleted. A night with planted bugs says nothing of
 * the system and is not among them: its failures would be "new" and then "gone", a dent in every trend, and a red badge.
 */

import { join, resolve } from 'node:path';
import type { Database } from 'better-sqlite3';
import { type Night, nightSchema } from './night-records.ts';
import { openDatabase, STORE_FILE } from './store.ts';
import { asStoreError } from './store-error.ts';

export interface NightLog {
  /** A name that no night of the store has yet: the date, or the date with a number behind it. */
  freshId(date: string): string;
  /** Writes a night, over what there was of it; one with planted bugs is left out. */
  save(night: Night): void;
  /** The last nights, oldest first, in order of their beginning. `limit` defaults to 400. */
  list(limit?: number): Night[];
  /** Null if there is none of that name. */
  get(id: string): Night | null;
  close(): void;
}

/** Opens the memory in a store's directory. `write` makes the store where it is missing. Throws StoreError. */
export function openNights(directory: string, mode: 'read' | 'write'): NightLog {
  const file = join(resolve(directory), STORE_FILE);
  return new SqliteNightLog(file, openDatabase(file, mode));
}

class SqliteNightLog implements NightLog {
  readonly #file: string;
  readonly #db: Database;
  /** A store of version 1 that may only be read has no such table. */
  readonly #present: boolean;

  constructor(file: string, db: Database) {
    this.#file = file;
    this.#db = db;
    this.#present = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'nights'").get() !== undefined;
  }

  freshId(date: string): string {
    let id = date;
    for (let n = 2; this.#has(id); n++) id = `${date}-${n}`;
    return id;
  }

  #has(id: string): boolean {
    return this.#guard(() => this.#db.prepare('SELECT 1 FROM nights WHERE id = ?').get(id)) !== undefined;
  }

  save(night: Night): void {
    if (night.bugs.length > 0) return;
    this.#guard(() =>
      this.#db
        .prepare(
          `INSERT INTO nights (id, started_at, record) VALUES (?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET started_at = excluded.started_at, record = excluded.record`,
        )
        .run(night.id, night.startedAt, JSON.stringify(night)),
    );
  }

  list(limit = 400): Night[] {
    if (!this.#present) return [];
    const rows = this.#guard(() =>
      this.#db
        .prepare(
          // Earlier versions wrote nights with planted bugs, too.
          `SELECT record FROM nights WHERE coalesce(json_array_length(record, '$.bugs'), 0) = 0
           ORDER BY started_at DESC, number DESC LIMIT ?`,
        )
        .pluck()
        .all(limit),
    );
    return rows.flatMap((row) => parsed(row) ?? []).reverse();
  }

  get(id: string): Night | null {
    if (!this.#present) return null;
    const row = this.#guard(() => this.#db.prepare('SELECT record FROM nights WHERE id = ?').pluck().get(id));
    return row === undefined ? null : parsed(row);
  }

  close(): void {
    this.#db.close();
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asStoreError(error, this.#file);
    }
  }
}

/** Null for a record that another version of Ordeal wrote in another form: what can't be read is no memory. */
function parsed(record: unknown): Night | null {
  const night = nightSchema.safeParse(JSON.parse(record as string));
  return night.success ? night.data : null;
}
