import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HistoryError } from '../../../history/formats/format.ts';
import { FORMATS } from '../../../history/formats/registry.ts';
import { historyFiles } from '../../../history/history-files.ts';
import { type ReadHistoryOptions, readHistory } from '../../../history/read-history.ts';
import { scratchDirectory } from '../scratch.ts';
import { read } from './text.ts';

async function refused(text: string | Buffer, options?: ReadHistoryOptions): Promise<string> {
  const error = await read(text, options).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HistoryError);
  return (error as HistoryError).message;
}

/** Columns of an operation worth looking at: process, f, key, value, outcome, result, error, times. */
async function summary(text: string, options?: ReadHistoryOptions): Promise<unknown[][]> {
  const { operations } = await read(text, options);
  return operations.map((o) => [
    o.process,
    o.f,
    o.key,
    o.value,
    o.outcome,
    o.result,
    o.error,
    o.invokedAt,
    o.completedAt,
  ]);
}

test.each(FORMATS.map((format) => [format.name, format]))(
  'the example of %s is recognised as that format',
  async (name, format) => {
    expect((await read(`${format.example}\n`)).format).toBe(name);
    expect((await read(format.example, { format: name })).operations).toHaveLength(1);
  },
);

test('Jepsen history.edn: maps and records, one a line or in a vector, comments, the nemesis passed over', async () => {
  const events = `; recorded by hand
    #jepsen.history.Op{:index 0, :time 5, :type :invoke, :process 0, :f :write, :value 3}
    {:index 1, :time 6, :type :info, :process :nemesis, :f :start, :value {"n1" #{"n2" "n3"}}}
    {:index 2, :time 7, :type :invoke, :process 1, :f :read, :value nil}, #_ {:ignored true}
    {:index 3, :time 9, :type :ok, :process 1, :f :read, :value 3}
    {:index 4, :time 11, :type :info, :process 0, :f :write, :value 3, :error :timed-out, :exception #error {:cause "x"}}`;
  const expected = [
    [0, 'write', null, 3, 'info', null, ':timed-out', 5, 11],
    [1, 'read', null, null, 'ok', 3, null, 7, 9],
  ];
  expect(await summary(events)).toEqual(expected);
  expect(await summary(`[${events}]`)).toEqual(expected);
  expect(await summary(`(${events})`)).toEqual(expected);
  expect((await read(events)).model).toBe('cas-register');
});

test('tuples of independent tests become keys; pairs of a compare-and-set do not', async () => {
  const event = (type: string, process: number, f: string, value: string, time: number): string =>
    `{:type :${type}, :process ${process}, :f :${f}, :value ${value}, :time ${time}}\n`;
  const independent =
    event('invoke', 0, 'write', '[1 5]', 0) +
    event('ok', 0, 'write', '[1 5]', 1) +
    event('invoke', 0, 'cas', '[1 [5 6]]', 2) +
    event('fail', 0, 'cas', '[1 [5 6]]', 3) +
    event('invoke', 0, 'read', '["x" nil]', 4) +
    event('ok', 0, 'read', '["x" 7]', 5);
  expect(await summary(independent)).toMatchObject([
    [0, 'write', '1', 5, 'ok', null, null, 0, 1],
    [0, 'cas', '1', [5, 6], 'fail', null, null, 2, 3],
    [0, 'read', 'x', null, 'ok', 7, null, 4, 5],
  ]);
  const plain = event('invoke', 0, 'cas', '[1 5]', 0) + event('ok', 0, 'cas', '[1 5]', 1);
  expect(await summary(plain)).toMatchObject([[0, 'cas', null, [1, 5], 'ok', null, null, 0, 1]]);
  expect(await summary(plain, { tuples: true })).toMatchObject([[0, 'cas', '1', 5, 'ok', null, null, 0, 1]]);
  expect(await refused(event('invoke', 0, 'read', 'nil', 0), { tuples: true })).toContain('no [key value] tuple');
});

