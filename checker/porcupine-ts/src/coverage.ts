/** How many intervals cover each of a row of places, as intervals come and go: a segment tree. */

export interface Coverage {
  /** One interval more (or, with -1, one less) over the places from first to last; none if last lies before first. O(log n). */
  add(first: number, last: number, amount: 1 | -1): void;
  /** The first place from `start` on that nothing covers; the number of places if there is none. O(log n). */
  nextFree(start: number): number;
}

export const createCoverage = (places: number): Coverage => {
  let leaves = 1;
  while (leaves < places) leaves *= 2;
  /** Of each node: what covers all of it, not counting what covers its parents. */
  const whole = new Int32Array(2 * leaves);
  /** Of each node: the least cover of a place in it, likewise. */
  const least = new Int32Array(2 * leaves);

  const addTo = (node: number, amount: number): void => {
    whole[node]! += amount;
    least[node]! += amount;
  };

  const add = (first: number, last: number, amount: 1 | -1): void => {
    if (last < first) return;
    let low = first + leaves;
    let high = last + leaves + 1;
    const [leftmost, rightmost] = [low, high - 1];
    for (; low < high; low >>= 1, high >>= 1) {
      if (low & 1) addTo(low++, amount);
      if (high & 1) addTo(--high, amount);
    }
    for (const leaf of [leftmost, rightmost])
      for (let node = leaf >> 1; node >= 1; node >>= 1)
        least[node] = whole[node]! + Math.min(least[2 * node]!, least[2 * node + 1]!);
  };

  /** The first free place from `start` on within the node, which begins at `begin`; -1 if there is none. */
  const descend = (node: number, begin: number, size: number, above: number, start: number): number => {
    if (begin + size <= start || above + least[node]! > 0) return -1;
    if (size === 1) return begin;
    const half = size / 2;
    const left = descend(2 * node, begin, half, above + whole[node]!, start);
    return left >= 0 ? left : descend(2 * node + 1, begin + half, half, above + whole[node]!, start);
  };

  return {
    add,
    nextFree(start) {
      if (start >= places) return places;
      const found = descend(1, 0, leaves, 0, start);
      return found < 0 || found >= places ? places : found;
    },
  };
};
