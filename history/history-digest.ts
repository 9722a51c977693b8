/**
 * A history's SHA-256, which a store keeps with each trial from the moment its recording has ended: a record that was changed
 * afterwards, by hand or by a disk, is told from the one that was recorded. It is no seal: who changes a history on purpose can
 * change its digest too.
 */

import { createHash } from 'node:crypto';
import type { Operation } from './operation.ts';
import type { Store, TrialRow } from './store.ts';

const PIECE_CHARS = 1 << 16;

/** Of the operations in their order, as hexadecimal digits. */
export function historyDigest(operations: Iterable<Operation>): string {
  const hash = createHash('sha256');
  let piece = '';
  for (const { index, process, f, key, value, outcome, result, error, invokedAt, completedAt, node } of operations) {
    const cells = [index, process, f, key, value, outcome, result, error, invokedAt, completedAt, node];
    piece += `${JSON.stringify(cells)}\n`;
    if (piece.length < PIECE_CHARS) continue;
    hash.update(piece);
    piece = '';
  }
  return hash.update(piece).digest('hex');
}

/** A sentence if a trial's history is not the one that was recorded; null if it is, or nobody knows, as of trials of older versions. */
export function changeOf(store: Store, { id, historyDigest: recorded }: TrialRow): string | null {
  if (recorded === null || historyDigest(store.readOperations(id)) === recorded) return null;
  return `the history of ${id} is not the one that was recorded: the store was changed afterwards; take the trial from a bundle or a backup`;
}
