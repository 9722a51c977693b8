/** What a file says is not passed over in silence: it is read, refused by its line, or told of in a note. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judge } from '../../../checker/judge.ts';
import { writeJepsenEdn } from '../../../history/formats/jepsen-edn-writer.ts';
import { writeNdjson } from '../../../history/formats/ndjson.ts';
import { clientsAtWork } from '../../../history/formats/one-at-a-time.ts';
import type { Json, Operation } from '../../../history/operation.ts';
import { operation, read } from './text.ts';

const WRITE = '{"process":0,"f":"write","value":1,"outcome":"ok","invokedAt":0,"completedAt":1}\n';

test.each([
  [
    'a field by another name',
    '{"process":2,"f":"read","result":99,"Outcome":"ok","invokedAt":1,"completedAt":4}',
    /^line 2: an unknown field "Outcome"; expected no other than index, process, f, key, value, outcome, result, error, /,
  ],
  [
    'an event, which is half an operation,',
    '{"process":2,"type":"invoke","f":"read","time":1}',
    /^line 2: an unknown field "type", as of an event; expected one whole operation a line.*--help\)$/,
  ],
  [
    'a field that is null by another name',
    '{"process":2,"f":"read","__proto__":null,"outcome":"info","invokedAt":1}',
    /^line 2: an unknown field "__proto__"; /,
  ],
  [
    'an end without an outcome',
    '{"process":1,"f":"read","invokedAt":2,"completedAt":3}',
    /^line 2: there is a "completedAt" and no "outcome"; expected "ok", "fail" or "info" as "outcome"$/,
  ],
  [
    'an answer without an outcome',
    '{"process":1,"f":"read","result":5,"invokedAt":2}',
    /^line 2: there is a "result" and no "outcome"; /,
  ],
  [
    'what was read as a value',
    '{"process":1,"f":"read","value":5,"outcome":"ok","invokedAt":2,"completedAt":3}',
    /^line 2: a "read" that is ok has the "value" 5 and no "result"; expected what it found as "result"$/,
  ],
])('NDJSON refuses %s, by its line', async (_what, line, message) => {
  await expect(read(WRITE + line)).rejects.toThrow(message);
});

test.each([
  ['{"process":1,"f":"write","value":2,"outcome":"fail","outcome":"ok","invokedAt":2,"completedAt":3}', 'outcome'],
  ['{"process":1,"f":"write","value":[{"a":1},{"a":1,"b:":"\\":","\\u0061":2}],"invokedAt":2}', 'a'],
  ['{"process":1,"f" :"write","value":{"":{"f":1},"f":2, "" : 3},"invokedAt":2}', ''],
])('NDJSON refuses a name that stands twice: %s', async (line, name) => {
  await expect(read(WRITE + line)).rejects.toThrow(`line 2: "${name}" stands twice in an object; expected it once`);
});

test('names may stand in several objects, and in strings', async () => {
  const line =
    '{"process":1,"f":"write","value":{"f":{"f":1},"a":[{"f":"\\"f\\":","f ":1}]},"invokedAt":2,"error":"n1:8080 \\"f\\":1"}';
  expect((await read(WRITE + line)).operations[1]?.value).toEqual({ f: { f: 1 }, a: [{ f: '"f":', 'f ': 1 }] });
});

test.each([
  ['{:type :ok, :process 0, :f :write, :value 1, :type :fail}', ':type stands twice in this event'],
  ['{:type :ok, :process 0, :f :write, :value nil, :value 1}', ':value stands twice in this event'],
  ['{:type :ok, :process 0, :f :write, :value {:a 1, :b 2, :a 3}}', 'the key ":a" stands twice in a map'],
  ['{:type :ok, :process 0, :f :write, :value {1 1, 1.0 2}}', 'the key "1" stands twice in a map'],
])('EDN refuses a key that stands twice, as Clojure does: %s', async (event, message) => {
  await expect(read(`{:type :invoke, :process 0, :f :write, :value 1}\n${event}`)).rejects.toThrow(
    `line 2: ${message}`,
  );
});

test('an operation of NDJSON that only began needs no outcome, and one that does not say what it found is told of', async () => {
  const began = '{"process":1,"f":"write","value":2,"invokedAt":2}';
  const untold = '{"process":2,"f":"read","outcome":"ok","invokedAt":2,"completedAt":3}';
  const { operations, notes } = await read(`${WRITE}${began}\n${untold}`);
  expect(operations.map(({ outcome, result }) => [outcome, result])).toEqual([
    ['ok', null],
    ['info', null],
    ['ok', null],
  ]);
  expect(notes).toEqual([
    '1 operation has no "result" that says what was found, taken as null (the first, read, on line 3)',
  ]);
});

test('NDJSON refuses two operations of one process at a time, in whatever order its lines are', async () => {
  const first = '{"process":0,"f":"write","value":1,"outcome":"ok","invokedAt":0,"completedAt":10}\n';
  const second = '{"process":0,"f":"write","value":2,"outcome":"ok","invokedAt":2,"completedAt":13}\n';
  const other = '{"process":1,"f":"write","value":3,"outcome":"ok","invokedAt":1,"completedAt":30}\n';
  await expect(read(first + other + second)).rejects.toThrow(
    'line 3: process 0 invokes "write" at 2 while its "write" of line 1 is open until 10; expected one operation at a time of each process',
  );
  await expect(read(second + other + first)).rejects.toThrow('line 1: process 0 invokes "write" at 2 while');
  expect((await read(first + other)).notes).toEqual([]);
});

test('a process goes on after an unknown outcome in a note, whether or not the file says when it gave up', async () => {
  const gaveUp = (end: string): string => `{"process":0,"f":"write","value":1,"outcome":"info","invokedAt":0${end}}\n`;
  const next = '{"process":0,"f":"write","value":2,"outcome":"ok","invokedAt":4,"completedAt":9}\n';
  for (const end of ['', ',"completedAt":null', ',"completedAt":4'])
    expect((await read(gaveUp(end) + next)).notes).toEqual([
      '1 operation was invoked by a process after one of unknown outcome (info), which retires a process',
    ]);
  await expect(read(gaveUp(',"completedAt":5') + next)).rejects.toThrow('line 2: process 0 invokes');
});

test('clients overlap exactly if two operations of one process share more than a moment, whichever comes first', () => {
  const drawn = fc.record({ process: fc.nat(2), invokedAt: fc.nat(12), length: fc.option(fc.nat(4)) });
  const seen = { overlap: 0, none: 0 };
  fc.assert(
    fc.property(fc.array(drawn, { maxLength: 7 }), (list) => {
      const operations = list.map(({ process, invokedAt, length }, index) =>
        operation({ index, process, invokedAt, completedAt: length === null ? null : invokedAt + length }),
      );
      const { overlap } = clientsAtWork(operations);
      const expected = operations.some((a) => operations.some((b) => a !== b && shareTime(a, b)));
      expect(overlap !== null).toBe(expected);
      if (overlap === null) seen.none++;
      else {
        seen.overlap++;
        const [earlier, later] = overlap.map((at) => operations[at] as Operation) as [Operation, Operation];
        expect(shareTime(earlier, later)).toBe(true);
        expect(earlier.invokedAt).toBeLessThanOrEqual(later.invokedAt);
      }
    }),
    { numRuns: 1000 },
  );
  expect(Math.min(seen.overlap, seen.none)).toBeGreaterThan(100);
});

function shareTime(a: Operation, b: Operation): boolean {
  const [endOfA, endOfB] = [a.completedAt ?? a.invokedAt, b.completedAt ?? b.invokedAt];
  if (a.process !== b.process) return false;
  if (a.invokedAt === b.invokedAt) return endOfA > a.invokedAt && endOfB > b.invokedAt;
  return a.invokedAt < endOfB && b.invokedAt < endOfA;
}

/** Lines of a history.txt as a log has them, after a prefix that logging frameworks of several years put there. */
const PREFIXES = [
  'INFO  jepsen.util - ',
  '2024-01-02 10:00:00,123{GMT}\tINFO\t[jepsen worker 0] jepsen.util: ',
  'INFO [2024-01-02 10:00:00,123] jepsen worker 0 - jepsen.util ',
];
const READ_1 = ['0\t:invoke\t:write\t1', '0\t:ok\t:write\t1', '1\t:invoke\t:read\tnil'];

