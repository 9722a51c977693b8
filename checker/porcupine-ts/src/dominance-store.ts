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

const SCAN_MAX = 48;

export interface DominanceStore {
  add(event: number, state: number, done: Int32Array, free: Int32Array, counts: Int32Array): void;
  /** Whether a stored configuration is as good or better. `mutators` are the slots that hold no observer. */
  dominates(
    event: number,
    state: number,
    done: Int32Array,
    free: Int32Array,
    counts: Int32Array,
    mutators: Int32Array,
  ): boolean;
  readonly size: number;
  readonly memoryBytes: number;
}

/** @param words in each bit set @param classes number of counts */
export const createDominanceStore = (words: number, classes: number): DominanceStore => {
  const stride = 2 + 2 * words + classes;
  let capacity = 8;
  let size = 0;
  let records = new Int32Array(capacity * stride);
  let exact = new Int32Array(capacity * 2);
  let heads = new Int32Array(capacity * 2);
  let nexts = new Int32Array(capacity + 1);

  const mix = (hash: number, word: number): number => {
    const mixed = Math.imul(hash ^ word, 0x85ebca6b);
    return mixed ^ (mixed >>> 15);
  };
  const finish = (hash: number): number => {
    const mixed = Math.imul(hash, 0xc2b2ae35);
    return (mixed ^ (mixed >>> 13)) >>> 0;
  };
  const hashOfHead = (event: number, state: number): number => mix(mix(0x9e3779b9 | 0, event), state);
  const hashOfRecord = (offset: number): number => {
    let hash = hashOfHead(records[offset]!, records[offset + 1]!);
    for (let i = 2; i < stride; i++) hash = mix(hash, records[offset + i]!);
    return finish(hash);
  };

  /** Slot of the chain of (event, state) in `heads`. */
  const chainOf = (event: number, state: number): number => {
    const mask = heads.length - 1;
    let at = finish(hashOfHead(event, state)) & mask;
    for (;;) {
      const entry = heads[at]!;
      if (entry === 0) return at;
      const offset = (entry - 1) * stride;
      if (records[offset] === event && records[offset + 1] === state) return at;
      at = (at + 1) & mask;
    }
  };

  const index = (entry: number): void => {
    const offset = (entry - 1) * stride;
    const mask = exact.length - 1;
    let at = hashOfRecord(offset) & mask;
    while (exact[at] !== 0) at = (at + 1) & mask;
    exact[at] = entry;
    const chain = chainOf(records[offset]!, records[offset + 1]!);
    nexts[entry] = heads[chain]!;
    heads[chain] = entry;
  };

  const grow = (): void => {
    capacity *= 2;
    const larger = new Int32Array(capacity * stride);
    larger.set(records);
    records = larger;
    exact = new Int32Array(capacity * 2);
    heads = new Int32Array(capacity * 2);
    nexts = new Int32Array(capacity + 1);
    for (let entry = 1; entry <= size; entry++) index(entry);
  };

  return {
    add(event, state, done, free, counts) {
      if (size === capacity) grow();
      const offset = size * stride;
      records[offset] = event;
      records[offset + 1] = state;
      for (let w = 0; w < words; w++) {
        records[offset + 2 + w] = done[w]!;
        records[offset + 2 + words + w] = free[w]!;
      }
      for (let c = 0; c < classes; c++) records[offset + 2 + 2 * words + c] = counts[c]!;
      size++;
      index(size);
    },
    dominates(event, state, done, free, counts, mutators) {
      if (size === 0) return false;
      let entry = heads[chainOf(event, state)]!;
      if (entry === 0) return false;
      for (let scanned = 0; entry !== 0 && scanned < SCAN_MAX; scanned++, entry = nexts[entry]!) {
        const offset = (entry - 1) * stride + 2;
        let isWorse = false;
        for (let w = 0; w < words && !isWorse; w++) {
          const storedDone = records[offset + w]!;
          const storedFree = records[offset + words + w]!;
          const mutator = mutators[w]!;
          isWorse =
            (~mutator & done[w]! & ~storedDone) !== 0 ||
            (mutator & ~storedFree & (free[w]! | (done[w]! ^ storedDone))) !== 0;
        }
        for (let c = 0; c < classes && !isWorse; c++) isWorse = records[offset + 2 * words + c]! > counts[c]!;
        if (!isWorse) return true;
      }
      if (entry === 0) return false;
      // The chain is longer than what was looked at: at least an equal record is found.
      let hash = hashOfHead(event, state);
      for (let w = 0; w < words; w++) hash = mix(hash, done[w]!);
      for (let w = 0; w < words; w++) hash = mix(hash, free[w]!);
      for (let c = 0; c < classes; c++) hash = mix(hash, counts[c]!);
      const mask = exact.length - 1;
      for (let at = finish(hash) & mask; exact[at] !== 0; at = (at + 1) & mask) {
        const offset = (exact[at]! - 1) * stride;
        if (records[offset] !== event || records[offset + 1] !== state) continue;
        let i = 0;
        while (i < words && records[offset + 2 + i] === done[i] && records[offset + 2 + words + i] === free[i]) i++;
        if (i < words) continue;
        let c = 0;
        while (c < classes && records[offset + 2 + 2 * words + c] === counts[c]) c++;
        if (c === classes) return true;
      }
      return false;
    },
    get size() {
      return size;
    },
    get memoryBytes() {
      return records.byteLength + exact.byteLength + heads.byteLength + nexts.byteLength;
    },
  };
};
