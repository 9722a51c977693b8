/**
 * What a history's operations mean: the models that a history can be judged by, and how a recorded operation becomes one that
 * porcupine-ts checks. What each outcome says:
 *
 * - ok: it took effect between invocation and completion, and answered what it answered.
 * - info: it may have taken effect at any time from its invocation on, or never: it has no return. An info read says nothing
 *   and is left out.
 * - fail: it surely had no effect, and is left out. One kind of fail is also an observation: a compare-and-set that *we*
 *   recorded with the error "mismatch". The machine applied it, between invocation and completion, to a register that did not
 *   hold what was expected. It is given to the checker as an operation that answered "did not match" and changed nothing.
 *   That is sound: the client reports a mismatch only as the answer of the machine, and a session applies a command once, so
 *   the answer belongs to a moment after the invocation. A failed compare-and-set of anyone else's history may have failed
 *   for any reason, and constrains nothing.
 */

import type { Json, Operation } from '../history/operation.ts';
import { priorityQueueModel, queueModel, setModel, stackModel } from './collection-models.ts';
import { counterModel, mutexModel, semaphoreModel } from './counting-models.ts';
import { type HistoryModel, ModelError, perKey, plainName, shortJson, wrongOperation } from './history-model.ts';
import { refuseListAppend } from './list-append.ts';
import { multiRegisterModel } from './multi-register-model.ts';
import type { Value } from './porcupine-ts/src/model.ts';
import { type KvInput, type KvStep, kv } from './porcupine-ts/src/models/kv.ts';
import { casRegister, register } from './porcupine-ts/src/models/register.ts';

/** What the client of a register or key-value machine records for a compare-and-set that was applied and did not match. */
export const MISMATCH = 'mismatch';

const registerLike = (
  name: string,
  summary: string,
  conventions: string,
  functions: readonly string[],
): HistoryModel => ({
  name,
  summary,
  conventions,
  functions,
  initial: null,
  byKey: true,
  checked: (initial) => perKey(name === 'register' ? register({ initial }) : casRegister({ initial })),
  meaning(operation) {
    const { f, key, value, result, outcome } = operation;
    switch (f) {
      case 'read':
        return { input: { f, key }, output: outcome === 'ok' ? result : undefined };
      case 'write':
        return { input: { f, key, value }, output: outcome === 'ok' ? null : undefined };
      default: {
        const [expected, replacement] = pairOf(operation);
        return { input: { f: 'cas', key, expected, value: replacement }, output: casOutput(operation) };
      }
    }
  },
});

const kvModel: HistoryModel = {
  name: 'kv',
  summary: 'a key-value machine: get, put, append, cas, delete and txn; keys of one transaction are judged together',
  conventions:
    'with a key: get → v, put v, append text, cas [expected, new] → true or false, delete; txn [["put", key, v], …] → list',
  functions: ['get', 'put', 'append', 'cas', 'delete', 'txn'],
  recognises: (operations) =>
    !operations.every((operation) => operation.f === 'txn') || !multiRegisterModel.recognises?.(operations),
  initial: null,
  byKey: false,
  checked: (initial) => perKey(kv({ initial }), machineOf),
  refuse(operations) {
    refuseListAppend(operations);
    if (operations.every(({ f }) => f === 'txn')) return;
    const keyed = operations.find(({ f, key }) => f === 'txn' && key !== null);
    if (keyed !== undefined)
      throw wrongOperation(
        keyed,
        `has the key ${JSON.stringify(keyed.key)} of its own, beside operations whose keys are those of its steps`,
        'transactions only, each on the machine that its own key names, or no key of its own',
      );
  },
  meaning(operation) {
    const { f, result, outcome } = operation;
    if (f === 'txn') {
      const steps = stepsOf(operation);
      return {
        input: { f, key: operation.key, steps },
        output: outcome === 'ok' ? answersOf(steps, operation) : undefined,
      };
    }
    const key = operation.key;
    if (key === null) throw wrongOperation(operation, 'has no key', 'a key: the model kv needs it');
    const output = outcome !== 'ok' ? undefined : f === 'get' ? result : f === 'append' ? textOrNull(result) : null;
    if (f === 'cas') {
      const [expected, value] = pairOf(operation);
      return { input: { f, key, expected, value }, output: casOutput(operation) };
    }
    return { input: stepOf(operation, f, key, operation.value), output };
  },
};

