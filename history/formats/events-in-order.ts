/**
 * Operations as a sequence of events, in which an operation precedes another exactly if it completed before the other was
 * invoked: what Knossos and Elle go by is the order of events, not their times. Operations that touch (one completes at the
 * very nanosecond at which the other is invoked) are concurrent, so at each time invocations come before completions.
 *
 * A client that goes on in the moment of its last answer is in the way: its completion must come before its invocation. One
 * such client can be written last of the invocations and first of the completions. For two of them there is no order, as
 * each one's invocation would have to come before the other's completion. All but one then go on under a new number.
 */

import type { Operation } from '../operation.ts';

export interface OrderedEvent {
  readonly operation: Operation;
  readonly invokes: boolean;
  /** The number of the client in this sequence: a process has at most one operation open. */
  readonly process: number;
}

export function* eventsInOrder(operations: readonly Operation[]): Generator<OrderedEvent> {
  const invocations = [...operations].sort((a, b) => a.invokedAt - b.invokedAt || a.index - b.index);
  const completions = operations.filter((o) => o.completedAt !== null);
  completions.sort((a, b) => completionOf(a) - completionOf(b) || a.index - b.index);
  const numbers = new Numbers(operations);
  let i = 0;
  let c = 0;
  while (i < invocations.length || c < completions.length) {
    const invocation = invocations[i];
    const completion = completions[c];
    const time = Math.min(
      invocation?.invokedAt ?? Infinity,
      completion === undefined ? Infinity : completionOf(completion),
    );
    // Nearly all times are of one event.
    const invoked: Operation[] = [];
    for (let next = invocations[i]; next?.invokedAt === time; next = invocations[++i]) invoked.push(next);
    const completed: Operation[] = [];
    for (let next = completions[c]; next?.completedAt === time; next = completions[++c]) completed.push(next);
    yield* eventsAt(time, invoked, completed, numbers);
  }
}

function* eventsAt(
  time: number,
  invoked: readonly Operation[],
  completed: readonly Operation[],
  numbers: Numbers,
): Generator<OrderedEvent> {
  const done = new Set<Operation>();
  let last: Operation[] = [];
  if (invoked.length > 0) {
    const seen = new Set<number>();
    const twice = new Set<number>();
    for (const { process } of invoked) (seen.has(process) ? twice : seen).add(process);
    const inTheWay = ({ process }: Operation): boolean => twice.has(process) || numbers.openOf(process) !== undefined;
    const first = invoked.find(inTheWay);
    for (const operation of invoked)
      if (operation.process !== first?.process) yield { operation, invokes: true, process: numbers.invoke(operation) };
    if (first !== undefined) last = invoked.filter(({ process }) => process === first.process);
  }
  for (const operation of last) {
    const before = numbers.openOf(operation.process);
    if (before?.completedAt === time) {
      done.add(before);
      yield { operation: before, invokes: false, process: numbers.complete(before) };
    }
    yield { operation, invokes: true, process: numbers.invoke(operation) };
  }
  for (const operation of completed)
    if (!done.has(operation)) yield { operation, invokes: false, process: numbers.complete(operation) };
}

/** Under which number each client acts. */
class Numbers {
  readonly #open = new Map<number, Operation>();
  readonly #current = new Map<number, number>();
  readonly #ofOperation = new Map<Operation, number>();
  #next = 0;

  constructor(operations: readonly Operation[]) {
    for (const { process } of operations) if (process >= this.#next) this.#next = process + 1;
  }

  openOf(process: number): Operation | undefined {
    return this.#open.get(process);
  }

  /** Under a new number if the client has an operation open. */
  invoke(operation: Operation): number {
    const { process } = operation;
    if (this.#open.has(process)) this.#current.set(process, this.#next++);
    const number = this.#current.get(process) ?? process;
    this.#open.set(process, operation);
    this.#ofOperation.set(operation, number);
    return number;
  }

  complete(operation: Operation): number {
    const { process } = operation;
    if (this.#open.get(process) === operation) this.#open.delete(process);
    const number = this.#ofOperation.get(operation) ?? process;
    this.#ofOperation.delete(operation);
    return number;
  }
}

function completionOf(operation: Operation): number {
  return operation.completedAt ?? Infinity;
}
