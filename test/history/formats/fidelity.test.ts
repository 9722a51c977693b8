import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkFiles } from '../../../checker/check-files.ts';
import { judge } from '../../../checker/judge.ts';
import { writeJepsenEdn } from '../../../history/formats/jepsen-edn-writer.ts';
import { writeNdjson } from '../../../history/formats/ndjson.ts';
import type { Json, Operation } from '../../../history/operation.ts';
import type { ReadHistoryOptions } from '../../../history/read-history.ts';
import { readStandardInput } from '../../../history/standard-input.ts';
import { anyJson } from '../sample.ts';
import { scratchDirectory } from '../scratch.ts';
import { operation, read } from './text.ts';

/** A write and then a read of another client, as events one after the other. */
const writeThenRead = (written: string, found: string): string =>
  [
    `{:type :invoke, :f :write, :value ${written}, :process 0, :time 10}`,
    `{:type :ok, :f :write, :value ${written}, :process 0, :time 20}`,
    '{:type :invoke, :f :read, :value nil, :process 1, :time 30}',
    `{:type :ok, :f :read, :value ${found}, :process 1, :time 40}`,
  ].join('\n');
const outcome = async (text: string, options?: ReadHistoryOptions) =>
  (await judge((await read(text, options)).operations)).outcome;

/** Clients that go on in the moment of their last answer, so that operations touch everywhere. */
const touching: fc.Arbitrary<Operation[]> = fc
  .array(fc.record({ process: fc.nat(2), gap: fc.nat(1), length: fc.nat(2), value: fc.nat(1), write: fc.boolean() }), {
    maxLength: 9,
  })
  .map((list) => {
    const free = [0, 0, 0];
    const operations = list.map(({ process, gap, length, value, write }) => {
      const invokedAt = (free[process] ?? 0) + gap;
      free[process] = invokedAt + length;
      const told = write ? { f: 'write', value } : { f: 'read', result: value };
      return operation({ process, invokedAt, completedAt: invokedAt + length, ...told });
    });
    operations.sort((a, b) => a.invokedAt - b.invokedAt);
    return operations.map((o, index) => ({ ...o, index }));
  });

test('operations that touch are read back as they were, and their order in EDN is the order of their times', async () => {
  await fc.assert(
    fc.asyncProperty(touching, async (operations) => {
      const text = [...writeJepsenEdn(operations)].join('');
      expect((await read(text, { format: 'jepsen-edn' })).operations).toEqual(operations);
      // As Knossos reads it: only the order of lines, by the numbers of clients that it finds there.
      const lines = text.replace(/, :ordeal\/[a-z]+ [^,}]+/g, '').replace(/, :time \d+/g, '');
      const byOrder = (await read(lines, { format: 'jepsen-edn' })).operations;
      const sameMoment = (a: Operation, b: Operation): boolean => a.process === b.process;
      const precedes = (a: Operation, b: Operation): boolean => (a.completedAt ?? 0) < b.invokedAt;
      const original = [...operations];
      const placed = byOrder.map((o) => {
        const at = original.findIndex((p) => p.f === o.f && p.value === o.value && p.result === o.result);
        return original.splice(at, 1)[0] as Operation;
      });
      expect(placed).toHaveLength(operations.length);
      const lost = countPairs(byOrder, precedes);
      // Besides what times say, only a client's own operations that touch may be in order.
      const allowed = countPairs(operations, (a, b) => precedes(a, b) || (sameMoment(a, b) && a.index < b.index));
      expect(lost).toBeGreaterThanOrEqual(countPairs(operations, precedes));
      expect(lost).toBeLessThanOrEqual(allowed);
    }),
    { numRuns: 300 },
  );
});

function countPairs(operations: readonly Operation[], related: (a: Operation, b: Operation) => boolean): number {
  let count = 0;
  for (const a of operations) for (const b of operations) if (a !== b && related(a, b)) count++;
  return count;
}

test('a verdict survives EDN where operations touch', async () => {
  const operations = [
    operation({ process: 1, f: 'write', value: 2 }),
    operation({ index: 1 }),
    operation({ index: 2, invokedAt: 5, completedAt: 8 }),
  ];
  for (const write of [writeNdjson, writeJepsenEdn])
    expect(await outcome([...write(operations)].join(''))).toBe('pass');
});

