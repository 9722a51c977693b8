/** A partition laid out for a search: operations in order of call, events in order of time, a slot for each open one. */

import { type Memory, ownMemory } from './memory.ts';
import type { CheckOperation } from './operation.ts';

export interface Timeline<Input, Output> {
  /** In order of call; searches speak of operations by their position here. */
  readonly operations: readonly CheckOperation<Input, Output>[];
  /** The events in order: i is the call of operation i, ~i its return. Open operations have a call only. */
  readonly events: Int32Array;
  /** The slot of each operation: no two operations that are open at once share one. */
  readonly slots: Int32Array;
  readonly slotCount: number;
  /** Slots of operations that return lie below this, those of operations that never return above. */
  readonly returningSlots: number;
  /** Position in `events` of each operation's return; `events.length` for those that never returned. */
  readonly returns: Int32Array;
  /** How many operations have a return. */
  readonly completed: number;
  /** Largest number of operations open at once, those that never returned included. */
  readonly concurrencyMax: number;
  /** Event at which that many were open. */
  readonly concurrencyMaxAt: number;
  /** Whether the id of each operation is its position. */
  readonly isNumbered: boolean;
  /** Where the searches of this timeline take their tables from. */
  readonly memory: Memory;
}

/**
 * O(n) for n operations in order of call (else O(n log n) more) that are spread over their time; where many return in a
 * small part of it, O(n c), for c of them open at once.
 */
export const layOut = <Input, Output>(
  operations: readonly CheckOperation<Input, Output>[],
  memory: Memory = ownMemory,
): Timeline<Input, Output> => {
  if (!isInOrderOfCall(operations))
    return layOut(
      [...operations].sort((a, b) => a.call - b.call),
      memory,
    );
  const n = operations.length;
  const events = memory.unset(2 * n);
  const slots = memory.unset(n);
  const returns = memory.unset(n);
  const open = new OpenReturns(operations, memory);
  let length = 0;
  let completed = 0;
  const freeSlots: number[] = [];
  let slotCount = 0;
  let neverReturned = 0;
  let isNumbered = true;
  let concurrencyMax = 0;
  let concurrencyMaxAt = 0;
  for (let index = 0; index < n; index++) {
    const { id, call, return: end } = operations[index]!;
    if (id !== index) isNumbered = false;
    while (open.due < call) {
      const returning = open.shift();
      returns[returning] = length;
      events[length++] = ~returning;
      freeSlots.push(slots[returning]!);
    }
    events[length++] = index;
    if (end === null) {
      neverReturned++;
      slots[index] = -1;
    } else {
      completed++;
      slots[index] = freeSlots.length > 0 ? freeSlots.pop()! : slotCount++;
      open.insert(index, end);
    }
    if (open.size + neverReturned > concurrencyMax) {
      concurrencyMax = open.size + neverReturned;
      concurrencyMaxAt = length - 1;
    }
  }
  while (open.size > 0) {
    const returning = open.shift();
    returns[returning] = length;
    events[length++] = ~returning;
  }
  const returningSlots = slotCount;
  for (let index = 0; index < n && completed < n; index++) {
    if (slots[index]! >= 0) continue;
    returns[index] = length;
    slots[index] = slotCount++;
  }
  return {
    operations,
    events: length === events.length ? events : events.subarray(0, length),
    slots,
    slotCount,
    returningSlots,
    returns,
    completed,
    concurrencyMax,
    concurrencyMaxAt,
    isNumbered,
    memory,
  };
};

/** The event of the last return; 0 if nothing returns. */
export const lastReturn = ({ returns, events }: Timeline<unknown, unknown>): number =>
  returns.reduce((latest, at) => (at < events.length && at > latest ? at : latest), 0);

/**
 * The returns still to come of operations that were called, in order of time; of equal ones, in order of call. The time from
 * the first call to the last is cut into as many pieces of one length as there are operations, and a list kept of what
 * returns in each: mostly of one or two. A bit for each piece tells whether there is anything in it.
 */
export class OpenReturns {
  size = 0;
  /** The time of the next. */
  due = Number.POSITIVE_INFINITY;
  private readonly operations: readonly CheckOperation<unknown, unknown>[];
  /** What follows operation i in its list, + 1, is at i; the first of piece p, + 1, at n + p. 0 ends a list. */
  private readonly links: Int32Array;
  private readonly isUsed: Int32Array;
  private readonly start: number;
  private readonly piecesPerTime: number;
  /** The words of `isUsed` before this one are empty. */
  private word = 0;

  /** @param operations in order of call */
  constructor(operations: readonly CheckOperation<unknown, unknown>[], memory: Memory) {
    const n = operations.length;
    this.operations = operations;
    this.links = memory.ints(2 * n + 1);
    this.isUsed = memory.ints((n >>> 5) + 1);
    this.start = n === 0 ? 0 : operations[0]!.call;
    const span = n === 0 ? 0 : operations[n - 1]!.call - this.start;
    this.piecesPerTime = span > 0 ? n / span : 0;
  }

  insert(index: number, time: number): void {
    const { operations, links } = this;
    this.size++;
    if (time < this.due) this.due = time;
    // The last piece has all that return later, too.
    const piece = Math.min((time - this.start) * this.piecesPerTime, operations.length) | 0;
    const word = piece >>> 5;
    this.isUsed[word]! |= 1 << (piece & 31);
    if (word < this.word) this.word = word;
    let link = operations.length + piece;
    let next = links[link]! - 1;
    while (next >= 0 && operations[next]!.return! <= time) {
      link = next;
      next = links[link]! - 1;
    }
    links[index] = next + 1;
    links[link] = index + 1;
  }

  /** Takes the operation that returns next out: there must be one. */
  shift(): number {
    const { operations, links, isUsed } = this;
    let piece = this.firstPiece();
    const first = links[piece]! - 1;
    links[piece] = links[first]!;
    if (links[piece] === 0) {
      isUsed[this.word]! &= isUsed[this.word]! - 1;
      if (this.size > 1) piece = this.firstPiece();
    }
    this.due = --this.size > 0 ? operations[links[piece]! - 1]!.return! : Number.POSITIVE_INFINITY;
    return first;
  }

  /** Where its list begins. */
  private firstPiece(): number {
    const { isUsed } = this;
    while (isUsed[this.word] === 0) this.word++;
    const used = isUsed[this.word]!;
    return this.operations.length + (this.word << 5) + 31 - Math.clz32(used & -used);
  }
}

export const isInOrderOfCall = (operations: readonly CheckOperation<unknown, unknown>[]): boolean => {
  let previous = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < operations.length; i++) {
    const { call } = operations[i]!;
    if (call < previous) return false;
    previous = call;
  }
  return true;
};
