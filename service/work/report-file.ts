/** Where a trial's report is: a name of the store, never one of a request. */

import { join } from 'node:path';

const ID = /^[\w.-]{1,120}$/;

/** Throws RangeError for what can't be the name of a trial. */
export function reportFile(directory: string, trial: string): string {
  if (!ID.test(trial)) throw new RangeError('not the name of a trial');
  return join(directory, 'reports', `${trial}.html`);
}
