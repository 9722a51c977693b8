/** The models under test, with how their operations are drawn. */

import type { Model, Value } from '../src/model.ts';
import { type CounterInput, type CounterOutput, counter } from '../src/models/counter.ts';
import { type KvInput, type KvOutput, type KvState, kv } from '../src/models/kv.ts';
import { type LockInput, type LockOutput, mutex, type SemaphoreInput, semaphore } from '../src/models/locks.ts';
import { type MultiRegisterInput, type MultiRegisterOutput, multiRegister } from '../src/models/multi-register.ts';
import {
  priorityQueue,
  type QueueInput,
  type QueueModel,
  type QueueOutput,
  queue,
  stack,
} from '../src/models/queues.ts';
import { casRegister, type RegisterInput, type RegisterOutput, register } from '../src/models/register.ts';
import { type SetInput, type SetOutput, set } from '../src/models/set.ts';
import { attemptNarrow } from '../src/narrow-register.ts';
import type { CheckOperation } from '../src/operation.ts';
import type { RegisterEncoder } from '../src/register-history.ts';
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

export const registerSubject = (values: number, model = register()): Subject<Value, RegisterInput, RegisterOutput> => {
  return {
    model,
    input: (dice) => (dice.roll(2) === 0 ? { f: 'read' } : { f: 'write', value: dice.roll(values) }),
    answer: answerBy(model, (state, input) => [input.f === 'read' ? state : null]),
    wrong: (dice, _, output) => (output === null && dice.roll(2) === 0 ? output : dice.roll(values)),
  };
};

