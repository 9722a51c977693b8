/**
 * Working memory of a check. A search of eighty operations needs some thirty small tables, and a typed array of its own for
 * each costs more than the search. So a check cuts its small tables from one piece, which the next check uses again. What
 * is free is always zero: it is wiped when it is given back, in one go.
 *
 * Long tables are arrays of their own. The system takes as long to provide a new one as the search to fill it, and the
 * collector, told of so much memory at once, goes through all operations of the history; so the next check gets those of the
 * last. They are held weakly, for the collector to take when it next comes by, and only so many of them.
 */

export interface Memory {
  /** An array of zeros. */
  ints(length: number): Int32Array;
  /** An array of anything, for whoever writes each number before reading it. */
  unset(length: number): Int32Array;
}

const newInts = (length: number): Int32Array => new Int32Array(length);

/** Arrays of their own, for whoever is not in a hurry. */
export const ownMemory: Memory = { ints: newInts, unset: newInts };

export const NOTHING = new Int32Array(0);

const ARENA_INTS = 1 << 16;
/** Longer arrays are not cut from the piece. */
const SHARED_MAX = 1 << 12;
/** So many bytes of long arrays are kept for the next check. */
const SPARE_BYTES_MAX = 2 ** 27;
/** A mark is how much of the piece is taken, and this for each long array that is lent. */
const LENT = ARENA_INTS * 2;

/** Memory that is given back in the reverse order of its taking. */
export class Arena implements Memory {
  private readonly all = new Int32Array(ARENA_INTS);
  private used = 0;
  private readonly lent: Int32Array[] = [];
  private spare: Int32Array[] = [];
  /** From now on arrays are of their own, for the collector to take as soon as nobody needs them. */
  isSpent = false;

  ints(length: number): Int32Array {
    if (length === 0) return NOTHING;
    if (this.isSpent) return newInts(length);
    const start = this.used;
    if (length > SHARED_MAX || start + length > ARENA_INTS) return this.long(length, true);
    this.used = start + length;
    return this.all.subarray(start, this.used);
  }

  unset(length: number): Int32Array {
    return length > SHARED_MAX && !this.isSpent ? this.long(length, false) : this.ints(length);
  }

  /** The shortest spare array that is long enough, if it is not far too long; else a new one. */
  private long(length: number, wiped: boolean): Int32Array {
    const { spare } = this;
    let best = -1;
    for (let i = 0; i < spare.length; i++) {
      const size = spare[i]!.length;
      if (size >= length && size <= 2 * length && (best < 0 || size < spare[best]!.length)) best = i;
    }
    const array = best < 0 ? new Int32Array(length) : spare.splice(best, 1)[0]!;
    this.lent.push(array);
    const part = array.length === length ? array : array.subarray(0, length);
    return best >= 0 && wiped ? part.fill(0) : part;
  }

  /** How much is taken: what comes after can be given back to here. */
  get mark(): number {
    return this.lent.length * LENT + this.used;
  }

  /** Nothing that was taken since the mark may be used any more. */
  release(mark: number): void {
    const before = mark % LENT;
    if (this.used > before) this.all.fill(0, before, this.used);
    this.used = before;
    while (this.lent.length * LENT > mark) this.spare.push(this.lent.pop()!);
  }

  /** With the long arrays that the last check left, if nobody took them since. */
  wake(): void {
    this.spare = kept?.deref() ?? [];
    this.isSpent = false;
    kept = null;
  }

  /** Keeps the longest arrays for the next check: weakly. */
  retire(): void {
    const { spare } = this;
    this.spare = [];
    if (spare.length === 0) return;
    spare.sort((a, b) => b.length - a.length);
    let bytes = 0;
    const fits = ({ byteLength }: Int32Array): boolean => {
      bytes += byteLength;
      return bytes <= SPARE_BYTES_MAX;
    };
    kept = new WeakRef(spare.filter(fits));
  }
}

let idle: Arena | null = null;
let kept: WeakRef<Int32Array[]> | null = null;

/** Lends an arena for as long as `work` takes; nested calls each get their own. */
export const withArena = <T>(work: (arena: Arena) => T): T => {
  const arena = idle ?? new Arena();
  idle = null;
  arena.wake();
  try {
    return work(arena);
  } finally {
    arena.release(0);
    arena.retire();
    idle = arena;
  }
};

/** Twice as long, with the same beginning. */
export const grown = (words: Int32Array, memory: Memory = ownMemory): Int32Array => {
  const larger = memory.ints(words.length * 2);
  larger.set(words);
  return larger;
};
