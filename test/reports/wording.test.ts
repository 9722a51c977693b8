import { expect, test } from 'vitest';
import type { Json, Operation } from '../../history/operation.ts';
import { asked, keyNames, label } from '../../reports/wording.ts';

function transaction(value: Json, result: Json = null, outcome: Operation['outcome'] = 'ok'): Operation {
  const times = { invokedAt: 0, completedAt: 10 };
  return { index: 0, process: 1, f: 'txn', key: null, value, outcome, result, error: null, node: null, ...times };
}

const KEYS = Array.from({ length: 14 }, (_, i) => `account-${i}`);

test('a transaction is told by its steps, on its bar with what they found', () => {
  const mixed = transaction(
    [
      ['r', 'x', null],
      ['w', 'y', 1],
    ],
    [
      ['r', 'x', 7],
      ['w', 'y', 1],
    ],
  );
  expect(asked(mixed)).toBe('transaction (r x; w y 1)');
  expect(label(mixed)).toBe('txn r x → 7; w y 1');
  const kv = transaction(
    [
      ['get', 'x'],
      ['append', 'y', 'a b'],
      ['get', 'z'],
    ],
    ['1', null, null],
  );
  expect(asked(kv)).toBe('transaction (get x; append y "a b"; get z)');
  expect(
    label(
      transaction(
        [
          ['get', 'x'],
          ['get', 'z'],
        ],
        ['1', null],
      ),
    ),
  ).toBe('txn get x → "1"; get z → nil');
  expect(label(transaction([['w', 'x', 1]], null, 'info'))).toBe('txn w x 1 ?');
});

test('of a long transaction, and of many keys, the first are told and the rest are counted', () => {
  const long = transaction(KEYS.map((key) => ['w', key, 1]));
  expect(label(long)).toBe('txn w account-0 1; w account-1 1; 12 more');
  expect(asked(long)).toBe('transaction (w account-0 1; w account-1 1; w account-2 1; w account-3 1; 10 more)');
  expect(keyNames(KEYS.join(', '))).toBe('keys account-0, account-1, account-2 and 11 more');
  expect(keyNames('x, y')).toBe('keys x and y');
});

test('what is called a transaction and has no such steps is told as it is', () => {
  expect(asked(transaction('all of it'))).toBe('transaction of "all of it"');
  expect(asked(transaction([['w']]))).toBe('transaction of [["w"]]');
  expect(asked(transaction([]))).toBe('transaction of []');
});
