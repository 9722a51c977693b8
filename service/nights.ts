/** The nights that the store remembers, as the pages and the API ask for them: parsed once, the latest one anew while it goes on. */

import type { Night } from '../history/night-records.ts';
import { type NightLog, openNights } from '../history/nights.ts';

/** Nights that trends look back on. */
const NIGHTS_MAX = 60;
/** Another process writes them: looked at again after this. */
const FRESH_MS = 2000;

export class NightMemory {
  readonly #log: NightLog;
  #nights: readonly Night[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(directory: string) {
    this.#log = openNights(directory, 'read');
  }

  /** Oldest first. */
  all(): readonly Night[] {
    if (performance.now() - this.#readAt < FRESH_MS) return this.#nights;
    const [latest] = this.#log.list(1);
    const known = this.#nights.at(-1);
    // Only the latest night still changes.
    if (latest === undefined || known?.id !== latest.id) this.#nights = this.#log.list(NIGHTS_MAX);
    else if (known.endedAt === null || latest.endedAt !== known.endedAt)
      this.#nights = [...this.#nights.slice(0, -1), latest];
    this.#readAt = performance.now();
    return this.#nights;
  }

  latest(): Night | null {
    return this.all().at(-1) ?? null;
  }

  close(): void {
    this.#log.close();
  }
}
