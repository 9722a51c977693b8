/** A disk in memory whose operations finish when the test says so, and which can crash between any two of them (host.ts, Disk). */

import type { Disk } from '../../cluster/replica/host.ts';

export const SECTOR = 512;

interface MemoryFile {
  bytes: Uint8Array;
  durable: number;
}

interface Operation {
  readonly name: string;
  readonly finish: () => void;
  readonly done: () => void;
}

/** What a crash does to one unsynced sector of `length` bytes: how many of them, from its start, are kept. */
export type SectorFate = (file: string, sector: number, length: number) => number;

export const LOSE_ALL: SectorFate = () => 0;
export const KEEP_ALL: SectorFate = (_file, _sector, length) => length;

export class MemoryDisk implements Disk {
  files = new Map<string, MemoryFile>();
  /** Syncs and replaces under way, in order. */
  readonly pending: Operation[] = [];
  /** Removed, but not durably: a crash may bring them back. */
  ghosts = new Map<string, MemoryFile>();
  onOperation: () => void = () => undefined;

  static holding(files: ReadonlyMap<string, Uint8Array>): MemoryDisk {
    const disk = new MemoryDisk();
    for (const [name, bytes] of files) disk.files.set(name, { bytes: bytes.slice(), durable: bytes.length });
    return disk;
  }

  list(): string[] {
    return [...this.files.keys()];
  }

  read(name: string): Uint8Array | null {
    return this.files.get(name)?.bytes.slice() ?? null;
  }

  truncate(name: string, length: number): void {
    const file = this.files.get(name);
    if (file === undefined) return;
    file.bytes = file.bytes.slice(0, length);
    file.durable = Math.min(file.durable, length);
  }

  append(name: string, bytes: Uint8Array): void {
    const file = this.files.get(name) ?? { bytes: new Uint8Array(0), durable: 0 };
    const longer = new Uint8Array(file.bytes.length + bytes.length);
    longer.set(file.bytes);
    longer.set(bytes, file.bytes.length);
    file.bytes = longer;
    this.files.set(name, file);
    this.onOperation();
  }

  sync(name: string, done: () => void): void {
    const file = this.files.get(name) as MemoryFile;
    const length = file.bytes.length;
    const finish = (): void => {
      file.durable = Math.max(file.durable, length);
      this.ghosts.clear();
    };
    this.pending.push({ name, finish, done });
    this.onOperation();
  }

  replace(name: string, bytes: Uint8Array, done: () => void): void {
    const finish = (): void => {
      this.files.set(name, { bytes: bytes.slice(), durable: bytes.length });
      this.ghosts.clear();
    };
    this.pending.push({ name, finish, done });
    this.onOperation();
  }

  remove(name: string): void {
    const file = this.files.get(name);
    if (file !== undefined) this.ghosts.set(name, file);
    this.files.delete(name);
    this.onOperation();
  }

  /** Finishes the oldest operation under way; false if there is none. */
  finishNext(): boolean {
    const next = this.pending.shift();
    if (next === undefined) return false;
    next.finish();
    next.done();
    return true;
  }

  finishAll(): void {
    while (this.finishNext());
  }

  /** The disk as a restart finds it if the node dies now. `ghostsReturn`: removals that were not durable are undone. */
  afterCrash(fate: SectorFate, ghostsReturn = false): MemoryDisk {
    const left = new Map<string, Uint8Array>();
    const all = ghostsReturn ? [...this.ghosts, ...this.files] : [...this.files];
    for (const [name, file] of all) {
      const kept = new Uint8Array(file.bytes.length);
      kept.set(file.bytes.subarray(0, file.durable));
      let end = file.durable;
      for (let at = file.durable; at < file.bytes.length; ) {
        const sector = Math.floor(at / SECTOR);
        const sectorEnd = Math.min(file.bytes.length, (sector + 1) * SECTOR);
        const length = fate(name, sector, sectorEnd - at);
        if (length > 0) {
          kept.set(file.bytes.subarray(at, at + length), at);
          end = at + length;
        }
        at = sectorEnd;
      }
      left.set(name, kept.slice(0, end));
    }
    return MemoryDisk.holding(left);
  }
}
