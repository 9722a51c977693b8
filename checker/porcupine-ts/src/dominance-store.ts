/**
 * Configurations that failed, kept so that no worse one is tried. A configuration is (event, state) and a record of words:
 * `done` and `free` bits per slot, then a count per class of operations that never return.
 *
 * Dominance. Of two configurations at one event and state, E is at least as good as C if it has linearized every observer
 * that C has; if each open write or compare-and-set is in the same status in both, or free in E (usable but not owed,
 * which is better than both used up and still owed); and if it has spent no more operations of each class. Every way on
 * from C is then a way on from E, so if E failed, C fails.
 *
 * Equal records are found by hashing; worse ones by looking through the latest records at the same event and state,
 * a bounded number of them, so that long lists cost no more than they save.
 */

import { type Memory, NOTHING } from './memory.ts';

const SCAN_MAX = 48;

const INITIAL_CAPACITY = 32;

/** What a configuration is, as far as failing goes. */
export interface Configuration {
  readonly position: number;
  readonly state: number;
  readonly done: Int32Array;
  readonly free: Int32Array;
  readonly used: Int32Array;
  /** The slots that hold an observer. */
  readonly observers: Int32Array;
}

const mix = (hash: number, word: number): number => {
  const mixed = Math.imul(hash ^ word, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
};

const finish = (hash: number): number => {
  const mixed = Math.imul(hash, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 13)) >>> 0;
};

const hashOfHead = (position: number, state: number): number => mix(mix(0x9e3779b9 | 0, position), state);

export class DominanceStore {
  size = 0;
  private readonly words: number;
  private readonly stride: number;
  private readonly memory: Memory;
  private capacity = 0;
  /** Position, state, the words of `done`, those of `free`, the counts. Entry e, counted from 1, is record e - 1. */
  private records: Int32Array;
  /** Hash table of entries, by the whole record. */
  private exact: Int32Array;
  /** Hash table of entries, by position and state: the latest of a chain that goes on in `nexts`. */
  private heads: Int32Array;
  private nexts: Int32Array;

  /** @param words in each bit set @param classes number of counts */
  constructor(words: number, classes: number, memory: Memory) {
    this.words = words;
    this.stride = 2 + 2 * words + classes;
    this.memory = memory;
    this.records = NOTHING;
    this.exact = NOTHING;
    this.heads = NOTHING;
    this.nexts = NOTHING;
  }

  get memoryBytes(): number {
    return this.records.byteLength + this.exact.byteLength + this.heads.byteLength + this.nexts.byteLength;
  }

  add({ position, state, done, free, used }: Configuration): void {
    if (this.size === this.capacity) this.grow();
    const { records, words } = this;
    let offset = this.size * this.stride;
    records[offset++] = position;
    records[offset++] = state;
    for (let w = 0; w < words; w++) records[offset++] = done[w]!;
    for (let w = 0; w < words; w++) records[offset++] = free[w]!;
    for (let c = 0; c < used.length; c++) records[offset++] = used[c]!;
    this.size++;
    this.index(this.size);
  }

  /** Whether a stored configuration is as good or better. */
  dominates({ position, state, done, free, used, observers }: Configuration): boolean {
    if (this.size === 0) return false;
    const { records, nexts, stride, words } = this;
    let entry = this.heads[this.chainOf(position, state)]!;
    for (let scanned = 0; entry !== 0; scanned++, entry = nexts[entry]!) {
      // The chain is long: at least an equal record is found.
      if (scanned === SCAN_MAX) return this.has(position, state, done, free, used);
      const offset = (entry - 1) * stride + 2;
      let isWorse = false;
      for (let w = 0; w < words && !isWorse; w++) {
        const storedDone = records[offset + w]!;
        const storedFree = records[offset + words + w]!;
        const observer = observers[w]!;
        isWorse =
          (observer & done[w]! & ~storedDone) !== 0 ||
          (~observer & ~storedFree & (free[w]! | (done[w]! ^ storedDone))) !== 0;
      }
      for (let c = 0; c < used.length && !isWorse; c++) isWorse = records[offset + 2 * words + c]! > used[c]!;
      if (!isWorse) return true;
    }
    return false;
  }

  private has(position: number, state: number, done: Int32Array, free: Int32Array, used: Int32Array): boolean {
    const { records, exact, stride, words } = this;
    let hash = hashOfHead(position, state);
    for (let w = 0; w < words; w++) hash = mix(hash, done[w]!);
    for (let w = 0; w < words; w++) hash = mix(hash, free[w]!);
    for (let c = 0; c < used.length; c++) hash = mix(hash, used[c]!);
    const mask = exact.length - 1;
    for (let at = finish(hash) & mask; exact[at] !== 0; at = (at + 1) & mask) {
      const offset = (exact[at]! - 1) * stride;
      if (records[offset] !== position || records[offset + 1] !== state) continue;
      let i = 0;
      while (i < words && records[offset + 2 + i] === done[i] && records[offset + 2 + words + i] === free[i]) i++;
      if (i < words) continue;
      let c = 0;
      while (c < used.length && records[offset + 2 + 2 * words + c] === used[c]) c++;
      if (c === used.length) return true;
    }
    return false;
  }

  /** Slot of the chain of (position, state) in `heads`. */
  private chainOf(position: number, state: number): number {
    const { heads, records, stride } = this;
    const mask = heads.length - 1;
    let at = finish(hashOfHead(position, state)) & mask;
    for (;;) {
      const entry = heads[at]!;
      if (entry === 0) return at;
      const offset = (entry - 1) * stride;
      if (records[offset] === position && records[offset + 1] === state) return at;
      at = (at + 1) & mask;
    }
  }

  private index(entry: number): void {
    const { exact, records, stride } = this;
    const offset = (entry - 1) * stride;
    let hash = hashOfHead(records[offset]!, records[offset + 1]!);
    for (let i = 2; i < stride; i++) hash = mix(hash, records[offset + i]!);
    const mask = exact.length - 1;
    let at = finish(hash) & mask;
    while (exact[at] !== 0) at = (at + 1) & mask;
    exact[at] = entry;
    const chain = this.chainOf(records[offset]!, records[offset + 1]!);
    this.nexts[entry] = this.heads[chain]!;
    this.heads[chain] = entry;
  }

  private grow(): void {
    const { memory } = this;
    this.capacity = this.capacity === 0 ? INITIAL_CAPACITY : 2 * this.capacity;
    const larger = memory.ints(this.capacity * this.stride);
    larger.set(this.records);
    this.records = larger;
    this.exact = memory.ints(this.capacity * 2);
    this.heads = memory.ints(this.capacity * 2);
    this.nexts = memory.ints(this.capacity + 1);
    for (let entry = 1; entry <= this.size; entry++) this.index(entry);
  }
}
