/**
 * Sets that only grow, are read as a whole, and to which every element is added once: Jepsen's set workload. O(n log n) beside
 * reading the answers.
 *
 * What reads answer must be a chain: of two answers, one holds the other. Then the order is forced, but for operations that
 * nothing tells apart: reads by their answers from small to large, and each add immediately before the smallest read that has its
 * element; those that no read has, at the end. An add of unknown outcome happened if a read has its element; if none has, it is
 * left out. Among reads of one answer, and among adds between the same reads, the order of calls is as good as any. So there is an
 * order exactly if, in this one, no operation returns before the call of one that is placed before it.
 */

import { callPositions, type Decision } from './decision.ts';
import type { Value } from './model.ts';
import { withAnywhere } from './spans.ts';
import type { Timeline } from './timeline.ts';
import { Interner } from './value.ts';

export interface SetStep {
  readonly f: 'add' | 'remove' | 'contains' | 'read';
  readonly value?: Value;
}

interface SetHistory {
  readonly timeline: Timeline<SetStep, Value>;
  readonly adds: readonly number[];
  /** From the smallest answer to the largest. */
  readonly reads: readonly number[];
  /** Reads of unknown answer: they fit anywhere. */
  readonly silent: readonly number[];
  readonly idOf: (element: Value) => number;
  /** By the number of the element. */
  readonly addOf: readonly (number | undefined)[];
}

const NONE = -1;

/** Null if there is something else than adds and reads, an element is added twice, or an add is known to have done nothing. */
export const growOnlySet = (timeline: Timeline<SetStep, Value>): Decision | null => {
  const history = readHistory(timeline);
  return history === null ? null : decide(history);
};

const readHistory = (timeline: Timeline<SetStep, Value>): SetHistory | null => {
  const { operations, returns, events } = timeline;
  const elements = new Interner(operations.length);
  const idOf = (element: Value): number => elements.idOf(element);
  const addOf: number[] = [];
  const adds: number[] = [];
  const reads: number[] = [];
  const silent: number[] = [];
  for (const [index, { input, output }] of operations.entries()) {
    if (input.f === 'add') {
      const element = idOf(input.value ?? null);
      if (output === false || addOf[element] !== undefined) return null;
      addOf[element] = index;
      adds.push(index);
    } else if (input.f !== 'read') return null;
    else if (returns[index] === events.length) {
      if (output !== undefined) return null;
    } else if (output === undefined) silent.push(index);
    else if (Array.isArray(output)) reads.push(index);
    else return null;
  }
  const sizeOf = (index: number): number => (operations[index]!.output as readonly Value[]).length;
  reads.sort((a, b) => sizeOf(a) - sizeOf(b) || a - b);
  return { timeline, adds, reads, silent, idOf, addOf };
};

const decide = (history: SetHistory): Decision => {
  const { timeline, adds, reads, silent } = history;
  const { operations, returns, events } = timeline;
  const ranks = rankAll(history);
  if ('outcome' in ranks) return ranks;
  const { rankOf } = ranks;
  const happened = adds.filter((index) => returns[index]! < events.length || rankOf[index]! < reads.length);
  const added = (index: number): Value => operations[index]!.input.value ?? null;
  const isRead = (index: number): number => (operations[index]!.input.f === 'read' ? 1 : 0);
  const order = [...happened, ...reads].sort((a, b) => rankOf[a]! - rankOf[b]! || isRead(a) - isRead(b) || a - b);

  const calls = callPositions(timeline);
  let latest = order[0] ?? NONE;
  for (const index of order) {
    if (returns[index]! < calls[latest]!) {
      const between = isRead(latest) + isRead(index) === 0 ? [reads[rankOf[latest]!]!] : [];
      return blame(history, [latest, index, ...between], between.length > 0 ? [index, latest].map(added) : undefined);
    }
    if (calls[index]! > calls[latest]!) latest = index;
  }
  return { outcome: 'pass', order: withAnywhere({ calls, timeline }, order, silent) };
};

/**
 * Of each operation the number of reads that come before it; for an add, those that lack its element.
 */
const rankAll = (history: SetHistory): { readonly rankOf: Int32Array } | Decision => {
  const { timeline, reads, idOf, addOf } = history;
  const { operations } = timeline;
  const rankOf = new Int32Array(operations.length).fill(reads.length);
  /** Per element: the last read, by rank, that had it. */
  const seenAt = new Int32Array(addOf.length).fill(NONE);
  let seen = 0;
  for (const [rank, index] of reads.entries()) {
    rankOf[index] = rank;
    let known = 0;
    for (const value of operations[index]!.output as readonly Value[]) {
      const element = idOf(value);
      const add = addOf[element];
      if (add === undefined) return { outcome: 'violation', witness: [index] };
      if (seenAt[element] === rank) return blame(history, [index], [value]);
      if (seenAt[element] === NONE) rankOf[add] = rank;
      else known++;
      seenAt[element] = rank;
    }
    // What smaller reads had must all be there.
    if (known < seen) {
      const [before, now] = [reads[rank - 1]!, index].map((at) => operations[at]!.output as readonly Value[]);
      const onlyIn = (some: readonly Value[], others: readonly Value[]): Value => {
        const ids = new Set(others.map(idOf));
        return some.find((value) => !ids.has(idOf(value)))!;
      };
      return blame(history, [reads[rank - 1]!, index], [onlyIn(before!, now!), onlyIn(now!, before!)]);
    }
    seen = (operations[index]!.output as readonly Value[]).length;
  }
  return { rankOf };
};

/** A violation by these operations, and the adds of all that the reads among them had. */
const blame = (
  { timeline, idOf, addOf }: SetHistory,
  operations: readonly number[],
  about?: readonly Value[],
): Decision => {
  const witness = new Set(operations);
  for (const index of operations) {
    const { input, output } = timeline.operations[index]!;
    if (input.f !== 'read') continue;
    for (const value of output as readonly Value[]) {
      const add = addOf[idOf(value)];
      if (add !== undefined) witness.add(add);
    }
  }
  return { outcome: 'violation', witness: [...witness], ...(about === undefined ? {} : { about }) };
};
