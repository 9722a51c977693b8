import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeJepsenEdn } from '../../../history/formats/jepsen-edn-writer.ts';
import { writeNdjson } from '../../../history/formats/ndjson.ts';
import type { Json, Operation } from '../../../history/operation.ts';
import { readHistory } from '../../../history/read-history.ts';
import { saneOperations } from '../sane-operations.ts';

const stream = (text: string): Readable => Readable.from([Buffer.from(text)]);

/** Cuts text into pieces at arbitrary bytes, also within a character. */
function pieces(text: string, size: number): Readable {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return Readable.from(parts);
}

const formats = [
  { name: 'ndjson', write: (operations: readonly Operation[]) => [...writeNdjson(operations)].join('') },
  { name: 'jepsen-edn', write: (operations: readonly Operation[]) => [...writeJepsenEdn(operations)].join('') },
];

for (const { name, write } of formats) {
  test(`what is written as ${name} is read back without loss`, async () => {
    await fc.assert(
      fc.asyncProperty(saneOperations, async (operations) => {
        const read = await readHistory(stream(write(operations)), { format: name });
        expect(read.operations).toEqual(operations);
      }),
      { numRuns: 300 },
    );
  });

  test(`${name} reads the same however the bytes arrive, packed or not, and is recognised`, async () => {
    await fc.assert(
      fc.asyncProperty(saneOperations, fc.integer({ min: 1, max: 40 }), async (operations, size) => {
        fc.pre(operations.length > 0);
        const text = write(operations);
        const read = await readHistory(pieces(text, size));
        expect(read.format).toBe(name);
        expect(read.operations).toEqual(operations);
        const packed = await readHistory(Readable.from([gzipSync(text)]));
        expect(packed.operations).toEqual(operations);
      }),
      { numRuns: 100 },
    );
  });
}

const micro = fc.oneof(
  fc.tuple(fc.constantFrom('r', ':r', 'read', ':read'), fc.constantFrom<Json>('x', 1, null), fc.constant(null)),
  fc.tuple(
    fc.constantFrom('w', ':w', ':write', 'put', ':append'),
    fc.constantFrom<Json>('x', 1),
    fc.constantFrom(1, -0),
  ),
  fc.tuple(fc.constant('get'), fc.constant('x')),
  fc.record({ f: fc.constantFrom('get', 'put', 'cas'), key: fc.constant('x'), value: fc.nat(2) }),
);
const answer = fc.constantFrom<Json>(null, true, false, 0, -0, 7, 'aborted', [], [1], [2, 1], [1, 1], [null], [-0]);

/** What the models know, with all kinds of arguments and answers. */
const known: fc.Arbitrary<Pick<Operation, 'f' | 'value' | 'result'>> = fc.oneof(
  fc
    .tuple(fc.array(micro, { maxLength: 2 }), fc.oneof(answer, fc.array(micro, { maxLength: 2 })), fc.nat(4))
    .map(([value, other, kind]) => {
      const found = value.map((step) => (Array.isArray(step) ? [step[0], step[1], step[2] ?? 5] : 5));
      const result: Json = kind === 0 ? found : kind === 1 ? value.map(() => 7) : other;
      return { f: 'txn', value: kind === 4 ? { steps: value } : value, result };
    }),
  fc.record({
    f: fc.constantFrom('dequeue', 'pop', 'peek', 'delete-min', 'cas', 'acquire', 'release', 'contains', 'add-and-get'),
    value: answer,
    result: answer,
  }),
  fc.record({
    f: fc.constantFrom('enqueue', 'add', 'remove', 'append', 'delete', 'inc'),
    value: answer,
    result: answer,
  }),
);
const ofSets = fc.oneof(
  fc.record({ f: fc.constantFrom('add', 'contains'), value: answer, result: answer }),
  fc.record({ f: fc.constant('read'), value: fc.constant(null), result: fc.array(answer, { maxLength: 4 }) }),
);

test('whatever is written otherwise for the checkers of others is read back as it was', async () => {
  const told = fc.oneof(fc.array(known, { minLength: 25, maxLength: 25 }), fc.array(ofSets, { minLength: 25 }));
  await fc.assert(
    fc.asyncProperty(saneOperations, told, async (sane, list) => {
      const operations = sane.map((o, at) => {
        const { f, value, result } = list[at % list.length] ?? o;
        return { ...o, f, value, result: o.completedAt === null ? null : result };
      });
      const text = [...writeJepsenEdn(operations)].join('');
      expect((await readHistory(stream(text), { format: 'jepsen-edn' })).operations).toEqual(operations);
    }),
    { numRuns: 500 },
  );
});

