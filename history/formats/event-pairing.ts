/**
 * Jepsen's histories are sequences of events; ours are operations. This puts an invocation and what became of it together.
 *
 * The order of the file is the order in which things happened: it was written by one process. Times, where there are any, are
 * bent to agree with it (an operation invoked after another completed must start strictly later); without times, positions
 * take their place.
 */

import type { Json, Operation } from '../operation.ts';
import { HistoryError, type ParsedHistory, type ParserOptions, READ_LIMITS } from './format.ts';

export type EventType = 'invoke' | 'ok' | 'fail' | 'info';

type Growing = { -readonly [field in keyof Operation]: Operation[field] };

/** Of a file whose events have an order and no times; their positions, from 0, stand for nanoseconds. */
export const TIMELESS_NOTE = 'the file has no times: the positions of events stand for them';

/** Functions whose completion carries what was read rather than the argument. */
export function isRead(f: string): boolean {
  return f === 'read' || f === 'get';
}

export class EventPairing {
  readonly #options: ParserOptions;
  readonly #operations: Growing[] = [];
  readonly #open = new Map<number, Growing>();
  readonly #names = new Map<string, string>();
  readonly #crashed = new Set<number>();
  #events = 0;
  #timed: boolean | null = null;
  #lastTime: number | null = null;
  #lastCompletion: number | null = null;
  #wentBack: number | null = null;
  #reused = 0;
  /** False once an invocation was seen whose value is no `[key value]` tuple. */
  #maybeTuples = true;
  /** True once one was seen that can't be anything else: a read asked with a value, or a write of a pair. */
  #surelyTuples = false;
  #indexed = false;

  constructor(options: ParserOptions) {
    this.#options = options;
  }

  invoke(
    process: number,
    f: string,
    key: string | null,
    value: Json,
    time: number | null,
    line: () => number,
  ): Growing {
    if (this.#operations.length >= READ_LIMITS.operationsMax)
      throw new HistoryError(`more than ${READ_LIMITS.operationsMax} operations`, line());
    const before = this.#open.get(process);
    if (before !== undefined)
      throw new HistoryError(
        `process ${process} invokes :${f} while its :${before.f} is still open (expected its :ok, :fail or :info first)`,
        line(),
      );
    if (this.#crashed.has(process)) this.#reused++;
    const operation: Growing = {
      index: this.#operations.length,
      process,
      f: this.#interned(f),
      key: key === null ? null : this.#interned(key),
      value,
      outcome: 'info',
      result: null,
      error: null,
      invokedAt: this.#time(time, true, line),
      completedAt: null,
      node: null,
    };
    this.#operations.push(operation);
    if (this.#options.onOperation !== undefined) this.#options.onOperation(operation.index, line());
    this.#open.set(process, operation);
    if (this.#maybeTuples) this.#lookForTuple(f, key, value);
    return operation;
  }

  /** `result` undefined: derive it from the value, as Jepsen's histories mean it. */
  complete(
    type: Exclude<EventType, 'invoke'>,
    process: number,
    f: string,
    value: Json,
    error: string | null,
    result: Json | undefined,
    time: number | null,
    line: () => number,
  ): void {
    const operation = this.#open.get(process);
    if (operation === undefined)
      throw new HistoryError(
        `:${type} of process ${process}, which has no open operation (expected its :invoke of :${f} before)`,
        line(),
      );
    if (operation.f !== f)
      throw new HistoryError(
        `:${type} of :${f} by process ${process}, whose open operation is :${operation.f}`,
        line(),
      );
    this.#open.delete(process);
    if (type === 'info') this.#crashed.add(process);
    operation.outcome = type;
    operation.completedAt = this.#time(time, false, line);
    operation.error = error;
    if (result !== undefined) operation.result = result;
    else if (isRead(f)) operation.result = type === 'ok' ? value : null;
    else if (type === 'ok' && !sameJson(value, operation.value)) operation.result = value;
  }

  /** Indexes of our own making were read: the file is to come back as it was written. */
  keepIndexes(): void {
    this.#indexed = true;
  }

  end(): ParsedHistory {
    const notes: string[] = [];
    if (this.#timed === false && this.#events > 0) notes.push(TIMELESS_NOTE);
    if (this.#wentBack !== null)
      notes.push(`times run backwards at line ${this.#wentBack}: the order of the file counts`);
    if (this.#reused > 0)
      notes.push(`${this.#reused} operations were invoked by a process after its :info, which retires a process`);
    const tuples = this.#options.tuples ?? (this.#maybeTuples && this.#surelyTuples);
    if (tuples && !this.#indexed) {
      this.#split();
      notes.push('values are [key value] tuples of an independent test: judged by key');
    }
    return { operations: this.#operations, notes };
  }

  #lookForTuple(f: string, key: string | null, value: Json): void {
    if (key !== null || !isTuple(value)) this.#maybeTuples = false;
    // `[3 4]` alone may be what a compare-and-set expects and writes.
    else if (f !== 'cas') this.#surelyTuples = true;
  }

  #split(): void {
    for (const operation of this.#operations) {
      if (!isTuple(operation.value))
        throw new HistoryError(
          `operation ${operation.index} (:${operation.f} of process ${operation.process}) has no [key value] tuple as its value`,
        );
      const [key, value] = operation.value;
      operation.key = this.#interned(typeof key === 'string' ? key : JSON.stringify(key));
      operation.value = value;
      if (isTuple(operation.result)) operation.result = operation.result[1];
      // A completion that repeats the argument says nothing of its own.
      if (!isRead(operation.f) && sameJson(operation.result, value)) operation.result = null;
    }
  }

  #time(time: number | null, invocation: boolean, line: () => number): number {
    const position = this.#events++;
    if (this.#timed === null) this.#timed = time !== null;
    if (this.#timed !== (time !== null))
      throw new HistoryError(`:time is ${time === null ? 'missing' : 'given'}, unlike before in this file`, line());
    if (time === null) return position;
    let bent = time;
    const last = this.#lastTime;
    if (last !== null && bent < last) {
      this.#wentBack ??= line();
      bent = last;
    }
    const completed = this.#lastCompletion;
    if (invocation && completed !== null && bent <= completed) bent = completed + 1;
    this.#lastTime = bent;
    if (!invocation) this.#lastCompletion = bent;
    return bent;
  }

  /** One string per name: slices of the text would keep all of it in memory. */
  #interned(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const copy = Buffer.from(name, 'utf16le').toString('utf16le');
    this.#names.set(copy, copy);
    return copy;
  }
}

function isTuple(value: Json): value is [Json, Json] {
  return Array.isArray(value) && value.length === 2 && (typeof value[0] === 'string' || typeof value[0] === 'number');
}

function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return JSON.stringify(a) === JSON.stringify(b);
}
