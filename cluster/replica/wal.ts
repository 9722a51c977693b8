/**
 * The write-ahead log of one node: it makes hard state and entries durable, in the order in which Raft hands them out. Group
 * commit: one sync is under way at a time, and what arrives meanwhile becomes the next batch. So the batch that a crash may
 * tear is always the last one (log-format.ts).
 *
 * The log is cut by beginning a new segment that holds all that is still needed: where it starts, hard state, entries. When that
 * is synced, older segments go. A crash at any moment leaves either the old segment or the new one whole.
 */

import type { Entry, HardState, SnapshotMeta } from '../raft/ready.ts';
import type { NodeId } from '../raft/types.ts';
import { addEntry, addRecords, beginBatch, finishBatch } from './batch-writer.ts';
import type { Disk } from './host.ts';
import { hardStateRecord, LOG_FORMAT, segmentName, startRecord } from './log-format.ts';
import type { LogPosition } from './log-recovery.ts';
import type { ReplicaRules } from './rules.ts';

/** What the log holds when the writer takes over. */
export interface WalStart {
  readonly node: NodeId;
  readonly hardState: HardState;
  readonly base: SnapshotMeta;
  readonly entries: readonly Entry[];
  readonly position: LogPosition;
  /** Begin a new segment at once: there is none yet, or it does not say what is given here. */
  readonly newSegment: boolean;
}

/** What survives if the node dies now, as far as the log is concerned. */
export interface DurableLog {
  readonly hardState: HardState;
  readonly baseIndex: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
}

const NOTHING: readonly never[] = [];

export class Wal {
  readonly #disk: Disk;
  readonly #node: NodeId;
  readonly #rules: ReplicaRules;
  readonly #onDurable: (upTo: number) => void;

  /** The log as it will be when everything taken has been written: base, then `#entries`; `#unwritten` of them are not yet. */
  #base: SnapshotMeta;
  #entries: Entry[];
  #hardState: HardState;
  /** Entries from this index on are to be written with the next batch. */
  #unwrittenFrom: number;
  #hardStateUnwritten = false;
  #newSegment: boolean;
  /** Entries of the batch written last, as long as the log holds them. */
  #lastBatch: readonly Entry[] = [];
  /** Batches of entries that are still to be written one by one (a planted bug splits them; usually empty). */
  #split: (readonly Entry[])[] = [];

  #segment: number;
  #file: string;
  #highestSegment: number;
  #nextBatch: number;
  #segmentBytes: number;
  #bytesAtStart = 0;
  #obsolete: number[];

  #syncing = false;
  /** Installed snapshots being written: the log that continues them has to wait. */
  #held = 0;
  /** The newest of Raft's batches taken, and that on its way to the disk. */
  #taken = 0;
  #durable: DurableLog;