test.each([
  '1\t:okk\t:read\t7',
  '1\tok\t:read\t7',
  '1\t:ok\tread\t7',
  '1\t:ok\t:read',
  '1\t:ok\t:read\t',
  '1\t:ok',
  '1\t:o',
  '1\t:',
  'one\t:ok\t:read\t',
  '3\t:invoke\t:write',
  ':client\t:okk\t:read\t7',
])('an event that was spoilt, %j, is named by its line in a log as in a history.txt', async (spoilt) => {
  const line = 4;
  await expect(read([...READ_1, spoilt].join('\n'))).rejects.toThrow(`line ${line}: `);
  for (const prefix of PREFIXES) {
    const text = [...READ_1, spoilt].map((event) => `${prefix}${event}`).join('\n');
    await expect(read(text)).rejects.toThrow(`line ${line}: `);
  }
});

test('blanks in place of tabs do not hide an event of jepsen.util', async () => {
  const log = (last: string): string => [...READ_1, last].map((event) => `INFO  jepsen.util - ${event}\n`).join('');
  await expect(read(log('1 :okk :read 7'))).rejects.toThrow('line 4: ');
  await expect(read(log('1'))).rejects.toThrow('line 4: ');
  expect((await read(log('1 :ok :read 7'))).operations[1]?.result).toBe(7);
});

