/** What a person means by TRIAL or FILE: a trial of the store, or one that comes in a bundle. */

import { existsSync } from 'node:fs';
import { isBundle, readBundle } from '../history/bundle.ts';
import type { Store, TrialRow } from '../history/store.ts';
import { InputError } from './input-error.ts';

/** The trial of that name; a bundle is taken into the store first. Throws StoreError or InputError. */
export function subjectOf(store: Store, reference: string): TrialRow {
  if (isBundle(reference)) return store.getTrial(readBundle(reference, store));
  if (existsSync(reference) && /[./]/.test(reference))
    throw new InputError(
      `${reference} is no bundle: \`ordeal check\` judges histories, \`ordeal run --spec\` runs a spec, ` +
        'and `ordeal export TRIAL --bundle FILE` makes a bundle',
    );
  return store.getTrial(reference);
}
