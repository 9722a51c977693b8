/** What is checked: operations with a call and a return on one clock, or the events they are made of. */

export interface CheckOperation<Input, Output> {
  /** Names the operation in results; unique within a history. */
  readonly id: number;
  /** The client; not used by the search, but by whoever explains the result. */
  readonly process: number;
  readonly input: Input;
  /** What was answered; undefined where nobody knows. */
  readonly output: Output | undefined;
  /** Any unit, one clock. A call at the same instant as a return comes before it: operations that touch are concurrent. */
  readonly call: number;
  /** Null: it never returned. It may take effect at any time after its call, or never. */
  readonly return: number | null;
}

/** The other way to write a history: its events in order, without times. */
export type CheckEvent<Input, Output> =
  | { readonly type: 'call'; readonly id: number; readonly process: number; readonly input: Input }
  | { readonly type: 'return'; readonly id: number; readonly output: Output | undefined };

/** A history that makes no sense; the message says which operation and why. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
  /** The id of the operation that is to blame; null where it is no single one, or not known. */
  readonly operation: number | null;

  constructor(message: string, operation: number | null = null) {
    super(message);
    this.operation = operation;
  }
}

/**
 * Operations from events; the position of an event serves as its time. A call without a return never returned.
 * @throws HistoryError on a second call or return with one id, and on a return without a call.
 */
export const operationsFromEvents = <Input, Output>(
  events: readonly CheckEvent<Input, Output>[],
): CheckOperation<Input, Output>[] => {
  const operations: (CheckOperation<Input, Output> | null)[] = [];
  const positions = new Map<number, number>();
  events.forEach((event, time) => {
    const position = positions.get(event.id);
    if (event.type === 'call') {
      if (position !== undefined)
        throw new HistoryError(`event ${time}: operation ${event.id} is called a second time`);
      positions.set(event.id, operations.length);
      const { id, process, input } = event;
      operations.push({ id, process, input, output: undefined, call: time, return: null });
      return;
    }
    const called = position === undefined ? undefined : operations[position];
    if (position === undefined || !called)
      throw new HistoryError(`event ${time}: operation ${event.id} returns, but was never called`);
    if (called.return !== null) throw new HistoryError(`event ${time}: operation ${event.id} returns a second time`);
    operations[position] = { ...called, output: event.output, return: time };
  });
  return operations as CheckOperation<Input, Output>[];
};

/**
 * @returns whether the operations are in order of call
 * @throws HistoryError on a duplicate id, a time that is not a number, and a return before its call.
 */
export const validateOperations = (operations: readonly CheckOperation<unknown, unknown>[]): boolean => {
  if (!Array.isArray(operations)) refuseOddOnes(operations);
  let ascending = true;
  let inOrder = true;
  let previous = Number.NEGATIVE_INFINITY;
  let previousCall = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < operations.length; at++) {
    const operation = operations[at]!;
    const { id, call, return: end } = operation;
    if (!(id > previous)) ascending = false;
    previous = id;
    if (call < previousCall) inOrder = false;
    previousCall = call;
    if (!Number.isFinite(call) || (end !== null && !(end >= call && end < Number.POSITIVE_INFINITY)))
      throw new HistoryError(wrongTime(operation));
  }
  if (!ascending) validateIds(operations);
  return inOrder;
};

const wrongTime = ({ id, call, return: end }: CheckOperation<unknown, unknown>): string => {
  if (!Number.isFinite(call)) return `operation ${id}: its call time is ${call}, not a number`;
  return Number.isFinite(end)
    ? `operation ${id} returns at ${end}, before its call at ${call}: times must come from one clock`
    : `operation ${id}: its return time is ${end}; write null for an operation that never returned`;
};

/** @throws HistoryError for what is no list of operations */
export const refuseOddOnes = (operations: readonly unknown[]): void => {
  if (!Array.isArray(operations)) throw new HistoryError(`the operations are ${operations}; expected a list`);
  for (let at = 0; at < operations.length; at++)
    if (typeof operations[at] !== 'object' || operations[at] === null)
      throw new HistoryError(`at position ${at} of the operations is ${operations[at]}; expected an operation`);
};

const validateIds = (operations: readonly CheckOperation<unknown, unknown>[]): void => {
  const seen = new Set<number>();
  for (const [at, { id }] of operations.entries()) {
    if (typeof id !== 'number' || Number.isNaN(id))
      throw new HistoryError(`the operation at position ${at} has the id ${id}; expected a number`);
    if (seen.has(id)) throw new HistoryError(`two operations have the id ${id}: ids must be unique`);
    seen.add(id);
  }
};
