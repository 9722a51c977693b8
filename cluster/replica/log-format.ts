/**
 * How the write-ahead log looks on disk. A segment (a file `log-NNNNNNNN`) is a sequence of batches. A batch is what one sync
 * made durable: a header line, then records, one JSON text a line, each behind a letter.
 *
 *     length of the records in bytes, number of the batch, CRC-32C of the records, CRC-32C of the header so far: 4 x 8 hex digits
 *     S{"format":…,"node":…,"segment":…,"base":{"index":…,"term":…,"membership":…}}    begins each segment
 *     H{"term":…,"vote":…,"commit":…}                                                 hard state
 *     E{"index":…,"term":…,"kind":…,…}       an entry: it replaces the one at its index and all after it
 *
 * A segment stands for itself: it begins with everything that older ones still held, so they can go.
 *
 * A batch counts whole or not at all. It is text without a zero byte anywhere (JSON escapes control characters), which is what
 * tells bytes that a crash lost, and which read as zeros, from bytes that were changed later: see judgeBatch.
 */

import type { Entry, HardState, SnapshotMeta } from '../raft/ready.ts';
import type { NodeId } from '../raft/types.ts';
import { crc32c } from './crc32c.ts';

export const LOG_FORMAT = 'ordeal-log-1';
export const HEADER_BYTES = 33;
export const BATCH_NUMBER_MAX = 0xffffffff;
/** A disk writes sectors one by one: what it kept of an unsynced one is a prefix (host.ts, Disk). */
export const SECTOR_BYTES = 512;

/** The first record of a segment. */
export interface SegmentStart {
  readonly format: typeof LOG_FORMAT;
  readonly node: NodeId;
  readonly segment: number;
  /** What the entries of this segment continue; index 0 and term 0 while nothing was compacted. */
  readonly base: SnapshotMeta;
}

export function segmentName(segment: number): string {
  return `log-${String(segment).padStart(8, '0')}`;
}

/** The number of a segment, or null for the name of another file. */
export function segmentNumber(name: string): number | null {
  return /^log-\d{8,}$/.test(name) ? Number(name.slice(4)) : null;
}

export function startRecord(start: SegmentStart): string {
  return `S${JSON.stringify(start)}\n`;
}

export function hardStateRecord(state: HardState): string {
  return `H{"term":${state.term},"vote":${JSON.stringify(state.vote)},"commit":${state.commit}}\n`;
}

export function entryRecord(entry: Entry): string {
  const head = `E{"index":${entry.index},"term":${entry.term},"kind":"${entry.kind}"`;
  switch (entry.kind) {
    case 'noop':
      return `${head}}\n`;
    case 'command':
      return `${head},"data":${JSON.stringify(entry.data)}}\n`;
    case 'membership':
      return `${head},"membership":${JSON.stringify(entry.membership)}}\n`;
  }
}

const encoder = new TextEncoder();

/** Frames records as the batch of this number. */
export function encodeBatch(number: number, records: string): Uint8Array {
  const batch = new Uint8Array(HEADER_BYTES + records.length * 3);
  const end = HEADER_BYTES + encoder.encodeInto(records, batch.subarray(HEADER_BYTES)).written;
  writeHeader(batch, number, end);
  return batch.slice(0, end);
}

/** Writes the header of a batch whose records lie from HEADER_BYTES to `end`. */
export function writeHeader(batch: Uint8Array, number: number, end: number): void {
  writeHex(batch, 0, end - HEADER_BYTES);
  writeHex(batch, 8, number);
  writeHex(batch, 16, crc32c(batch, HEADER_BYTES, end));
  writeHex(batch, 24, crc32c(batch, 0, 24));
  batch[32] = 10;
}

function writeHex(bytes: Uint8Array, at: number, word: number): void {
  for (let digit = 7; digit >= 0; digit--) {
    const nibble = word & 15;
    bytes[at + digit] = nibble < 10 ? 48 + nibble : 87 + nibble;
    word >>>= 4;
  }
}

function readHex(bytes: Uint8Array, at: number): number {
  let word = 0;
  for (let digit = 0; digit < 8; digit++) {
    const code = bytes[at + digit] as number;
    const nibble = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1;
    if (nibble < 0) return -1;
    word = word * 16 + nibble;
  }
  return word;
}

interface Header {
  readonly length: number;
  readonly number: number;
  readonly crc: number;
}

