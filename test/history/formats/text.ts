/** Histories as short texts, and operations of which a test says only what matters. */

import { Readable } from 'node:stream';
import type { Operation } from '../../../history/operation.ts';
import { type ReadHistoryOptions, readHistory } from '../../../history/read-history.ts';

export const read = (text: string | Buffer, options?: ReadHistoryOptions): ReturnType<typeof readHistory> =>
  readHistory(Readable.from([Buffer.from(text)]), options);

/** A read of nothing, from 0 to 5, but for what is given. */
export const operation = (fields: Partial<Operation>): Operation => ({
  index: 0,
  process: 0,
  f: 'read',
  key: null,
  value: null,
  outcome: 'ok',
  result: null,
  error: null,
  invokedAt: 0,
  completedAt: 5,
  node: null,
  ...fields,
});
