import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import * as explainer from '../../checker/explain.ts';
import { judge, objectionTo } from '../../checker/judge.ts';
import * as verifier from '../../checker/porcupine-ts/src/verify.ts';
import type { Json, Operation } from '../../history/operation.ts';
import { carriedOut, drawnOperation, hasOrder, uniquelyCarriedOut } from './random-histories.ts';

vi.mock('../../checker/porcupine-ts/src/verify.ts', { spy: true });
vi.mock('../../checker/explain.ts', { spy: true });

function operation(index: number, f: string, over: Partial<Operation> = {}): Operation {
  return {
    index,
    process: index,
    f,
    key: 'k',
    value: null,
    outcome: 'ok',
    result: null,
    error: null,
    invokedAt: index * 10,
    completedAt: index * 10 + 5,
    node: null,
    ...over,
  };
}

test('a verdict is that of trying every order', async () => {
  const violations = { found: 0, passed: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(drawnOperation(3), { maxLength: 6 }), async (drawn) => {
      const operations = carriedOut(drawn);
      const verdict = await judge(operations, { model: 'cas-register' });
      const expected = hasOrder(operations);
      expect(verdict.valid).toBe(expected);
      expect(verdict.outcome).toBe(expected ? 'pass' : 'violation');
      if (expected) violations.passed++;
      else violations.found++;
      for (const anomaly of verdict.anomalies) expect(anomaly.confirmedBy).not.toBeNull();
    }),
    { numRuns: 1500 },
  );
  expect(violations.found).toBeGreaterThan(100);
  expect(violations.passed).toBeGreaterThan(100);
});

test('a history that a register really produced passes, whatever failed or never answered', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(drawnOperation(4), { maxLength: 40 }), async (drawn) => {
      const honest = carriedOut(drawn.map((one) => ({ ...one, lie: null })));
      expect((await judge(honest)).outcome).toBe('pass');
    }),
    { numRuns: 200 },
  );
});

test('so does a long one with values that are all different, by the first search that tries', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(drawnOperation(9), { minLength: 10, maxLength: 120 }), async (drawn) => {
      const verdict = await judge(uniquelyCarriedOut(drawn));
      expect(verdict).toMatchObject({ outcome: 'pass', reasons: [] });
    }),
    { numRuns: 500 },
  );
});

test('an open compare-and-set may take effect on a value that is overwritten later, unseen until then', async () => {
  const verdict = await judge([
    operation(0, 'write', { value: 1, invokedAt: 0, completedAt: 50 }),
    operation(1, 'write', { value: 2, invokedAt: 30, completedAt: 70 }),
    operation(2, 'cas', { value: [2, 3], outcome: 'info', invokedAt: 40, completedAt: null }),
    operation(3, 'read', { result: 3, invokedAt: 80, completedAt: 90 }),
    operation(4, 'write', { value: 4, invokedAt: 100, completedAt: 110 }),
  ]);
  expect(verdict).toMatchObject({ outcome: 'pass', reasons: [] });
});

test('keys are judged apart, and only those that fail are named', async () => {
  const history = ['a', 'b', '__proto__', null].flatMap((key, i) => [
    operation(i * 2, 'write', { key, value: 1 }),
    operation(i * 2 + 1, 'read', { key, result: key === '__proto__' ? null : 1 }),
  ]);
  const verdict = await judge(history);
  expect(verdict).toMatchObject({ outcome: 'violation', model: 'cas-register', statistics: { keys: 4, ok: 8 } });
  expect(verdict.keys).toMatchObject([{ key: '__proto__', valid: false }]);
  expect(verdict.anomalies).toMatchObject([{ key: '__proto__', core: [4, 5], shape: 'nil-after-write' }]);
});

test('a compare-and-set that we saw not match is evidence; one that failed for any reason is not', async () => {
  const write = operation(0, 'write', { value: 1 });
  const cas = (error: string): Operation => operation(1, 'cas', { value: [1, 2], outcome: 'fail', error });
  expect((await judge([write, cas('mismatch')])).outcome).toBe('violation');
  expect((await judge([write, cas('overloaded')])).outcome).toBe('pass');
});

test('an operation of unknown outcome may take effect at any later time, or never', async () => {
  const lost = operation(0, 'write', { value: 7, outcome: 'info', completedAt: 5 });
  const reads = (...results: Json[]): Operation[] => results.map((result, i) => operation(i + 1, 'read', { result }));
  expect((await judge([lost, ...reads(null, null)])).outcome).toBe('pass');
  expect((await judge([lost, ...reads(null, 7, 7)])).outcome).toBe('pass');
  expect((await judge([lost, ...reads(7, null)])).outcome).toBe('violation');
});

