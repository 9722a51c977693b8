/**
 * Our own format: one Operation a line as JSON (history/operation.ts), with its fields and no others. `process`, `f` and
 * `invokedAt` must be there, `outcome` wherever there is a `completedAt` or a `result`, and `completedAt` where the outcome is
 * "ok". Without an outcome an operation is "info", without an index it stands where its line stands; the rest is null.
 */

import type { Json, Operation } from '../operation.ts';
import { isAnswered } from './event.ts';
import {
  excerpt,
  HistoryError,
  type HistoryFormat,
  type HistoryParser,
  type ParsedHistory,
  type ParserOptions,
  READ_LIMITS,
  shortJson,
} from './format.ts';
import { namesIn, repeatedName } from './json-names.ts';
import { exactJson, inexactNumbers, isPlain, mayRoundToInteger } from './json-number.ts';
import { LineSplitter } from './line-splitter.ts';
import { clientsAtWork, reuseNotes } from './one-at-a-time.ts';
import { RepeatedValues, type RepeatedWords } from './repeated-values.ts';
import { UntoldAnswers } from './untold-answers.ts';
import { WithoutKey } from './without-key.ts';

export const ndjson: HistoryFormat = {
  name: 'ndjson',
  summary: 'one operation a line as JSON, as `ordeal export` writes it',
  example:
    '{"index":0,"process":3,"f":"write","key":"k1","value":7,"outcome":"ok","result":null,"error":null,"invokedAt":100,"completedAt":250,"node":"n2"}',
  initialUnknown: false,
  parser: (options) => new JsonLines(options),
};

/** Writes operations as NDJSON, some thousand characters at a time. */
export function* writeNdjson(operations: Iterable<Operation>): Generator<string> {
  let text = '';
  for (const o of operations) {
    // Named one by one, so that the order of fields is the same in every file.
    const { index, process, f, key, value, outcome, result, error, invokedAt, completedAt, node } = o;
    const fields = { index, process, f, key, value, outcome, result, error, invokedAt, completedAt, node };
    text += `${isPlain(value) && isPlain(result) ? JSON.stringify(fields) : exactJson(fields)}\n`;
    if (text.length > 65_536) {
      yield text;
      text = '';
    }
  }
  if (text !== '') yield text;
}

const WORDS: RepeatedWords = {
  contradiction: ({ f, value }, answered, expected) =>
    `a ${excerpt(f)} that is ok has the "value" ${shortJson(value)} and the "result" ${shortJson(answered)}; ` +
    `expected null${f === 'write' ? ', true' : ''}, or ${expected}`,
  passedOver: (operations, first, line) =>
    `${operations} ${operations === 1 ? 'operation has a "result" that says' : 'operations have a "result" that says'} ` +
    `nothing of it: what was asked counts (the first, ${first}, on line ${line})`,
};

class JsonLines implements HistoryParser {
  readonly #operations: Operation[] = [];
  readonly #lines = new LineSplitter();
  readonly #names = new Map<string, string>();
  readonly #take = (line: string, number: number): void => this.#add(line, number);
  /** The line of each operation, in the order of the file. */
  readonly #lineNumbers: number[] = [];
  #increasing = true;
  #lastIndex = -1;
  readonly #untold = new UntoldAnswers('"result"', 'null');
  readonly #repeated = new RepeatedValues(WORDS);
  readonly #withoutKey = new WithoutKey();
  readonly #options: ParserOptions;

  constructor(options: ParserOptions) {
    this.#options = options;
  }

  push(text: string): void {
    this.#lines.push(text, this.#take);
  }

