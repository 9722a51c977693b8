import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import { enumerate } from '../src/enumerate.ts';
import type { GivenModel, Model, ModelByEquality } from '../src/model.ts';
import type { CheckOperation } from '../src/operation.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { verify } from '../src/verify.ts';

type Input = 'add' | 'read';
type Counting = Model<number, Input, number>;
type Operation = CheckOperation<Input, number>;

const counting: Counting = {
  name: 'counting',
  init: () => 0,
  step(state, input, output) {
    if (input === 'add') return state + 1;
    return output === undefined || output === state ? state : undefined;
  },
  key: (state) => state,
};

const sequential = (...told: readonly (readonly [Input, number])[]): Operation[] =>
  told.map(([input, output], at) => ({ id: at, process: 0, input, output, call: 2 * at, return: 2 * at + 1 }));

const LEGAL = sequential(['read', 0], ['add', 0], ['read', 1]);
const ILLEGAL = sequential(['read', 0], ['add', 0], ['read', 0]);

/** The same with another step, which its type would not allow. */
const withStep = (change: (next: number | undefined) => unknown): Counting => ({
  ...counting,
  step: (state, input, output) => change(counting.step(state, input, output)) as number | undefined,
});

describe('a step that answers what can be no state', () => {
  const wrong: readonly (readonly [string, Counting])[] = [
    ['a promise', withStep(async (next) => next)],
    ['null', withStep((next) => next ?? null)],
    ['false', withStep((next) => next ?? false)],
    ['a pair that begins with a boolean', withStep((next) => [next !== undefined, next])],
  ];
  for (const [answer, model] of wrong)
    it(`is told of it: ${answer}`, () => {
      const complaint = `step of the model counting answers ${answer}`;
      expect(() => check(model, ILLEGAL)).toThrow(complaint);
      expect(() => check(model, ILLEGAL)).toThrow(TypeError);
      expect(() => textbookSearch(model, ILLEGAL)).toThrow(complaint);
      expect(() => enumerate(model, ILLEGAL)).toThrow(complaint);
      expect(() => verify(model, ILLEGAL, [0, 1, 2])).toThrow(complaint);
    });

  it('is told of it far into a history, too', () => {
    const operations = sequential(
      ...Array.from({ length: 3000 }, (_, at): [Input, number] => (at % 2 === 0 ? ['add', 0] : ['read', (at + 1) / 2])),
      ['read', 7],
    );
    expect(() =>
      check(
        withStep((next) => next ?? null),
        operations,
      ),
    ).toThrow('answers null');
  });

  it('is believed where the initial state is of that kind', () => {
    const nullable: Model<number | null, Input, number> = {
      name: 'nullable',
      init: () => null,
      step: (state, input) => (input === 'add' ? (state === null ? 1 : null) : state),
      key: String,
    };
    expect(check(nullable, sequential(['add', 0], ['add', 0])).outcome).toBe('pass');
    const pairs: Model<readonly [boolean, number], Input, number> = {
      name: 'pairs',
      init: () => [false, 0],
      step: ([is, count], input) => [input === 'add' ? !is : is, count],
      key: JSON.stringify,
    };
    expect(check(pairs, LEGAL).outcome).toBe('pass');
    const light: Model<boolean, Input, number> = { name: 'light', init: () => true, step: (on) => !on, key: String };
    expect(check(light, LEGAL).outcome).toBe('pass');
  });
});

describe('a model that lacks something', () => {
  it('is told of it', () => {
    const { init, step, key } = counting;
    const checked = (model: object) => () => check(model as Counting, LEGAL);
    expect(checked({ name: 'm', step, key })).toThrow('the model m has no function init');
    expect(checked({ name: 'm', init, key })).toThrow('the model m has no function step');
    expect(checked({ name: 'm', init, step })).toThrow('the model m has neither a function key nor a function equal');
    expect(checked({ name: 'm', init: () => undefined, step, key })).toThrow('init of the model m answers undefined');
  });

  it('is told of keys that are none, when one is asked for', () => {
    for (const key of [undefined, {}, Number.NaN]) {
      const model = { ...counting, key: () => key as number };
      expect(() => textbookSearch(model, LEGAL)).toThrow(`key of the model counting answers ${key}`);
    }
  });
});

