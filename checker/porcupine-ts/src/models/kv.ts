/** A key-value store: get, put, compare-and-set, append, delete, and several of these as one transaction. */

import { focusOnGets } from '../append-focus.ts';
import { appendPath, type GrowthOf } from '../append-search.ts';
import type { Attempt } from '../attempt.ts';
import { attemptFirstOrder } from '../first-order.ts';
import { APPEND, attemptGrowing, GET, PUT, type StringSteps } from '../growing-attempt.ts';
import { type Causes, SightingsByKey } from '../impossible-result.ts';
import { attemptParts } from '../local-attempt.ts';
import { type Memory, ownMemory } from '../memory.ts';
import { FLAG, flagOf, misfitOf, orNull, refuseInput, TEXT, told, VALUE } from '../misfit.ts';
import { type Model, partitionBy, partitionByConnected, type Value, VETTED } from '../model.ts';
import type { CheckOperation } from '../operation.ts';
import { registerPath } from '../register-path.ts';
import type { Relaxation, Search } from '../search.ts';
import { layOut, type Timeline } from '../timeline.ts';
import { canonical, sameValue, show } from '../value.ts';

export type KvStep =
  | { readonly f: 'get'; readonly key: string }
  | { readonly f: 'put'; readonly key: string; readonly value: Value }
  | { readonly f: 'cas'; readonly key: string; readonly expected: Value; readonly value: Value }
  | { readonly f: 'append'; readonly key: string; readonly value: string }
  | { readonly f: 'delete'; readonly key: string };

export type KvInput = KvStep | { readonly f: 'txn'; readonly steps: readonly KvStep[] };

/**
 * get: the value. cas: true, or false if it is known not to have matched. append: the new value, or null where the system
 * does not say. put, delete: anything. txn: the list of its steps' outputs, or "aborted" if a cas in it did not match, and
 * then none of it was done.
 */
export type KvOutput = Value;

export const ABORTED = 'aborted';

const NOTHING: KvState = new Map();

/** Keys with their values; a key whose value is `initial` is not there. */
export type KvState = ReadonlyMap<string, Value>;

export interface KvOptions {
  /** What a key that was never written reads as: null by default, "" in MIT's labs. */
  readonly initial?: Value;
}

export type KvModel = Model<KvState, KvInput, KvOutput>;

