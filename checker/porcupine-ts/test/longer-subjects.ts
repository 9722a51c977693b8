/** The models under test as longer histories need them: values that do not run out, queues that grow deep, sets that stay small. */

import { counter } from '../src/models/counter.ts';
import { casRegister, register } from '../src/models/register.ts';
import type { Dice, Subject } from './histories.ts';
import type { Judges } from './judges.ts';
import { PRIORITY_QUEUE_JUDGES, QUEUE_JUDGES, REGISTER_JUDGES, SET_JUDGES, STACK_JUDGES } from './judges.ts';
import * as subjects from './subjects.ts';

export interface LongerCase {
  readonly subject: Subject<unknown, unknown, unknown>;
  /** What can judge its histories beside what judges any. */
  readonly judges: Judges;
  /** A history has one of these four numbers of operations: larger ones where the methods are made for them. */
  readonly lengths: readonly number[];
  readonly clientsMax: number;
  /** So many times as many histories as of others. */
  readonly times: number;
  /** Whether its values may go by other names: any; only such as keep sums and the order; or none, for one is there at first. */
  readonly names: 'any' | 'in order' | 'none';
}

const SHORT = [20, 40, 100, 200];
const LONG = [25, 60, 300, 1000];

/** Inputs of a put are drawn more often than others for a while, and then less often: it fills, and empties. */
const inWaves = <S, I extends { readonly f: string }, O>(subject: Subject<S, I, O>): Subject<S, I, O> => ({
  ...subject,
  input(dice, index) {
    const isRising = index % 80 < 32;
    const input = subject.input(dice, index);
    return (input.f === 'put') === isRising || dice.roll(3) === 0 ? input : subject.input(dice, index);
  },
});

/** Each value is put once. */
const putOnce = <S, I extends { readonly f: string }, O>(subject: Subject<S, I, O>): Subject<S, I, O> => ({
  ...subject,
  input(dice, index) {
    const input = subject.input(dice, index);
    return input.f === 'put' ? { ...input, value: (index * 7919) % 1_000_003 } : input;
  },
});

/** Single steps on the keys: each key can be judged by itself. */
const withoutTransactions = (): ReturnType<typeof subjects.kvSubject> => {
  const subject = subjects.kvSubject();
  return {
    ...subject,
    input(dice, index) {
      let input = subject.input(dice, index);
      while (input.f === 'txn') input = subject.input(dice, index);
      return input;
    },
  };
};

/** Elements that are added once and removed once at most, one after the other. */
const elementsInTurn = (): Subject<ReadonlySet<string>, never, never> => {
  const subject = subjects.uniqueSetSubject();
  const of = 8;
  return {
    ...subject,
    input(dice: Dice, index: number) {
      const value = Math.floor(index / of);
      // Some are never added.
      if (index % of === 1 && dice.roll(6) > 0) return { f: 'add', value };
      if (index % of === of / 2) return { f: 'remove', value };
      return { f: 'contains', value: Math.max(0, value - dice.roll(2)) };
    },
  } as never;
};

/** One key whose texts are appended once. */
const textsOnce = (...how: Parameters<typeof subjects.appendSubject>): ReturnType<typeof subjects.appendSubject> => {
  const subject = subjects.appendSubject(...how);
  return {
    ...subject,
    input(dice, index) {
      const input = subject.input(dice, index);
      return input.f === 'append' || input.f === 'put' ? { ...input, value: `x${index}y` } : input;
    },
  };
};

const one = (
  subject: Subject<never, never, never>,
  lengths: readonly number[],
  clientsMax: number,
  judges: Judges = {},
): LongerCase => ({
  subject: subject as never,
  judges,
  lengths,
  clientsMax,
  times: 1,
  names: COUNTED.includes((subject as { model: { name: string } }).model.name) ? 'in order' : 'any',
});

/** More of its histories, and longer ones: what goes wrong shows only where many orders were given up. */
const searchedLong = (own: LongerCase): LongerCase => ({ ...own, lengths: [100, 300, 1000, 3000], times: 4 });

