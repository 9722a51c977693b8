import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import { kv } from '../src/models/kv.ts';
import { multiRegister } from '../src/models/multi-register.ts';
import { type SetInput, type SetOutput, set } from '../src/models/set.ts';
import type { CheckOperation } from '../src/operation.ts';
import type { Violation } from '../src/outcome.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { randomHistory, type Subject } from './histories.ts';
import { appendSubject, multiRegisterSubject, wholeSetSubject } from './subjects.ts';

type Operation = CheckOperation<SetInput, SetOutput>;

const model = set();

const add = (value: number, call: number, end: number | null): Operation => {
  const input = { f: 'add', value } as const;
  return { id: call, process: value, input, output: end === null ? undefined : null, call, return: end };
};
const read = (output: readonly number[], call: number, end: number): Operation => ({
  id: call,
  process: 1000,
  input: { f: 'read' },
  output,
  call,
  return: end,
});

const violationIn = (operations: readonly Operation[]): Violation => check(model, operations).partitions[0]!.violation!;

/** What is found is a violation by itself, and of a history that is none, nothing is. */
const neverWrong = ({ model, ...rest }: Subject<unknown, unknown, unknown>, least: number): void => {
  const count = { pass: 0, told: 0 };
  for (let seed = 0; seed < 500; seed++) {
    const shape = { operations: 10, processes: 4, openPercent: 15, wrongPercent: 50 };
    const operations = randomHistory({ model, ...rest }, shape, seed);
    const focus = model.focus!(operations, 0, () => false, true);
    const { outcome } = textbookSearch(model, operations);
    if (outcome === 'pass') {
      count.pass++;
      expect(focus, `seed ${seed}`).toBeNull();
    } else if (focus !== null) {
      count.told++;
      expect(textbookSearch(model, focus.operations).outcome, `seed ${seed}`).toBe('violation');
    }
  }
  expect(Math.min(count.pass, count.told)).toBeGreaterThan(least);
};

describe('a set that is read as a whole', () => {
  it('has lost an element if a read lacks it: that and its add are the core, however many others there are', () => {
    const adds = Array.from({ length: 3000 }, (_, value) => add(value, 2 * value, 2 * value + 1));
    const found = adds.map(({ process }) => process).filter((value) => value !== 1234);
    const violation = violationIn([...adds, read(found, 6000, 6001)]);
    expect(violation).toMatchObject({ core: [2468, 6000], minimal: true, about: 'whether it has 1234' });
    expect(violation.confirmedBy).not.toBeNull();
  });

  it('has no order where each of two reads lacks what the other has', () => {
    const adds = [add(1, 0, 50), add(2, 1, 51), ...Array.from({ length: 40 }, (_, at) => add(10 + at, 2 + at, 45))];
    const others = adds.slice(2).map(({ process }) => process);
    const violation = violationIn([...adds, read([1, ...others], 43, 60), read([...others, 2], 44, 61)]);
    expect(violation).toMatchObject({ core: [0, 1, 43, 44], minimal: true, about: 'whether it has 1 and 2' });
  });

  it('has no order where an element is there that was added after one that is not', () => {
    const violation = violationIn([add(1, 10, 20), add(2, 30, 40), add(3, 0, 1), read([2, 3], 5, 60)]);
    expect(violation).toMatchObject({ core: [5, 10, 30], about: 'whether it has 1 and 2' });
  });

  it('does not hold an element twice', () => {
    const violation = violationIn([add(1, 0, 1), add(2, 2, 3), read([1, 2, 2], 4, 5)]);
    expect(violation).toMatchObject({ core: [2, 4], about: 'whether it has 2' });
  });

  it('is never said to be a violation for an element, or two, of which it has an order', () => {
    for (const grows of [false, true]) neverWrong(wholeSetSubject(grows) as never, 25);
  });
});

const transaction = (id: number, found: object, written: object, call: number, end: number) => ({
  id,
  process: id,
  input: {
    steps: [
      ...Object.keys(found).map((key) => ({ f: 'read', key }) as const),
      ...Object.entries(written).map(([key, value]) => ({ f: 'write', key, value }) as const),
    ],
  },
  output: [...Object.values(found), ...Object.keys(written).map(() => null)],
  call,
  return: end,
});

describe('transactions over several registers', () => {
  it('have no order where one saw half of another: these two are the core, whatever they did elsewhere', () => {
    const keys = Array.from({ length: 12 }, (_, at) => `k${at}`);
    const all = (value: number): object => Object.fromEntries(keys.map((key) => [key, value]));
    const operations = Array.from({ length: 300 }, (_, at) => transaction(at, {}, all(at), 2 * at, 2 * at + 1));
    const seen = { ...all(299), k3: 298 };
    const result = check(multiRegister(), [...operations, transaction(300, seen, {}, 600, 700)]);
    expect(result.partitions[0]!.violation).toMatchObject({ core: [298, 299, 300], minimal: true, about: 'k3' });
    const half = [
      transaction(0, {}, { a: 1, b: 1, c: 1 }, 0, 100),
      transaction(1, {}, { c: 2 }, 1, 101),
      transaction(2, { a: 1, b: null, c: 2 }, {}, 2, 102),
    ];
    const violation = check(multiRegister(), half).partitions[0]!.violation;
    expect(violation).toMatchObject({ core: [0, 2], minimal: true, about: 'a and b' });
  });

  it('are never said to be a violation for registers that have an order', () =>
    neverWrong(multiRegisterSubject() as never, 25));
});

describe('a string whose appends are answered', () => {
  it('has no order where gets contradict each other: these are the core, however many appends were answered in between', () => {
    const operations = [];
    let text = '';
    for (let at = 0; at < 15; at++) {
      text += `${at} `;
      const input = { f: 'append', key: 'k', value: `${at} ` } as const;
      operations.push({ id: at, process: 0, input, output: text, call: 10 * at, return: 10 * at + 5 });
    }
    const get = (id: number, output: string) => ({
      id,
      process: 1,
      input: { f: 'get', key: 'k' } as const,
      output,
      call: 10 * id,
      return: 10 * id + 5,
    });
    const violation = check(kv({ initial: '' }), [...operations, get(15, text), get(16, '0 1 2 ')]).partitions[0]!
      .violation!;
    expect(violation.core.length).toBeLessThan(7);
    expect(violation).toMatchObject({ about: 'what was got' });
    expect(violation.confirmedBy).not.toBeNull();
  });

  it('is never said to be a violation for its gets where these have an order', () => {
    for (const puts of [false, true]) neverWrong(appendSubject(puts) as never, 10);
  });
});
