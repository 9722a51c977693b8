/** A set of small whole numbers that knows its neighbours: bits, and bits over words of bits, and so on. */

export interface Points {
  insert(point: number): void;
  /** The greatest that is no greater; -1 if there is none. */
  atOrBefore(point: number): number;
  /** The least that is no less; -1 if there is none. */
  atOrAfter(point: number): number;
}

/** @param size points are below this */
export const createPoints = (size: number): Points => {
  /** levels[0] has a bit per point; levels[k + 1] has a bit per word of levels[k] that is not empty. */
  const levels: Int32Array[] = [];
  for (let bits = Math.max(size, 1); ; bits = (bits + 31) >>> 5) {
    levels.push(new Int32Array((bits + 31) >>> 5));
    if (bits <= 32) break;
  }
  const lowestFrom = (level: number, at: number): number => {
    const words = levels[level]!;
    const word = at >>> 5;
    if (word >= words.length) return -1;
    const rest = words[word]! & (-1 << (at & 31));
    if (rest !== 0) return (word << 5) + (31 - Math.clz32(rest & -rest));
    if (level + 1 === levels.length) return -1;
    const next = lowestFrom(level + 1, word + 1);
    if (next < 0) return -1;
    const found = words[next]!;
    return (next << 5) + (31 - Math.clz32(found & -found));
  };
  const highestTo = (level: number, at: number): number => {
    if (at < 0) return -1;
    const words = levels[level]!;
    const word = at >>> 5;
    const rest = words[word]! & (-1 >>> (31 - (at & 31)));
    if (rest !== 0) return (word << 5) + (31 - Math.clz32(rest));
    if (level + 1 === levels.length) return -1;
    const next = highestTo(level + 1, word - 1);
    return next < 0 ? -1 : (next << 5) + (31 - Math.clz32(words[next]!));
  };
  return {
    insert(point) {
      for (let level = 0, at = point; level < levels.length; level++, at >>>= 5)
        levels[level]![at >>> 5]! |= 1 << (at & 31);
    },
    atOrBefore: (point) => highestTo(0, Math.min(point, size - 1)),
    atOrAfter: (point) => lowestFrom(0, Math.max(point, 0)),
  };
};
