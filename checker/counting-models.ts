/** Counters and locks as Jepsen and Knossos record them. */

import type { Operation } from '../history/operation.ts';
import { type HistoryModel, type Meaning, ModelError, perKey, shortJson, wrongOperation } from './history-model.ts';
import { counter } from './porcupine-ts/src/models/counter.ts';
import { mutex, semaphore } from './porcupine-ts/src/models/locks.ts';

export const counterModel: HistoryModel = {
  name: 'counter',
  summary: 'a counter that is added to and read',
  conventions: 'add n, inc and dec (by n, or 1 without), read → n, add-and-get n → n',
  functions: ['add', 'inc', 'dec', 'add-and-get', 'read'],
  recognises: (operations) =>
    operations.every(({ f, outcome, result }) => f !== 'read' || outcome !== 'ok' || typeof result === 'number'),
  initial: 0,
  byKey: true,
  checked(initial) {
    if (typeof initial !== 'number')
      throw new ModelError(`a counter can't hold ${shortJson(initial)} at first; expected a number`);
    return perKey(counter({ initial }));
  },
  meaning(operation): Meaning {
    const { f, key, result, outcome } = operation;
    const told = f === 'read' || f === 'add-and-get';
    if (told && outcome === 'ok' && typeof result !== 'number')
      throw wrongOperation(operation, `answered ${shortJson(result)}`, 'a number');
    const output = outcome !== 'ok' ? undefined : told ? result : null;
    if (f === 'read') return { input: { f, key }, output };
    const amount = f === 'dec' ? -amountOf(operation, 1) : amountOf(operation, f === 'inc' ? 1 : null);
    return { input: { f: f === 'add-and-get' ? f : 'add', key, amount }, output };
  },
};

function amountOf(operation: Operation, otherwise: number | null): number {
  const amount = operation.value ?? otherwise;
  if (typeof amount === 'number') return amount;
  throw wrongOperation(operation, `has the value ${shortJson(operation.value)}`, 'the number to add');
}

const lockMeaning = (operation: Operation): Meaning => {
  const { f, key, process, value, result, outcome } = operation;
  const owner = value ?? process;
  if (typeof owner !== 'number' && typeof owner !== 'string')
    throw wrongOperation(operation, `has the value ${shortJson(value)}`, 'the name of an owner, or none');
  return { input: { f, key, owner }, output: outcome === 'ok' ? result !== false : undefined };
};

export const mutexModel: HistoryModel = {
  name: 'mutex',
  summary: 'a lock that only its owner can release; not reentrant',
  conventions:
    'acquire, release: by the owner given as value, or else by the process; result false where it was refused',
  functions: ['acquire', 'release'],
  initial: null,
  byKey: true,
  checked: () => perKey(mutex()),
  meaning: lockMeaning,
};

export const semaphoreModel: HistoryModel = {
  name: 'semaphore',
  summary: 'a lock that several can hold at once: how many is its value at first (--initial)',
  conventions:
    'acquire, release: of one permit, by whomever (a value can only be a name, or 1); result false where it was refused',
  functions: ['acquire', 'release'],
  initial: null,
  byKey: true,
  checked(initial) {
    if (typeof initial !== 'number' || !Number.isSafeInteger(initial) || initial < 1)
      throw new ModelError(
        'the model semaphore needs to know how many can hold it at once: give it as the value at first (--initial 3)',
      );
    return perKey(semaphore({ permits: initial }));
  },
  meaning(operation) {
    const { f, key, value, result, outcome } = operation;
    // A number may be meant as that of permits: more than one would be judged as one.
    if (value !== null && value !== 1 && typeof value !== 'string')
      throw wrongOperation(
        operation,
        `has the value ${shortJson(value)}`,
        'none, 1 or a name: the model semaphore takes and gives back one permit at a time',
      );
    return { input: { f, key }, output: outcome === 'ok' ? result !== false : undefined };
  },
};
