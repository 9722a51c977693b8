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
  const open = new OpenReturns(operations, memory, returns);
  let length = 0;
  let completed = 0;
  const freeSlots: number[] = [];
  let slotCount = 0;
  let neverReturned = 0;
  let concurrencyMax = 0;
  let concurrencyMaxAt = 0;
  for (let index = 0; index < n; index++) {
    const { call, return: end } = operations[index]!;
    for (let returning = open.shift(call); returning >= 0; returning = open.shift(call)) {
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
    const returning = open.shift(Number.POSITIVE_INFINITY);
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
    memory,
  };
};

/**
 * The returns still to come of operations that were called, in order of time; of equal ones, in order of call. The time from
 * the first call to the last is cut into as many pieces of one length as there are operations, and a list kept of what
 * returns in each: mostly of one or two.
 */
class OpenReturns {
  size = 0;
  private readonly operations: readonly CheckOperation<unknown, unknown>[];
  /** The first operation of each list + 1, and the next after each + 1; 0 ends it. */
  private readonly firsts: Int32Array;
  private readonly nexts: Int32Array;
  private readonly start: number;
  private readonly piecesPerTime: number;
  /** No earlier one has anything in it. */
  private piece = 0;

  /** @param nexts where it keeps what follows an operation, until that is taken out */
  constructor(operations: readonly CheckOperation<unknown, unknown>[], memory: Memory, nexts: Int32Array) {
    const n = operations.length;
    const span = n === 0 ? 0 : operations[n - 1]!.call - operations[0]!.call;
    this.operations = operations;
    this.firsts = memory.ints(n + 1);
    this.nexts = nexts;
    this.start = n === 0 ? 0 : operations[0]!.call;
    this.piecesPerTime = span > 0 ? n / span : 0;
  }

  insert(index: number, time: number): void {
    const { operations, firsts, nexts } = this;
    this.size++;
    const piece = this.pieceOf(time);
    let before = firsts[piece]! - 1;
    if (before < 0 || operations[before]!.return! > time) {
      nexts[index] = before + 1;
      firsts[piece] = index + 1;
      return;
    }
    for (let next = nexts[before]! - 1; next >= 0 && operations[next]!.return! <= time; next = nexts[before]! - 1)
      before = next;
    nexts[index] = nexts[before]!;
    nexts[before] = index + 1;
  }

  /** Takes the operation that returns next out, if it does before the time; else -1. Times must ascend. */
  shift(before: number): number {
    if (this.size === 0) return -1;
    const { firsts } = this;
    const last = this.pieceOf(before);
    while (this.piece < last && firsts[this.piece] === 0) this.piece++;
    const first = firsts[this.piece]! - 1;
    if (first < 0 || !(this.operations[first]!.return! < before)) return -1;
    firsts[this.piece] = this.nexts[first]!;
    this.size--;
    return first;
  }

  /** The last piece has all that return later, too. */
  private pieceOf(time: number): number {
    const piece = (time - this.start) * this.piecesPerTime;
    return piece < this.firsts.length - 1 ? piece | 0 : this.firsts.length - 1;
  }
}

const isInOrderOfCall = (operations: readonly CheckOperation<unknown, unknown>[]): boolean => {
  let previous = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < operations.length; i++) {
    const { call } = operations[i]!;
    if (call < previous) return false;
    previous = call;
  }
  return true;
};
