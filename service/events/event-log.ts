/**
 * What happens in the service, in order and numbered: kept in its database, so that a reader who lost the connection, or
 * whose service was restarted, goes on where it stopped.
 */

import type { Database } from 'better-sqlite3';
import type { Json } from '../../history/operation.ts';

export const EVENT_KINDS = ['queued', 'began', 'trial', 'progress', 'ended', 'deleted'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export interface ServiceEvent {
  /** Counts up, and is never used twice. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: EventKind;
  readonly job: number | null;
  readonly trial: string | null;
  readonly data: Json;
}

/** Events of one job or one trial only; without either, all. */
export interface EventFilter {
  readonly job?: number | undefined;
  readonly trial?: string | undefined;
}

const KEPT_MAX = 10_000;
const TRIM_EVERY = 500;

export class EventLog {
  readonly #db: Database;
  readonly #listeners = new Set<(event: ServiceEvent) => void>();

  constructor(db: Database) {
    this.#db = db;
  }

  append(kind: EventKind, job: number | null, trial: string | null, data: Json): void {
    const at = Date.now();
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO events (at, kind, job, trial, data) VALUES (?, ?, ?, ?, ?)')
      .run(at, kind, job, trial, JSON.stringify(data));
    const id = Number(lastInsertRowid);
    if (id % TRIM_EVERY === 0) this.#db.prepare('DELETE FROM events WHERE id <= ?').run(id - KEPT_MAX);
    for (const listener of this.#listeners) listener({ id, at, kind, job, trial, data });
  }

  /** Oldest and newest number there is; both 0 without any event. */
  range(): { readonly oldest: number; readonly newest: number } {
    const [oldest, newest] = this.#db
      .prepare('SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM events')
      .raw()
      .get() as [number, number];
    return { oldest, newest };
  }

  /** Events after a number, oldest first. */
  after(id: number, filter: EventFilter, limit: number): ServiceEvent[] {
    const rows = this.#db
      .prepare(
        `SELECT * FROM events WHERE id > ? AND (? IS NULL OR job = ?) AND (? IS NULL OR trial = ?) ORDER BY id LIMIT ?`,
      )
      .all(id, filter.job ?? null, filter.job ?? null, filter.trial ?? null, filter.trial ?? null, limit);
    return rows.map((row) => {
      const r = row as { [column: string]: unknown };
      return {
        id: r.id as number,
        at: r.at as number,
        kind: r.kind as EventKind,
        job: r.job as number | null,
        trial: r.trial as string | null,
        data: JSON.parse(r.data as string) as Json,
      };
    });
  }

  /** Calls back for every event from now on; the returned function ends it. */
  listen(listener: (event: ServiceEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