/** What the two events of one operation say to others: of the invocation its value, of the completion all that follows its type. */
const WRITTEN: readonly (readonly [string, Json, Json, string, string])[] = [
  [
    'txn',
    [
      [':r', 'x', null],
      [':w', 'y', 2],
    ],
    [
      [':r', 'x', 1],
      [':w', 'y', 2],
    ],
    '[[:r "x" nil] [:w "y" 2]]',
    ':ok [[:r "x" 1] [:w "y" 2]]',
  ],
  [
    'txn',
    [
      ['r', 'x', null],
      ['w', 'y', 2],
    ],
    [
      ['r', 'x', 1],
      ['w', 'y', 2],
    ],
    '[[:r "x" nil] [:w "y" 2]], :ordeal/value [["r" "x" nil] ["w" "y" 2]]',
    ':ok [[:r "x" 1] [:w "y" 2]], :ordeal/result [["r" "x" 1] ["w" "y" 2]]',
  ],
  [
    'txn',
    [
      [':append', 1, 2],
      [':r', 1, null],
    ],
    [
      [':append', 1, 2],
      [':r', 1, [2]],
    ],
    '[[:append 1 2] [:r 1 nil]]',
    ':ok [[:append 1 2] [:r 1 [2]]]',
  ],
  [
    'txn',
    [
      ['put', 'x', 1],
      ['get', 'y'],
    ],
    [null, 3],
    '[[:w "x" 1] [:r "y" nil]], :ordeal/value [["put" "x" 1] ["get" "y"]]',
    ':ok [[:w "x" 1] [:r "y" 3]], :ordeal/result [nil 3]',
  ],
  [
    'txn',
    [['cas', 'x', 1, 2]],
    'aborted',
    '[["cas" "x" 1 2]]',
    ':fail [["cas" "x" 1 2]], :ordeal/outcome :ok, :ordeal/result "aborted"',
  ],
  ['dequeue', null, 1, 'nil', ':ok 1'],
  ['pop', null, 1, 'nil', ':ok 1'],
  ['peek', null, 1, 'nil', ':ok 1'],
  ['top', null, 1, 'nil', ':ok 1'],
  ['delete-min', null, 1, 'nil', ':ok 1'],
  ['dequeue', null, null, 'nil', ':fail nil, :ordeal/outcome :ok'],
  ['cas', [1, 2], true, '[1 2]', ':ok [1 2], :ordeal/result true'],
  ['cas', [1, 2], false, '[1 2]', ':fail [1 2], :ordeal/outcome :ok, :ordeal/result false'],
  ['acquire', null, true, 'nil', ':ok nil, :ordeal/result true'],
  ['acquire', null, 12, 'nil', ':ok 12'],
  ['acquire', 'me', false, '"me"', ':fail "me", :ordeal/outcome :ok, :ordeal/result false'],
  ['release', null, false, 'nil', ':fail nil, :ordeal/outcome :ok, :ordeal/result false'],
  ['contains', 2, false, '2', ':ok false'],
  ['add', 2, false, '2', ':ok 2, :ordeal/result false'],
  ['remove', 2, true, '2', ':ok 2, :ordeal/result true'],
  ['add-and-get', 2, 5, '2', ':ok 5'],
  ['inc', null, null, 'nil', ':ok nil'],
  ['enqueue', 1, null, '1', ':ok 1'],
  ['get', null, 'ab', 'nil', ':ok "ab"'],
  ['append', 'b', 'ab', '"b"', ':ok "b", :ordeal/result "ab"'],
  ['delete', null, null, 'nil', ':ok nil'],
  ['read', null, null, 'nil', ':ok nil'],
];

function written(list: readonly Pick<Operation, 'f' | 'value' | 'result'>[]): string[] {
  const operations = list.map(
    (one, at): Operation => ({
      ...{ ...one, index: at, process: 1, key: null, outcome: 'ok', error: null, node: null },
      ...{ invokedAt: 20 * at, completedAt: 20 * at + 10 },
    }),
  );
  return [...writeJepsenEdn(operations)].join('').trim().split('\n');
}

for (const [f, value, result, asked, answered] of WRITTEN)
  test(`to the checkers of others, :${f} ${JSON.stringify(value)} that is answered ${JSON.stringify(result)} is ${answered}`, () => {
    const [question, ownQuestion = ''] = asked.split(/(?=, :ordeal)(.*)/);
    const [, type, answer, ownAnswer = ''] = /^(:\w+) (.*?)(, :ordeal.*)?$/.exec(answered) ?? [];
    expect(written([{ f, value, result }])).toEqual([
      `{:index 0, :type :invoke, :process 1, :f :${f}, :value ${question}, :time 0, :ordeal/key nil${ownQuestion}}`,
      `{:index 1, :type ${type}, :process 1, :f :${f}, :value ${answer}, :time 10${ownAnswer}}`,
    ]);
  });

test('reads of a set are sets, to Knossos, unless an element stands there twice', () => {
  const add = { f: 'add', value: 1, result: null };
  const reads = [[1, 2], [2, 1], [1, 1], []].map((result) => ({ f: 'read', value: null, result }));
  const completions = written([add, ...reads]).filter((line) => line.includes(':ok, :process 1, :f :read'));
  expect(completions.map((line) => line.replace(/:time \d+/, '').split(':value ')[1])).toEqual([
    '#{1 2}, }',
    '#{1 2}, , :ordeal/result [2 1]}',
    '[1 1], }',
    '#{}, }',
  ]);
  expect(written(reads)[1]).toContain(':value [1 2],');
});

test('an exported history is what Jepsen would have written: events in order of time, tuples for keys', () => {
  const operation = { f: 'cas', key: 'x', result: true, error: null, node: 'n1', outcome: 'ok' as const };
  const text = [
    ...writeJepsenEdn([
      { ...operation, index: 0, process: 3, value: [1, 2], invokedAt: 10, completedAt: 30 },
      { ...operation, index: 1, process: 4, f: 'read', value: null, result: 2, invokedAt: 20, completedAt: 30 },
    ]),
  ].join('');
  expect(text.split('\n').slice(0, 3)).toEqual([
    '{:index 0, :type :invoke, :process 3, :f :cas, :value ["x" [1 2]], :time 10, :ordeal/key "x", :node "n1"}',
    '{:index 1, :type :invoke, :process 4, :f :read, :value ["x" nil], :time 20, :ordeal/key "x", :node "n1"}',
    '{:index 2, :type :ok, :process 3, :f :cas, :value ["x" [1 2]], :time 30, :ordeal/result true}',
  ]);
});
