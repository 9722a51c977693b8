import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import type { Model } from '../src/model.ts';
import { counter } from '../src/models/counter.ts';
import { kv } from '../src/models/kv.ts';
import { mutex, semaphore } from '../src/models/locks.ts';
import { multiRegister } from '../src/models/multi-register.ts';
import { priorityQueue, queue, stack } from '../src/models/queues.ts';
import { casRegister, register } from '../src/models/register.ts';
import { set } from '../src/models/set.ts';
import type { CheckOperation } from '../src/operation.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { verify } from '../src/verify.ts';

type AnyModel = Model<unknown, unknown, unknown>;
type AnyOperation = CheckOperation<unknown, unknown>;
const any = (model: unknown): AnyModel => model as AnyModel;

/** Inputs with outputs, one after the other. */
const history = (...told: readonly (readonly [input: unknown, output: unknown])[]): AnyOperation[] =>
  told.map(([input, output], at) => ({ id: at, process: 0, input, output, call: 2 * at, return: 2 * at + 1 }));

const itself: unknown[] = [];
itself.push(itself);

/** What is no data, and how it is told. */
const ODDITIES: readonly (readonly [what: string, value: unknown])[] = [
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['undefined', undefined],
  ['a bigint', 5n],
  ['a function', () => 5],
  ['a symbol', Symbol('five')],
  ['a Date', new Date(5)],
  ['a Map', new Map([[1, 2]])],
  ['a Uint8Array', new Uint8Array(2)],
  ['a list with NaN in it', [Number.NaN]],
  ['a list with undefined in it', new Array(1)],
  ['an object with a Date in it', { at: [new Date(5)] }],
  ['something in itself', itself],
];

/** For each model: an operation that brings a value, and one that finds it. */
const BRINGING: { readonly [name: string]: readonly [AnyModel, (value: unknown) => readonly [unknown, unknown][]] } = {
  register: [
    any(register()),
    (value) => [
      [{ f: 'write', value }, null],
      [{ f: 'read' }, value],
    ],
  ],
  'cas-register': [
    any(casRegister()),
    (value) => [
      [{ f: 'cas', expected: null, value }, true],
      [{ f: 'read' }, value],
    ],
  ],
  kv: [
    any(kv()),
    (value) => [
      [{ f: 'put', key: 'k', value }, null],
      [{ f: 'get', key: 'k' }, value],
    ],
  ],
  'kv, in transactions': [
    any(kv()),
    (value) => [
      [{ f: 'txn', steps: [{ f: 'put', key: 'k', value }] }, [null]],
      [{ f: 'get', key: 'k' }, value],
    ],
  ],
  'multi-register': [
    any(multiRegister()),
    (value) => [
      [{ steps: [{ f: 'write', key: 'k', value }] }, [null]],
      [{ steps: [{ f: 'read', key: 'k' }] }, [value]],
    ],
  ],
  set: [
    any(set()),
    (value) => [
      [{ f: 'add', value }, null],
      [{ f: 'contains', value }, true],
    ],
  ],
  'set, read as a whole': [
    any(set()),
    (value) => [
      [{ f: 'add', value }, null],
      [{ f: 'read' }, [value]],
    ],
  ],
  ...Object.fromEntries(
    [queue(), stack(), priorityQueue()].map((model) => [
      model.name,
      [
        any(model),
        (value: unknown) => [
          [{ f: 'put', value }, null],
          [{ f: 'take' }, value],
        ],
      ] as const,
    ]),
  ),
};

describe('values that are no data', () => {
  for (const [name, [model, bring]] of Object.entries(BRINGING))
    it(`are refused by ${name}, with the operation that has them`, () => {
      const sound = bring('x');
      expect(check(model, history(...sound)).outcome).toBe('pass');
      for (const [what, value] of ODDITIES) {
        expect(() => check(model, history(...sound, ...bring(value).slice(0, 1))), what).toThrow(
          new RegExp(`^operation 2 makes no sense to the model ${model.name}: .*${what}.*; expected`),
        );
        // An output of undefined says that nobody knows it.
        if (value === undefined || model.name === 'set') continue;
        expect(() => check(model, history(...sound, ...bring(value).slice(1))), what).toThrow(
          new RegExp(`^operation 2 makes no sense to the model ${model.name}: .*${what}.*; expected`),
        );
      }
    });

  it('are refused by the other methods, too', () => {
    const operations = history([{ f: 'write', value: new Date(5) }, null], [{ f: 'read' }, new Date(6)]);
    expect(() => verify(any(register()), operations, [0, 1])).toThrow('a value is a Date');
    expect(() => textbookSearch(any(register()), operations)).toThrow('a value is a Date');
  });

  it('may be anywhere in a history, and in no order of call', () => {
    const [write, read] = history([{ f: 'write', value: 5n }, null], [{ f: 'read' }, 1]) as [
      AnyOperation,
      AnyOperation,
    ];
    expect(() => check(any(register()), [read, write])).toThrow('operation 0 makes no sense');
  });

  it('are refused in a history that only the full register search decides', () => {
    const count = 21_000;
    const operations = Array.from({ length: count }, (_, id) => {
      const told =
        id % 2 === 0 ? { input: { f: 'write', value: id % 5 }, output: null } : { input: { f: 'read' }, output: 0 };
      return { id, process: id % 40, call: id, return: id + 39.5, ...told };
    });
    const alone = { ...any(casRegister()), attempt: () => null };
    expect(check(alone, operations, { explainMax: 0 }).outcome).toBe('pass');
    for (const [input, output] of [
      [{ f: 'write', value: new Date(5) }, null],
      [{ f: 'read' }, new Date(5)],
      [{ f: 'cas', expected: 5n, value: 2 }, true],
      [{ f: 'cas', expected: 1, value: 2 }, 'yes'],
      [{ f: 'wrote', value: 1 }, null],
    ]) {
      const changed = operations.with(count - 2, {
        ...operations[count - 2]!,
        input: input as never,
        output: output as never,
      });
      expect(() => check(alone, changed)).toThrow(`operation ${count - 2} makes no sense to the model cas-register`);
    }
  });

  it('are not those that JSON has, of whatever shape', () => {
    const values = [0, -0, 1e300, '', '__proto__', false, [], [[]], {}, { a: { b: [null] } }, Object.create(null)];
    for (const value of values) {
      const legal = history([{ f: 'write', value }, null], [{ f: 'read' }, value]);
      expect(check(any(casRegister()), legal).outcome).toBe('pass');
      const other = history([{ f: 'write', value }, null], [{ f: 'read' }, [value]]);
      expect(check(any(casRegister()), other).outcome).toBe('violation');
    }
  });
});

