/**
 * Writes snapshots, one at a time, in the order in which they come: own ones (compaction) and received ones. An own one that
 * had to wait is dropped if a received one has overtaken it: the snapshot on disk never goes back.
 */

import type { Snapshot, SnapshotMeta } from '../raft/ready.ts';
import type { Disk } from './host.ts';
import type { ReplicaRules } from './rules.ts';
import { encodeSnapshot, SNAPSHOT_FILE } from './snapshot-file.ts';

interface Waiting {
  readonly snapshot: Snapshot;
  readonly done: (written: boolean) => void;
}

export class SnapshotWriter {
  readonly #disk: Disk;
  readonly #rules: ReplicaRules;
  readonly #waiting: Waiting[] = [];
  #writing = false;
  #durable: SnapshotMeta | null;
  #durableBytes: number;

  constructor(disk: Disk, rules: ReplicaRules, durable: SnapshotMeta | null, durableBytes: number) {
    this.#disk = disk;
    this.#rules = rules;
    this.#durable = durable;
    this.#durableBytes = durableBytes;
  }

  get busy(): boolean {
    return this.#writing;
  }

  /** What the snapshot on disk stands for; null while there is none. */
  get durable(): SnapshotMeta | null {
    return this.#durable;
  }

  /** Size of the snapshot on disk. */
  get durableBytes(): number {
    return this.#durableBytes;
  }

  /** Calls `done(true)` when the snapshot is durable, `done(false)` if it was out of date before its turn came. */
  write(snapshot: Snapshot, done: (written: boolean) => void): void {
    this.#waiting.push({ snapshot, done });
    this.#next();
  }

  #next(): void {
    while (!this.#writing) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const { snapshot, done } = next;
      if (!this.#rules.snapshotStillNeeded(snapshot.index, this.#durable?.index ?? 0)) {
        done(false);
        continue;
      }
      const bytes = encodeSnapshot(snapshot);
      this.#writing = true;
      this.#disk.replace(SNAPSHOT_FILE, bytes, () => {
        this.#writing = false;
        const { index, term, membership } = snapshot;
        this.#durable = { index, term, membership };
        this.#durableBytes = bytes.length;
        done(true);
        this.#next();
      });
    }
  }
}
