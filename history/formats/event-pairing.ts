/**
 * Jepsen's histories are sequences of events; ours are operations. This puts an invocation and what became of it together.
 *
 * The order of the file is the order in which things happened: it was written by one process. Times, where there are any, are
 * bent to agree with it (an operation invoked after another completed must start strictly later); without times, positions
 * take their place. Only files of our own writing have times that are kept as they are.
 */

import type { Json } from '../operation.ts';
import { type EventTime, type EventType, type GrowingOperation, isAnswered, isRead, type Who } from './event.ts';
import { EventTimes } from './event-times.ts';
import { HistoryError, type ParsedHistory, type ParserOptions, READ_LIMITS } from './format.ts';
import { KeyNames } from './key-names.ts';
import { MicroOperationRecognition, nameTransactions } from './micro-operations.ts';
import { NamedClients } from './named-clients.ts';
import { clientsAtWork, reuseNotes } from './one-at-a-time.ts';
import { EVENT_WORDS, RepeatedValues } from './repeated-values.ts';
import { sameJson } from './same-json.ts';
import { PAIRS_NOTE, splitTuples, TUPLES_NOTE, TupleRecognition } from './tuples.ts';
import { UntoldAnswers } from './untold-answers.ts';

export class EventPairing {
  readonly #options: ParserOptions;
  readonly #operations: GrowingOperation[] = [];
  readonly #open = new Map<Who, GrowingOperation>();
  readonly #names = new Map<string, string>();
  readonly #keys = new KeyNames();
  readonly #clients = new NamedClients();
  readonly #times = new EventTimes();
  readonly #tuples = new TupleRecognition();
  readonly #microOperations = new MicroOperationRecognition();
  readonly #repeated = new RepeatedValues(EVENT_WORDS);
  readonly #untold = new UntoldAnswers(':value', 'nil');
  #processMax = -1;
  #exact = false;

  constructor(options: ParserOptions) {
    this.#options = options;
  }

  /**
   * What was read is of our own writing: times and indexes come back as they were, keys are told by themselves, and pairs are no
   * tuples.
   */
  readExactly(): void {
    this.#exact = true;
    this.#times.keepExactly();
  }

  get timeless(): boolean {
    return this.#times.timeless;
  }

  /** The operation of this client that has not completed. */
  openOperation(who: Who): GrowingOperation | undefined {
    return this.#open.get(who);
  }

  /** False for an event that is no client's: the nemesis', and reports of others that invoked nothing. */
  isClients(who: Who, type: EventType, line: () => number): boolean {
    if (typeof who === 'number') return true;
    return this.#clients.acts(who, type === 'invoke', type === 'info' && !this.#open.has(who), line);
  }

