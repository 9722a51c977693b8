/** The store that a command takes a trial from. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBundle, verifyBundle } from '../history/bundle.ts';
import { openStore, STORE_FILE, type Store, type TrialRow } from '../history/store.ts';
import type { Subject } from '../trial/subject.ts';

type InStore = Exclude<Subject, { kind: 'history' }>;

/**
 * The store for what a person names: a bundle or a spec may be the first thing in a new store; the name of a trial can only be in
 * one that is there, and none is made for it, or for a bundle that is damaged. Throws StoreError.
 */
export function openStoreFor(directory: string, subject: InStore): Store {
  const there = existsSync(join(directory, STORE_FILE));
  if (!there && subject.kind === 'bundle') verifyBundle(subject.file);
  return openStore(directory, there || subject.kind !== 'trial' ? 'write' : 'read');
}

/** The trial of that name, or of a bundle, which is taken into the store first. Throws StoreError. */
export function trialIn(store: Store, subject: Extract<Subject, { kind: 'trial' | 'bundle' }>): TrialRow {
  return store.getTrial(subject.kind === 'bundle' ? readBundle(subject.file, store) : subject.reference);
}
