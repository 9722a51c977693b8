/** A set of fixed-size records of 32-bit words: open addressing in one typed array, no allocation per record. */

export interface ConfigurationSet {
  /** Adds the record; false if it was there. */
  add(record: Int32Array): boolean;
  has(record: Int32Array): boolean;
  readonly size: number;
  readonly memoryBytes: number;
}

const INITIAL_CAPACITY = 64;

/** @param stride words in each record */
export const createConfigurationSet = (stride: number): ConfigurationSet => {
  let capacity = INITIAL_CAPACITY;
  let table = new Int32Array(capacity);
  let records = new Int32Array(stride * (capacity >> 1));
  let size = 0;

  const hashAt = (words: Int32Array, offset: number): number => {
    let hash = 0x9e3779b9 | 0;
    for (let i = 0; i < stride; i++) {
      hash = Math.imul(hash ^ words[offset + i]!, 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, 0xc2b2ae35);
    return (hash ^ (hash >>> 13)) >>> 0;
  };

  /** Where the record is in the table, or where it would go. */
  const locate = (record: Int32Array): number => {
    const mask = capacity - 1;
    let at = hashAt(record, 0) & mask;
    for (;;) {
      const entry = table[at]!;
      if (entry === 0) return at;
      const offset = (entry - 1) * stride;
      let i = 0;
      while (i < stride && records[offset + i] === record[i]) i++;
      if (i === stride) return at;
      at = (at + 1) & mask;
    }
  };

  const grow = (): void => {
    capacity *= 2;
    table = new Int32Array(capacity);
    const larger = new Int32Array(stride * (capacity >> 1));
    larger.set(records);
    records = larger;
    const mask = capacity - 1;
    for (let entry = 1; entry <= size; entry++) {
      let at = hashAt(records, (entry - 1) * stride) & mask;
      while (table[at] !== 0) at = (at + 1) & mask;
      table[at] = entry;
    }
  };

  return {
    add(record) {
      if (size >= capacity >> 1) grow();
      const at = locate(record);
      if (table[at] !== 0) return false;
      records.set(record, size * stride);
      size++;
      table[at] = size;
      return true;
    },
    has: (record) => table[locate(record)] !== 0,
    get size() {
      return size;
    },
    get memoryBytes() {
      return table.byteLength + records.byteLength;
    },
  };
};