test('what else a log says is passed over', async () => {
  const other = [
    'WARN  jepsen.core - Process 3 indeterminate :timed-out',
    '2024-01-02 10:00:00,123{GMT}\tINFO\t[jepsen node n1] jepsen.db: Waiting for :ok, 3 times',
    '\tat clojure.core$apply.invoke(core.clj:624)',
    'INFO  jepsen.core - {:valid? true, :count 5, :ok-count 3 :info 2}',
    'java.net.ConnectException: Connection refused 10.0.0.1:8080',
    '12\tfiles copied',
  ];
  const { operations } = await read([...READ_1, ...other, '1\t:ok\t:read\t1'].map((line) => `INFO ${line}`).join('\n'));
  expect(operations.map(({ outcome, result }) => [outcome, result])).toEqual([
    ['ok', null],
    ['ok', 1],
  ]);
});

/** An operation as events of EDN, of Porcupine's files, or of a log, invoked with one value and completed with another. */
const asEvents = (f: string, asked: string, answered: string, type = 'ok'): string =>
  `{:type :invoke, :f :${f}, :value ${asked}, :process 0}\n{:type :${type}, :f :${f}, :value ${answered}, :process 0}\n`;
const asKeyed = (...given: Parameters<typeof asEvents>): string =>
  asEvents(...given).replaceAll(':process', ':key 1 :process');
const asLines = (f: string, asked: string, answered: string, type = 'ok'): string =>
  `0\t:invoke\t:${f}\t${asked}\n0\t:${type}\t:${f}\t${answered}\n`;
const EVENT_FORMATS = [asEvents, asKeyed, asLines];

test.each([
  ['write', '1', '9'],
  ['write', 'nil', '9'],
  ['write', '1', 'true'],
  ['write', '{:a 1}', '{:a 2}'],
  ['cas', '[1 2]', '[1 3]'],
  ['cas', '[1 2]', '3'],
  ['cas', '[1 2]', '[2 1]'],
  ['cas', '[[1 2] [3 4]]', '[1 2 3]'],
])('an ok %s of %s completed with %s is refused by its line', async (f, asked, answered) => {
  for (const written of EVENT_FORMATS)
    await expect(read(written(f, asked, answered))).rejects.toThrow(
      new RegExp(`^line 2: :ok of :${f} .* expected that value`),
    );
});