const named = (own: LongerCase): LongerCase => ({ ...own, names: 'none' });

const COUNTED = ['priority-queue', 'counter', 'mutex'];

export const LONGER_CASES: { readonly [name: string]: LongerCase } = {
  register: one(subjects.registerSubject(5) as never, LONG, 10, REGISTER_JUDGES),
  'cas-register': one(subjects.casSubject(5) as never, LONG, 10, REGISTER_JUDGES),
  'cas-register of two values': one(subjects.casSubject(2) as never, LONG, 10, REGISTER_JUDGES),
  'cas-register, wide': searchedLong(one(subjects.casSubject(8) as never, LONG, 50, REGISTER_JUDGES)),
  'register, unique writes': one(subjects.uniqueSubject(false) as never, LONG, 10, REGISTER_JUDGES),
  'cas-register, chains': one(subjects.chainSubject() as never, LONG, 10, REGISTER_JUDGES),
  kv: one(subjects.kvSubject() as never, SHORT, 8),
  'kv, no transactions': one(withoutTransactions() as never, SHORT, 8),
  'kv, one key that grows': one(subjects.appendSubject(false) as never, SHORT, 8),
  'kv, one key that grows and is reset': one(subjects.appendSubject(true) as never, SHORT, 8),
  'kv, one key, texts appended once': one(textsOnce(true) as never, LONG, 12),
  "kv, initially ''": one(subjects.kvSubject('') as never, SHORT, 8),
  "kv, one key that grows, initially 'a'": named(one(textsOnce(true, 'a') as never, SHORT, 8)),
  'multi-register, initially 1': named(named(one(subjects.multiRegisterSubject(1) as never, SHORT, 8))),
  'multi-register': one(subjects.multiRegisterSubject() as never, SHORT, 8),
  set: one(subjects.setSubject() as never, LONG, 10, SET_JUDGES),
  'set, each element added and removed once': one(elementsInTurn() as never, LONG, 10, SET_JUDGES),
  'set, read as a whole': one(subjects.wholeSetSubject(false) as never, SHORT, 8, SET_JUDGES),
  'set that grows, read as a whole': one(subjects.wholeSetSubject(true) as never, SHORT, 20, SET_JUDGES),
  queue: one(inWaves(subjects.queueSubject()) as never, LONG, 8, QUEUE_JUDGES),
  'queue, unique values': one(putOnce(inWaves(subjects.uniqueQueueSubject())) as never, LONG, 10, QUEUE_JUDGES),
  stack: one(inWaves(subjects.stackSubject()) as never, SHORT, 6, STACK_JUDGES),
  'stack, unique values': one(putOnce(inWaves(subjects.uniqueStackSubject())) as never, LONG, 10, STACK_JUDGES),
  'priority queue': one(inWaves(subjects.priorityQueueSubject()) as never, SHORT, 6, PRIORITY_QUEUE_JUDGES),
  'priority queue, unique values': one(
    putOnce(inWaves(subjects.uniquePriorityQueueSubject())) as never,
    LONG,
    20,
    PRIORITY_QUEUE_JUDGES,
  ),
  counter: one(subjects.counterSubject() as never, LONG, 10),
  'mutex of many owners': one(subjects.mutexSubject(12) as never, LONG, 10),
  mutex: one(subjects.mutexSubject() as never, LONG, 10),
  'register, initially 1': named(one(subjects.registerSubject(3, register({ initial: 1 })) as never, LONG, 10)),
  'cas-register, initially 1': named(one(subjects.casSubject(3, casRegister({ initial: 1 })) as never, LONG, 10)),
  'counter, initially -3': named(one(subjects.counterSubject(counter({ initial: -3 })) as never, LONG, 10)),
  'semaphore of 5': one(subjects.semaphoreSubject(5) as never, LONG, 12),
  semaphore: one(subjects.semaphoreSubject() as never, LONG, 10),
};