export const kv = (options: KvOptions = {}): KvModel => {
  const initial = options.initial ?? null;
  const valueIn = (state: KvState, key: string): Value => {
    const held = state.get(key);
    return held === undefined ? initial : held;
  };

  /** The key's value after the step, or undefined if the step can't have given this output. */
  const after = (before: Value, step: KvStep, output: Value | undefined): Value | undefined => {
    switch (step.f) {
      case 'get':
        return output === undefined || sameValue(before, output) ? before : undefined;
      case 'put':
        return step.value;
      case 'delete':
        return initial;
      case 'cas': {
        const matches = sameValue(before, step.expected);
        if (output !== undefined && output !== matches) return undefined;
        return matches ? step.value : before;
      }
      case 'append': {
        const start = before ?? '';
        if (typeof start !== 'string') return undefined;
        const appended = start + step.value;
        return output === undefined || output === null || output === appended ? appended : undefined;
      }
      default:
        return refuseInput(step);
    }
  };

  const put = (state: Map<string, Value>, key: string, value: Value): void => {
    if (sameValue(value, initial)) state.delete(key);
    else state.set(key, value);
  };

  const change = (state: KvState, key: string, before: Value, value: Value): KvState => {
    if (before === value) return state;
    const changed = new Map(state);
    put(changed, key, value);
    return changed;
  };

  const apply = (state: KvState, step: KvStep, output: Value | undefined): KvState | undefined => {
    const before = valueIn(state, step.key);
    const value = after(before, step, output);
    return value === undefined ? undefined : change(state, step.key, before, value);
  };

  /** What a transaction writes: all of it or, if a cas does not match, nothing. Undefined if it can't have given this output. */
  const writtenBy = (state: KvState, steps: readonly KvStep[], output: Value | undefined): KvState | undefined => {
    const outputs = Array.isArray(output) ? (output as readonly Value[]) : null;
    if (outputs !== null && outputs.length !== steps.length) return undefined;
    const written = new Map<string, Value>();
    for (const [at, step] of steps.entries()) {
      const own = written.get(step.key);
      const before = own === undefined ? valueIn(state, step.key) : own;
      if (step.f === 'cas' && !sameValue(before, step.expected))
        return output === undefined || output === ABORTED ? NOTHING : undefined;
      const value = after(before, step, outputs?.[at]);
      if (value === undefined) return undefined;
      if (value !== before) written.set(step.key, value);
    }
    return output === ABORTED ? undefined : written;
  };

  const transact = (state: KvState, steps: readonly KvStep[], output: Value | undefined): KvState | undefined => {
    const written = writtenBy(state, steps, output);
    if (written === undefined || written.size === 0) return written && state;
    const changed = new Map(state);
    for (const [key, value] of written) put(changed, key, value);
    return changed;
  };

  const replay = (): ((input: KvInput, output: Value | undefined) => boolean) => {
    const state = new Map<string, Value>();
    return (input, output) => {
      if (input.f === 'txn') {
        const written = writtenBy(state, input.steps, output);
        for (const [key, value] of written ?? []) put(state, key, value);
        return written !== undefined;
      }
      const value = after(valueIn(state, input.key), input, output);
      if (value !== undefined) put(state, input.key, value);
      return value !== undefined;
    };
  };

  /** One key alone: its value is the state. */
  const oneKey: Model<Value, KvStep, KvOutput> = {
    name: 'kv',
    [VETTED]: true,
    init: () => initial,
    step: after,
    key: keyOfText,
    observes,
    effect,
  };
  const asString = appendPath(oneKey, growth);
  const asRegister = registerPath<KvStep, KvOutput>(initial, ({ input, output }, encoder) => {
    if (input.f === 'put') encoder.write(input.value);
    else if (input.f === 'delete') encoder.write(initial);
    else if (input.f === 'cas') encoder.cas(input.expected, input.value, flagOf(output));
    else if (input.f !== 'get') refuseInput(input);
    else if (output !== undefined) encoder.read(output);
  });

  const asSteps = stringSteps(initial);

  const attempt = (
    operations: readonly CheckOperation<KvInput, KvOutput>[],
    memory: Memory,
    interrupted: () => boolean,
  ): Attempt | null => {
    const first = operations[0]?.input as KvStep | undefined;
    let isOneKey = true;
    let isRegister = true;
    let isString = initial === null || typeof initial === 'string';
    for (let at = 0; at < operations.length; at++) {
      const { input, output } = operations[at]!;
      if (input.f === 'txn') return null;
      if (typeof input.key !== 'string') refuseInput(input);
      if (input.key !== first?.key) isOneKey = false;
      if (input.f === 'append') isRegister = false;
      if (!isOfStrings(input, output)) isString = false;
    }
    if (!isOneKey) return attemptParts(operations, byKey(operations), (own) => attempt(own, memory, interrupted));
    const steps = operations as readonly CheckOperation<KvStep, KvOutput>[];
    if (isRegister) return asRegister.attempt(steps, memory, interrupted);
    if (isString) return attemptGrowing(steps, initial, asSteps, memory, interrupted);
    return attemptFirstOrder(model, operations, memory, interrupted);
  };

  const specialised = (timeline: Timeline<KvInput, KvOutput>, relaxation?: Relaxation<KvState>): Search | null => {
    const { operations } = timeline;
    const first = operations[0]?.input;
    if (first === undefined || first.f === 'txn') return null;
    if (!operations.every(({ input }) => input.f !== 'txn' && input.key === first.key)) return null;
    const single = timeline as Timeline<KvStep, KvOutput>;
    const { initial: start, ...rest } = relaxation ?? {};
    const relaxed = start === undefined ? rest : { ...rest, initial: valueIn(start, first.key) };
    if (operations.every(({ input }) => input.f !== 'append'))
      return asRegister.search(single, relaxation === undefined ? undefined : relaxed);
    return asString(single, relaxed);
  };

  const hasNoOrder = (operations: readonly CheckOperation<KvInput, KvOutput>[], isOver: () => boolean): boolean => {
    const attempted = attempt(operations, ownMemory, isOver);
    if (attempted !== null) return attempted.outcome === 'violation';
    return specialised(layOut(operations))?.advance(Number.POSITIVE_INFINITY, isOver) === 'violation';
  };

  const model: KvModel = {
    name: 'kv',
    [VETTED]: true,
    init: () => new Map(),
    step: (state, input, output) =>
      input.f === 'txn' ? transact(state, input.steps, output) : apply(state, input, output),
    replay,
    key: (state) =>
      Array.from(state, ([key, value]) => `${JSON.stringify(key)}:${canonical(value)}`)
        .sort()
        .join(),
    misfit,
    partition: (operations) =>
      operations.some(({ input }) => input.f === 'txn') ? byConnectedKeys(operations) : byKey(operations),
    observes,
    effect,
    causes: () => valuesPut(initial),
    attempt,
    focus: (operations, _stuck, isOver, isViolation) =>
      isViolation ? focusOnGets(operations, (weaker) => hasNoOrder(weaker, isOver)) : null,
    specialised,
    cutStates(operations) {
      const key = operations[0]?.input.f === 'txn' ? undefined : operations[0]?.input.key;
      if (key === undefined || !operations.every(({ input }) => input.f !== 'txn' && input.f !== 'append'))
        return undefined;
      return asRegister
        .cutStates(operations as readonly CheckOperation<KvStep, KvOutput>[])
        .map((value) => change(new Map(), key, initial, value));
    },
    provides,
    describe,
    describeState: (state) =>
      state.size === 0 ? 'empty' : Array.from(state, ([key, value]) => `${show(key)} = ${show(value)}`).join(', '),
  };
  return model;
};