/** A transaction's own key names a machine: that of one of several independent tests. The key of anything else is one within. */
function machineOf(input: KvInput): string | null {
  return input.f === 'txn' ? (input as KvInput & { readonly key: string | null }).key : null;
}

/** The models in the order in which --help lists them. */
export const MODELS: readonly HistoryModel[] = [
  registerLike(
    'cas-register',
    'registers, one a key, with compare-and-set',
    'read → v, write v, cas [expected, new]; a cas that did not match fails, or answers false',
    ['read', 'write', 'cas'],
  ),
  registerLike('register', 'the same without compare-and-set', 'read → v, write v', ['read', 'write']),
  kvModel,
  multiRegisterModel,
  setModel,
  counterModel,
  queueModel,
  stackModel,
  priorityQueueModel,
  mutexModel,
  semaphoreModel,
];

/**
 * The model of that name; for "auto" the first one that knows all functions of the history and recognises it. Throws
 * ModelError if there is none.
 */
export function modelFor(name: string, operations: readonly Operation[]): HistoryModel {
  if (name !== 'auto') {
    const found = MODELS.find((model) => model.name === name);
    if (found !== undefined) return found;
    throw new ModelError(
      `no model is called "${name}": there are auto, ${MODELS.map((model) => model.name).join(', ')}`,
    );
  }
  const used = new Set<string>();
  for (const operation of operations) used.add(operation.f);
  const knowing = MODELS.filter((model) => [...used].every((f) => model.functions.includes(f)));
  const fitting = knowing.find((model) => model.recognises?.(operations) ?? true);
  if (fitting !== undefined) return fitting;
  const objection = objectionOfAll(knowing, operations);
  if (objection !== null) throw objection;
  const stranger = operations.find(({ f }) => !MODELS.some((model) => model.functions.includes(f)));
  throw new ModelError(noModelKnows([...used]), stranger?.index ?? null);
}

/** Functions that are named where no model knows all. */
const NAMED_MAX = 10;

/** Names the model that knows most of the functions, and what it lacks, rather than every function of every model. */
function noModelKnows(used: readonly string[]): string {
  const unknownTo = (model: HistoryModel): readonly string[] => used.filter((f) => !model.functions.includes(f));
  const listed = (names: readonly string[]): string =>
    `${names.slice(0, NAMED_MAX).join(', ')}${names.length > NAMED_MAX ? ', …' : ''}`;
  const nearest = [...MODELS].sort((a, b) => unknownTo(a).length - unknownTo(b).length)[0];
  const near =
    nearest === undefined || unknownTo(nearest).length === used.length
      ? ''
      : `; nearest is ${nearest.name}, which lacks ${listed(unknownTo(nearest))} and knows ${nearest.functions.join(', ')}`;
  return `no model knows ${used.length === 1 ? '' : 'all of '}${listed(used)}${near} (models and what they know: ordeal check --help)`;
}

/** What each model that knows the names has against the history, first the one that makes sense of most of it; null if nothing. */
function objectionOfAll(models: readonly HistoryModel[], operations: readonly Operation[]): ModelError | null {
  const objections = models.flatMap((model) => {
    const error = firstObjection(model, operations);
    return error === null ? [] : [{ model: model.name, error }];
  });
  objections.sort((a, b) => (b.error.operation ?? 0) - (a.error.operation ?? 0));
  const first = objections[0];
  if (first === undefined) return null;
  const told = objections.map(({ model, error }) => `by the model ${model}, ${error.message}`).join('; ');
  return new ModelError(`no model can judge this history: ${told}`, first.error.operation);
}

function firstObjection(model: HistoryModel, operations: readonly Operation[]): ModelError | null {
  for (const operation of operations) {
    if (!constrains(operation)) continue;
    try {
      model.meaning(operation);
    } catch (error) {
      if (error instanceof ModelError) return error;
      throw error;
    }
  }
  return null;
}