export const casSubject = (values: number, model = casRegister()): Subject<Value, RegisterInput, RegisterOutput> => {
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

export const encodeRegisterOperation = (
  { input, output }: CheckOperation<RegisterInput, RegisterOutput>,
  encoder: RegisterEncoder,
): void => {
  if (input.f === 'write') encoder.write(input.value);
  else if (input.f === 'cas') encoder.cas(input.expected, input.value, output);
  else if (output !== undefined) encoder.read(output);
};

/** The quick attempt is the narrow search at once, to which short histories are left only where they are hard. */
export const attemptedNarrowly = <S extends Subject<Value, RegisterInput, RegisterOutput>>(subject: S): S => ({
  ...subject,
  model: {
    ...subject.model,
    attempt: (operations, memory, interrupted) =>
      attemptNarrow(operations, null, encodeRegisterOperation, memory, interrupted),
  },
});

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

/** Every written value is written once, and most cas find their value: chains of them. */
export const chainSubject = (): Subject<Value, RegisterInput, RegisterOutput> => ({
  ...uniqueSubject(true),
  input(dice, index) {
    const kind = dice.roll(5);
    if (kind < 2) return { f: 'read' };
    if (kind === 2) return { f: 'write', value: index };
    return { f: 'cas', expected: index === 0 ? null : index - 1 - dice.roll(Math.min(index, 2)), value: index };
  },
});

export const kvSubject = (initial: Value = null): Subject<KvState, KvInput, KvOutput> => {
  const model = kv({ initial });
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
    if (input.f === 'get') return [state.get(input.key) ?? initial];
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

/** One key that mostly grows. */
export const appendSubject = (puts: boolean, initial: Value = null): Subject<KvState, KvInput, KvOutput> => {
  const model = kv({ initial });
  const outputs = (state: KvState, input: KvInput): readonly KvOutput[] => {
    const value = state.get('k') ?? initial;
    if (input.f === 'get') return [value];
    // Half of the systems tell the new value.
    return input.f === 'append' && input.value < 'c' ? [`${value ?? ''}${input.value}`] : [null];
  };
  return {
    model,
    input(dice, index) {
      const kind = dice.roll(puts ? 12 : 10);
      if (kind < 5) return { f: 'get', key: 'k' };
      const value = String.fromCharCode(97 + (puts ? dice.roll(4) : index % 26));
      return kind < 10 ? { f: 'append', key: 'k', value } : { f: 'put', key: 'k', value };
    },
    answer: answerBy(model, outputs),
    wrong(dice, _, output) {
      if (typeof output !== 'string') return output;
      return dice.roll(2) === 0
        ? output.slice(0, -1)
        : `${output.slice(0, -2)}${[...output.slice(-2)].reverse().join('')}`;
    },
  };
};

const collectionSubject = (model: QueueModel): Subject<readonly Value[], QueueInput, QueueOutput> => ({
  model,
  input(dice) {
    const kind = dice.roll(5);
    if (kind < 2) return { f: 'put', value: dice.roll(4) };
    return kind < 4 ? { f: 'take' } : { f: 'peek' };
  },
  answer: answerBy(model, (state, input) => [input.f === 'put' ? null : (state[0] ?? null)]),
  wrong: (dice, input, output) => (input.f === 'put' ? output : [null, 0, 1, 2, 3][dice.roll(5)]!),
});

/** Every value is put once: what the log-linear algorithms take. */
const unambiguousSubject = (model: QueueModel): Subject<readonly Value[], QueueInput, QueueOutput> => ({
  ...collectionSubject(model),
  input(dice, index) {
    const kind = dice.roll(5);
    if (kind < 2) return { f: 'put', value: (index * 7) % 101 };
    return kind < 4 ? { f: 'take' } : { f: 'peek' };
  },
  wrong: (dice, input, output) => (input.f === 'put' ? output : dice.roll(5) === 0 ? null : (dice.roll(12) * 7) % 101),
});

export const queueSubject = () => collectionSubject(queue());
export const stackSubject = () => collectionSubject(stack());
export const priorityQueueSubject = () => collectionSubject(priorityQueue());
export const uniqueQueueSubject = () => unambiguousSubject(queue());
export const uniqueStackSubject = () => unambiguousSubject(stack());
export const uniquePriorityQueueSubject = () => unambiguousSubject(priorityQueue());

export const setSubject = (): Subject<ReadonlySet<string>, SetInput, SetOutput> => {
  const model = set();
  return {
    model,
    input: (dice) => ({ f: (['add', 'remove', 'contains'] as const)[dice.roll(3)]!, value: ['a', 1][dice.roll(2)]! }),
    answer: answerBy(model, () => [true, false]),
    wrong: (_, __, output) => !output,
  };
};

/** A set that is read as a whole. @param grows whether nothing is removed, and each element is added once */
export const wholeSetSubject = (grows: boolean): Subject<ReadonlySet<string>, SetInput, SetOutput> => {
  const model = set();
  return {
    model,
    input(dice, index) {
      const kind = dice.roll(grows ? 4 : 6);
      if (kind < 2) return { f: 'read' };
      const value = grows ? index : dice.roll(3);
      return kind < 4 ? { f: 'add', value } : { f: (['remove', 'contains'] as const)[kind - 4]!, value };
    },
    answer: answerBy(model, (state, { f }) =>
      f === 'read' ? [[...state].map(Number)] : grows ? [null] : [true, false],
    ),
    wrong(dice, _, output) {
      if (!Array.isArray(output)) return typeof output === 'boolean' ? !output : output;
      return dice.roll(2) === 0 ? output.slice(1) : [...output, dice.roll(8)];
    },
  };
};

/** Elements that are added once and removed once at most. */
export const uniqueSetSubject = (): Subject<ReadonlySet<string>, SetInput, SetOutput> => {
  const model = set();
  return {
    model,
    input: (dice, index) => ({
      f: index < 2 ? 'add' : index < 4 ? 'remove' : 'contains',
      value: index < 4 ? index % 2 : dice.roll(2),
    }),
    answer: (state, input) => {
      const answer = answerBy(model, () => [true, false])(state, input);
      // Some systems do not say what they did.
      const isSilent = input.f !== 'read' && input.f !== 'contains' && input.value === 1;
      return answer !== undefined && isSilent ? { ...answer, output: null } : answer;
    },
    wrong: (_, __, output) => (output === null ? output : !output),
  };
};

/** One element that is added once and removed once at most. */
export const elementSubject = (): Subject<ReadonlySet<string>, SetInput, SetOutput> => ({
  ...setSubject(),
  input: (dice, index) => ({ f: index === 1 ? 'add' : index === 3 ? 'remove' : 'contains', value: dice.roll(1) }),
  answer(state, input) {
    const answer = answerBy(set(), () => [true, false])(state, input);
    return answer !== undefined && input.f === 'remove' && state.size % 2 === 0 ? { ...answer, output: null } : answer;
  },
});

export const counterSubject = (model = counter()): Subject<number, CounterInput, CounterOutput> => {
  return {
    model,
    input(dice) {
      const kind = dice.roll(3);
      if (kind === 0) return { f: 'read' };
      return { f: kind === 1 ? 'add' : 'add-and-get', amount: dice.roll(5) - 2 };
    },
    answer: answerBy(model, (state, input) => [
      input.f === 'add' ? null : input.f === 'read' ? state : state + input.amount,
    ]),
    wrong: (dice, _, output) => (output === null ? output : output + 1 - dice.roll(3)),
  };
};

export const mutexSubject = (owners = 3): Subject<string | number | null, LockInput, LockOutput> => {
  const model = mutex();
  return {
    model,
    input: (dice) => ({ f: (['acquire', 'release'] as const)[dice.roll(2)]!, owner: dice.roll(owners) }),
    answer: answerBy(model, () => [true, false]),
    wrong: (_, __, output) => !output,
  };
};

export const semaphoreSubject = (permits = 2): Subject<number, SemaphoreInput, LockOutput> => {
  const model = semaphore({ permits });
  return {
    model,
    input: (dice) => ({ f: (['acquire', 'release'] as const)[dice.roll(2)]! }),
    answer: answerBy(model, () => [true, false]),
    wrong: (_, __, output) => !output,
  };
};

export const multiRegisterSubject = (
  initial: Value = null,
): Subject<ReadonlyMap<string, Value>, MultiRegisterInput, MultiRegisterOutput> => {
  const model = multiRegister({ initial });
  const keys = ['x', 'y', '__proto__'];
  return {
    model,
    input: (dice) => ({
      steps: Array.from({ length: 1 + dice.roll(2) }, () => {
        const key = keys[dice.roll(3)]!;
        return dice.roll(2) === 0 ? { f: 'read' as const, key } : { f: 'write' as const, key, value: dice.roll(3) };
      }),
    }),
    answer(state, { steps }) {
      const next = new Map(state);
      const output = steps.map((step) => {
        if (step.f === 'read') return next.get(step.key) ?? initial;
        next.set(step.key, step.value);
        return null;
      });
      return { state: next, output };
    },
    wrong: (dice, { steps }, output) =>
      output.map((value, at) => (steps[at]!.f === 'read' && dice.roll(2) === 0 ? dice.roll(3) : value)),
  };
};
