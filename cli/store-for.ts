/** The store that a command takes a trial from. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openStore, STORE_FILE, type Store } from '../history/store.ts';

/**
 * The store for what a person names: a file (a bundle, a spec) may be the first thing in a new store; the name of a trial can only
 * be in one that is there, and none is made for it. Throws StoreError.
 */
export function openStoreFor(directory: string, reference: string): Store {
  const there = existsSync(join(directory, STORE_FILE)) || existsSync(reference);
  return openStore(directory, there ? 'write' : 'read');
}
