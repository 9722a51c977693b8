/** A set of fixed-size records of 32-bit words: open addressing in one typed array, no allocation per record. */

import { grown, type Memory } from './memory.ts';

const INITIAL_CAPACITY = 64;

export class ConfigurationSet {
  size = 0;
  private readonly stride: number;
  private readonly memory: Memory;
  /** Record numbers, from 1, each at its hash or after it. */
  private table: Int32Array;
  private records: Int32Array;

  /** @param stride words in each record */
  constructor(stride: number, memory: Memory) {
    this.stride = stride;
    this.memory = memory;
    this.table = memory.ints(INITIAL_CAPACITY);
    this.records = memory.ints((stride * INITIAL_CAPACITY) >> 1);
  }

  /** Adds the record; false if it was there. */
  add(record: Int32Array): boolean {
    if (2 * this.size >= this.table.length) this.grow();
    const at = this.locate(record);
    if (this.table[at] !== 0) return false;
    const offset = this.size * this.stride;
    for (let i = 0; i < this.stride; i++) this.records[offset + i] = record[i]!;
    this.size++;
    this.table[at] = this.size;
    return true;
  }

  has(record: Int32Array): boolean {
    return this.table[this.locate(record)] !== 0;
  }

  get memoryBytes(): number {
    return this.table.byteLength + this.records.byteLength;
  }

  /** Where the record is in the table, or where it would go. */
  private locate(record: Int32Array): number {
    const { table, records, stride } = this;
    const mask = table.length - 1;
    for (let at = hashAt(record, 0, stride) & mask; ; at = (at + 1) & mask) {
      const entry = table[at]!;
      if (entry === 0) return at;
      const offset = (entry - 1) * stride;
      let i = 0;
      while (i < stride && records[offset + i] === record[i]) i++;
      if (i === stride) return at;
    }
  }

  private grow(): void {
    const { stride, size } = this;
    this.table = this.memory.ints(2 * this.table.length);
    this.records = grown(this.records, this.memory);
    const { table, records } = this;
    const mask = table.length - 1;
    for (let entry = 1; entry <= size; entry++) {
      let at = hashAt(records, (entry - 1) * stride, stride) & mask;
      while (table[at] !== 0) at = (at + 1) & mask;
      table[at] = entry;
    }
  }
}

const hashAt = (words: Int32Array, offset: number, length: number): number => {
  let hash = 0x9e3779b9 | 0;
  for (let i = 0; i < length; i++) {
    hash = Math.imul(hash ^ words[offset + i]!, 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 13)) >>> 0;
};