/** The header at an offset, or null if it is not whole and correct. */
function readHeader(bytes: Uint8Array, at: number): Header | null {
  if (at + HEADER_BYTES > bytes.length || bytes[at + 32] !== 10) return null;
  const length = readHex(bytes, at);
  const number = readHex(bytes, at + 8);
  const crc = readHex(bytes, at + 16);
  if (length < 0 || number < 0 || crc < 0 || readHex(bytes, at + 24) !== crc32c(bytes, at, at + 24)) return null;
  return { length, number, crc };
}

/**
 * What stands at an offset of a segment. `torn`: a write that a crash interrupted, so it was never synced, nothing was promised
 * on it, and it may be cut off. `corrupt`: bytes that were durable have changed.
 */
export type BatchJudgement =
  | { readonly kind: 'batch'; readonly number: number; readonly records: string; readonly end: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'torn'; readonly reason: string }
  | { readonly kind: 'corrupt'; readonly reason: string };

/**
 * Judges the batch at `at`. A batch is written by one append and synced before the next is appended, so only the last one of a
 * file can be torn, and a torn one shows what is missing: the file ends too early, or a sector ends in zeros, a byte that no
 * batch contains. All else is corruption:
 *   - a header without a zero byte whose checksum fails: no prefix of sectors looks like that, and no single flipped bit makes
 *     a hex digit zero;
 *   - records whose checksum fails, with more bytes behind them: the next append came after their sync;
 *   - records whose checksum fails although every sector of them was kept to its end;
 *   - anything bad in front of a later batch that is good.
 * What can't be told apart (one byte missing at a sector's end that a flipped bit explains as well) counts as corruption.
 */
export function judgeBatch(bytes: Uint8Array, at: number, expected: number | null): BatchJudgement {
  if (at === bytes.length) return { kind: 'end' };
  const header = readHeader(bytes, at);
  if (header === null) return judgeBadHeader(bytes, at);
  if (expected !== null && header.number !== expected) {
    return { kind: 'corrupt', reason: `batch ${header.number} stands where batch ${expected} should` };
  }
  const from = at + HEADER_BYTES;
  const end = from + header.length;
  if (end > bytes.length) return { kind: 'torn', reason: `batch ${header.number} is cut short` };
  if (crc32c(bytes, from, end) === header.crc) {
    return { kind: 'batch', number: header.number, records: new TextDecoder().decode(bytes.subarray(from, end)), end };
  }
  if (end < bytes.length) {
    return { kind: 'corrupt', reason: `batch ${header.number} fails its checksum, and a later one follows` };
  }
  if (showsMissingSector(bytes, from, end, header.crc)) {
    return { kind: 'torn', reason: `sectors of batch ${header.number} are missing` };
  }
  return { kind: 'corrupt', reason: `batch ${header.number} is complete but fails its checksum` };
}

function judgeBadHeader(bytes: Uint8Array, at: number): BatchJudgement {
  if (at + HEADER_BYTES <= bytes.length && !bytes.subarray(at, at + HEADER_BYTES).includes(0)) {
    return { kind: 'corrupt', reason: 'the header of a batch fails its checksum' };
  }
  const later = findBatchAfter(bytes, at + 1);
  if (later !== null) {
    return { kind: 'corrupt', reason: `a header is unreadable, and a good batch follows at offset ${later}` };
  }
  return { kind: 'torn', reason: 'the header of a batch is incomplete' };
}

/** Offset of the first whole and correct batch at or after `from`, or null. */
function findBatchAfter(bytes: Uint8Array, from: number): number | null {
  for (let at = from; at + HEADER_BYTES <= bytes.length; at++) {
    if (bytes[at + 32] !== 10) continue;
    const header = readHeader(bytes, at);
    if (header === null) continue;
    const end = at + HEADER_BYTES + header.length;
    if (end <= bytes.length && crc32c(bytes, at + HEADER_BYTES, end) === header.crc) return at;
  }
  return null;
}

function showsMissingSector(bytes: Uint8Array, from: number, end: number, crc: number): boolean {
  let gaps = 0;
  let gapAt = -1;
  let sectorEnd = (Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES;
  for (; ; sectorEnd += SECTOR_BYTES) {
    const last = Math.min(sectorEnd, end) - 1;
    if (bytes[last] === 0) {
      gaps++;
      gapAt = last;
    }
    if (sectorEnd >= end) break;
  }
  if (gaps !== 1 || bytes[gapAt - 1] === 0) return gaps > 0;
  // One byte is zero. Of the bytes in a batch only a space and an "@" are one bit away from that.
  const changed = bytes.slice(from, end);
  return [0x20, 0x40].every((byte) => {
    changed[gapAt - from] = byte;
    return crc32c(changed) !== crc;
  });
}
