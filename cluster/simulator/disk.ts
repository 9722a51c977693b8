/**
 * A node's disk in memory, with the failures of a real one. What was appended but not synced is at a crash's mercy, sector by
 * sector; removals take effect in order, durably with the next operation that is; `replace` happens entirely or not at all.
 * The file store is here, without time; the world decides when a sync is done (`complete`).
 */

import { below, chance, type Draw } from '../../seed/draw.ts';
import type { DiskOptions } from './options.ts';

export const SECTOR_BYTES = 512;
/** Most bytes one simulated disk holds before it is full. */
export const DISK_BYTES_MAX = 1 << 30;

const NO_BYTES = new Uint8Array(0);

interface File {
  /** Grows by doubling; only the first `length` bytes count. */
  bytes: Uint8Array;
  length: number;
  /** Bytes up to here survive a crash. */
  durable: number;
}

/** Something that becomes durable, in order with all others. */
interface PendingOperation {
  readonly name: string;
  readonly file: File | null;
  /** sync: bytes of `file` it covers. */
  readonly length: number;
  /** replace: the new content. */
  readonly content: Uint8Array | null;
  /** Removals requested before this operation: durable with it. */
  readonly removals: number;
}

/** What a crash left of what was not synced. */
export interface CrashDamage {
  /** Syncs and replacements that had not been reported as done. */
  readonly operationsUnderWay: number;
  readonly unsyncedBytes: number;
  readonly keptBytes: number;
  readonly tornFiles: number;
  readonly holes: number;
}

export class SimulatedFiles {
  private files = new Map<string, File>();
  /** Files whose removal is not durable yet, in order; `removed` counts all removals ever requested. */
  private removals: { readonly name: string; readonly file: File; readonly number: number }[] = [];
  private removed = 0;
  private pending: PendingOperation[] = [];
  private total = 0;

  list(): string[] {
    return [...this.files.keys()].sort();
  }

  /** A copy of the content, or null. */
  read(name: string): Uint8Array | null {
    const file = this.files.get(name);
    return file === undefined ? null : file.bytes.slice(0, file.length);
  }

  get totalBytes(): number {
    return this.total;
  }

  /** Content length and durable length of a file; zeros if there is none. */
  lengths(name: string): { readonly length: number; readonly durable: number } {
    const file = this.files.get(name);
    return { length: file?.length ?? 0, durable: file?.durable ?? 0 };
  }

  /** The bytes of a file, of which the first `durableLength(name)` are durable; for checkers: do not keep or change them. */
  bytesOf(name: string): Uint8Array {
    return this.files.get(name)?.bytes ?? NO_BYTES;
  }

  durableLength(name: string): number {
    return this.files.get(name)?.durable ?? 0;
  }

  truncate(name: string, length: number): void {
    const file = this.files.get(name);
    if (file === undefined || file.length <= length) return;
    this.total -= file.length - length;
    file.length = length;
    file.durable = Math.min(file.durable, length);
  }

  append(name: string, bytes: Uint8Array): void {
    let file = this.files.get(name);
    if (file === undefined) {
      file = { bytes: new Uint8Array(Math.max(1024, bytes.length * 2)), length: 0, durable: 0 };
      this.files.set(name, file);
    }
    const length = file.length + bytes.length;
    if (length > file.bytes.length) {
      const larger = new Uint8Array(Math.max(length, file.bytes.length * 2));
      larger.set(file.length === file.bytes.length ? file.bytes : file.bytes.subarray(0, file.length));
      file.bytes = larger;
    }
    file.bytes.set(bytes, file.length);
    file.length = length;
    this.total += bytes.length;
  }

  /** Begins a sync of all that the file holds now. */
  beginSync(name: string): void {
    const file = this.files.get(name) ?? null;
    this.pending.push({ name, file, length: file?.length ?? 0, content: null, removals: this.removed });
  }

  beginReplace(name: string, content: Uint8Array): void {
    this.pending.push({ name, file: null, length: 0, content, removals: this.removed });
  }

  remove(name: string): void {
    const file = this.files.get(name);
    if (file === undefined) return;
    this.files.delete(name);
    this.total -= file.length;
    this.removals.push({ name, file, number: ++this.removed });
  }