/** For each model, what it does not know, and what it says of that. */
const UNKNOWN: readonly (readonly [AnyModel, unknown, unknown, string])[] = [
  [any(register()), { f: 'wrote', value: 1 }, null, 'its f is "wrote"; expected read, write, cas'],
  [any(register()), undefined, null, 'its input is undefined; expected an object'],
  [any(register()), { f: 'constructor' }, null, 'its f is "constructor"'],
  [any(casRegister()), { f: 'cas', expected: 1, value: 2 }, null, 'its output is null; expected true or false'],
  [any(kv()), { f: 'set', key: 'a', value: 1 }, null, 'its f is "set"; expected get, put, cas, append, delete'],
  [any(kv()), { f: 'get', key: 5 }, null, 'its key is 5; expected a string'],
  [any(kv()), { f: 'append', key: 'a', value: 5 }, null, 'its value is 5; expected a string'],
  [any(kv()), { f: 'txn', steps: [{ f: 'txn' }] }, [1], 'of step 0, its f is "txn"'],
  [any(kv()), { f: 'txn', steps: [{ f: 'get', key: 'a' }] }, [], 'its output is []; expected a list with one for each'],
  [
    any(multiRegister()),
    { f: 'read', key: 'a' },
    null,
    'its input is {"f":"read","key":"a"}; expected { steps: a list }',
  ],
  [any(multiRegister()), { steps: [{ f: 'r', key: 'a' }] }, [1], 'of step 0, its f is "r"; expected read, write'],
  [any(multiRegister()), { steps: [] }, [1], 'it has 0 steps and 1 outputs'],
  [any(set()), { f: 'insert', value: 1 }, true, 'its f is "insert"; expected add, remove, contains, read'],
  [any(set()), { f: 'contains', value: 1 }, null, 'its output is null; expected true or false'],
  [any(set()), { f: 'read' }, 3, 'its output is 3; expected a list'],
  [any(queue()), { f: 'enqueue', value: 1 }, null, 'its f is "enqueue"; expected put, take, peek'],
  [any(stack()), { f: 'put', value: null }, null, 'its value is null; expected a value other than null'],
  [any(priorityQueue()), { f: 'dequeue' }, 1, 'its f is "dequeue"'],
  [any(counter()), { f: 'inc' }, null, 'its f is "inc"; expected add, read, add-and-get'],
  [any(counter()), { f: 'add', amount: '1' }, null, 'its amount is "1"; expected a finite number'],
  [any(mutex()), { f: 'lock', owner: 1 }, true, 'its f is "lock"; expected acquire, release'],
  [any(mutex()), { f: 'acquire' }, true, 'its owner is undefined; expected a string or a finite number'],
  [any(semaphore({ permits: 1 })), { f: 'take' }, true, 'its f is "take"; expected acquire, release'],
];

describe('operations that a model does not know', () => {
  for (const [model, input, output, wrong] of UNKNOWN)
    it(`are refused by ${model.name}: ${wrong}`, () => {
      expect(() => check(model, history([input, output]))).toThrow(
        `operation 0 makes no sense to the model ${model.name}: ${wrong}`,
      );
    });

  it('are no part of a verdict of the other methods', () => {
    for (const [model, input, , wrong] of UNKNOWN) {
      if (!wrong.startsWith('its f is') || model.name === 'multi-register') continue;
      expect(() => verify(model, history([input, undefined]), [0])).toThrow('no operation of the model is called');
      expect(() => textbookSearch(model, history([input, undefined]))).toThrow('no operation of the model is called');
    }
  });

  it('a semaphore has a whole number of permits', () => {
    for (const permits of [0, Number.NaN, 1.5, undefined])
      expect(() => semaphore({ permits: permits as number })).toThrow(RangeError);
  });
});
