/** Lists of micro-operations are transactions, whatever their operations are called. */

import { expect, test } from 'vitest';
import { judge } from '../../../checker/judge.ts';
import { TRANSACTIONS_NOTE } from '../../../history/formats/micro-operations.ts';
import { TUPLES_NOTE } from '../../../history/formats/tuples.ts';
import { ednHistory } from '../edn-history.ts';
import { read } from './text.ts';

/** As Jepsen's long-fork test prints it. */
const LONG_FORK = [
  '{:process 0, :type :invoke, :f :write, :value [[:w 3 1]]}',
  '{:process 0, :type :ok, :f :write, :value [[:w 3 1]]}',
  '{:process 1, :type :invoke, :f :read, :value [[:r 3 nil] [:r 4 nil]]}',
  '{:process 1, :type :ok, :f :read, :value [[:r 3 1] [:r 4 nil]]}',
].join('\n');

test('reads and writes of micro-operations are judged as transactions', async () => {
  const { operations, notes } = await read(LONG_FORK);
  expect(operations.map(({ f, value, result }) => [f, value, result])).toEqual([
    ['txn', [[':w', 3, 1]], null],
    [
      'txn',
      [
        [':r', 3, null],
        [':r', 4, null],
      ],
      [
        [':r', 3, 1],
        [':r', 4, null],
      ],
    ],
  ]);
  expect(notes).toContain(TRANSACTIONS_NOTE);
  expect(await judge(operations)).toMatchObject({ outcome: 'pass', model: 'multi-register' });
  const stale = await read(LONG_FORK.replace('[:r 3 1]', '[:r 3 nil]'));
  expect(await judge(stale.operations)).toMatchObject({ outcome: 'violation', model: 'multi-register' });
});

test.each([
  [
    'a pair of them is no tuple',
    ednHistory(['write', '[[:w 0 3] [:w 1 3]]', '[[:w 0 3] [:w 1 3]]']),
    TRANSACTIONS_NOTE,
  ],
  ['one that read and wrote', ednHistory(['write', '[[:r 0 nil] [:w 0 3]]', '[[:r 0 5] [:w 0 3]]']), TRANSACTIONS_NOTE],
  ['appending', ednHistory(['add', '[[:append 0 3]]', '[[:append 0 3]]']), TRANSACTIONS_NOTE],
])('transactions: %s', async (_what, text, note) => {
  const { operations, notes } = await read(text);
  expect(operations.map(({ f, key }) => [f, key])).toEqual([['txn', null]]);
  expect(notes.filter((told) => !told.startsWith('the file has no times'))).toEqual([note]);
});

test('behind the keys of tuples they are transactions, too', async () => {
  const { operations, notes } = await read(
    ednHistory(
      ['write', '[1 [[:w 0 3] [:w 1 3]]]', '[1 [[:w 0 3] [:w 1 3]]]'],
      ['read', '[2 [[:r 0 nil]]]', '[2 [[:r 0 7]]]'],
    ),
  );
  expect(operations.map(({ f, key, value, result }) => ({ f, key, value, result }))).toEqual([
    {
      f: 'txn',
      key: '1',
      value: [
        [':w', 0, 3],
        [':w', 1, 3],
      ],
      result: null,
    },
    { f: 'txn', key: '2', value: [[':r', 0, null]], result: [[':r', 0, 7]] },
  ]);
  expect(notes).toEqual(expect.arrayContaining([TUPLES_NOTE, TRANSACTIONS_NOTE]));
});

test.each([
  ['another value was written', ednHistory(['write', '[[:w 0 3]]', '[[:w 0 3]]'], ['write', '5', '5'])],
  ['another value was read', ednHistory(['write', '[[:w 0 3]]', '[[:w 0 3]]'], ['read', 'nil', '5'])],
  ['lists of something else', ednHistory(['write', '[[:x 0 3]]', '[[:x 0 3]]'])],
  ['empty lists', ednHistory(['write', '[]', '[]'], ['read', '[]', '[]'])],
])('operations keep their names where %s', async (_what, text) => {
  const { operations, notes } = await read(text);
  expect(operations[0]?.f).toBe('write');
  expect(notes).not.toContain(TRANSACTIONS_NOTE);
});

test('what a failed completion carries decides nothing', async () => {
  const failed = LONG_FORK.replace(':ok, :f :write, :value [[:w 3 1]]', ':info, :f :write, :value :timeout');
  const { operations } = await read(failed);
  expect(operations.map(({ f }) => f)).toEqual(['txn', 'txn']);
});

test.each([
  ['another value written', 'txn', '[[:w 3 1]]', '[[:w 3 2]]'],
  ['another kind', 'txn', '[[:w 3 1]]', '[[:r 3 9]]'],
  ['another key', 'txn', '[[:r 3 nil]]', '[[:r 4 9]]'],
  ['a step less', 'txn', '[[:r 3 nil] [:w 3 1]]', '[[:r 3 1]]'],
  ['another value appended', 'txn', '[[:append 3 1]]', '[[:append 3 2]]'],
  ['another value put', 'txn', '[[:put "x" 1]]', '[[:put "x" 2]]'],
  ['another value written, by another name', 'write', '[[:w 3 1]]', '[[:w 3 2]]'],
  ['another value written, of a read', 'read', '[[:r 3 nil] [:w 3 1]]', '[[:r 3 4] [:w 3 2]]'],
  ['another value written, behind a key', 'txn', '[7 [[:w 3 1]]]', '[7 [[:w 3 2]]]'],
  ['another value written, behind a key, by another name', 'read', '[7 [[:w 3 1]]]', '[7 [[:w 3 2]]]'],
])('a transaction that is ok with %s is refused, by its line', async (_what, f, asked, answered) => {
  await expect(read(ednHistory([f, asked, answered]))).rejects.toThrow(
    /^line 2: :ok of :\w+ .* expected the same steps again, with what was read in its place$/,
  );
});

test.each([
  ['what was read', '[[:r 3 nil] [:w 3 1]]', '[[:r 3 4] [:w 3 1]]'],
  ['a read without a place for it', '[[:r 3] [:w 3 1]]', '[[:r 3 4] [:w 3 1]]'],
  ['nothing of what it wrote', '[[:w 3 1]]', '[[:w 3 nil]]'],
  ['answers alone', '[[:put "x" 1] [:get "x"]]', '[nil 1]'],
])('a transaction may be answered with %s', async (_what, asked, answered) => {
  expect((await read(ednHistory(['txn', asked, answered]))).operations).toHaveLength(1);
});
