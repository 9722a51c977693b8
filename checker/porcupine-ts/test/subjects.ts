/** The models under test, with how their operations are drawn. */

import type { Model, Value } from '../src/model.ts';
import { type KvInput, type KvOutput, type KvState, kv } from '../src/models/kv.ts';
import { casRegister, type RegisterInput, type RegisterOutput, register } from '../src/models/register.ts';
import type { Dice, Subject } from './histories.ts';

/** Answers by asking the model which of the candidate outputs it allows. */
const answerBy =
  <S, I, O>(model: Model<S, I, O>, outputs: (state: S, input: I) => readonly O[]) =>
  (state: S, input: I): { state: S; output: O } | undefined => {
    for (const output of outputs(state, input)) {
      const next = model.step(state, input, output);
      if (next !== undefined) return { state: next, output };
    }
    return undefined;
  };

export const registerSubject = (values: number): Subject<Value, RegisterInput, RegisterOutput> => {
  const model = register();
  return {
    model,
    input: (dice) => (dice.roll(2) === 0 ? { f: 'read' } : { f: 'write', value: dice.roll(values) }),
    answer: answerBy(model, (state, input) => [input.f === 'read' ? state : null]),
    wrong: (dice, _, output) => (output === null && dice.roll(2) === 0 ? output : dice.roll(values)),
  };
};

export const casSubject = (values: number): Subject<Value, RegisterInput, RegisterOutput> => {
  const model = casRegister();
  return {
    model,
    input(dice) {
      const kind = dice.roll(3);
      if (kind === 0) return { f: 'read' };
      if (kind === 1) return { f: 'write', value: dice.roll(values) };
      return { f: 'cas', expected: dice.roll(values), value: dice.roll(values) };
    },
    answer: answerBy(model, (state, input) =>
      input.f === 'read' ? [state] : input.f === 'write' ? [null] : [true, false],
    ),
    wrong: (dice, input, output) => (input.f === 'cas' ? !output : input.f === 'read' ? dice.roll(values) : output),
  };
};

/** Every written value is written once. */
export const uniqueSubject = (withCas: boolean): Subject<Value, RegisterInput, RegisterOutput> => {
  const model = withCas ? casRegister() : register();
  return {
    model,
    input(dice, index) {
      const kind = dice.roll(withCas ? 3 : 2);
      if (kind === 0) return { f: 'read' };
      if (kind === 1) return { f: 'write', value: index };
      return { f: 'cas', expected: dice.roll(index + 1), value: index };
    },
    answer: answerBy(model, (state, input) =>
      input.f === 'read' ? [state] : input.f === 'write' ? [null] : [true, false],
    ),
    wrong: (dice, input, output) => (input.f === 'cas' ? !output : input.f === 'read' ? dice.roll(8) : output),
  };
};

export const kvSubject = (): Subject<KvState, KvInput, KvOutput> => {
  const model = kv();
  const step = (dice: Dice): Exclude<KvInput, { f: 'txn' }> => {
    const key = ['a', '__proto__'][dice.roll(2)]!;
    const value = ['x', 'y', 'xy', ''][dice.roll(4)]!;
    switch (dice.roll(6)) {
      case 0:
      case 1:
        return { f: 'get', key };
      case 2:
        return { f: 'put', key, value };
      case 3:
        return { f: 'cas', key, expected: ['x', 'y', 'xy', null][dice.roll(4)]!, value };
      case 4:
        return { f: 'append', key, value };
      default:
        return { f: 'delete', key };
    }
  };
  const outputs = (state: KvState, input: KvInput): readonly KvOutput[] => {
    if (input.f === 'get') return [state.get(input.key) ?? null];
    if (input.f === 'cas') return [true, false];
    if (input.f === 'txn') {
      let current = state;
      const results: Value[] = [];
      for (const each of input.steps) {
        const answer = answerBy(model, outputs)(current, each);
        if (answer === undefined || (each.f === 'cas' && answer.output === false)) return ['aborted'];
        current = answer.state;
        results.push(answer.output);
      }
      return [results];
    }
    return [null];
  };
  return {
    model,
    input: (dice) =>
      dice.roll(5) > 0 ? step(dice) : { f: 'txn', steps: Array.from({ length: 1 + dice.roll(3) }, () => step(dice)) },
    answer: answerBy(model, outputs),
    wrong: (dice, input, output) =>
      input.f === 'get' ? ['x', 'y', 'xy', null][dice.roll(4)]! : input.f === 'cas' ? !output : output,
  };
};
