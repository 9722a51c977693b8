/**
 * A model as the searches rely on it, from a model as somebody wrote it. Types say what a function must answer, but not everybody
 * has them checked, and some mistakes would make every history pass: a step that answers null, false or [false, state] where it
 * should answer undefined, or a promise. So the functions of a model that nobody vouches for are watched.
 */

import { type GivenModel, type Model, type ModelByEquality, type Partition, VETTED } from './model.ts';

/**
 * @returns the model with a key if it has none, and with functions that complain of answers that can't be meant
 * @throws TypeError if it lacks a function, or has an initial state that is none
 */
export const usableModel = <S, I, O>(model: GivenModel<S, I, O>): Model<S, I, O> => {
  if (typeof model !== 'object' || model === null)
    throw new TypeError(`a model is a record of functions, not ${model}`);
  if (model[VETTED] === true) return model as Model<S, I, O>;
  for (const name of ['init', 'step'] as const)
    if (typeof model[name] !== 'function') throw new TypeError(`the model ${model.name} has no function ${name}`);
  if (typeof model.key !== 'function' && typeof (model as ModelByEquality<S, I, O>).equal !== 'function')
    throw new TypeError(`the model ${model.name} has neither a function key nor a function equal: one is needed`);
  const { partition } = model;
  return {
    ...model,
    [VETTED]: true,
    init: () => initialOf(model),
    step: watchedStep(model),
    key: model.key === undefined ? keyByEquality(model) : watchedKey(model),
    ...(partition === undefined ? {} : { partition: watchedPartition(model, partition) }),
  };
};

const isPromise = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';

const isPair = (value: unknown): boolean => Array.isArray(value) && value.length === 2 && typeof value[0] === 'boolean';

const initialOf = <S, I, O>(model: GivenModel<S, I, O>): S => {
  const initial = model.init();
  if (initial === undefined || isPromise(initial))
    throw new TypeError(`init of the model ${model.name} answers ${initial}; expected a state`);
  return initial;
};

/** Each step is looked at for null and false. A promise, or a pair, is what a step always answers, or never. */
const watchedStep = <S, I, O>(model: GivenModel<S, I, O>): Model<S, I, O>['step'] => {
  let isFirst = true;
  let mayBeNull: boolean | null = null;
  let mayBeFalse: boolean | null = null;
  const complain = (answer: string): never => {
    throw new TypeError(
      `step of the model ${model.name} answers ${answer}; expected the next state or, for what is not possible, undefined`,
    );
  };
  return (state, input, output) => {
    const next = model.step(state, input, output);
    if (next === null) {
      mayBeNull ??= initialOf(model) === null;
      if (!mayBeNull) complain('null (where that is a state, init must answer it, or states be objects)');
    } else if (next === false) {
      mayBeFalse ??= typeof initialOf(model) === 'boolean';
      if (!mayBeFalse) complain('false');
    }
    if (isFirst && next !== undefined) {
      isFirst = false;
      if (isPromise(next)) complain('a promise');
      if (isPair(next) && !Array.isArray(initialOf(model))) complain('a pair that begins with a boolean');
    }
    return next;
  };
};

const watchedKey =
  <S, I, O>(model: Model<S, I, O>): Model<S, I, O>['key'] =>
  (state) => {
    const key: unknown = model.key(state);
    if (typeof key === 'string' || (typeof key === 'number' && !Number.isNaN(key))) return key;
    throw new TypeError(`key of the model ${model.name} answers ${key}: expected a string or a number`);
  };

/** Numbers the states in order of first appearance. */
const keyByEquality = <S, I, O>(model: ModelByEquality<S, I, O>): Model<S, I, O>['key'] => {
  const seen = new Map<string | number, { readonly state: S; readonly number: number }[]>();
  let count = 0;
  return (state) => {
    const hash = model.hash?.(state) ?? 0;
    let alike = seen.get(hash);
    if (alike === undefined) {
      alike = [];
      seen.set(hash, alike);
    }
    for (const other of alike) if (model.equal(other.state, state)) return other.number;
    alike.push({ state, number: count });
    return count++;
  };
};

/** Each operation is in one part, once. Known by its id: a model may give a part what matters of an operation only. */
const watchedPartition =
  <S, I, O>(model: GivenModel<S, I, O>, split: NonNullable<Model<S, I, O>['partition']>): typeof split =>
  (operations) => {
    const wrong = (what: string): TypeError => new TypeError(`partition of the model ${model.name} ${what}`);
    const parts: unknown = split(operations);
    if (!Array.isArray(parts)) throw wrong('answers no list of parts');
    const left = new Set(operations.map(({ id }) => id));
    const given = new Set(left);
    for (const part of parts as readonly (Partition<I, O> | undefined)[]) {
      if (typeof part?.key !== 'string' || !Array.isArray(part.operations))
        throw wrong('answers a part that is not { key: a string, operations: a list }');
      for (const { id } of part.operations)
        if (!left.delete(id)) throw wrong(given.has(id) ? `has operation ${id} twice` : `makes up an operation ${id}`);
    }
    for (const id of left) throw wrong(`leaves out operation ${id}`);
    return parts;
  };
