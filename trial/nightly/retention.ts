/** What of earlier nights is deleted: the records of trials that passed long ago. The memory keeps their numbers. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Night } from '../../history/night-records.ts';
import type { Store } from '../../history/store.ts';
import { StoreError } from '../../history/store-error.ts';

/** Nights behind the kept ones that are looked at each time: more than one, in case a night did not get here. */
const NIGHTS_BEHIND = 30;

/** Deletes records and pages of what passed before the last `keep` of these nights (oldest first); returns how many. */
export function forgetPasses(store: Store, nights: readonly Night[], keep: number): number {
  const old = nights.slice(Math.max(0, nights.length - keep - NIGHTS_BEHIND), Math.max(0, nights.length - keep));
  const passed = old.flatMap(({ items }) =>
    items.flatMap(({ trial, outcome }) => (outcome === 'pass' ? (trial ?? []) : [])),
  );
  return passed.filter((trial) => discardTrial(store, trial)).length;
}

/** Deletes a trial with its page and its nodes' files; false if the store has no such trial (any more). */
export function discardTrial(store: Store, id: string): boolean {
  try {
    store.deleteTrial(id);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'no-such-trial') return false;
    throw error;
  }
  rmSync(join(store.directory, 'reports', `${id}.html`), { force: true });
  rmSync(join(store.directory, 'nodes', id), { recursive: true, force: true });
  return true;
}
