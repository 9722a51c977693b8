/**
 * Registers whose written values are all different: decided by zones in O(n log n), without trying any order (Gibbons and
 * Korach, "Testing shared memories", SIAM J. Comput. 26(4), 1997, section 4: the case in which it is known which write each
 * read got its value from). Compare-and-set is included by merging chains.
 *
 * 1. What must have happened. Completed reads, writes and cas; and, as values are unique, whatever wrote a value that one of
 *    these found, with a known outcome or not. All other operations of unknown outcome are left out: their values are seen by
 *    nobody, and if they took effect in some order, that order without them is one, too.
 * 2. Blocks. A value is there from its write until the next write. A cas finds its value immediately before it acts, so
 *    what it leaves follows at once: the values of a chain of cas form one block, and nothing comes between. Within a block
 *    the order is forced but for reads of one value, which go by their calls. Two cas that find one value, a chain that
 *    bites its tail, or an operation that returns before the call of one that precedes it in its block: no order.
 * 3. Zones. Let f be the first return in a block and s the last call. Block A must precede block B exactly if some operation
 *    of A returns before the call of one of B, that is f(A) < s(B). If this relation has a cycle, it has one of two blocks:
 *    let A be the block of the cycle with the least f, B the one before it, C the one before B; then f(A) <= f(C) < s(B), so A
 *    and B precede each other. Without such a pair, f(A) < s(B) and s(A) <= f(B), so f(A) + s(A) < f(B) + s(B): sorting by f + s
 *    gives an order. With one, the sorted order shows one: two blocks A and B in this order with f(B) < s(A).
 * 4. Cas that are known not to have matched, and cas of unknown outcome whose value nobody found, are no part of this. Left out
 *    they only allow more, so a violation is one. For a pass they are put where the order found has another value;
 *    if there is no such place, this method can't tell.
 */

import { callPositions, type Decision } from './decision.ts';
import { CAS, CAS_UNKNOWN, MISMATCH, READ, type RegisterHistory, WRITE } from './register-history.ts';

const NONE = -1;

/**
 * Null if the method can't tell (see 4).
 * @param writerOf as uniqueWriters gives it
 */
export const zones = (history: RegisterHistory, writerOf: Int32Array): Decision | null => {
  const happened = whatHappened(history, writerOf);
  if ('outcome' in happened) return happened;
  const blocks = mergeBlocks(history, happened);
  if ('outcome' in blocks) return blocks;
  const order = orderOfBlocks(history, happened, blocks);
  if (!(order instanceof Int32Array)) return order;
  const complete = withObservers(history, order, happened.members);
  return complete === null ? null : { outcome: 'pass', order: complete };
};

/** The operation that writes each value; null if two write the same one, or one the initial value again. */
export const uniqueWriters = ({ kinds, to, initial, valueCount, timeline }: RegisterHistory): Int32Array | null => {
  const writerOf = timeline.memory.ints(valueCount).fill(NONE);
  for (let index = 0; index < kinds.length; index++) {
    const kind = kinds[index]!;
    if (kind !== WRITE && kind !== CAS && kind !== CAS_UNKNOWN) continue;
    const value = to[index]!;
    if (value === initial || writerOf[value] !== NONE) return null;
    writerOf[value] = index;
  }
  return writerOf;
};

interface Happened {
  /** 1 for operations that surely took effect. */
  readonly members: Uint8Array;
  /** Of those with an unknown outcome: which operation found their value. */
  readonly knownBy: Int32Array;
  /** Per value, the operation that writes it. */
  readonly writerOf: Int32Array;
  readonly count: number;
  /** Per value, the cas that found it. */
  readonly consumerOf: Int32Array;
}

const whatHappened = (history: RegisterHistory, writerOf: Int32Array): Happened | Decision => {
  const { kinds, from, initial, valueCount, timeline } = history;
  const end = timeline.events.length;
  const members = new Uint8Array(kinds.length);
  const knownBy = new Int32Array(kinds.length).fill(NONE);
  const consumerOf = new Int32Array(valueCount).fill(NONE);
  const happened = { members, knownBy, writerOf, consumerOf, count: 0 };
  for (let index = 0; index < kinds.length; index++) {
    const kind = kinds[index]!;
    if (timeline.returns[index] === end || (kind !== READ && kind !== WRITE && kind !== CAS)) continue;
    // The operation, then whatever wrote what it found, and so on.
    for (let at = index; members[at] === 0; ) {
      members[at] = 1;
      happened.count++;
      const found = kinds[at] === WRITE ? NONE : from[at]!;
      if (found === NONE) break;
      if (kinds[at] !== READ) {
        const rival = consumerOf[found]!;
        if (rival !== NONE) return violation(history, happened, [rival, at]);
        consumerOf[found] = at;
      }
      if (found === initial) break;
      const writer = writerOf[found]!;
      if (writer === NONE) return violation(history, happened, [at]);
      if (members[writer] === 0) knownBy[writer] = at;
      at = writer;
    }
  }
  return happened;
};