  /** `key` null: the event has none of its own. Null for the operation of a bystander. */
  invoke(who: Who, f: string, key: Json, value: Json, time: EventTime, line: () => number): GrowingOperation {
    if (this.#operations.length >= READ_LIMITS.operationsMax)
      throw new HistoryError(`more than ${READ_LIMITS.operationsMax} operations`, line());
    const before = this.#open.get(who);
    if (before !== undefined)
      throw new HistoryError(
        `process ${who} invokes :${f} while its :${before.f} is still open (expected its :ok, :fail or :info first)`,
        line(),
      );
    if (typeof who === 'number' && who > this.#processMax) this.#processMax = who;
    const operation: GrowingOperation = {
      index: this.#operations.length,
      process: typeof who === 'number' ? who : -1,
      f: this.#interned(f),
      key: key === null ? null : this.#exact && typeof key === 'string' ? this.#interned(key) : this.#keys.nameOf(key),
      value,
      outcome: 'info',
      result: null,
      error: null,
      invokedAt: this.#times.of(time, true, line),
      completedAt: null,
      node: null,
    };
    this.#operations.push(operation);
    if (typeof who === 'string') this.#clients.invoked(who, operation);
    if (this.#options.onOperation !== undefined) this.#options.onOperation(operation.index, line());
    this.#open.set(who, operation);
    if (!this.#exact) {
      this.#microOperations.see(value);
      if (key === null) this.#tuples.see(f, value);
      else this.#tuples.exclude();
    }
    return operation;
  }

  /**
   * `given` undefined: the completion has no value. `result` undefined: derive it from the value, as Jepsen's histories mean it.
   */
  complete(
    type: Exclude<EventType, 'invoke'>,
    who: Who,
    f: string,
    given: Json | undefined,
    error: string | null,
    result: Json | undefined,
    time: EventTime,
    line: () => number,
  ): void {
    const operation = this.#open.get(who);
    if (operation === undefined)
      throw new HistoryError(
        `:${type} of process ${who}, which has no open operation (expected its :invoke of :${f} before)`,
        line(),
      );
    if (operation.f !== f)
      throw new HistoryError(`:${type} of :${f} by process ${who}, whose open operation is :${operation.f}`, line());
    this.#open.delete(who);
    operation.outcome = type;
    operation.completedAt = this.#times.of(time, false, line);
    if (operation.completedAt < operation.invokedAt)
      throw new HistoryError(
        `completed at ${operation.completedAt}, before its invocation at ${operation.invokedAt}`,
        line(),
      );
    operation.error = error;
    if (type === 'ok') {
      if (given !== undefined) {
        this.#microOperations.see(given);
        // Our own files may print a transaction otherwise than it was asked.
        if (!this.#exact || f !== 'txn') this.#repeated.see(operation, given, line);
      } else if (isAnswered(f)) this.#untold.add(f, line);
    }
    const value = given ?? null;
    if (result !== undefined) operation.result = result;
    else if (isRead(f)) operation.result = type === 'ok' ? value : null;
    else if (type === 'ok' && !sameJson(value, operation.value)) operation.result = value;
  }

  end(): ParsedHistory {
    const notes = [...this.#times.notes()];
    this.#clients.number(this.#processMax + 1);
    const { overlap, reused } = clientsAtWork(this.#operations);
    if (overlap !== null) throw this.#overlapping(...overlap);
    notes.push(...reuseNotes(reused), ...this.#clients.notes(), ...this.#untold.notes());
    if (this.#exact) {
      this.#repeated.refuse({ tuples: false, transactions: false });
      this.#inOrderOfIndex();
    }
    const transactions = this.#exact ? null : this.#transactions();
    if (transactions !== null) notes.push(...transactions);
    else {
      notes.push(...this.#repeated.notes());
      if (!this.#exact) notes.push(...this.#splitTuples());
    }
    return { operations: this.#operations, notes };
  }

  /** Reads operations as transactions if all values are lists of micro-operations. Notes of that; null if they are not. */
  #transactions(): string[] | null {
    const wanted = this.#options.tuples;
    if (wanted !== true && this.#microOperations.plain) {
      this.#repeated.refuse({ tuples: false, transactions: true });
      return nameTransactions(this.#operations);
    }
    if (wanted === false || !this.#microOperations.behindKey || !this.#tuples.possible) return null;
    if (!splitTuples(this.#operations, this.#keys, true)) return null;
    this.#repeated.refuse({ tuples: true, transactions: true });
    return [TUPLES_NOTE, ...nameTransactions(this.#operations)];
  }

  #splitTuples(): string[] {
    const wanted = this.#options.tuples;
    const { answer } = this.#tuples;
    const maybe = wanted === undefined && (answer === 'tuples' || answer === 'ambiguous');
    if ((wanted === true || (maybe && answer === 'tuples')) && splitTuples(this.#operations, this.#keys)) {
      this.#repeated.refuse({ tuples: true, transactions: false });
      return [TUPLES_NOTE];
    }
    const unless = maybe ? ', unless values are [key value] tuples: --tuples' : '';
    this.#repeated.refuse({ tuples: false, transactions: false }, unless);
    if (wanted === true)
      throw new HistoryError('an answer has another key than its question: its values are no [key value] tuples');
    return maybe ? [PAIRS_NOTE] : [];
  }

  /** Events of a process can't overlap, but what our own files say of processes can. */
  #overlapping(earlier: number, later: number): HistoryError {
    const [before, after] = [this.#operations[earlier], this.#operations[later]];
    return new HistoryError(
      `operation ${after?.index} of process ${after?.process} is invoked while its operation ${before?.index} is open until ` +
        `${before?.completedAt}; expected one operation at a time of each process (:ordeal/process)`,
    );
  }

  #inOrderOfIndex(): void {
    this.#operations.sort((a, b) => a.index - b.index);
    this.#operations.forEach(({ index }, at) => {
      if (this.#operations[at - 1]?.index === index)
        throw new HistoryError(`two operations have the index ${index} (:ordeal/index)`);
    });
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
