/**
 * Writes batches of the log (log-format.ts) into one buffer that is used again and again. The text of an entry is kept for a
 * while: a log that is begun anew, and in one process several nodes of a simulated cluster, write the same entry more than once.
 */

import type { Entry } from '../raft/ready.ts';
import { entryRecord, HEADER_BYTES, writeHeader } from './log-format.ts';

const BUFFER_BYTES = 1 << 16;
/** A buffer that one large batch made grow beyond this is given back. */
const BUFFER_KEPT_BYTES = 1 << 22;

const encoder = new TextEncoder();
let buffer = new Uint8Array(BUFFER_BYTES);
let end = HEADER_BYTES;

/** Begins a batch without records. What was finished before is no longer valid. */
export function beginBatch(): void {
  if (buffer.length > BUFFER_KEPT_BYTES) buffer = new Uint8Array(BUFFER_BYTES);
  end = HEADER_BYTES;
}

/** Adds records in their text form. */
export function addRecords(records: string): void {
  if (!addAscii(records)) {
    room(records.length * 3);
    end += encoder.encodeInto(records, buffer.subarray(end)).written;
  }
}

/** Adds an entry's record. */
export function addEntry(entry: Entry): void {
  const slot = entry.index & (KEPT_ENTRIES - 1);
  if (keptEntries[slot] === entry) {
    const from = keptFrom[slot] as number;
    const to = keptTo[slot] as number;
    // Still there unless the ring has come round.
    if (ringWritten - from <= RING_BYTES) {
      copyFromRing(from & (RING_BYTES - 1), to - from);
      return;
    }
  }
  const start = end;
  addRecords(entryRecord(entry));
  keep(slot, entry, start);
}

/** Frames what was added as the batch of this number. The bytes are valid until the next batch is begun. */
export function finishBatch(number: number): Uint8Array {
  writeHeader(buffer, number, end);
  return buffer.subarray(0, end);
}

/** Short texts without any character beyond ASCII, which is what most records are: quicker here than in the encoder. */
function addAscii(text: string): boolean {
  const { length } = text;
  if (length > 1024) return false;
  room(length);
  const bytes = buffer;
  let at = end;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return false;
    bytes[at++] = code;
  }
  end = at;
  return true;
}

function room(bytes: number): void {
  if (end + bytes <= buffer.length) return;
  const larger = new Uint8Array((end + bytes) * 2);
  larger.set(buffer.subarray(0, end));
  buffer = larger;
}

// ── entries written lately: their bytes in a ring, found by index, known by identity (an entry never changes) ──

const KEPT_ENTRIES = 256;
const RING_BYTES = 1 << 17;
/** Larger ones are not worth their place. */
const KEPT_BYTES_MAX = 512;

const ring = new Uint8Array(RING_BYTES);
/** Bytes ever written to the ring; no entry lies across its end. */
let ringWritten = 0;
const keptEntries: (Entry | undefined)[] = new Array(KEPT_ENTRIES).fill(undefined);
const keptFrom = new Float64Array(KEPT_ENTRIES);
const keptTo = new Float64Array(KEPT_ENTRIES);

function keep(slot: number, entry: Entry, start: number): void {
  const length = end - start;
  if (length > KEPT_BYTES_MAX) return;
  const left = RING_BYTES - (ringWritten % RING_BYTES);
  if (left < length) ringWritten += left;
  const at = ringWritten % RING_BYTES;
  for (let i = 0; i < length; i++) ring[at + i] = buffer[start + i] as number;
  keptEntries[slot] = entry;
  keptFrom[slot] = ringWritten;
  ringWritten += length;
  keptTo[slot] = ringWritten;
}

function copyFromRing(from: number, length: number): void {
  room(length);
  const bytes = buffer;
  for (let i = 0; i < length; i++) bytes[end + i] = ring[from + i] as number;
  end += length;
}