test("Jepsen's log lines and history.txt say the same", async () => {
  const lines = [
    '0\t:invoke\t:read\tnil',
    '1\t:invoke\t:cas\t[1 2]',
    ':nemesis\t:info\t:start\t"cut [n1 n2]"',
    '1\t:info\t:cas\t:timed-out',
    '0\t:ok\t:read\t1',
    '2\t:invoke\t:write\t4',
    '2\t:fail\t:write\t4\t:no-leader',
  ];
  const expected = [
    [0, 'read', null, null, 'ok', 1, null, 0, 3],
    [1, 'cas', null, [1, 2], 'info', null, 'timed-out', 1, 2],
    [2, 'write', null, 4, 'fail', null, ':no-leader', 4, 5],
  ];
  expect(await summary(lines.join('\n'))).toEqual(expected);
  const old = lines.map((line) => `INFO  jepsen.util - ${line}`).join('\n');
  expect(await summary(`INFO  jepsen.core - Running test\n${old}\nWARN something else\n`)).toEqual(expected);
  const recent = lines.map((line) => `2024-01-02 10:00:00,123{GMT}\tINFO\t[jepsen worker 0] jepsen.util: ${line}`);
  expect(await summary(recent.join('\r\n'))).toEqual(expected);
});

test('times that tie or run backwards never contradict the order of the file', async () => {
  const at = (type: string, process: number, time: number): string =>
    `{:type :${type} :process ${process} :f :write :value 1 :time ${time}}`;
  const tie = await read(at('invoke', 0, 5) + at('ok', 0, 7) + at('invoke', 1, 7) + at('ok', 1, 7));
  expect(tie.operations[1]?.invokedAt).toBeGreaterThan(tie.operations[0]?.completedAt ?? 0);
  const back = await read(`${at('invoke', 0, 50)}\n${at('ok', 0, 40)}\n${at('invoke', 1, 30)}`);
  expect(back.operations.map((o) => [o.invokedAt, o.completedAt])).toEqual([
    [50, 50],
    [51, null],
  ]);
  expect(back.notes).toEqual(['times run backwards at line 2: the order of the file counts']);
});

test('integers that a number can not hold stay distinct', async () => {
  const write = (value: string): string => `{:type :invoke :process 0 :f :write :value ${value} :time 0}`;
  expect((await read(write('9007199254740993'))).operations[0]?.value).toBe('9007199254740993N');
  expect((await read(write('12N'))).operations[0]?.value).toBe(12);
  expect(await refused('{"process":0,"f":"write","value":9007199254740993,"invokedAt":0}')).toContain(
    'line 1: "value" is 9007199254740993; expected a number that 64 bits hold exactly: write it as a string',
  );
});