const misfitOfStep = misfitOf({
  get: { input: { key: TEXT }, output: VALUE },
  put: { input: { key: TEXT, value: VALUE } },
  cas: { input: { key: TEXT, expected: VALUE, value: VALUE }, output: FLAG },
  append: { input: { key: TEXT, value: TEXT }, output: orNull(TEXT) },
  delete: { input: { key: TEXT } },
});

const misfit = (input: unknown, output: unknown): string | undefined => {
  const { f, steps } = (input ?? {}) as { readonly f?: unknown; readonly steps?: unknown };
  if (f !== 'txn') return misfitOfStep(input, output);
  if (!Array.isArray(steps)) return `its steps are ${told(steps)}; expected a list`;
  const isKnown = output !== undefined && output !== ABORTED;
  if (isKnown && !(Array.isArray(output) && output.length === steps.length))
    return `its output is ${told(output)}; expected a list with one for each of its ${steps.length} steps, or "${ABORTED}"`;
  for (const [at, step] of steps.entries()) {
    const wrong = misfitOfStep(step, isKnown ? output[at] : undefined);
    if (wrong !== undefined) return `of step ${at}, ${wrong}`;
  }
  return undefined;
};

const observes = (input: KvInput, output: Value | undefined): boolean => {
  if (input.f === 'get') return true;
  if (input.f === 'cas') return output === false;
  if (input.f === 'txn') return output === ABORTED || input.steps.every((step) => step.f === 'get');
  return false;
};

const effect = (input: KvInput, output: Value | undefined): string | undefined => {
  switch (input.f) {
    case 'put':
      return `put ${input.key.length} ${input.key} ${keyOfText(input.value)}`;
    case 'delete':
      return `delete ${input.key}`;
    case 'append': {
      const told = output === undefined ? UNKNOWN : keyOfText(output);
      return `append ${input.key.length} ${input.key} ${input.value.length} ${input.value} ${told}`;
    }
    case 'cas':
      if (output === false) return undefined;
      return canonical(input as unknown as Value) + (output === undefined ? '?' : canonical(output));
    default:
      return undefined;
  }
};

/** In place of an answer that nobody knows: no value has this text. */
const UNKNOWN = '\0?';

/** Texts, the commonest values, stand for themselves; what is none begins with a character that no such text begins with. */
const keyOfText = (value: Value): string => {
  if (typeof value !== 'string') return `\0j${canonical(value)}`;
  return value.charCodeAt(0) === 0 ? `\0${value}` : value;
};

/** What each operation is to a string that grows. */
export const growth: GrowthOf<KvStep, KvOutput> = {
  target(input, output) {
    if (input.f === 'get') return output === null ? '' : typeof output === 'string' ? output : undefined;
    return input.f === 'append' && typeof output === 'string' ? output : undefined;
  },
  resets: ({ f }) => f === 'put' || f === 'cas' || f === 'delete',
  isBlind: ({ f }, output) => f !== 'cas' && (f !== 'append' || typeof output !== 'string'),
};

