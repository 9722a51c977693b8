/**
 * Working memory of a check. A search of eighty operations needs some thirty small tables, and a typed array of its own for
 * each costs more than the search. So a check cuts its small tables from one piece, which the next check uses again. What
 * is free is always zero: it is wiped when it is given back, in one go.
 */

export interface Memory {
  /** An array of zeros. */
  ints(length: number): Int32Array;
}

/** Arrays of their own, for whoever is not in a hurry. */
export const ownMemory: Memory = { ints: (length) => new Int32Array(length) };

export const NOTHING = new Int32Array(0);

const ARENA_INTS = 1 << 16;
/** Longer arrays are allocated by themselves: what that costs is little beside filling them. */
const SHARED_MAX = 1 << 12;

/** Memory that is given back in the reverse order of its taking. */
export class Arena implements Memory {
  private readonly all = new Int32Array(ARENA_INTS);
  private used = 0;

  ints(length: number): Int32Array {
    if (length === 0) return NOTHING;
    const start = this.used;
    if (length > SHARED_MAX || start + length > ARENA_INTS) return new Int32Array(length);
    this.used = start + length;
    return this.all.subarray(start, this.used);
  }

  /** How much is taken: what comes after can be given back to here. */
  get mark(): number {
    return this.used;
  }

  /** Nothing that was taken since the mark may be used any more. */
  release(mark: number): void {
    this.all.fill(0, mark, this.used);
    this.used = mark;
  }
}

let idle: Arena | null = null;

/** Lends an arena for as long as `work` takes; nested calls each get their own. */
export const withArena = <T>(work: (arena: Arena) => T): T => {
  const arena = idle ?? new Arena();
  idle = null;
  try {
    return work(arena);
  } finally {
    arena.release(0);
    idle = arena;
  }
};

/** Twice as long, with the same beginning. */
export const grown = (words: Int32Array, memory: Memory = ownMemory): Int32Array => {
  const larger = memory.ints(words.length * 2);
  larger.set(words);
  return larger;
};
