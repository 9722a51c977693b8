/**
 * What a node's disk durably says, read from the bytes themselves as they become durable: independent of what the replica
 * believes. It reads the batches of cluster/replica/log-format.ts without verifying checksums; only whole batches count.
 */

import type { NodeId } from '../../raft/types.ts';
import { HEADER_BYTES, type SegmentStart, segmentNumber } from '../../replica/log-format.ts';
import { SNAPSHOT_FILE } from '../../replica/snapshot-file.ts';
import type { SimulatedFiles } from '../disk.ts';

const LINE_END = 10;
const ENTRY_PREFIX = 'E{"index":';
const HARD_STATE_PREFIX = 'H{"term":';

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
    this.readTo = 0;
    for (const name of files.list()) this.update(files, name);
  }

  /** Bytes of a file have become durable. Returns whether it was one that counts. */
  update(files: SimulatedFiles, name: string): boolean {
    if (name === SNAPSHOT_FILE) {
      this.readSnapshot(files.durableView(name, 0));
      return true;
    }
    const segment = segmentNumber(name);
    if (segment === null || segment < this.segment) return false;
    if (segment > this.segment) {
      // Only a whole first batch makes a segment count.
      if (wholeBatches(files.durableView(name, 0)) === 0) return false;
      this.segment = segment;
      this.readTo = 0;
    }
    const view = files.durableView(name, this.readTo);
    const length = wholeBatches(view);
    this.readBatches(view.subarray(0, length));
    this.readTo += length;
    return true;
  }

  private readSnapshot(view: Uint8Array): void {
    const lineEnd = view.indexOf(LINE_END, HEADER_BYTES);
    if (lineEnd < 0) return;
    const meta = parsed(view.subarray(HEADER_BYTES, lineEnd)) as { index?: number; term?: number } | null;
    this.snapshotIndex = meta?.index ?? 0;
    this.snapshotTerm = meta?.term ?? 0;
  }

  private readBatches(bytes: Uint8Array): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    for (let at = 0; at < text.length; ) {
      const end = at + HEADER_BYTES + Number.parseInt(text.slice(at, at + 8), 16);
      for (let line = at + HEADER_BYTES; line < end; ) {
        const lineEnd = text.indexOf('\n', line);
        this.readRecord(text, line, lineEnd < 0 || lineEnd > end ? end : lineEnd);
        line = lineEnd < 0 ? end : lineEnd + 1;
      }
      at = end;
    }
  }

  private readRecord(text: string, from: number, to: number): void {
    const kind = text.charCodeAt(from);
    if (kind === 69) {
      // Entries are most of it: two numbers behind fixed names, read without parsing the whole.
      const indexAt = from + ENTRY_PREFIX.length;
      const index = numberAt(text, indexAt);
      const term = numberAt(text, text.indexOf(':', indexAt) + 1);
      const place = index - this.baseIndex - 1;
      if (place < 0 || place > this.terms.length) return;
      this.terms.length = place;
      this.terms.push(term);
      return;
    }
    if (kind === 72) {
      this.term = numberAt(text, from + HARD_STATE_PREFIX.length);
      // Names of nodes are plain text.
      const vote = text.indexOf(':', from + HARD_STATE_PREFIX.length) + 1;
      this.vote = text[vote] === '"' ? text.slice(vote + 1, text.indexOf('"', vote + 1)) : null;
      return;
    }
    if (kind === 83) {
      const record = parsed(Buffer.from(text.slice(from + 1, to), 'latin1'));
      if (record === null) return;
      const { base } = record as SegmentStart;
      this.baseIndex = base.index;
      this.baseTerm = base.term;
      this.terms.length = 0;
    }
  }
}

/** Length of the whole batches that the bytes begin with. */
function wholeBatches(bytes: Uint8Array): number {
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    let length = 0;
    for (let digit = 0; digit < 8; digit++) {
      const code = bytes[at + digit] as number;
      length = length * 16 + (code <= 57 ? code - 48 : code - 87);
    }
    if (bytes[at + HEADER_BYTES - 1] !== LINE_END || !(length >= 0) || at + HEADER_BYTES + length > bytes.length) break;
    at += HEADER_BYTES + length;
  }
  return at;
}

function numberAt(text: string, at: number): number {
  let value = 0;
  for (let i = at; ; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return value;
    value = value * 10 + digit;
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // A damaged record says nothing; what the replica makes of it is for other invariants to see.
    return null;
  }
}