test('a pass whose order does not replay is broken, not a pass', async () => {
  vi.spyOn(verifier, 'verify').mockReturnValueOnce('it was made up');
  const verdict = await judge([operation(0, 'write', { value: 1 })]);
  expect(verdict).toMatchObject({ outcome: 'broken', valid: 'unknown' });
  expect(verdict.reasons[0]).toContain('does not replay: it was made up');
});

test('a part that one search rejects and another finds an order for is broken, whoever is right', async () => {
  const history = [operation(0, 'write', { value: 1 }), operation(1, 'read', { result: 2 })];
  for (const order of [[0, 1], [1]]) {
    vi.spyOn(explainer, 'explainAnomaly').mockReturnValueOnce(order);
    const verdict = await judge(history);
    expect(verdict).toMatchObject({ outcome: 'broken', valid: 'unknown', keys: [{ key: 'k', valid: 'unknown' }] });
    expect(verdict.reasons[0]).toContain('one search rejected key "k", and another found an order');
  }
  expect((await judge(history)).outcome).toBe('violation');
});

/** Parts that are not the same, and look the same by name. */
const NAMESAKES: {
  readonly [what: string]: (first: Json, second: Json) => readonly Operation[];
} = {
  'keys that a transaction joins': (first, second) => [
    operation(0, 'txn', {
      key: null,
      value: [
        ['put', 'a', 1],
        ['put', 'b', 2],
      ],
      result: [null, null],
    }),
    operation(1, 'get', { key: 'a', result: first }),
    operation(2, 'put', { key: 'a, b', value: 3 }),
    operation(3, 'get', { key: 'a, b', result: second === 1 ? 3 : second }),
  ],
  'registers that a transaction joins': (first, second) => [
    operation(0, 'txn', {
      key: null,
      value: [
        ['w', 'a', 1],
        ['w', 'b', 2],
      ],
    }),
    operation(1, 'txn', { key: null, value: [['r', 'a', first]] }),
    operation(2, 'txn', { key: null, value: [['w', 'a, b', 1]] }),
    operation(3, 'txn', { key: null, value: [['r', 'a, b', second]] }),
  ],
  'elements of sets': (first, second) => [
    operation(0, 'add', { key: 'x', value: 1 }),
    operation(1, 'contains', { key: 'x', value: 1, result: first === 1 }),
    operation(2, 'add', { key: 'x: 1', value: 2 }),
    operation(3, 'read', { key: 'x: 1', result: second === 1 ? [2] : [] }),
  ],
};

for (const [what, history] of Object.entries(NAMESAKES))
  test(`parts with one name are told apart: ${what}`, async () => {
    expect(await judge(history(1, 1))).toMatchObject({ outcome: 'pass', reasons: [] });
    expect(await judge(history(77, 1))).toMatchObject({
      outcome: 'violation',
      anomalies: [{ core: expect.arrayContaining([1]) }],
    });
    const other = await judge(history(1, 77));
    expect(other).toMatchObject({ outcome: 'violation', anomalies: [{ core: expect.arrayContaining([3]) }] });
    expect(other.anomalies[0]?.core).not.toContain(1);
  });

test('a check that is stopped is unknown, and says for which keys and why', async () => {
  const history = [operation(0, 'write', { value: 1 }), operation(1, 'read', { result: 1 })];
  const verdict = await judge(history, { signal: AbortSignal.abort() });
  expect(verdict).toMatchObject({ outcome: 'unknown', valid: 'unknown', keys: [{ key: 'k', valid: 'unknown' }] });
  expect(verdict.reasons[0]).toMatch(/^key "k" is undecided: aborted; .*1 operations were open/);
});

/** What a transaction that writes and one that reads look like, to each model that has them. */
const TRANSACTIONS: {
  readonly [model: string]: { readonly write: Partial<Operation>; readonly read: (found: Json) => Partial<Operation> };
} = {
  'multi-register': {
    write: { value: [['w', 'x', 1]] },
    read: (found) => ({ value: [['r', 'x', null]], result: [['r', 'x', found]] }),
  },
  kv: {
    write: { value: [['put', 'x', 1]], result: [null] },
    read: (found) => ({ value: [['get', 'x']], result: [found] }),
  },
};