  /** `onDurable(n)`: everything of Raft's batches up to n is durable. Never called from within `save`. */
  constructor(disk: Disk, start: WalStart, rules: ReplicaRules, onDurable: (upTo: number) => void) {
    this.#disk = disk;
    this.#node = start.node;
    this.#rules = rules;
    this.#onDurable = onDurable;
    this.#base = start.base;
    this.#entries = [...start.entries];
    this.#hardState = start.hardState;
    this.#unwrittenFrom = this.lastIndex + 1;
    this.#newSegment = start.newSegment;
    this.#segment = start.position.segment;
    this.#file = segmentName(this.#segment);
    this.#highestSegment = start.position.highestSegment;
    this.#nextBatch = start.position.nextBatch;
    this.#segmentBytes = start.position.segmentBytes;
    this.#obsolete = [...start.position.obsolete];
    this.#durable = this.#described();
    if (!this.#newSegment) this.#removeObsolete();
    this.#flush();
  }

  get lastIndex(): number {
    return this.#base.index + this.#entries.length;
  }

  /** What the log continues. */
  get baseIndex(): number {
    return this.#base.index;
  }

  /** Size of the segment in use when it was begun. */
  get bytesAtStart(): number {
    return this.#bytesAtStart;
  }

  /** Bytes of the segment in use: what the log has grown by since it was last cut, and what was kept then. */
  get segmentBytes(): number {
    return this.#segmentBytes;
  }

  /** A sync is under way, or something waits for one. */
  get busy(): boolean {
    return this.#syncing || this.#held > 0;
  }

  get durable(): DurableLog {
    return this.#durable;
  }

  /**
   * Takes what one of Raft's batches wants durable. Returns true if there is nothing to wait for: this and all earlier batches
   * are durable already; otherwise `onDurable` says when.
   */
  save(batch: number, hardState: HardState | null, entries: readonly Entry[]): boolean {
    this.#taken = batch;
    if (hardState !== null) {
      this.#hardState = hardState;
      this.#hardStateUnwritten = true;
    }
    const first = entries[0];
    if (first !== undefined) {
      const kept = first.index - this.#base.index - 1;
      if (kept !== this.#entries.length) this.#entries.length = kept;
      for (const entry of entries) this.#entries.push(entry);
      this.#unwrittenFrom = Math.min(this.#unwrittenFrom, first.index);
      const lastWritten = this.#lastBatch[this.#lastBatch.length - 1];
      if (lastWritten !== undefined && lastWritten.index >= first.index)
        this.#lastBatch = this.#lastBatch.filter((entry) => entry.index < first.index);
    }
    this.#flush();
    return !this.busy;
  }

  /** The log is replaced by a received snapshot. Nothing is written until it is durable: `release`, once per `install`. */
  install(base: SnapshotMeta): void {
    this.#cutTo(base, []);
    this.#held++;
  }

  /** A snapshot that was installed is durable. */
  release(): void {
    this.#held--;
    this.#flush();
  }

  /** Drops the log up to base.index, which a durable snapshot stands for. Ignored if it has been dropped already. */
  compact(base: SnapshotMeta): void {
    if (base.index <= this.#base.index) return;
    this.#cutTo(base, this.#entries.slice(base.index - this.#base.index));
    this.#flush();
  }

  /** Begins a new segment although nothing can be dropped: of many hard states only the last one counts. */
  renew(): void {
    this.#cutTo(this.#base, this.#entries);
    this.#flush();
  }

  #cutTo(base: SnapshotMeta, entries: Entry[]): void {
    this.#base = base;
    this.#entries = entries;
    this.#newSegment = true;
    this.#lastBatch = [];
    this.#split = [];
  }

  #flush(): void {
    if (this.#syncing || this.#held > 0) return;
    if (this.#newSegment) this.#beginSegment();
    else if (this.#split.length > 0) this.#append('', this.#split.shift() ?? [], this.#split.length > 0);
    else if (this.#unwrittenFrom <= this.lastIndex || this.#hardStateUnwritten) this.#appendUnwritten();
  }

  #appendUnwritten(): void {
    const fresh = this.#entries.slice(this.#unwrittenFrom - this.#base.index - 1);
    const [first = [], ...more] = this.#rules.entryBatches(this.#lastBatch, fresh);
    const hardState = this.#hardStateUnwritten ? hardStateRecord(this.#hardState) : '';
    this.#unwrittenFrom = this.lastIndex + 1;
    this.#hardStateUnwritten = false;
    this.#lastBatch = fresh;
    this.#split = more;
    this.#append(hardState, first, more.length > 0);
  }

  #append(hardState: string, entries: readonly Entry[], more: boolean): void {
    beginBatch();
    addRecords(hardState);
    for (const entry of entries) addEntry(entry);
    this.#write(more, NOTHING);
  }

  #beginSegment(): void {
    const older = this.#segment === 0 ? this.#obsolete : [...this.#obsolete, this.#segment];
    this.#segment = ++this.#highestSegment;
    this.#file = segmentName(this.#segment);
    this.#segmentBytes = 0;
    this.#obsolete = [];
    this.#newSegment = false;
    this.#hardStateUnwritten = false;
    this.#unwrittenFrom = this.lastIndex + 1;
    beginBatch();
    addRecords(startRecord({ format: LOG_FORMAT, node: this.#node, segment: this.#segment, base: this.#base }));
    addRecords(hardStateRecord(this.#hardState));
    for (const entry of this.#entries) addEntry(entry);
    this.#write(false, older);
    this.#bytesAtStart = this.#segmentBytes;
  }

  /** Writes the batch that was begun. */
  #write(more: boolean, obsoleteAfter: readonly number[]): void {
    const bytes = finishBatch(this.#nextBatch++);
    const file = this.#file;
    const upTo = this.#taken;
    const state = this.#described();
    this.#segmentBytes += bytes.length;
    this.#syncing = true;
    this.#disk.append(file, bytes);
    this.#disk.sync(file, () => {
      this.#syncing = false;
      if (obsoleteAfter.length > 0) {
        this.#obsolete.push(...obsoleteAfter);
        this.#removeObsolete();
      }
      if (!more) {
        this.#durable = state;
        // What this sets free to be proposed joins what waits already: both are one next batch.
        this.#onDurable(upTo);
      }
      this.#flush();
    });
  }

  #removeObsolete(): void {
    for (const segment of this.#obsolete) this.#disk.remove(segmentName(segment));
    this.#obsolete = [];
  }

  #described(): DurableLog {
    const last = this.#entries[this.#entries.length - 1] ?? this.#base;
    return { hardState: this.#hardState, baseIndex: this.#base.index, lastIndex: last.index, lastTerm: last.term };
  }
}