/** Whether it is a get, blind append or put of a string, so that the string need not be known to tell what it does. */
const isOfStrings = (input: KvStep, output: KvOutput | undefined): boolean => {
  const { f } = input;
  if (f === 'append') return typeof input.value === 'string' && (output === undefined || output === null);
  if (f === 'get' && output === undefined) return true;
  const value = f === 'get' ? output : f === 'put' ? input.value : f === 'delete' ? null : 0;
  return value === null || typeof value === 'string';
};

/** Where there are no transactions. */
const byKey = partitionBy<KvInput, KvOutput>((input) => (input as KvStep).key);

const byConnectedKeys = partitionByConnected<KvInput, KvOutput>((input) =>
  input.f === 'txn' ? input.steps.map(({ key }) => key) : [input.key],
);

const stringSteps = (initial: Value): StringSteps<KvStep, KvOutput> => ({
  kindOf({ f }) {
    if (f === 'get') return GET;
    return f === 'append' ? APPEND : PUT;
  },
  valueOf(input, output) {
    if (input.f === 'get') return output;
    return input.f === 'delete' ? initial : input.value;
  },
});

/** A whole value from a put or cas; a piece of text from an append. */
const provides: NonNullable<KvModel['provides']> = (writer, reader) => {
  const written = stepsOf(writer.input, writer.output);
  for (const { step, output } of stepsOf(reader.input, reader.output)) {
    const wanted =
      step.f === 'cas'
        ? output === true
          ? step.expected
          : undefined
        : step.f === 'get' || step.f === 'append'
          ? output
          : undefined;
    if (wanted === undefined) continue;
    for (const { step: write, output: answer } of written) {
      if (write.key !== step.key || write.f === 'get' || answer === false) continue;
      if (write.f === 'append') {
        if (typeof wanted === 'string' && wanted.includes(write.value)) return `${write.key} ${canonical(write.value)}`;
      } else if (write.f !== 'delete') {
        if (
          sameValue(write.value, wanted) ||
          (typeof wanted === 'string' &&
            typeof write.value === 'string' &&
            write.value !== '' &&
            wanted.startsWith(write.value))
        )
          return `${write.key} ${canonical(write.value)}`;
      }
    }
  }
  return undefined;
};

const valuesPut = (initial: Value): Causes<KvInput, KvOutput> => {
  const values = new SightingsByKey(initial);
  /** Of these, any text may be read. */
  const appended = new Set<string>();
  const mayHold = (key: string, value: Value): boolean =>
    values.at(key).has(value) || (typeof value === 'string' && appended.has(key));
  return {
    note(input, output) {
      for (const { step, output: answer } of stepsOf(input, output)) {
        if (step.f === 'append') appended.add(step.key);
        else if (step.f === 'put' || (step.f === 'cas' && answer !== false)) values.at(step.key).add(step.value);
      }
    },
    accountFor: (input, output) =>
      stepsOf(input, output).every(({ step, output: answer }) => {
        if (step.f === 'get') return answer === undefined || mayHold(step.key, answer);
        return step.f !== 'cas' || answer !== true || mayHold(step.key, step.expected);
      }),
  };
};

const stepsOf = (input: KvInput, output: Value | undefined): { step: KvStep; output: Value | undefined }[] => {
  if (input.f !== 'txn') return [{ step: input, output }];
  if (output === ABORTED) return [];
  return input.steps.map((step, at) => ({
    step,
    output: Array.isArray(output) ? (output as readonly Value[])[at] : undefined,
  }));
};

const describe = (input: KvInput, output: Value | undefined): string => {
  switch (input.f) {
    case 'get':
      return `get ${show(input.key)} → ${show(output)}`;
    case 'put':
      return `put ${show(input.key)} ${show(input.value)}`;
    case 'delete':
      return `delete ${show(input.key)}`;
    case 'append':
      return `append ${show(input.key)} ${show(input.value)}${typeof output === 'string' ? ` → ${show(output)}` : ''}`;
    case 'cas': {
      const answer = output === undefined ? '?' : output === true ? 'ok' : 'did not match';
      return `cas ${show(input.key)} ${show(input.expected)} ⇒ ${show(input.value)} → ${answer}`;
    }
    case 'txn': {
      if (!Array.isArray(output))
        return `txn [${input.steps.map((step) => describe(step, undefined)).join('; ')}] → ${show(output)}`;
      return `txn [${input.steps.map((step, at) => describe(step, output[at])).join('; ')}]`;
    }
  }
};
