/** What the register searches leave out, because nobody need see it, has its place in the order that they find all the same. */

import { describe, expect, it } from 'vitest';
import { ownMemory } from '../src/memory.ts';
import { casRegister, type RegisterInput, type RegisterOutput } from '../src/models/register.ts';
import { attemptNarrow } from '../src/narrow-register.ts';
import type { CheckOperation } from '../src/operation.ts';
import { encodeRegister } from '../src/register-history.ts';
import { registerSearch } from '../src/register-search.ts';
import { attemptShort } from '../src/short-register.ts';
import { layOut } from '../src/timeline.ts';
import { verify } from '../src/verify.ts';
import { randomHistory, type Subject } from './histories.ts';
import { casSubject, encodeRegisterOperation } from './subjects.ts';

type Operations = readonly CheckOperation<RegisterInput, RegisterOutput>[];

const never = (): boolean => false;
const model = casRegister();

/** Ids in order; null if the history has none, or the search gives up. */
const SEARCHES: { readonly [name: string]: (operations: Operations) => readonly number[] | null } = {
  'short search': (operations) => attemptShort(operations, null, encodeRegisterOperation)?.linearization ?? null,
  'narrow search': (operations) =>
    attemptNarrow(operations, null, encodeRegisterOperation, ownMemory, never)?.linearization ?? null,
  'full search': (operations) => {
    const timeline = layOut(operations);
    const search = registerSearch(encodeRegister(timeline, null, encodeRegisterOperation));
    if (search.advance(100_000, never) !== 'pass') return null;
    return Array.from(search.linearization(), (at) => timeline.operations[at]!.id);
  },
};

/** Mostly writes, and every other answer of a cas is unknown though it came. */
const seldomSeen = (values: number): Subject<RegisterOutput, RegisterInput, RegisterOutput> => {
  const subject = casSubject(values);
  return {
    ...subject,
    input: (dice, index) =>
      dice.roll(2) === 0 ? { f: 'write', value: dice.roll(values) } : subject.input(dice, index),
  };
};
const withoutSomeAnswers = (operations: Operations): Operations =>
  operations.map((one) => (one.input.f !== 'write' && one.id % 2 === 0 ? { ...one, output: undefined } : one));

describe.each(Object.entries(SEARCHES))('what the %s leaves out', (_, orderOf) => {
  it('has a place', () => {
    let orders = 0;
    for (let seed = 0; seed < 400; seed++) {
      const shape = { operations: 20 + (seed % 60), processes: 2 + (seed % 9), openPercent: 5, wrongPercent: 0 };
      const operations = withoutSomeAnswers(randomHistory(seldomSeen(1 + (seed % 4)), shape, seed));
      const order = orderOf(operations);
      if (order === null) continue;
      orders++;
      expect(verify(model, operations, order), `seed ${seed}`).toBeNull();
    }
    expect(orders).toBeGreaterThan(300);
  });

  it('may be all that there is, one after the other', () => {
    const operations = Array.from({ length: 200 }, (_, at) => {
      const input = { f: 'write', value: null } as const;
      return { id: 500 - at, process: 0, input, output: null, call: 2 * at, return: 2 * at + 1 };
    });
    expect(orderOf(operations)).toEqual(operations.map(({ id }) => id));
  });

  it('is no reason to go back no further, if the value was there afterwards', () => {
    const operation = (call: number, end: number, input: RegisterInput, output?: RegisterOutput) => ({
      id: call,
      process: call,
      input,
      output,
      call,
      return: end,
    });
    const operations = [
      operation(0, 1, { f: 'write', value: 4 }, null),
      operation(2, 3, { f: 'cas', expected: 2, value: 4 }),
      operation(4, 9, { f: 'cas', expected: 4, value: 2 }, true),
      operation(5, 7, { f: 'cas', expected: 4, value: 2 }),
    ];
    const order = orderOf(operations);
    expect(order).not.toBeNull();
    expect(verify(model, operations, order!)).toBeNull();
  });
});