test.each([
  ['write', '1', '1.0'],
  ['write', '{:a 1, :b 2}', '{:b 2, :a 1}'],
  ['cas', '[1 2]', '2'],
  ['cas', '[1 2]', '1'],
  ['cas', '[1 2]', 'true'],
  ['cas', '[[1 2] [3 4]]', '[3 4]'],
  ['read', '3', '4'],
  ['append', '"a"', '"ba"'],
  ['txn', '[[:append 1 2] [:r 1 nil]]', '[[:append 1 2] [:r 1 [2]]]'],
])('an ok %s of %s may be completed with %s', async (f, asked, answered) => {
  for (const written of EVENT_FORMATS)
    expect((await read(written(f, asked, answered))).notes.join()).not.toContain('completed');
});

const answered = (f: string, value: Json, result: Json, outcome: 'ok' | 'info' = 'ok') =>
  read([...writeNdjson([operation({ f, value, result, outcome })])].join(''));

test.each<[string, Json, Json]>([
  ['write', 1, 5],
  ['write', 1, false],
  ['write', [1, 2], [1, 3]],
  ['cas', [null, 2], 7],
  ['cas', [1, 2], 'yes'],
  ['txn', [['w', 'x', 1]], [['w', 'x', 2]]],
  ['txn', [['w', 'x', 1]], [['r', 'x', 9]]],
])('NDJSON refuses an ok %s of %j whose result is %j, by its line', async (f, value, result) => {
  await expect(answered(f, value, result)).rejects.toThrow(
    /^line 1: a "\w+" that is ok has the "value" .* and the "res/,
  );
  expect((await answered(f, value, result, 'info')).operations).toHaveLength(1);
});

test.each<[string, Json, Json]>([
  ['write', 1, null],
  ['write', 1, true],
  ['write', { a: 1, b: 2 }, { b: 2, a: 1 }],
  ['cas', [1, 2], true],
  ['cas', [1, 2], false],
  ['cas', [1, 2], 1],
  ['add', 1, true],
  ['add', 1, [1, false]],
  ['append', 'a', 'ba'],
  ['txn', [['r', 'x', null]], [['r', 'x', 9]]],
  ['txn', [['put', 'x', 1]], [null]],
])('NDJSON reads an ok %s of %j whose result is %j, and says nothing', async (f, value, result) => {
  expect((await answered(f, value, result)).notes).toEqual([]);
});

test.each(['enqueue', 'put', 'add'])('NDJSON tells of an ok %s that was answered with another value', async (f) => {
  expect((await answered(f, 1, 5)).notes).toEqual([
    `1 operation has a "result" that says nothing of it: what was asked counts (the first, ${f}, on line 1)`,
  ]);
});

test('NDJSON tells of operations without a key beside others with one, but not of transactions', async () => {
  const keyed = operation({ key: 'x' });
  const bare = operation({ index: 1, process: 1 });
  const notes = async (...operations: Operation[]) => (await read([...writeNdjson(operations)].join(''))).notes;
  expect(await notes(keyed, bare)).toEqual([
    '1 operation has no "key", unlike others: taken as of one object of its own (the first, read, on line 2)',
  ]);
  expect(await notes(bare, operation({ index: 2, process: 2 }))).toEqual([]);
  expect(await notes(keyed, { ...bare, f: 'txn', value: [], result: [] })).toEqual([]);
});

test.each(['fail', 'info'])('a write that is %s may carry any value', async (type) => {
  for (const written of EVENT_FORMATS)
    expect((await read(written('write', '1', '9', type))).operations).toHaveLength(1);
});

test('a completion that says nil, or answers a put, is told of', async () => {
  const note = (f: string): string =>
    `1 operation was completed with another value than was asked: what was asked counts (the first, :${f}, on line 2)`;
  for (const written of EVENT_FORMATS) {
    expect((await read(written('write', '1', 'nil'))).notes).toContain(note('write'));
    expect((await read(written('put', '1', '9'))).notes).toContain(note('put'));
  }
});