test('EDN keeps what an operation without an end has, and NDJSON reads the large numbers it writes', async () => {
  const open = operation({
    f: 'put',
    outcome: 'info',
    completedAt: null,
    error: 'timeout',
    result: 3,
    value: [2 ** 53],
  });
  const failed = operation({
    ...open,
    index: 1,
    process: 1,
    outcome: 'fail',
    error: ':kw',
    value: { '1': 2 ** 60, ':a': 1 },
  });
  for (const write of [writeNdjson, writeJepsenEdn])
    expect((await read([...write([open, failed])].join(''))).operations).toEqual([open, failed]);
});

test('whatever JSON is written as EDN is read back, however much it looks like something else', async () => {
  const odd = fc
    .constantFrom(
      ':a',
      '":a"',
      "'s",
      '\\a',
      '\\newline',
      '12N',
      '1/2',
      '0.10000000000000000001M',
      '#inst "x"',
      '##NaN',
      '1',
      'nil',
      '"1"',
      ': a',
      "'5",
    )
    .chain((text) => fc.constantFrom<Json>(text, { [text]: 1 }, [text]));
  const exact = anyJson.filter((value) => !/\d{16}/.test(JSON.stringify(value)));
  await fc.assert(
    fc.asyncProperty(fc.oneof(odd, exact), async (value) => {
      const written = [operation({ f: 'put', value, error: typeof value === 'string' ? value : null })];
      expect((await read([...writeJepsenEdn(written)].join(''))).operations).toEqual(written);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['0.1M', '0.10000000000000000001M'],
  ['9007199254740993', '"9007199254740993"'],
  ['9007199254740993', '"9007199254740993N"'],
  ['foo', '"foo"'],
  ['{1 1}', '{"1" 1}'],
  ['{":a" 1}', '{:a 1}'],
  [':a', '":a"'],
  ['\\a', '"a"'],
  ['#inst "2020"', '"2020"'],
  ['#:n{:a 1}', '{:a 1}'],
])('%s and %s are unlike', async (one, other) => {
  expect(await outcome(writeThenRead(one, other))).toBe('violation');
  expect(await outcome(writeThenRead(one, one))).toBe('pass');
});

test('numbers are compared by value, however they are written', async () => {
  expect(await outcome(writeThenRead('1', '1.0'))).toBe('pass');
  expect(await outcome(writeThenRead('{:a 1 :b 2}', '{:b 2N, :a 1M}'))).toBe('pass');
});

test.each(['1e400', '9007199254740993.0', '0.10000000000000000001', '1e-400'])(
  'NDJSON refuses %s, which a number would not hold',
  async (literal) => {
    const line = `{"process":0,"f":"write","value":[${literal}],"invokedAt":0}\n`;
    await expect(read(line)).rejects.toThrow(`line 1: "value" is ${literal}; expected a number`);
  },
);

const LONG = 'x'.repeat(200_000);
const LINES = writeThenRead('1', '2').split('\n');

test.each([
  ['a first event of 200,000 characters', writeThenRead(`"${LONG}"`, 'nil'), 'jepsen-edn'],
  ['a long value before the key', `{:type :invoke, :f :put, :value "${LONG}", :process 0, :key "a"}`, 'porcupine-kv'],
  ['a long value before "f"', `{"value": "${LONG}", "process": 0, "f": "write", "invokedAt": 0}`, 'ndjson'],
  [
    'a long preamble',
    `${'INFO [now] installing the database\n'.repeat(9000)}INFO jepsen.util 0\t:invoke\t:read\tnil`,
    'jepsen-log',
  ],
  ['records of Knossos', LINES.map((line) => `#knossos.op.Op${line}`).join('\n'), 'jepsen-edn'],
  ['records of old Jepsen', LINES.map((line) => `#jepsen.op.Op${line}`).join('\n'), 'jepsen-edn'],
  ['namespaced maps', LINES.map((line) => `#:op${line}`).join('\n'), 'jepsen-edn'],
  ['comments and discards', `; {\n#_{:x 1} [ #_ 1 ;c\n${LINES.join('\n')}]`, 'jepsen-edn'],
  ['a tagged vector', `#jepsen.history/history [${LINES.join('\n')}]`, 'jepsen-edn'],
])('%s is recognised', async (_what, text, format) => {
  const found = await read(text);
  expect(found.format).toBe(format);
  expect(found.operations.length).toBeGreaterThan(0);
});

test('nil is what was read, also in a file without times, unless it proves to have held 0 at first', async () => {
  const directory = scratchDirectory();
  const checked = async (text: string, nilReads?: 'value' | 'any') => {
    const path = join(directory, 'x.edn');
    writeFileSync(path, text);
    for await (const { outcome: found, verdict } of checkFiles([path], nilReads === undefined ? {} : { nilReads }))
      return [found, verdict?.reasons.length];
    return null;
  };
  const timeless = writeThenRead('1', 'nil').replace(/, :time \d+/g, '');
  expect(await checked(timeless)).toEqual(['violation', 0]);
  expect(await checked(`[${timeless}]`)).toEqual(['violation', 0]);
  expect(await checked(timeless, 'any')).toEqual(['pass', 1]);
  const from0 = `[{:type :invoke :f :read :process 2} {:type :ok :f :read :value 0 :process 2} ${timeless}]`;
  expect(await checked(from0)).toEqual(['pass', 1]);
  expect(await checked(from0, 'value')).toEqual(['violation', 0]);
});

test.each(['(1 2)', '[1 2]', '{:t 1, :u 2}', '#{1}', 'nil', 'true', '\\a', '"a"', '7'])(
  'tuples whose key is %s are recognised',
  async (key) => {
    const text = writeThenRead(`[${key} 1]`, `[${key} 1]`).replace(':read, :value nil', `:read, :value [${key} nil]`);
    const { operations, notes } = await read(text);
    expect(operations.map(({ value, result }) => [value, result])).toEqual([
      [1, null],
      [null, 1],
    ]);
    expect(new Set(operations.map((o) => o.key)).size).toBe(1);
    expect(notes.join()).toContain('tuples');
    expect((await read(text, { tuples: false })).operations[0]?.key).toBeNull();
  },
);

test.each([
  ['0x1a', 26],
  ['-0XFF', -255],
  ['0x6b1274d26b1274d2', `${0x6b1274d26b1274d2n}N`],
  ['#object[foo.Bar 0x1a "foo.Bar@1a"]', ["'foo.Bar", 26, 'foo.Bar@1a']],
  ['#object["[B" 0x1a "[B@1a"]', ['[B', 26, '[B@1a']],
  ['#object[foo$f__1 0x1a {:status :ready, :val 09x}]', ["'foo$f__1", 26, { ':status': ':ready', ':val': "'09x" }]],
  ['[#"a\\d \\" b" 1 2]', ['#"a\\d \\" b"', 1, 2]],
  ["[#'user/f 1 2]", ["#'user/f", 1, 2]],
  ['\\backspace', '\\backspace'],
])('what Clojure prints is read: %s', async (text, value) => {
  const { operations } = await read(`{:type :invoke, :process 0, :f :write, :value ${text}}`);
  expect(operations[0]?.value).toEqual(value);
  const again = [...writeJepsenEdn([operation({ f: 'write', value })])].join('');
  expect((await read(again)).operations[0]?.value).toEqual(value);
});

test.each(['0x', '0xg', '#jepsen.independent.Tuple [0 3x]', '[09]', '"\\q"'])(
  'what neither EDN has nor Clojure prints is refused as a value: %s',
  async (text) => {
    await expect(read(`{:type :invoke, :process 0, :f :write, :value ${text}}`)).rejects.toThrow(/^line 1: /);
  },
);

test.each(['0x', '[1 09 2]', '"\\q"', "'x", '\\nochar', '{:a 1, :a 2}', '#foo.Bar [1x2]'])(
  'a field of their own may hold %s, and a field that counts may not',
  async (text) => {
    const events = (field: string): string =>
      `{:debug ${text}, :type :invoke, :process 0, :f :write, :value 1}\n{:type :ok, :process 0, :f :write, :value 1, ${field} ${text}}`;
    expect((await read(events(':debug'))).operations).toHaveLength(1);
    await expect(read(events(':error'))).rejects.toThrow(/^line 2: /);
  },
);

test('compare-and-set alone shows tuples by the pair behind the key; lists of two steps are none', async () => {
  const event = (f: string, value: string): string =>
    `{:type :invoke :f :${f} :value ${value} :process 0 :time 1}\n{:type :ok :f :${f} :value ${value} :process 0 :time 2}`;
  expect((await read(event('cas', '[0 [nil 5]]'))).operations[0]).toMatchObject({ key: '0', value: [null, 5] });
  const ambiguous = await read(event('cas', '[[1 2] [3 4]]'));
  expect(ambiguous.operations[0]?.key).toBeNull();
  expect(ambiguous.notes.join()).toContain('--tuples');
  expect((await read(event('txn', '[[:r 1 nil] [:w 2 3]]'))).operations[0]?.key).toBeNull();
  expect((await read(event('txn', '[7 [[:r 1 nil] [:w 2 3]]]'))).operations[0]?.key).toBe('7');
});

test('clients may have names; what only reports is passed over, and told of unless it is the nemesis', async () => {
  const nemesis =
    '{:type :info, :f :start, :process :nemesis, :time 11}\n{:type :info, :f :cut, :process :chaos, :time 11}\n';
  const { operations, notes } = await read(
    nemesis + writeThenRead('1', '2').replaceAll(':process 1', ':process :worker-1'),
  );
  expect(operations.map(({ process }) => process)).toEqual([0, 1]);
  expect(notes).toEqual([
    'clients with names are numbered: :worker-1 is 1',
    'events of what invokes nothing were passed over: :chaos (1, the first on line 2)',
  ]);
  expect(await outcome(writeThenRead('1', '2').replace(/:process (\d)/g, ':process "$1"'))).toBe('violation');
});

test('times since 1970 are counted from the first, exactly', async () => {
  const text = writeThenRead('1', '1').replace(/:time (\d+)/g, ':time 17000000000000000$1');
  expect((await read(text)).operations.map((o) => [o.invokedAt, o.completedAt])).toEqual([
    [0, 10],
    [20, 30],
  ]);
});

test('history.txt may have CRLF and lines without a value', async () => {
  const text =
    '0\t:invoke\t:write\t1\r\n:nemesis\t:info\t:start\r\n0\t:ok\t:write\t1\r\n1\t:invoke\t:read\r\n1\t:ok\t:read\t2\r\n';
  expect((await read(text)).operations.map(({ f, result }) => [f, result])).toEqual([
    ['write', null],
    ['read', 2],
  ]);
});

test('in a folder, what is called or looks like a history is never passed over', async () => {
  const directory = scratchDirectory();
  mkdirSync(join(directory, 'run'));
  const files = {
    'run/history.txt': 'nothing of the kind',
    'empty.edn': '',
    'cut.json': '[{"process":0,"invokedAt":1}]',
    'notes.txt': 'hello',
    'config.edn': '{:valid? true}',
    'README.md': 'As in\n{:type :invoke}',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const broken: string[] = [];
  const skipped: string[] = [];
  for await (const { file } of checkFiles([directory], { onSkipped: (path) => skipped.push(path) })) broken.push(file);
  const names = (paths: readonly string[]): string[] => paths.map((path) => path.slice(directory.length + 1)).sort();
  expect(names(broken)).toEqual(['cut.json', 'empty.edn', 'run/history.txt']);
  expect(names(skipped)).toEqual(['README.md', 'config.edn', 'notes.txt']);
});

test('standard input is read up to a limit', async () => {
  const chunks = () => Readable.from([Buffer.from('abc'), Buffer.from('de')]);
  expect(Buffer.concat(await readStandardInput(chunks(), 5)).toString()).toBe('abcde');
  await expect(readStandardInput(chunks(), 4)).rejects.toThrow('more than 4 bytes');
});