describe('a partition', () => {
  const split = (partition: unknown): Counting => ({ ...counting, partition: partition as never });
  const halves = (operations: readonly Operation[]) => [
    { key: 'a', operations: operations.slice(0, 1) },
    { key: 'b', operations: operations.slice(1) },
  ];

  it('has each operation once', () => {
    expect(check(split(halves), LEGAL).partitions.map(({ key }) => key)).toEqual(['a', 'b']);
    const wrong: readonly (readonly [unknown, string])[] = [
      [() => [], 'leaves out operation 0'],
      [(all: Operation[]) => halves(all).slice(0, 1), 'leaves out operation 1'],
      [(all: Operation[]) => [...halves(all), ...halves(all)], 'has operation 0 twice'],
      [(all: Operation[]) => halves([...all.slice(1), { ...all[0]!, id: 7 }]), 'makes up an operation 7'],
      [async (all: Operation[]) => halves(all), 'answers no list'],
      [(all: Operation[]) => [all], 'answers a part that is not'],
    ];
    for (const [partition, what] of wrong)
      expect(() => check(split(partition), LEGAL)).toThrow(`partition of the model counting ${what}`);
  });
});

describe('a model that compares states', () => {
  interface State {
    readonly count: number;
  }
  const compared: ModelByEquality<State, Input, number> = {
    name: 'compared',
    init: () => ({ count: 0 }),
    step({ count }, input, output) {
      const next = counting.step(count, input, output);
      return next === undefined ? undefined : { count: next };
    },
    equal: (a, b) => a.count === b.count,
  };
  const hashed: typeof compared = { ...compared, hash: ({ count }) => count % 2 };

  it('is judged as one that names them is', () => {
    const operation = fc.record({
      isAdd: fc.boolean(),
      output: fc.nat(3),
      call: fc.nat(20),
      takes: fc.nat(12),
      returns: fc.nat(9),
    });
    let violations = 0;
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 9 }), (drawn) => {
        const operations = drawn.map(
          ({ isAdd, output, call, takes, returns }, id): Operation => ({
            id,
            process: id,
            input: isAdd ? 'add' : 'read',
            output: returns === 0 ? undefined : output,
            call,
            return: returns === 0 ? null : call + takes,
          }),
        );
        const { outcome } = check(counting, operations);
        if (outcome === 'violation') violations++;
        for (const model of [compared, hashed]) {
          const result = check(model, operations);
          expect(result.outcome).toBe(outcome);
          expect(textbookSearch(model, operations).outcome).toBe(outcome);
          const [part] = result.partitions;
          if (outcome === 'pass') expect(verify(model, operations, part!.linearization!)).toBeNull();
          else expect(part!.violation).toMatchObject({ confirmedBy: expect.any(String), minimal: true });
        }
      }),
      { numRuns: 300 },
    );
    expect(violations).toBeGreaterThan(50);
  });

  it('is asked of equality for states of one hash only', () => {
    const told: [number, number][] = [];
    const model: GivenModel<State, Input, number> = {
      ...hashed,
      equal(a, b) {
        told.push([a.count, b.count]);
        return hashed.equal(a, b);
      },
    };
    // Concurrent, so that something must be remembered.
    const adds = Array.from(
      { length: 7 },
      (_, id): Operation => ({ id, process: id, input: 'add', output: 0, call: 0, return: 9 }),
    );
    const read: Operation = { id: 7, process: 7, input: 'read', output: 9, call: 10, return: 11 };
    expect(check(model, [...adds, read], { explainMax: 0 }).outcome).toBe('violation');
    expect(told.length).toBeGreaterThan(0);
    expect(told.every(([a, b]) => a % 2 === b % 2)).toBe(true);
  });
});
