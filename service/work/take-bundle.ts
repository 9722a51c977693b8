/** Takes an uploaded bundle into the store. Whoever made it may have meant harm: it is verified before anything is copied. */

import { readBundle } from '../../history/bundle.ts';
import type { Store, TrialRow } from '../../history/store.ts';
import { StoreError } from '../../history/store-error.ts';
import { UPLOADED_OPERATIONS_MAX } from './uploaded-history.ts';
import { asVerdict } from './verdict-schema.ts';

/** Returns the trial as the store now has it. Throws StoreError, naming the file as its uploader did. */
export function takeBundle(path: string, name: string, store: Store): TrialRow {
  try {
    return store.getTrial(readBundle(path, store, refuseOddVerdict));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new StoreError(error.code, error.message.replaceAll(path, name));
  }
}

function refuseOddVerdict(trial: TrialRow): void {
  const verdict = asVerdict(trial.verdict);
  if (verdict === null || verdict.outcome !== trial.outcome)
    throw new StoreError('not-a-store', `the bundle's trial ${trial.id} has a verdict that is none of Ordeal's`);
  if (verdict.statistics.operations > UPLOADED_OPERATIONS_MAX)
    throw new StoreError('io', `trial ${trial.id} is too large for the service: \`ordeal import\` takes it in`);
}
