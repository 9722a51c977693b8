/** Nothing that a file says is passed over: it is read, refused by its line, or told of in a note. */

import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judge } from '../../../checker/judge.ts';
import { writeJepsenEdn } from '../../../history/formats/jepsen-edn-writer.ts';
import { writeNdjson } from '../../../history/formats/ndjson.ts';
import { clientsAtWork } from '../../../history/formats/one-at-a-time.ts';
import type { Operation } from '../../../history/operation.ts';
import { type ReadHistoryOptions, readHistory } from '../../../history/read-history.ts';

const read = (text: string, options?: ReadHistoryOptions) => readHistory(Readable.from([Buffer.from(text)]), options);

const operation = (fields: Partial<Operation>): Operation => ({
  index: 0,
  process: 0,
  f: 'read',
  key: null,
  value: null,
  outcome: 'ok',
  result: null,
  error: null,
  invokedAt: 0,
  completedAt: 5,
  node: null,
  ...fields,
});

const WRITE = '{"process":0,"f":"write","value":1,"outcome":"ok","invokedAt":0,"completedAt":1}\n';

test.each([
  [
    'a field by another name',
    '{"process":2,"f":"read","result":99,"Outcome":"ok","invokedAt":1,"completedAt":4}',
    /^line 2: an unknown field "Outcome"; expected no other than index, process, f, key, value, outcome, result, error, /,
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