for (const [model, { write, read }] of Object.entries(TRANSACTIONS))
  test(`transactions of different keys have nothing to do with each other: ${model}`, async () => {
    const history = (writer: string | null, reader: string | null, found: Json): Operation[] => [
      operation(0, 'txn', { key: writer, ...write }),
      operation(1, 'txn', { key: reader, ...read(found) }),
    ];
    const verdicts: (readonly [string | null, string | null, Json, string, string | null])[] = [
      ['1', '2', null, 'pass', null],
      ['1', '2', 1, 'violation', '2: x'],
      ['1', '1', 1, 'pass', null],
      ['1', '1', null, 'violation', '1: x'],
      [null, '1', null, 'pass', null],
      [null, null, 1, 'pass', null],
      [null, null, null, 'violation', 'x'],
    ];
    for (const [writer, reader, found, outcome, key] of verdicts) {
      const verdict = await judge(history(writer, reader, found));
      expect(verdict).toMatchObject({ model, outcome });
      expect(verdict.anomalies.map((anomaly) => anomaly.key)).toEqual(key === null ? [] : [key]);
    }
  });

test('a key of a transaction beside keys of other operations is refused: it may name a machine or nothing', async () => {
  const history = [
    operation(0, 'put', { key: 'x', value: 1 }),
    operation(1, 'txn', { key: '1', value: [['get', 'x']], result: [1] }),
  ];
  expect((await judge(history)).reasons[0]).toContain('operation 1 (txn) has the key "1" of its own');
  expect(objectionTo(history)).toMatchObject({ operation: 1 });
  expect((await judge(history.map((o) => (o.f === 'txn' ? { ...o, key: null } : o)))).outcome).toBe('pass');
});

test('an answer that no model of these operations knows is named, with what each of them expected', async () => {
  const add = operation(0, 'add', { value: 1 });
  const history = [add, operation(1, 'read', { result: [1] }), operation(2, 'read', { result: null })];
  expect((await judge(history)).reasons).toEqual([
    'no model can judge this history: by the model set, operation 2 (read) answered null; expected a list of all elements; ' +
      'by the model counter, operation 1 (read) answered [1]; expected a number',
  ]);
  expect(objectionTo(history)).toMatchObject({ operation: 2 });
  const counted = [add, operation(1, 'read', { result: 1 }), operation(2, 'read', { result: '1' })];
  expect((await judge(counted)).reasons[0]).toContain(
    'by the model counter, operation 2 (read) answered "1"; expected',
  );
});

test('the key-value model knows append, delete and transactions', async () => {
  const history = [
    operation(0, 'put', { value: 'a' }),
    operation(1, 'append', { value: 'b' }),
    operation(2, 'get', { result: 'ab' }),
    operation(3, 'txn', {
      key: null,
      value: [
        ['cas', 'k', 'ab', 'c'],
        ['get', 'j'],
      ],
      result: [true, null],
    }),
    operation(4, 'txn', { key: null, value: [{ f: 'cas', key: 'k', expected: 'x', value: 'y' }], result: 'aborted' }),
    operation(5, 'delete'),
    operation(6, 'get', { result: null }),
  ];
  expect(await judge(history)).toMatchObject({ outcome: 'pass', model: 'kv' });
  const wrong = history.map((o) => (o.index === 6 ? { ...o, result: 'c' } : o));
  expect(await judge(wrong)).toMatchObject({ outcome: 'violation' });
});

test('a history that makes no sense is broken, with the reason', async () => {
  const reason = async (...operations: Operation[]): Promise<string | undefined> => {
    const verdict = await judge(operations);
    expect(verdict.outcome).toBe('broken');
    return verdict.reasons[0];
  };
  expect(await reason(operation(0, 'dance'))).toContain('no model knows dance');
  expect(await reason(operation(0, 'cas', { value: 3 }))).toContain(
    'operation 0 (cas) has the value 3; expected [expected, new]',
  );
  expect(await reason(operation(0, 'append', { value: 3 }))).toContain('appends 3');
  expect(await reason(operation(3, 'read'), operation(3, 'read'))).toContain('two operations have the id 3');
  expect(await reason(operation(0, 'write', { completedAt: -5 }))).toContain('before its call');
  expect(await reason(operation(0, 'write', { completedAt: null }))).toContain('no time of completion');
  expect((await judge([], { model: 'nonsense' })).reasons[0]).toContain('no model is called "nonsense"');
});

test('what makes a history nonsense is told to whoever wrote it; a sound one has no objection', () => {
  expect(objectionTo([operation(0, 'dance')], { model: 'kv' })?.text).toContain('the model kv knows get, put');
  expect(objectionTo([operation(0, 'cas', { value: 3 })])).toMatchObject({ operation: 0 });
  expect(objectionTo([operation(0, 'write', { value: 3 })])).toBeNull();
});
