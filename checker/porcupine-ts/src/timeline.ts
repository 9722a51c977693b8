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

/** O(n c) for n operations in order of call (else O(n log n) more), c of them open at once: mostly far less. */
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
  const events = memory.ints(2 * n);
  const slots = memory.ints(n);
  const returns = memory.ints(n);
  let length = 0;
  let completed = 0;
  const freeSlots: number[] = [];
  let slotCount = 0;
  let neverReturned = 0;
  let concurrencyMax = 0;
  let concurrencyMaxAt = 0;
  for (let index = 0; index < n; index++) {
    const operation = operations[index]!;
    while (open.first < operation.call) {
      const returning = open.shift();
      returns[returning] = length;
      events[length++] = ~returning;
      freeSlots.push(slots[returning]!);
    }
    events[length++] = index;
    const end = operation.return;
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
    memory,
  };
};

/** The returns still to come of operations that were called, in order of time; of equal ones, in order of call. A ring. */
class OpenReturns {
  private indexes = new Int32Array(64);
  private times = new Float64Array(64);
  private mask = 63;
  private head = 0;
  size = 0;
  /** The next return; infinity if there is none. */
  first = Number.POSITIVE_INFINITY;

  /** Operations return mostly in the order in which they were called: the place is looked for from the end. */
  insert(index: number, time: number): void {
    if (this.size > this.mask) this.grow();
    const { indexes, times, mask, head } = this;
    let at = head + this.size;
    for (; at > head; at--) {
      const before = (at - 1) & mask;
      if (times[before]! <= time) break;
      indexes[at & mask] = indexes[before]!;
      times[at & mask] = times[before]!;
    }
    indexes[at & mask] = index;
    times[at & mask] = time;
    this.size++;
    this.first = times[head]!;
  }

  shift(): number {
    const { mask } = this;
    const index = this.indexes[this.head]!;
    this.head = (this.head + 1) & mask;
    this.size--;
    this.first = this.size > 0 ? this.times[this.head]! : Number.POSITIVE_INFINITY;
    return index;
  }

  private grow(): void {
    const { indexes, times, mask, head, size } = this;
    this.indexes = new Int32Array(2 * size);
    this.times = new Float64Array(2 * size);
    for (let i = 0; i < size; i++) {
      this.indexes[i] = indexes[(head + i) & mask]!;
      this.times[i] = times[(head + i) & mask]!;
    }
    this.mask = 2 * size - 1;
    this.head = 0;
  }
}

/** Empty between calls of `layOut`, which calls nobody. */
const open = new OpenReturns();

const isInOrderOfCall = (operations: readonly CheckOperation<unknown, unknown>[]): boolean => {
  let previous = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < operations.length; i++) {
    const { call } = operations[i]!;
    if (call < previous) return false;
    previous = call;
  }
  return true;
};