  end(): ParsedHistory {
    this.#lines.end((line, number) => {
      try {
        this.#add(line, number);
      } catch (error) {
        if (error instanceof HistoryError && line.trimStart().startsWith('{') && !line.trimEnd().endsWith('}'))
          throw new HistoryError(`the last line is cut off: ${excerpt(line)}`, number);
        throw error;
      }
    });
    if (!this.#increasing) this.#refuseTwins();
    const { overlap, reused } = clientsAtWork(this.#operations);
    if (overlap !== null) this.#refuseOverlap(...overlap);
    if (!this.#increasing) this.#operations.sort((a, b) => a.index - b.index);
    this.#repeated.refuse({ tuples: false, transactions: false });
    const notes = [this.#withoutKey, this.#untold, this.#repeated].flatMap((told) => told.notes());
    return { operations: this.#operations, notes: [...notes, ...reuseNotes(reused)] };
  }

  #refuseOverlap(earlier: number, later: number): never {
    const [before, after] = [this.#operations[earlier] as Operation, this.#operations[later] as Operation];
    throw new HistoryError(
      `process ${after.process} invokes ${excerpt(after.f)} at ${after.invokedAt} while its ${excerpt(before.f)} of line ` +
        `${this.#lineNumbers[earlier]} is open until ${before.completedAt}; expected one operation at a time of each process`,
      this.#lineNumbers[later] ?? null,
    );
  }

  #refuseTwins(): void {
    const lines = new Map<number, number>();
    this.#operations.forEach(({ index }, at) => {
      const line = this.#lineNumbers[at] ?? 0;
      const other = lines.get(index);
      if (other !== undefined)
        throw new HistoryError(`two operations have the index ${index}, the other stands on line ${other}`, line);
      lines.set(index, line);
    });
  }

  #add(line: string, number: number): void {
    const first = line.charCodeAt(0);
    if ((first <= 32 || Number.isNaN(first)) && line.trim() === '') return;
    if (this.#operations.length >= READ_LIMITS.operationsMax)
      throw new HistoryError(`more than ${READ_LIMITS.operationsMax} operations`, number);
    let read: unknown;
    try {
      read = JSON.parse(line);
    } catch (error) {
      throw new HistoryError(
        `not JSON (${(error as Error).message.slice(0, 100)}); expected one operation a line`,
        number,
      );
    }
    if (typeof read !== 'object' || read === null || Array.isArray(read))
      throw new HistoryError(`expected an operation as a JSON object, not ${excerpt(line)}`, number);
    const given = read as { readonly [name in keyof Operation]?: unknown };
    refuseOddFields(given, line, number);
    const outcome = given.outcome ?? outcomeUntold(given, number);
    if (outcome !== 'ok' && outcome !== 'fail' && outcome !== 'info')
      throw wrong('outcome', outcome, '"ok", "fail" or "info"', number);
    const index = integer('index', given.index ?? this.#lastIndex + 1, number);
    const invokedAt = integer('invokedAt', given.invokedAt, number);
    const completedAt =
      given.completedAt === null || given.completedAt === undefined
        ? null
        : integer('completedAt', given.completedAt, number);
    if (completedAt !== null && completedAt < invokedAt)
      throw new HistoryError(`completedAt (${completedAt}) lies before invokedAt (${invokedAt})`, number);
    if (completedAt === null && outcome === 'ok')
      throw new HistoryError('an operation with outcome "ok" needs its completedAt', number);
    const f = this.#interned(text('f', given.f, number));
    if (outcome === 'ok' && given.result === undefined && isAnswered(f)) this.#refuseOrNote(f, given.value, number);
    let lookedAt: Inexact | undefined;
    const inexact = (of: number): Inexact => {
      if (Number.isSafeInteger(of) && !mayRoundToInteger(line)) return null;
      if (lookedAt === undefined) lookedAt = inexactNumbers(line);
      return lookedAt;
    };
    if (index <= this.#lastIndex) this.#increasing = false;
    this.#lastIndex = index;
    this.#lineNumbers.push(number);
    if (this.#options.onOperation !== undefined) this.#options.onOperation(index, number);
    const operation: Operation = {
      index,
      process: integer('process', given.process, number),
      f,
      key: given.key === null || given.key === undefined ? null : this.#interned(text('key', given.key, number)),
      value: exact('value', given.value, inexact, number),
      outcome,
      result: exact('result', given.result, inexact, number),
      error: given.error === null || given.error === undefined ? null : text('error', given.error, number),
      invokedAt,
      completedAt,
      node: given.node === null || given.node === undefined ? null : this.#interned(text('node', given.node, number)),
    };
    this.#operations.push(operation);
    this.#withoutKey.see(operation, number);
    const { result: told } = operation;
    // An addition may be answered with its value and whether that was new.
    const result = f === 'add' && Array.isArray(told) ? (told.at(-1) ?? null) : told;
    // True and false are answers of their own: that it was done, that it changed something.
    if (outcome === 'ok' && result !== null && (typeof result !== 'boolean' || (f === 'write' && !result)))
      this.#repeated.see(operation, result, () => number);
  }

  /** A value beside it is what was found, put where what was asked belongs. */
  #refuseOrNote(f: string, value: unknown, number: number): void {
    if (value !== undefined && value !== null)
      throw new HistoryError(
        `a ${excerpt(f)} that is ok has the "value" ${shortJson(value)} and no "result"; expected what it found as "result"`,
        number,
      );
    this.#untold.add(f, number);
  }

  #interned(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    this.#names.set(name, name);
    return name;
  }
}

const FIELDS: ReadonlySet<string> = new Set([
  'index',
  'process',
  'f',
  'key',
  'value',
  'outcome',
  'result',
  'error',
  'invokedAt',
  'completedAt',
  'node',
] satisfies readonly (keyof Operation)[]);

/** What a file is told that has the events of Jepsen as JSON, an invocation and its completion on a line each. */
const EVENTS_HINT =
  'an unknown field "type", as of an event; expected one whole operation a line, with its call and its answer: ' +
  '{"process":0,"f":"read","invokedAt":1,"outcome":"ok","completedAt":2,"result":5}. Events, one a line, are read as EDN: ' +
  '{:process 0, :type :invoke, :f :read, :value nil} (see the formats in ordeal check --help)';

/** No field of a line is passed over: one by another name may be a known one, misspelt, and of two of a name one may be wrong. */
function refuseOddFields(given: { readonly [name in keyof Operation]?: unknown }, line: string, number: number): void {
  let fields = 0;
  for (const name in given) {
    if (name === 'type') throw new HistoryError(EVENTS_HINT, number);
    if (!FIELDS.has(name))
      throw new HistoryError(
        `an unknown field ${excerpt(name)}; expected no other than ${[...FIELDS].join(', ')}`,
        number,
      );
    fields++;
  }
  if (fields === namesIn(line)) return;
  const twice = repeatedName(line);
  if (twice !== null) throw new HistoryError(`${excerpt(twice)} stands twice in an object; expected it once`, number);
}

/** The outcome of an operation whose line has none. */
function outcomeUntold(given: { readonly [name in keyof Operation]?: unknown }, line: number): 'info' {
  const told = (['completedAt', 'result'] as const).find((name) => (given[name] ?? null) !== null);
  if (told === undefined) return 'info';
  throw new HistoryError(`there is a "${told}" and no "outcome"; expected "ok", "fail" or "info" as "outcome"`, line);
}

function wrong(field: string, value: unknown, expected: string, line: number): HistoryError {
  return new HistoryError(`"${field}" is ${shortJson(value)}; expected ${expected}`, line);
}

function integer(field: string, value: unknown, line: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (typeof value === 'number' && Number.isInteger(value))
    throw wrong(field, value, 'an integer up to 2^53, it is too large: count time from the start of the history', line);
  throw wrong(field, value, 'an integer', line);
}

function text(field: string, value: unknown, line: number): string {
  if (typeof value === 'string') return value;
  throw wrong(field, value, 'a string', line);
}

/** A value as it is. Refused if it holds a number that JSON.parse changed: two values would look like one. */
function exact(field: string, value: unknown, inexact: (of: number) => Inexact, number: number, depth = 0): Json {
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean')
    return value ?? null;
  if (typeof value === 'number') {
    const literal = inexact(value)?.get(value);
    if (literal === undefined) return value;
    throw new HistoryError(
      `"${field}" is ${excerpt(literal).slice(1, -1)}; expected a number that 64 bits hold exactly: write it as a string`,
      number,
    );
  }
  if (depth > READ_LIMITS.nestingMax)
    throw new HistoryError(`"${field}" is nested deeper than ${READ_LIMITS.nestingMax} levels`, number);
  for (const item of Object.values(value as object)) exact(field, item, inexact, number, depth + 1);
  return value as Json;
}

type Inexact = ReadonlyMap<number, string> | null;