test('values that are tuples are compared behind their keys, whenever they prove to be tuples', async () => {
  const provesTuples = asEvents('read', '[7 nil]', '[7 nil]');
  const swapped = asEvents('cas', '[7 [1 2]]', '[7 2]');
  expect((await read(swapped + provesTuples)).operations[0]).toMatchObject({ key: '7', value: [1, 2], result: 2 });
  await expect(read(asEvents('cas', '[7 [1 2]]', '[7 3]') + provesTuples)).rejects.toThrow('line 2: :ok of :cas [7,3]');
  await expect(read(provesTuples + asEvents('write', '[7 1]', '[7 9]'))).rejects.toThrow('line 4: :ok of :write [7,9]');
  await expect(read(provesTuples + asEvents('write', '[7 1]', '[8 1]'))).rejects.toThrow('line 4: :ok of :write [8,1]');
  // Of pairs of pairs nobody knows: read as tuples they agree.
  const ambiguous = asEvents('cas', '[[1 2] [3 4]]', '[[1 2] 4]');
  await expect(read(ambiguous)).rejects.toThrow(/^line 2: .* unless values are \[key value\] tuples: --tuples$/);
  expect((await read(ambiguous, { tuples: true })).operations[0]).toMatchObject({
    key: '[1,2]',
    value: [3, 4],
    result: 4,
  });
});

test('our own EDN is held to the same: what it writes is asked for again, and one operation of a process at a time', async () => {
  const written = [
    operation({ f: 'write', value: 1, key: 'x' }),
    operation({ index: 1, process: 1, f: 'cas', value: [1, 2], result: 7, key: 'x' }),
  ];
  const text = [...writeJepsenEdn(written)].join('');
  expect((await read(text)).operations).toEqual(written);
  await expect(
    read(
      text.replace(
        ':type :ok, :process 0, :f :write, :value ["x" 1]',
        ':type :ok, :process 0, :f :write, :value ["x" 2]',
      ),
    ),
  ).rejects.toThrow(
    'line 3: :ok of :write 2, whose invocation of process 0 has the value 1; expected that value again',
  );
  await expect(read(text.replace(':ordeal/key "x"}', ':ordeal/key "x", :ordeal/process 1}'))).rejects.toThrow(
    'operation 1 of process 1 is invoked while its operation 0 is open until 5; expected one operation at a time',
  );
});

test('an ok read of EDN without a value is told of', async () => {
  const text = '{:type :invoke, :f :read, :process 0}\n{:type :ok, :f :read, :process 0}';
  expect((await read(text)).notes).toContain(
    '1 operation has no :value that says what was found, taken as nil (the first, read, on line 2)',
  );
});

test.each(['-0', '-0N', '-0M', '-0.00M', '0e-400M'])(
  '%s is 0, as only a double has a signed zero in Clojure',
  async (zero) => {
    const { operations } = await read(`{:type :invoke, :process 0, :f :write, :value ${zero}}`);
    expect(operations[0]?.value).toBe(0);
  },
);

test('whatever double is written is read back as it was, in both exports', async () => {
  const halfWay = fc.nat({ max: 2 ** 50 }).map((n) => 2 ** 47 + n / 8);
  const doubles = fc.array(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), halfWay), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(doubles, async (value) => {
      const written = [operation({ f: 'write', value })];
      for (const write of [writeNdjson, writeJepsenEdn])
        expect((await read([...write(written)].join(''))).operations).toStrictEqual(written);
    }),
    { numRuns: 300 },
  );
});

test('-0 keeps its sign in both exports, and is equal to 0', async () => {
  const written = [
    operation({ f: 'write', value: -0 }),
    operation({ index: 1, process: 1, invokedAt: 6, completedAt: 7, result: 0 }),
    operation({ index: 2, process: 2, f: 'write', value: [{ a: -0 }, -0.5, 0], outcome: 'fail' }),
  ];
  expect((await judge(written)).outcome).toBe('pass');
  for (const write of [writeNdjson, writeJepsenEdn]) {
    const { operations } = await read([...write(written)].join(''));
    expect(operations).toStrictEqual(written);
    expect(operations[0]?.value).toBe(-0);
  }
});