test('__proto__ is a name like any other', async () => {
  const edn = '{:type :invoke :process 0 :f :put :key "__proto__" :value {"__proto__" {"polluted" 1}} :time 0}';
  const [operation] = (await read(edn)).operations;
  expect(operation?.key).toBe('__proto__');
  expect(Object.keys(operation?.value as object)).toEqual(['__proto__']);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

const EDN = '{:type :invoke, :process 0, :f :read, :value nil, :time 0}\n';
const JSON_LINE = '{"process":0,"f":"read","invokedAt":1}';
const NESTED = 100_000;

test.each<[string, string | Buffer, RegExp, ReadHistoryOptions?]>([
  ['an empty file', '', /^the file is empty$/],
  ['other text', 'Dear reader,\nthis is no history.', /^no known history format begins with "Dear reader/],
  ['binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0x00]), /not text in UTF-8/],
  ['NUL characters', '\0\0\0', /^no known history format begins/],
  ['NUL in EDN', `${EDN}{:type :ok :process \0}`, /^line 2: .*/],
  ['a JSON document', '{\n  "name": "x"\n}\n', /^no known history format/],
  ['a JSON array', `[${JSON_LINE}]`, /^line 1: a JSON array begins here; expected one operation a line, as ndjson/],
  ['a JSON array over lines', `\n[\n${JSON_LINE}]`, /^line 2: a JSON array begins here; /],
  ['JSON with a header', `{"version":1}\n${JSON_LINE}`, /^line 1: a JSON object stands here that has no "f", so /],
  ['JSON after a comment', `# of mine\n// too\n${JSON_LINE}`, /^line 1: a comment stands here, which JSON does not/],
  [
    'JSON over lines',
    JSON.stringify(JSON.parse(JSON_LINE), null, 2),
    /^line 1: a JSON object begins here that goes on/,
  ],
  ['gzip cut off', gzipSync(EDN.repeat(1000)).subarray(0, 60), /^the gzip file is cut off$/],
  ['damaged gzip', Buffer.concat([gzipSync(EDN).subarray(0, 12), Buffer.alloc(40, 7)]), /^the gzip file is damaged/],
  ['an unknown format', EDN, /^no format is called "csv": there are auto, ndjson, /, { format: 'csv' }],
  ['EDN cut off in a map', `${EDN}{:type :ok, :process 0, :f`, /^line 2: .*cut off$/],
  ['EDN cut off in a string', `${EDN}{:type :ok, :process 0, :f "re`, /^line 2: .*cut off$/],
  ['a vector cut off', `\n[${EDN}`, /^line 3: the file ends inside the vector that began on line 2: it is cut off$/],
  ['EDN that is not an event', `${EDN}42`, /^line 2: expected an event like \{:process 0, .*, not "42"$/],
  ['an unbalanced bracket', `${EDN})`, /^line 2: expected an event/],
  ['an event without a type', '{:process 0, :f :read, :value nil}', /^line 1: :type is missing; expected an event/],
  ['a process that is none', '{:process 1.5, :type :ok, :f :read}', /^line 1: :process is 1\.5; expected/],
  ['a time that is none', '{:process 1, :type :ok, :f :read, :time "now"}', /^line 1: :time is /],
  ['two invocations', EDN + EDN, /^line 2: process 0 invokes :read while its :read is still open/],
  [
    'two completions',
    `${EDN}${EDN.replace('invoke', 'ok').repeat(2)}`,
    /^line 3: :ok of process 0, which has no open operation/,
  ],
  [
    'a completion of something else',
    `${EDN}{:type :ok :process 0 :f :write :time 1}`,
    /^line 2: :ok of :write by process 0, whose open operation is :read/,
  ],
  [
    'times that are sometimes missing',
    `${EDN}{:type :ok :process 0 :f :read}`,
    /^line 2: :time is missing, unlike before/,
  ],
  [
    'EDN nested too deep',
    `{:type :invoke :process 0 :f :write :value ${'['.repeat(NESTED)}`,
    /^line 1: values are nested deeper than 200 levels/,
  ],
  [
    'JSON nested too deep',
    `{"process":0,"f":"w","value":${'['.repeat(NESTED)}${']'.repeat(NESTED)},"invokedAt":0}`,
    /^line 1: "value" is nested deeper/,
  ],
  ['a bad number', '{:type :invoke :process 0x :f :read}', /^line 1: not a number: "0x"/],
  [
    'a missing key',
    `{:type :invoke :process 0 :f :get :key "a"}\n{:type :invoke :process 1 :f :get}`,
    /^line 2: there is no :key; expected/,
  ],
  [
    'NDJSON cut off',
    '{"process":0,"f":"read","invokedAt":0}\n{"process":1,"f":"re',
    /^line 2: the last line is cut off: /,
  ],
  [
    'NDJSON with a bad line',
    '{"process":0,"f":"read","invokedAt":0}\n[]\n',
    /^line 2: expected an operation as a JSON object/,
  ],
  [
    'NDJSON with a time beyond 2^53',
    '{"f":"read","process":0,"invokedAt":9007199254740993}\n',
    /^line 1: "invokedAt" is 9007199254740992; expected an integer up to 2\^53, it is too large/,
  ],
  ['NDJSON without a process', '{"f":"read","invokedAt":0}\n', /^line 1: "process" is missing; expected an integer$/],
  [
    'NDJSON with a bad outcome',
    '{"f":"read","process":0,"outcome":"maybe"}\n',
    /^line 1: "outcome" is "maybe"; expected "ok", "fail" or "info"$/,
  ],
  [
    'NDJSON that returns before it is called',
    '{"f":"read","process":0,"outcome":"info","invokedAt":9,"completedAt":3}\n',
    /^line 1: completedAt \(3\) lies before invokedAt \(9\)$/,
  ],
  [
    'NDJSON that is ok without an end',
    '{"f":"read","process":0,"invokedAt":9,"outcome":"ok"}\n',
    /^line 1: an operation with outcome "ok" needs its completedAt$/,
  ],
  [
    'NDJSON with an index twice',
    '{"f":"r","process":0,"invokedAt":9,"index":4}\n{"f":"r","process":0,"invokedAt":9,"index":4}\n',
    /^line 2: two operations have the index 4, the other stands on line 1$/,
  ],
  [
    'NDJSON with an index twice, far apart',
    `{"f":"r","process":0,"invokedAt":9,"index":4}\n\n${'{"f":"r","process":0,"invokedAt":9}\n'.repeat(3)}{"f":"r","process":0,"invokedAt":9,"index":5}\n`,
    /^line 6: two operations have the index 5, the other stands on line 3$/,
  ],
  [
    'an event whose brace is missing',
    `${EDN}{:type :ok, :process 0, :f :read, :value nil, :time 2\n${EDN}`,
    /^line [34]: .*\(in the event that began on line 2\)$/,
  ],
  [
    'a string that is not closed',
    `${EDN}{:type :ok, :process 0, :f :read, :value "x, :time 2}\n${EDN.replace('nil', '"y"')}`,
    /^line 3: .*\(in the event that began on line 2\)$/,
  ],
  [
    'a bad line of history.txt',
    '0\t:invoke\t:read\tnil\nhello\n',
    /^line 2: "hello"; expected process, :type, :f and value/,
  ],
  ['a bad value of a log', 'INFO jepsen.util - 0\t:invoke\t:write\t[1\n', /^line 1: the value "\[1" is not EDN/],
  ['a log without events', 'INFO nothing here\n', /^there is no event in this file/, { format: 'jepsen-log' }],
])('%s gets a clear error', async (_what, text, message, options) => {
  expect(await refused(text, options)).toMatch(message);
});

test('a file that is not there is named', async () => {
  await expect(readHistory('/nowhere/at/all.edn')).rejects.toThrow('/nowhere/at/all.edn: there is no such file');
});

test('whatever is changed in a file, it is read or refused with a reason, and nothing else happens', async () => {
  const seeds = FORMATS.map((format) => `${format.example}\n`).concat(EDN.repeat(3), `[${EDN}]`);
  const spoilt = fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(200), fc.string({ maxLength: 3, unit: 'binary' }), fc.nat(4))),
    )
    .map(([text, edits]) => {
      let out = text;
      for (const [at, insert, remove] of edits) out = out.slice(0, at) + insert + out.slice(at + remove);
      return out;
    });
  const seen = { read: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(spoilt, fc.constantFrom('auto', ...FORMATS.map((format) => format.name)), async (text, format) => {
      try {
        await read(text, { format });
        seen.read++;
      } catch (error) {
        expect(error).toBeInstanceOf(HistoryError);
        seen.refused++;
      }
    }),
    { numRuns: 1500 },
  );
  expect(seen.read).toBeGreaterThan(30);
  expect(seen.refused).toBeGreaterThan(300);
});

test('folders are searched, in order, without hidden files, links to folders, or what lies beside a history.edn', () => {
  const root = scratchDirectory();
  for (const folder of ['b', 'a/run', 'a/.git']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of [
    'b/x.log',
    'a/run/history.edn',
    'a/run/history.txt',
    'a/run/jepsen.log',
    'a/.git/x.edn',
    '.hidden.edn',
  ])
    writeFileSync(join(root, file), '');
  symlinkSync(join(root, 'a'), join(root, 'latest'));
  const found = historyFiles([root, join(root, 'b/x.log')]);
  expect(found.map(({ path, named }) => [path.slice(root.length), named])).toEqual([
    ['/a/run/history.edn', false],
    ['/b/x.log', false],
    ['/b/x.log', true],
  ]);
  expect(() => historyFiles([join(root, 'nothing')])).toThrow('there is no such file or folder');
});
