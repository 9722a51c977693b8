/**
 * What an operation is to the checkers of others that read Jepsen's histories: the types and values of its two events. Facts about
 * them: a model of Knossos takes every :ok for one that took effect, and :value for what it answered. It has no cas that did not
 * match and no take from what is empty: Jepsen's clients say :fail of these. Its set reads sets. Transactions are lists of
 * `[f key value]`, where f is :r or :w to Elle, :read or :write to Knossos.
 */

import type { Json, Operation, OperationOutcome } from '../operation.ts';
import { isAnswered, isRead } from './event.ts';
import { canonical } from './map-name.ts';

export interface Completion {
  readonly type: OperationOutcome;
  readonly value: Json;
}

/** Functions beside isAnswered's whose :value is what they answered, where they answered anything. */
const ANSWERED_TOO: ReadonlySet<string> = new Set(['contains', 'add-and-get', 'acquire']);
const REFUSABLE: ReadonlySet<string> = new Set(['cas', 'acquire', 'release']);
/** What a transaction of ours answers in which a cas did not match. */
const ABORTED = 'aborted';

/** The value of its invocation: the argument or, of a transaction, what Jepsen writes for it. */
export function valueAsked({ f, value }: Operation): Json {
  if (f !== 'txn') return value;
  const steps = stepsOf(value);
  return steps === null || isList(value, steps) ? value : steps.map(({ f, key, value }) => [f, key, value]);
}

/** What its completion says; operations that are not ok say what was asked once more. */
export function completionOf(o: Operation): Completion {
  const type = o.outcome;
  if (type !== 'ok') return { type, value: valueAsked(o) };
  if (isRefused(o)) return { type: 'fail', value: valueAsked(o) };
  if (o.f === 'txn') return { type, value: transactionFound(o) };
  if (isRead(o.f)) return { type, value: o.result };
  const answers = isAnswered(o.f) || (ANSWERED_TOO.has(o.f) && o.result !== true);
  return { type, value: answers ? (o.result ?? o.value) : o.value };
}

/** It was answered, and changed nothing. */
function isRefused({ f, value, result }: Operation): boolean {
  if (f === 'txn') return result === ABORTED;
  if (REFUSABLE.has(f)) return result === false;
  return isAnswered(f) && !isRead(f) && result === null && value === null;
}

/** Whether the reads of this history are those of a set. */
export function readsSets(operations: readonly Operation[]): boolean {
  const SET = ['add', 'remove', 'contains', 'read'];
  if (!operations.some(({ f }) => f === 'add')) return false;
  return operations.every(
    ({ f, outcome, result }) => SET.includes(f) && (f !== 'read' || outcome !== 'ok' || Array.isArray(result)),
  );
}

/** The elements in the order in which a set is read; null if one stands there twice, so that these are none of a set. */
export function elementsOf(list: readonly Json[]): readonly Json[] | null {
  const byText = new Map(list.map((element) => [canonical(element), element]));
  if (byText.size < list.length) return null;
  return [...byText.keys()].sort().map((text) => byText.get(text) ?? null);
}

interface Step {
  /** A keyword. */
  readonly f: string;
  readonly key: Json;
  readonly value: Json;
}

const KEYWORDS: ReadonlyMap<Json, string> = new Map([
  ...[':r', ':w', ':read', ':write'].flatMap((keyword): [string, string][] => [
    [keyword, keyword],
    [keyword.slice(1), keyword],
  ]),
  ['get', ':r'],
  ['put', ':w'],
]);

/** The steps of a transaction that only reads and writes; null for any other value. */
function stepsOf(value: Json): readonly Step[] | null {
  const list = Array.isArray(value) ? value : ((value as { readonly steps?: Json } | null)?.steps ?? null);
  if (!Array.isArray(list)) return null;
  const steps: Step[] = [];
  for (const item of list as readonly Json[]) {
    const fields = Array.isArray(item) ? (item as readonly Json[]) : fieldsOf(item);
    const f = KEYWORDS.get(fields[0] ?? null);
    if (f === undefined || fields.length < 2 || fields.length > 3) return null;
    steps.push({ f, key: fields[1] ?? null, value: fields[2] ?? null });
  }
  return steps;
}

function fieldsOf(step: Json): readonly Json[] {
  const { f = null, key = null, value = null } = (step ?? {}) as { readonly [name: string]: Json };
  return [f, key, value];
}

/** Whether the value is the list of these steps as it stands. */
function isList(value: Json, steps: readonly Step[]): boolean {
  return Array.isArray(value) && steps.every(({ f }, at) => Array.isArray(value[at]) && value[at][0] === f);
}

/** The transaction with what its reads found. Its result is the list of steps again, or one of their answers. */
function transactionFound(o: Operation): Json {
  const { value, result } = o;
  if (!Array.isArray(result)) return valueAsked(o);
  if (repeats(value, result)) return valueAsked({ ...o, value: result });
  const asked = stepsOf(value);
  if (asked === null || result.length !== asked.length || stepsOf(result) !== null) return valueAsked(o);
  return asked.map(({ f, key, value }, at) => [f, key, isReading(f) ? (result[at] as Json) : value]);
}

/** Whether the result is the list of steps once more: only what is read may differ. */
function repeats(value: Json, result: readonly Json[]): boolean {
  if (!Array.isArray(value) || value.length !== result.length) return false;
  return value.every((asked: Json, at) => {
    const told = result[at];
    if (!Array.isArray(asked) || !Array.isArray(told) || told.length < 2) return false;
    const said = isReading(asked[0]) ? 2 : Math.max(asked.length, told.length);
    return canonical(asked.slice(0, said)) === canonical(told.slice(0, said));
  });
}

function isReading(f: Json): boolean {
  return f === 'get' || KEYWORDS.get(f) === ':r' || KEYWORDS.get(f) === ':read';
}
