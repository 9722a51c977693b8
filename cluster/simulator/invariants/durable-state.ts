/**
 * What a node's disk durably says, read from the bytes themselves as they become durable: independent of what the replica
 * believes. It reads the batches of cluster/replica/log-format.ts without verifying checksums; only whole batches count.
 */

import type { NodeId } from '../../raft/types.ts';
import { HEADER_BYTES, type SegmentStart, segmentNumber } from '../../replica/log-format.ts';
import { SNAPSHOT_FILE } from '../../replica/snapshot-file.ts';
import type { SimulatedFiles } from '../disk.ts';

const LINE_END = 10;
const COLON = 0x3a;
const QUOTE = 0x22;

export class DurableState {
  term = 0;
  vote: NodeId | null = null;
  /** What the log continues, and the terms of its entries from baseIndex + 1. */
  baseIndex = 0;
  baseTerm = 0;
  readonly terms: number[] = [];
  /** What the snapshot file stands for; index 0 if there is none. */
  snapshotIndex = 0;
  snapshotTerm = 0;

  private segment = 0;
  private segmentName = '';
  /** Bytes of the current segment that were read. */
  private readTo = 0;

  get lastIndex(): number {
    return this.baseIndex + this.terms.length;
  }

  /** Term of the entry at an index on disk; null if the disk does not hold it. */
  termAt(index: number): number | null {
    if (index === this.baseIndex) return this.baseTerm;
    return this.terms[index - this.baseIndex - 1] ?? null;
  }

  /** Whether the disk holds the entry of this index and term, in the log or within what a snapshot stands for. */
  holds(index: number, term: number | null): boolean {
    if (index <= this.snapshotIndex || index <= this.baseIndex) return true;
    const own = this.termAt(index);
    return own !== null && (term === null || own === term);
  }

  /** Reads everything anew: after a start, when recovery has cut off what was torn. */
  reload(files: SimulatedFiles): void {
    this.term = 0;
    this.vote = null;
    this.baseIndex = 0;
    this.baseTerm = 0;
    this.terms.length = 0;
    this.snapshotIndex = 0;
    this.snapshotTerm = 0;
    this.segment = 0;
    this.segmentName = '';
    this.readTo = 0;
    for (const name of files.list()) this.update(files, name);
  }

  /** Bytes of a file have become durable. Returns whether it was one that counts. */
  update(files: SimulatedFiles, name: string): boolean {
    if (name === SNAPSHOT_FILE) {
      this.readSnapshot(files.bytesOf(name).subarray(0, files.durableLength(name)));
      return true;
    }
    const segment = name === this.segmentName ? this.segment : segmentNumber(name);
    if (segment === null || segment < this.segment) return false;
    const bytes = files.bytesOf(name);
    const durable = files.durableLength(name);
    if (segment > this.segment) {
      // Only a whole first batch makes a segment count.
      if (endOfBatch(bytes, 0, durable) < 0) return false;
      this.segment = segment;
      this.segmentName = name;
      this.readTo = 0;
    }
    for (;;) {
      const end = endOfBatch(bytes, this.readTo, durable);
      if (end < 0) return true;
      this.readRecords(bytes, this.readTo + HEADER_BYTES, end);
      this.readTo = end;
    }
  }

  private readSnapshot(bytes: Uint8Array): void {
    const lineEnd = bytes.indexOf(LINE_END, HEADER_BYTES);
    if (lineEnd < 0) return;
    const meta = parsed(bytes, HEADER_BYTES, lineEnd) as { index?: number; term?: number } | null;
    this.snapshotIndex = meta?.index ?? 0;
    this.snapshotTerm = meta?.term ?? 0;
  }

  private readRecords(bytes: Uint8Array, from: number, end: number): void {
    for (let line = from; line < end; ) {
      const found = bytes.indexOf(LINE_END, line);
      const lineEnd = found < 0 || found > end ? end : found;
      switch (bytes[line]) {
        case 0x45:
          this.readEntry(bytes, line);
          break;
        case 0x48:
          this.readHardState(bytes, line);
          break;
        case 0x53: {
          const start = parsed(bytes, line + 1, lineEnd) as SegmentStart | null;
          if (start === null) break;
          this.baseIndex = start.base.index;
          this.baseTerm = start.base.term;
          this.terms.length = 0;
        }
      }
      line = lineEnd + 1;
    }
  }

  /** Entries are most of it: two numbers behind names of known length, read without decoding the rest. */
  private readEntry(bytes: Uint8Array, line: number): void {
    const index = numberAt(bytes, line + 'E{"index":'.length);
    const termAt = bytes.indexOf(COLON, line + 'E{"index":'.length) + 1;
    const place = index - this.baseIndex - 1;
    if (place < 0 || place > this.terms.length) return;
    if (place < this.terms.length) this.terms.length = place;
    this.terms.push(numberAt(bytes, termAt));
  }

  private readHardState(bytes: Uint8Array, line: number): void {
    const termAt = line + 'H{"term":'.length;
    this.term = numberAt(bytes, termAt);
    let at = bytes.indexOf(COLON, termAt) + 1;
    this.vote = null;
    if (bytes[at] !== QUOTE) return;
    // Names of nodes are plain text.
    let vote = '';
    while (bytes[++at] !== QUOTE && at < bytes.length) vote += String.fromCharCode(bytes[at] as number);
    this.vote = vote;
  }
}

/** Where the batch at an offset ends, if all of it lies before `limit`; else -1. */
function endOfBatch(bytes: Uint8Array, at: number, limit: number): number {
  if (at + HEADER_BYTES > limit || bytes[at + HEADER_BYTES - 1] !== LINE_END) return -1;
  let length = 0;
  for (let digit = 0; digit < 8; digit++) {
    const code = bytes[at + digit] as number;
    length = length * 16 + (code <= 57 ? code - 48 : code - 87);
  }
  const end = at + HEADER_BYTES + length;
  return length >= 0 && end <= limit ? end : -1;
}

function numberAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; ; i++) {
    const digit = (bytes[i] as number) - 48;
    if (!(digit >= 0 && digit <= 9)) return value;
    value = value * 10 + digit;
  }
}

function parsed(bytes: Uint8Array, from: number, to: number): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes.subarray(from, to)));
  } catch {
    // A damaged record says nothing; what the replica makes of it is for other invariants to see.
    return null;
  }
}
