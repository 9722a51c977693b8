/**
 * Values that are `[key value]` tuples, as Jepsen's independent tests have them. Nothing in a file says so: a tuple looks like
 * any other pair. They are recognised by what each invocation asks. A read asks `[key nil]`, where a plain one asks nothing; a
 * compare-and-set has a pair behind its key; a transaction has a list of steps behind its key, and is a list of steps itself
 * without. So a single invocation that can't be a tuple decides against all, and what is left needs one that can't be anything
 * else.
 */

import type { Json } from '../operation.ts';
import { type GrowingOperation, isRead } from './event.ts';
import { HistoryError, shortJson } from './format.ts';
import type { KeyNames } from './key-names.ts';
import { canonical } from './map-name.ts';

export const TUPLES_NOTE = 'values are [key value] tuples of an independent test: judged by key';
export const PAIRS_NOTE =
  'values may be [key value] tuples of an independent test or plain pairs, and were read as pairs: --tuples reads them as tuples';

export class TupleRecognition {
  /** False once an invocation was seen that can't be a tuple. */
  #maybe = true;
  /** True once one was seen that can't be anything else. */
  #surely = false;
  #seen = false;
  #possible = true;

  /** Looks at the value of an invocation. */
  see(f: string, value: Json): void {
    if (!this.#maybe) return;
    this.#seen = true;
    if (!isPair(value)) this.#maybe = false;
    else if (f === 'txn') {
      if (isSteps(value[1])) this.#surely = true;
      else this.#maybe = false;
    } else if (f === 'cas') {
      if (!isPair(value[1])) this.#maybe = false;
      // `[[1 2] [3 4]]` may expect and write pairs.
      else if (!isPair(value[0])) this.#surely = true;
    } else this.#surely = true;
  }

  /** An invocation that says its key by itself has no tuple. */
  exclude(): void {
    this.#maybe = this.#possible = false;
  }

  /** False where invocations say their keys by themselves. */
  get possible(): boolean {
    return this.#possible;
  }

  get answer(): 'tuples' | 'ambiguous' | 'plain' {
    if (!this.#maybe || !this.#seen) return 'plain';
    return this.#surely ? 'tuples' : 'ambiguous';
  }
}

/**
 * Splits the tuples of all operations into key and value. False, with nothing changed, where an answer speaks of another key
 * than its question, so that these are no tuples. Throws HistoryError for an operation without a tuple. A read asks for nothing
 * behind its key, unless it is a transaction.
 */
export function splitTuples(
  operations: readonly GrowingOperation[],
  keys: KeyNames,
  areTransactions: boolean = false,
): boolean {
  for (const { index, f, process, value, result } of operations) {
    if (!isPair(value))
      throw new HistoryError(
        `operation ${index} (:${f} of process ${process}) has no [key value] tuple as its value, but ${shortJson(value)}`,
      );
    if (isPair(result) && canonical(result[0]) !== canonical(value[0])) return false;
  }
  for (const operation of operations) {
    const [key, value] = operation.value as readonly [Json, Json];
    operation.key = keys.nameOf(key);
    const asksForNothing = isRead(operation.f) && !areTransactions;
    operation.value = asksForNothing ? null : value;
    if (isPair(operation.result)) operation.result = operation.result[1];
    // A completion that repeats the argument says nothing of its own.
    if (!asksForNothing && canonical(operation.result) === canonical(value)) operation.result = null;
  }
  return true;
}

function isPair(value: Json): value is readonly [Json, Json] {
  return Array.isArray(value) && value.length === 2;
}

/** The steps of a transaction, `[[:r :x nil] [:w :y 1]]`: each is a list that begins with what it does. */
function isSteps(value: Json): boolean {
  return Array.isArray(value) && value.every((step) => Array.isArray(step));
}