interface Blocks {
  /** Operations block after block, in order within each. */
  readonly sequence: Int32Array;
  /** Where each block begins in the sequence; one more for the end. */
  readonly starts: Int32Array;
  readonly count: number;
  /** Position of each operation's call among the events. */
  readonly calls: Int32Array;
}

const mergeBlocks = (history: RegisterHistory, happened: Happened): Blocks | Decision => {
  const { members, count, consumerOf } = happened;
  const { kinds, from, to, initial, valueCount, timeline } = history;
  const { returns } = timeline;
  const calls = callPositions(timeline);
  // Readers of each value, in order of call.
  const readersAt = new Int32Array(valueCount + 1);
  for (let index = 0; index < kinds.length; index++)
    if (members[index] === 1 && kinds[index] === READ) readersAt[from[index]! + 1]!++;
  for (let value = 0; value < valueCount; value++) readersAt[value + 1]! += readersAt[value]!;
  const readers = new Int32Array(readersAt[valueCount]!);
  const filled = readersAt.slice(0, valueCount);
  for (let index = 0; index < kinds.length; index++)
    if (members[index] === 1 && kinds[index] === READ) readers[filled[from[index]!]!++] = index;

  const sequence = new Int32Array(count);
  const starts = new Int32Array(count + 2);
  let length = 0;
  let blocks = 0;
  const appendChain = (root: number): void => {
    starts[blocks++] = length;
    for (let value = root; ; ) {
      for (let at = readersAt[value]!; at < readersAt[value + 1]!; at++) sequence[length++] = readers[at]!;
      const consumer = consumerOf[value]!;
      if (consumer === NONE) return;
      sequence[length++] = consumer;
      value = to[consumer]!;
    }
  };
  // What was there at first makes the first block, be it empty.
  appendChain(initial);
  for (let index = 0; index < kinds.length; index++) {
    if (members[index] === 0 || kinds[index] !== WRITE) continue;
    const begin = length;
    sequence[length++] = index;
    appendChain(to[index]!);
    starts[blocks - 1] = begin;
  }
  starts[blocks] = length;
  if (length < count) return tailBiter(history, happened, sequence.subarray(0, length));

  for (let block = 0; block < blocks; block++) {
    let latestCall = -1;
    for (let at = starts[block]!; at < starts[block + 1]!; at++) {
      const index = sequence[at]!;
      if (returns[index]! < latestCall) {
        let before = at - 1;
        while (calls[sequence[before]!]! < returns[index]!) before--;
        return violation(history, happened, changes(history, sequence, before, at));
      }
      if (calls[index]! > latestCall) latestCall = calls[index]!;
    }
  }
  return { sequence, starts, count: blocks, calls };
};

/** Of the sequence from one place to another: the two ends, and what changes the value between. */
const changes = ({ kinds }: RegisterHistory, sequence: Int32Array, first: number, last: number): number[] =>
  Array.from(sequence.subarray(first, last + 1)).filter(
    (index, at) => at === 0 || at === last - first || kinds[index] !== READ,
  );

/** Some operations are in no block: their values come from a chain of cas that leads back to itself. */
const tailBiter = (history: RegisterHistory, happened: Happened, inBlocks: Int32Array): Decision => {
  const left = happened.members.slice();
  for (const index of inBlocks) left[index] = 0;
  return violation(history, happened, [left.indexOf(1)]);
};