/** Operations that change nothing: of unknown outcome, they say nothing. */
const OBSERVERS = new Set(['read', 'get', 'contains', 'peek', 'top']);

/** Whether an operation is given to the checker at all: see the head of this file. */
export function constrains(operation: Operation): boolean {
  if (operation.outcome === 'fail') return isObservedMismatch(operation);
  return operation.outcome === 'ok' || !OBSERVERS.has(operation.f);
}

export function isObservedMismatch(operation: Operation): boolean {
  return operation.f === 'cas' && operation.outcome === 'fail' && operation.error === MISMATCH;
}

/** True: matched. False: is known not to have matched. */
function casOutput(operation: Operation): Value | undefined {
  if (operation.outcome === 'info') return undefined;
  return operation.outcome === 'ok' && operation.result !== false;
}

function pairOf(operation: Operation): readonly [Json, Json] {
  const { value } = operation;
  if (Array.isArray(value) && value.length === 2) return value as unknown as readonly [Json, Json];
  throw wrongOperation(operation, `has the value ${shortJson(value)}`, '[expected, new]');
}

function textOrNull(result: Json): Value {
  return typeof result === 'string' ? result : null;
}

function stepOf(operation: Operation, f: string, key: string, value: Json): KvStep {
  switch (f) {
    case 'get':
    case 'delete':
      return { f, key };
    case 'put':
      return { f, key, value };
    case 'append':
      if (typeof value === 'string') return { f, key, value };
      throw wrongOperation(operation, `appends ${shortJson(value)}`, 'a string');
    default:
      throw wrongOperation(operation, `has a step "${f}"`, 'get, put, append, cas or delete');
  }
}

/** Steps as commands `{f, key, value, expected}` or as lists `["put", key, value]`, `["cas", key, expected, new]`. */
function stepsOf(operation: Operation): readonly KvStep[] {
  const { value } = operation;
  const list = Array.isArray(value) ? value : ((value as { steps?: Json } | null)?.steps ?? null);
  if (!Array.isArray(list)) throw wrongOperation(operation, `has the value ${shortJson(value)}`, 'a list of steps');
  return list.map((step: Json): KvStep => {
    const [name, key, first = null, second = null] = Array.isArray(step) ? step : fieldsOf(step);
    if (typeof name !== 'string' || typeof key !== 'string')
      throw wrongOperation(operation, `has the step ${shortJson(step)}`, '[f, key, …]');
    const f = plainName(name);
    if (f === 'cas') return { f, key, expected: first, value: second };
    return stepOf(operation, f, key, first);
  });
}

/**
 * The answers to the steps of a transaction: a list of them or, as Jepsen has it, the list of steps again with what was read in its
 * place (no result at all: the very same list, if it has a place for each answer). Of an append that is repeated so, nobody knows
 * what it made; a cas that is repeated so has matched. Undefined if nobody knows.
 */
function answersOf(steps: readonly KvStep[], { value, result: told }: Operation): Json | undefined {
  const hasPlaces = Array.isArray(value) && steps.every(({ f }, at) => f !== 'get' || lengthOf(value[at]) === 3);
  const result = told === null && hasPlaces ? value : told;
  if (result === null) return undefined;
  if (!Array.isArray(result) || result.length !== steps.length) return result;
  const answers: Json[] = [];
  for (const [at, { f, key }] of steps.entries()) {
    const answer = result[at];
    if (!Array.isArray(answer) || typeof answer[0] !== 'string' || plainName(answer[0]) !== f || answer[1] !== key)
      return result;
    answers.push(f === 'get' ? (answer[2] ?? null) : f === 'cas' ? true : null);
  }
  return answers;
}

const lengthOf = (step: Json | undefined): number => (Array.isArray(step) ? step.length : 0);

function fieldsOf(step: Json): readonly Json[] {
  const { f, key, value, expected } = (step ?? {}) as { readonly [name: string]: Json };
  return f === 'cas' ? [f, key ?? null, expected ?? null, value ?? null] : [f ?? null, key ?? null, value ?? null];
}