  /** The oldest operation begun is done: what it covers is durable. Returns its file's name. */
  complete(): string {
    const operation = this.pending.shift();
    if (operation === undefined) throw new Error('no disk operation is under way');
    this.makeDurable(operation);
    return operation.name;
  }

  /**
   * The node crashed: operations under way end as `draw` decides, unsynced sectors are kept, torn or lost, the last removals
   * may be undone. Afterwards all that is left is durable.
   */
  crash(options: DiskOptions, draw: Draw): CrashDamage {
    let which = 0;
    // The disk works in order: some first operations may have been done, only nobody heard of it.
    const operationsUnderWay = this.pending.length;
    const done = below(draw(0, which++), operationsUnderWay + 1);
    for (const operation of this.pending.slice(0, done)) this.makeDurable(operation);
    this.pending = [];
    // A prefix of the removals may have become durable by itself; the others are undone, unless the name is in use again.
    const removalsKept = below(draw(0, which++), this.removals.length + 1);
    for (const { name, file } of this.removals.slice(removalsKept)) {
      const newer = this.files.get(name);
      if (newer !== undefined && newer.durable > 0) continue;
      if (newer !== undefined) this.total -= newer.length;
      this.files.set(name, file);
      this.total += file.length;
    }
    this.removals = [];
    let unsyncedBytes = 0;
    let keptBytes = 0;
    let tornFiles = 0;
    let holes = 0;
    let fileNumber = 0;
    for (const [name, file] of [...this.files].sort(byName)) {
      fileNumber++;
      if (file.durable === file.length) continue;
      const unsynced = file.length - file.durable;
      const kept = damage(file, options, (sector, what) => draw(fileNumber, sector, what));
      unsyncedBytes += unsynced;
      keptBytes += kept.bytes;
      holes += kept.holes;
      if (kept.bytes > 0 && kept.bytes < unsynced) tornFiles++;
      this.total -= unsynced - (file.length - file.durable);
      // Without any durable byte not even the name need be there.
      if (file.durable === 0 && file.length === 0 && chance(draw(fileNumber, 0, 9), 500_000)) this.files.delete(name);
      file.durable = file.length;
    }
    return { operationsUnderWay, unsyncedBytes, keptBytes, tornFiles, holes };
  }

  /** Flips one bit of a file. Returns false if it is empty or absent. */
  flipBit(name: string, bit: number): boolean {
    const file = this.files.get(name);
    if (file === undefined || file.length === 0) return false;
    const at = Math.floor(bit / 8) % file.length;
    file.bytes[at] = (file.bytes[at] as number) ^ (1 << (bit & 7));
    return true;
  }

  wipe(): void {
    this.files = new Map();
    this.removals = [];
    this.pending = [];
    this.total = 0;
  }

  private makeDurable(operation: PendingOperation): void {
    const { name, file, content } = operation;
    if (content !== null) {
      const old = this.files.get(name);
      this.total += content.length - (old?.length ?? 0);
      this.files.set(name, { bytes: content.slice(), length: content.length, durable: content.length });
    } else if (file !== null) file.durable = Math.max(file.durable, Math.min(operation.length, file.length));
    while (this.removals.length > 0 && (this.removals[0]?.number ?? 0) <= operation.removals) this.removals.shift();
  }
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

/** Decides over the unsynced sectors of one file (sectors are counted from the file's start) and cuts it accordingly. */
function damage(
  file: File,
  options: DiskOptions,
  draw: (sector: number, what: number) => number,
): { readonly bytes: number; readonly holes: number } {
  let bytes = 0;
  let holes = 0;
  let end = file.durable;
  for (let at = file.durable; at < file.length; ) {
    const sector = Math.floor(at / SECTOR_BYTES);
    const sectorEnd = Math.min(file.length, (sector + 1) * SECTOR_BYTES);
    const fate = below(draw(sector, 0), 1_000_000);
    let keptTo = at;
    if (fate < options.keptSectorPpm) keptTo = sectorEnd;
    else if (fate < options.keptSectorPpm + options.tornSectorPpm) keptTo = at + below(draw(sector, 1), sectorEnd - at);
    if (keptTo > at) {
      // What is missing before bytes that were kept reads as zeros.
      if (end < at) holes++;
      bytes += keptTo - at;
      end = keptTo;
    }
    file.bytes.fill(0, keptTo, sectorEnd);
    at = sectorEnd;
  }
  file.length = end;
  return { bytes, holes };
}