const orderOfBlocks = (history: RegisterHistory, happened: Happened, blocks: Blocks): Int32Array | Decision => {
  const { returns } = history.timeline;
  const { sequence, starts, count, calls } = blocks;
  const firstReturn = new Int32Array(count).fill(history.timeline.events.length);
  const lastCall = new Int32Array(count).fill(-1);
  for (let block = 0; block < count; block++)
    for (let at = starts[block]!; at < starts[block + 1]!; at++) {
      const index = sequence[at]!;
      if (returns[index]! < firstReturn[block]!) firstReturn[block] = returns[index]!;
      if (calls[index]! > lastCall[block]!) lastCall[block] = calls[index]!;
    }
  // Sums and block numbers side by side in one number each, so that they can be sorted without a comparator.
  const keys = new Float64Array(count - 1);
  for (let block = 1; block < count; block++)
    keys[block - 1] = (firstReturn[block]! + lastCall[block]!) * count + block;
  keys.sort();
  const order = new Int32Array(sequence.length);
  let length = 0;
  let latest = 0;
  for (let rank = 0; rank < count; rank++) {
    const block = rank === 0 ? 0 : keys[rank - 1]! % count;
    if (rank > 0 && firstReturn[block]! < lastCall[latest]!)
      return violation(history, happened, [...zoneOf(history, blocks, latest), ...zoneOf(history, blocks, block)]);
    if (lastCall[block]! > lastCall[latest]!) latest = block;
    order.set(sequence.subarray(starts[block]!, starts[block + 1]!), length);
    length += starts[block + 1]! - starts[block]!;
  }
  return order;
};

/** The operations of a block that make its zone, with what changes the value before the later of them. */
const zoneOf = (history: RegisterHistory, { sequence, starts, calls }: Blocks, block: number): number[] => {
  const { returns } = history.timeline;
  const [start, end] = [starts[block]!, starts[block + 1]!];
  let first = start;
  let last = start;
  for (let at = start; at < end; at++) {
    if (returns[sequence[at]!]! < returns[sequence[first]!]!) first = at;
    if (calls[sequence[at]!]! > calls[sequence[last]!]!) last = at;
  }
  const far = Math.max(first, last);
  return Array.from(sequence.subarray(start, far + 1)).filter(
    (index, at) => at === first - start || at === last - start || history.kinds[index] !== READ,
  );
};

/**
 * A violation by these operations; with them what wrote the values that they found, and so on, and what shows that those of
 * unknown outcome took effect.
 */
const violation = (history: RegisterHistory, happened: Happened, operations: readonly number[]): Decision => {
  const { kinds, from, initial } = history;
  const { knownBy, writerOf } = happened;
  const witness = new Set<number>();
  const waiting = [...operations];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (witness.has(at)) continue;
    witness.add(at);
    if (knownBy[at] !== NONE) waiting.push(knownBy[at]!);
    const found = kinds[at] === WRITE ? NONE : from[at]!;
    if (found !== NONE && found !== initial && writerOf[found] !== NONE) waiting.push(writerOf[found]!);
  }
  return { outcome: 'violation', witness: [...witness] };
};

/**
 * The order with the operations that it lacks: those that say nothing anywhere in their time; those that found another value
 * at a moment at which it is another. Null if the order has no such moment.
 */
const withObservers = (history: RegisterHistory, order: Int32Array, members: Uint8Array): Int32Array | null => {
  const { kinds, from, to, timeline, initial } = history;
  const { returns, events } = timeline;
  const n = order.length;
  if (!members.some((member, index) => member === 0 && returns[index]! < events.length)) return order;
  const calls = callPositions(timeline);
  // Each operation of the order takes effect as early as it can: at its own call or the latest before it.
  const moments = new Int32Array(n);
  const values = new Int32Array(n + 1).fill(initial);
  for (let at = 0; at < n; at++) {
    const index = order[at]!;
    moments[at] = Math.max(at === 0 ? 0 : moments[at - 1]!, calls[index]!);
    values[at + 1] = to[index]! >= 0 ? to[index]! : values[at]!;
  }
  const nextChange = new Int32Array(n + 1).fill(n + 1);
  for (let at = n - 1; at >= 0; at--) nextChange[at] = values[at + 1] === values[at] ? nextChange[at + 1]! : at + 1;

  const added: { readonly index: number; readonly after: number }[] = [];
  for (let index = 0; index < kinds.length; index++) {
    if (members[index] === 1 || returns[index] === events.length) continue;
    // The number of operations of the order that have taken effect by its call.
    let after = countUpTo(moments, calls[index]!);
    if ((kinds[index] === MISMATCH || kinds[index] === CAS_UNKNOWN) && values[after] === from[index]) {
      after = nextChange[after]!;
      if (after > n || moments[after - 1]! > returns[index]!) return null;
    }
    added.push({ index, after });
  }
  added.sort((a, b) => a.after - b.after);
  const complete = new Int32Array(n + added.length);
  let length = 0;
  let next = 0;
  for (let at = 0; at <= n; at++) {
    while (next < added.length && added[next]!.after === at) complete[length++] = added[next++]!.index;
    if (at < n) complete[length++] = order[at]!;
  }
  return complete;
};

/** How many of the ascending numbers are no greater than the limit. */
const countUpTo = (ascending: Int32Array, limit: number): number => {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
};
