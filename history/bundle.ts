/**
 * A trial as one file that another machine can take: a store that holds this trial alone, compressed, behind a first line that
 * says what it is and a checksum, so that a damaged file is noticed before anything is read from it.
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { emptyBatch, pushOperation } from './batch.ts';
import { verifyBundled } from './bundle-contents.ts';
import { makeDirectory } from './directory.ts';
import { readReproCounts, saveReproCount } from './repro-counts.ts';
import { openStore, STORE_FILE, type Store, type TrialRow } from './store.ts';
import { StoreError } from './store-error.ts';

const MAGIC = 'ordeal-bundle 1 sha256 ';
const DIGEST_CHARS = 64;
const HEAD_BYTES = MAGIC.length + DIGEST_CHARS + 1;
/** A bundle unpacks to no more than this. */
const UNPACKED_BYTES_MAX = 2 ** 30;

/** Whether a file begins as a bundle does; false for one that is not there. */
export function isBundle(file: string): boolean {
  try {
    return readFileSync(file).subarray(0, MAGIC.length).toString('latin1') === MAGIC;
  } catch {
    return false;
  }
}

/** Writes a finished trial as a bundle, whole or not at all, in a folder that is made if need be; returns its size in bytes. Throws StoreError. */
export function writeBundle(store: Store, id: string, file: string): number {
  const packed = inScratch((directory) => {
    const alone = openStore(directory, 'write');
    try {
      copyTrial(store, store.getTrial(id), alone);
    } finally {
      alone.close();
    }
    return gzipSync(readFileSync(join(directory, STORE_FILE)), { level: 9 });
  });
  const bytes = Buffer.concat([Buffer.from(`${MAGIC}${digestOf(packed)}\n`, 'latin1'), packed]);
  try {
    makeDirectory(dirname(resolve(file)));
    writeFileSync(`${file}.tmp`, bytes);
    renameSync(`${file}.tmp`, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (existsSync(`${file}.tmp`)) rmSync(`${file}.tmp`);
    throw new StoreError(code === 'ENOSPC' ? 'full' : 'place', `cannot write ${file} (${code}): choose another place`);
  }
  return bytes.length;
}

/**
 * Takes the trial of a bundle into a store and returns its name there; one that the store holds already is left as it is.
 * `accept` may refuse a trial by throwing. Throws StoreError for a file that is no bundle, is damaged, is of another version,
 * or holds what no store of ours does.
 */
export function readBundle(file: string, store: Store, accept: (trial: TrialRow) => void = () => {}): string {
  return withBundle(file, (alone, trial) => {
    accept(trial);
    const known = store.listTrials().find((other) => sameTrial(other, trial));
    return known?.id ?? copyTrial(alone, trial, store);
  });
}

/** Throws StoreError for what `readBundle` would not take, without a store to take it into. */
export function verifyBundle(file: string): void {
  withBundle(file, () => {});
}

/** Does some work on the trial of a bundle that was verified, in a store of its own that goes away afterwards. */
function withBundle<T>(file: string, work: (alone: Store, trial: TrialRow) => T): T {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new StoreError('missing', `cannot read ${file} (${(error as NodeJS.ErrnoException).code})`);
  }
  if (bytes.subarray(0, MAGIC.length).toString('latin1') !== MAGIC)
    throw new StoreError(
      'not-a-store',
      `${file} is no bundle of Ordeal: \`ordeal export TRIAL --bundle FILE\` makes one`,
    );
  const packed = bytes.subarray(HEAD_BYTES);
  if (digestOf(packed) !== bytes.subarray(MAGIC.length, HEAD_BYTES - 1).toString('latin1'))
    throw new StoreError(
      'not-a-store',
      `${file} is damaged or cut off: its checksum does not match; copy it once more`,
    );
  return inScratch((directory) => {
    try {
      writeFileSync(join(directory, STORE_FILE), gunzipSync(packed, { maxOutputLength: UNPACKED_BYTES_MAX }));
    } catch (error) {
      throw new StoreError('io', `cannot unpack ${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
    verifyBundled(join(directory, STORE_FILE), file);
    const alone = openStore(directory, 'write');
    try {
      return work(alone, alone.getTrial('latest'));
    } finally {
      alone.close();
    }
  });
}

/** Copies a judged trial, with all that was recorded, from one store to another; returns its name there. */
export function copyTrial(from: Store, trial: TrialRow, to: Store): string {
  if (trial.verdict === null || trial.outcome === null)
    throw new StoreError(
      'no-such-trial',
      `trial ${trial.id} has no verdict yet: \`ordeal report ${trial.id}\` judges it`,
    );
  const batch = emptyBatch();
  for (const operation of from.readOperations(trial.id)) pushOperation(batch.operations, operation);
  // Pushed one by one: there may be more than a call takes arguments.
  for (const fault of from.readFaults(trial.id)) batch.faults.push(fault);
  for (const event of from.readNodeEvents(trial.id)) batch.nodeEvents.push(event);
  for (const line of from.readLogLines(trial.id)) batch.logLines.push(line);
  for (const message of from.readMessages(trial.id)) batch.messages.push(message);
  const id = to.createTrial(trial);
  to.writeBatch(id, batch);
  to.saveVerdict(id, trial.outcome, trial.verdict as object);
  const { durationNs, outcome, traceHash, marks, historyDigest } = trial;
  to.finishTrial(id, { durationNs: durationNs ?? 0, outcome, traceHash, marks, historyDigest });
  for (const count of readReproCounts(from.directory, trial.id)) saveReproCount(to.directory, id, count);
  return id;
}

function sameTrial(a: TrialRow, b: TrialRow): boolean {
  const identity = ({ startedAt, seed, traceHash, spec, durationNs }: TrialRow): string =>
    JSON.stringify([startedAt, seed, traceHash, durationNs, spec]);
  return identity(a) === identity(b);
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function inScratch<T>(work: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'ordeal-bundle-'));
  try {
    return work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
