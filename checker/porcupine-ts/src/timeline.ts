/** A partition laid out for a search: operations in order of call, events in order of time, a slot for each open one. */

import type { CheckOperation } from './operation.ts';

export interface Timeline<Input, Output> {
  /** In order of call; searches speak of operations by their position here. */
  readonly operations: readonly CheckOperation<Input, Output>[];
  /** The events in order: i is the call of operation i, ~i its return. Open operations have a call only. */
  readonly events: Int32Array;
  /** The slot of each operation: no two operations that are open at once share one. */
  readonly slots: Int32Array;
  readonly slotCount: number;
  /** Position in `events` of each operation's return; `events.length` for those that never returned. */
  readonly returns: Int32Array;
  /** How many operations have a return. */
  readonly completed: number;
  /** Largest number of operations open at once, those that never returned included. */
  readonly concurrencyMax: number;
  /** Event at which that many were open. */
  readonly concurrencyMaxAt: number;
}

/** O(n log c) for n operations in order of call (else O(n log n)), c of them open at once. */
export const layOut = <Input, Output>(unsorted: readonly CheckOperation<Input, Output>[]): Timeline<Input, Output> => {
  const operations = inOrderOfCall(unsorted);
  const n = operations.length;
  const events = new Int32Array(2 * n);
  const slots = new Int32Array(n);
  const returns = new Int32Array(n);
  let length = 0;
  let completed = 0;
  // Open operations with a return, latest return first: the next to return is popped off the end.
  const open: number[] = [];
  const openReturns: number[] = [];
  const freeSlots: number[] = [];
  let slotCount = 0;
  let neverReturned = 0;
  let concurrencyMax = 0;
  let concurrencyMaxAt = 0;
  const popReturn = (): void => {
    const index = open.pop()!;
    openReturns.pop();
    returns[index] = length;
    events[length++] = ~index;
    freeSlots.push(slots[index]!);
  };
  for (let index = 0; index < n; index++) {
    const operation = operations[index]!;
    const { call } = operation;
    while (open.length > 0 && openReturns[openReturns.length - 1]! < call) popReturn();
    events[length++] = index;
    slots[index] = freeSlots.length > 0 ? freeSlots.pop()! : slotCount++;
    const end = operation.return;
    if (end === null) {
      neverReturned++;
    } else {
      completed++;
      let at = open.length;
      open.push(index);
      openReturns.push(end);
      while (at > 0 && openReturns[at - 1]! <= end) {
        open[at] = open[at - 1]!;
        openReturns[at] = openReturns[at - 1]!;
        at--;
      }
      open[at] = index;
      openReturns[at] = end;
    }
    if (open.length + neverReturned > concurrencyMax) {
      concurrencyMax = open.length + neverReturned;
      concurrencyMaxAt = length - 1;
    }
  }
  while (open.length > 0) popReturn();
  for (let index = 0; index < n; index++) if (operations[index]!.return === null) returns[index] = length;
  return {
    operations,
    events: events.subarray(0, length),
    slots,
    slotCount,
    returns,
    completed,
    concurrencyMax,
    concurrencyMaxAt,
  };
};

const inOrderOfCall = <Input, Output>(
  operations: readonly CheckOperation<Input, Output>[],
): readonly CheckOperation<Input, Output>[] => {
  for (let i = 1; i < operations.length; i++)
    if (operations[i - 1]!.call > operations[i]!.call) return [...operations].sort((a, b) => a.call - b.call);
  return operations;
};
