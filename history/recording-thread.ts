/**
 * The thread behind a recorder: writes batches in the order in which they arrive. When a batch can't be written it says so
 * and writes nothing more, so that what is in the store stays a prefix of the trial.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { type Batch, batchRows, batchWriter } from './batch.ts';
import { openDatabase, trialNumber } from './store.ts';
import { asStoreError, StoreError } from './store-error.ts';

const { file, trialId, storeBytesMax } = workerData as {
  readonly file: string;
  readonly trialId: string;
  readonly storeBytesMax: number | null;
};
const port = parentPort;
if (port === null) throw new Error('recording-thread.ts runs as a worker thread only');

let failed = false;

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    failed = true;
    const known = asStoreError(error, file);
    const code = known instanceof StoreError ? known.code : 'io';
    port?.postMessage({ kind: 'failed', code, message: known instanceof Error ? known.message : String(known) });
    return null;
  }
}

const db = attempt(() => openDatabase(file, 'write'));
if (db !== null && storeBytesMax !== null) {
  const pageBytes = db.pragma('page_size', { simple: true }) as number;
  db.pragma(`max_page_count = ${Math.ceil(storeBytesMax / pageBytes)}`);
}
const write = db === null ? null : attempt(() => batchWriter(db, trialNumber(db, trialId)));

// Messages sent before this line are waiting in the port.
port.on('message', (message: Batch | 'close') => {
  if (message === 'close') {
    db?.close();
    port.close();
    return;
  }
  if (failed || write === null) return;
  attempt(() => {
    write(message);
    port.postMessage({ kind: 'written', rows: batchRows(message) });
  });
});
