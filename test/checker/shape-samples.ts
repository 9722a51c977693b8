/** A small history of each kind of anomaly of queues, sets, counters, locks and transactions, and the sentence that tells it. */

import type { AnomalyShape } from '../../checker/verdict.ts';
import type { Json, Operation, OperationOutcome } from '../../history/operation.ts';

/** [client, f, value, result, from ms, to ms, outcome, error] */
export type Row = readonly [number, string, Json, Json, number, number, OperationOutcome?, string?];

export interface Sample {
  readonly name: string;
  readonly model: string;
  readonly initial?: Json;
  readonly rows: readonly Row[];
  readonly shape: AnomalyShape;
  readonly sentence: string;
}

const MS = 1e6;

export function historyOf(rows: readonly Row[]): Operation[] {
  return rows
    .map(([process, f, value, result, from, to, outcome = 'ok', error = null]) => ({
      process,
      f,
      key: null,
      value,
      outcome,
      result,
      error,
      invokedAt: from * MS,
      completedAt: outcome === 'info' ? null : to * MS,
      node: null,
    }))
    .sort((a, b) => a.invokedAt - b.invokedAt)
    .map((one, index) => ({ index, ...one }));
}

const queue = (shape: AnomalyShape, name: string, rows: readonly Row[], sentence: string): Sample => ({
  name,
  model: 'queue',
  rows,
  shape,
  sentence,
});

/** A transaction: "r x 1" read 1, "w x 1" wrote it; nil is nothing. */
function txn(
  process: number,
  steps: string,
  from: number,
  to: number,
  outcome: OperationOutcome = 'ok',
  error?: string,
): Row {
  const list = steps.split(', ').map((step) => step.split(' ') as [string, string, string]);
  const number = (text: string): Json => (text === 'nil' ? null : Number(text));
  const value = list.map(([f, key, to]): Json => [f, key, f === 'w' ? number(to) : null]);
  const result = list.map(([f, key, to]): Json => [f, key, number(to)]);
  const row: Row = [process, 'txn', value, outcome === 'ok' ? result : null, from, to, outcome];
  return error === undefined ? row : ([...row.slice(0, 7), error] as unknown as Row);
}

const transactions = (shape: AnomalyShape, name: string, rows: readonly Row[], sentence: string): Sample => ({
  name,
  model: 'multi-register',
  rows,
  shape,
  sentence,
});
const ofModel = (
  model: string,
  shape: AnomalyShape,
  name: string,
  rows: readonly Row[],
  sentence: string,
  initial?: Json,
): Sample => ({ name, model, rows, shape, sentence, ...(initial === undefined ? {} : { initial }) });

export const SAMPLES: readonly Sample[] = [
  queue(
    'never-added',
    'an element that nobody put in',
    [
      [1, 'enqueue', 5, null, 0, 1],
      [2, 'dequeue', null, 7, 2, 3],
    ],
    '',
  ),
  queue(
    'failed-add-seen',
    'an element whose enqueue failed',
    [
      [1, 'enqueue', 5, null, 0, 1, 'fail', 'queue is full'],
      [2, 'dequeue', null, 5, 2, 3],
    ],
    '',
  ),
  queue(
    'added-later',
    'an element that came out before it went in',
    [
      [2, 'dequeue', null, 5, 0, 1],
      [1, 'enqueue', 5, null, 4, 5],
    ],
    '',
  ),
  queue(
    'taken-twice',
    'an element that came out twice',
    [
      [1, 'enqueue', 5, null, 0, 1],
      [2, 'dequeue', null, 5, 2, 6],
      [3, 'dequeue', null, 5, 3, 7],
    ],
    '',
  ),
  queue(
    'still-there',
    'an element that is seen after it was taken out',
    [
      [1, 'enqueue', 5, null, 0, 1],
      [2, 'dequeue', null, 5, 2, 3],
      [3, 'peek', null, 5, 8, 9],
    ],
    '',
  ),
  queue(
    'lost-element',
    'an element that is gone',
    [
      [1, 'enqueue', 5, null, 0, 1],
      [2, 'dequeue', null, null, 4, 5],
    ],
    '',
  ),
  queue(
    'wrongly-empty',
    'an empty answer while something was there',
    [
      [1, 'enqueue', 5, null, 0, 1],
      [2, 'dequeue', null, null, 4, 5],
      [2, 'dequeue', null, 5, 7, 8],
    ],
    '',
  ),
  queue(
    'wrongly-empty',
    'an empty answer while there was one thing after the other',
    [
      [1, 'enqueue', 5, null, 0, 1],
      [2, 'dequeue', null, null, 2, 14],
      [1, 'enqueue', 6, null, 3, 4],
      [3, 'dequeue', null, 5, 6, 7],
      [3, 'dequeue', null, 6, 16, 17],
    ],
    '',
  ),
  queue(
    'fifo-violation',
    'a later element first',
    [
      [1, 'enqueue', 5, null, 0, 1],
      [2, 'enqueue', 6, null, 2, 3],
      [3, 'dequeue', null, 6, 5, 6],
      [3, 'dequeue', null, 5, 8, 9],
    ],
    '',
  ),
  queue(
    'fifo-violation',
    'an element that was passed over and lost',
    [
      [1, 'enqueue', 5, null, 0, 1],
      [2, 'enqueue', 6, null, 2, 3],
      [3, 'dequeue', null, 6, 5, 6],
    ],
    '',
  ),
  ofModel(
    'stack',
    'lifo-violation',
    'an element from underneath',
    [
      [1, 'push', 5, null, 0, 1],
      [2, 'push', 6, null, 2, 3],
      [3, 'pop', null, 5, 5, 6],
      [3, 'pop', null, 6, 8, 9],
    ],
    '',
  ),
  ofModel(
    'priority-queue',
    'priority-violation',
    'a lower priority first',
    [
      [1, 'insert', 2, null, 0, 1],
      [2, 'insert', 7, null, 0, 2],
      [3, 'delete-min', null, 7, 5, 6],
      [3, 'delete-min', null, 2, 8, 9],
    ],
    '',
  ),
  ofModel(
    'set',
    'never-added',
    'an element that nobody added',
    [
      [1, 'add', 5, null, 0, 1],
      [2, 'read', null, [5, 7], 2, 3],
    ],
    '',
  ),
  ofModel(
    'set',
    'failed-add-seen',
    'an element whose add failed',
    [
      [1, 'add', 5, null, 0, 1, 'fail', 'no quorum'],
      [2, 'read', null, [5], 2, 3],
    ],
    '',
  ),
  ofModel(
    'set',
    'lost-element',
    'an acknowledged element that is lost',
    [
      [1, 'add', 5, null, 0, 1],
      [1, 'add', 6, null, 2, 3],
      [2, 'read', null, [6], 6, 7],
    ],
    '',
  ),
  ofModel(
    'set',
    'stale-read',
    'an element that a read lacks and a later one has',
    [
      [1, 'add', 5, null, 0, 1],
      [2, 'contains', 5, false, 4, 5],
      [3, 'contains', 5, true, 7, 8],
    ],
    '',
  ),
  ofModel(
    'set',
    'still-there',
    'a removed element',
    [
      [1, 'add', 5, null, 0, 1],
      [1, 'remove', 5, true, 2, 3],
      [2, 'read', null, [5], 6, 7],
    ],
    '',
  ),
  ofModel(
    'set',
    'seen-then-gone',
    'an element that was seen and then not',
    [
      [1, 'add', 5, null, 0, 1, 'info', 'timeout'],
      [2, 'read', null, [5], 2, 3],
      [3, 'read', null, [], 6, 7],
    ],
    '',
  ),
  ofModel(
    'set',
    'gone-then-seen',
    'an element that was gone and is back',
    [
      [1, 'add', 5, null, 0, 1],
      [4, 'remove', 5, null, 2, 3, 'info', 'timeout'],
      [2, 'contains', 5, false, 4, 5],
      [3, 'contains', 5, true, 8, 9],
    ],
    '',
  ),
  ofModel(
    'set',
    'contradicting-reads',
    'two reads that each lack what the other has',
    [
      [1, 'add', 5, null, 0, 10],
      [2, 'add', 6, null, 0, 10],
      [3, 'read', null, [5], 3, 8],
      [4, 'read', null, [6], 4, 9],
    ],
    '',
  ),
  ofModel(
    'set',
    'listed-twice',
    'an element listed twice',
    [
      [1, 'add', 5, null, 0, 1],
      [3, 'read', null, [5, 5], 3, 8],
    ],
    '',
  ),
  ofModel(
    'set',
    'added-twice',
    'an element that was new twice',
    [
      [1, 'add', 5, true, 0, 4],
      [2, 'add', 5, true, 2, 6],
    ],
    '',
  ),
  ofModel(
    'set',
    'taken-twice',
    'an element that was removed twice',
    [
      [1, 'add', 5, true, 0, 1],
      [2, 'remove', 5, true, 2, 6],
      [3, 'remove', 5, true, 3, 7],
    ],
    '',
  ),
  ofModel(
    'counter',
    'lost-increment',
    'a count that misses increments',
    [
      [1, 'add', 2, null, 0, 1],
      [2, 'add', 3, null, 2, 3],
      [3, 'read', null, 3, 5, 6],
    ],
    '',
  ),
  ofModel(
    'counter',
    'lost-increment',
    'an increment that is lost between two reads',
    [
      [1, 'add', 20, null, 0, 1],
      [3, 'read', null, 20, 2, 3],
      [2, 'add', 3, null, 4, 5],
      [3, 'read', null, 20, 7, 8],
    ],
    '',
  ),
  ofModel(
    'counter',
    'lost-increment',
    'a count that went back',
    [
      [1, 'add', 20, null, 0, 9, 'info', 'timeout'],
      [3, 'read', null, 20, 2, 3],
      [3, 'read', null, 0, 7, 8],
    ],
    '',
  ),
  ofModel(
    'counter',
    'count-too-low',
    'a count below what can be',
    [
      [1, 'add', 5, null, 0, 1],
      [2, 'dec', 2, null, 2, 9],
      [3, 'read', null, 2, 5, 6],
    ],
    '',
  ),
  ofModel(
    'counter',
    'count-too-high',
    'a count above what can be',
    [
      [1, 'add', 1, null, 0, 1],
      [2, 'add', 1, null, 2, 9, 'info', 'timeout'],
      [3, 'read', null, 3, 5, 6],
    ],
    '',
  ),
  ofModel(
    'counter',
    'impossible-count',
    'a count that no sum makes',
    [
      [2, 'add', 5, null, 2, 9],
      [3, 'read', null, 2, 5, 6],
    ],
    '',
  ),
  ofModel(
    'counter',
    'same-count-twice',
    'one count for two',
    [
      [2, 'add-and-get', 1, 1, 2, 9],
      [3, 'add-and-get', 1, 1, 5, 10],
    ],
    '',
  ),
  ofModel(
    'mutex',
    'two-holders',
    'a lock that a second one got',
    [
      [1, 'acquire', null, true, 0, 1],
      [2, 'acquire', null, true, 4, 5],
      [1, 'release', null, true, 8, 9],
    ],
    '',
  ),
  ofModel(
    'mutex',
    'two-holders',
    'a lock that two got at once',
    [
      [1, 'acquire', null, true, 0, 5],
      [2, 'acquire', null, true, 1, 6],
    ],
    '',
  ),
  ofModel(
    'mutex',
    'release-without-hold',
    'a release by one who never acquired',
    [
      [1, 'acquire', null, true, 0, 1],
      [2, 'release', null, true, 4, 5],
    ],
    '',
  ),
  ofModel(
    'mutex',
    'release-without-hold',
    'a second release',
    [
      [1, 'acquire', null, true, 0, 1],
      [1, 'release', null, true, 2, 3],
      [1, 'release', null, true, 4, 5],
    ],
    '',
  ),
  ofModel(
    'mutex',
    'wrongly-refused',
    'a refusal while nobody held it',
    [
      [1, 'acquire', null, true, 0, 1],
      [1, 'release', null, true, 2, 3],
      [2, 'acquire', null, false, 4, 5],
    ],
    '',
  ),
  ofModel(
    'mutex',
    'wrongly-refused',
    'a refused release by the holder',
    [
      [1, 'acquire', null, true, 0, 1],
      [1, 'release', null, false, 2, 3],
    ],
    '',
  ),
  ofModel(
    'semaphore',
    'too-many-holders',
    'more holders than permits',
    [
      [1, 'acquire', null, true, 0, 1],
      [2, 'acquire', null, true, 2, 3],
      [3, 'acquire', null, true, 4, 5],
    ],
    '',
    2,
  ),
  ofModel(
    'semaphore',
    'release-without-hold',
    'a permit that was never taken is given back',
    [
      [1, 'acquire', null, true, 0, 1],
      [1, 'release', null, true, 2, 3],
      [2, 'release', null, true, 4, 5],
    ],
    '',
    2,
  ),
  ofModel(
    'semaphore',
    'wrongly-refused',
    'a refusal while a permit was left',
    [
      [1, 'acquire', null, true, 0, 1],
      [2, 'acquire', null, false, 4, 5],
    ],
    '',
    2,
  ),
  transactions('never-written', 'a value that nobody wrote', [txn(1, 'w x 1', 0, 1), txn(2, 'r x 2', 3, 4)], ''),
  transactions(
    'aborted-read',
    'a value of a failed transaction',
    [txn(1, 'w x 1, w y 1', 0, 1, 'fail', 'conflict'), txn(2, 'r x 1', 3, 4)],
    '',
  ),
  transactions(
    'intermediate-read',
    'a value that its writer replaced',
    [txn(1, 'w x 1, w x 2', 0, 1), txn(2, 'r x 1', 3, 4)],
    '',
  ),
  transactions(
    'internal-inconsistency',
    'an own write that is not read',
    [txn(1, 'w x 1', 0, 1), txn(2, 'w x 2, r x 1', 3, 4)],
    '',
  ),
  transactions(
    'non-repeatable-read',
    'two values of one key',
    [txn(1, 'w x 1', 0, 5), txn(3, 'w x 2', 0, 5), txn(2, 'r x 1, r x 2', 3, 4)],
    '',
  ),
  transactions('from-the-future', 'a value of a later transaction', [txn(2, 'r x 1', 0, 1), txn(1, 'w x 1', 4, 5)], ''),
  transactions(
    'stale-read',
    'a value that had been replaced',
    [txn(1, 'w x 1, w y 1', 0, 1), txn(1, 'w x 2', 2, 3), txn(2, 'r x 1, r y 1', 6, 7)],
    '',
  ),
  transactions(
    'newer-then-older',
    'a newer value, then an older one',
    [txn(1, 'w x 1', 0, 1), txn(4, 'w x 2', 2, 3, 'info', 'timeout'), txn(2, 'r x 2', 4, 5), txn(3, 'r x 1', 7, 8)],
    '',
  ),
  transactions(
    'lost-update',
    'two that both replaced one value',
    [txn(1, 'w x 1', 0, 1), txn(2, 'r x 1, w x 2', 2, 6), txn(3, 'r x 1, w x 3', 3, 7)],
    '',
  ),
  transactions(
    'fractured-read',
    'a part of a transaction',
    [txn(1, 'w x 1, w y 1', 0, 1), txn(2, 'w x 2, w y 2', 2, 9), txn(3, 'r x 2, r y 1', 3, 7)],
    '',
  ),
  transactions(
    'write-skew',
    'two that each missed what the other wrote',
    [txn(1, 'w x 1, w y 1', 0, 1), txn(2, 'r x 1, r y 1, w x 0', 2, 6), txn(3, 'r x 1, r y 1, w y 0', 3, 7)],
    '',
  ),
  transactions(
    'cause-unseen',
    'a later write without the earlier one',
    [txn(1, 'w x 1', 0, 9), txn(2, 'r x 1, w y 2', 1, 8), txn(3, 'r y 2, r x nil', 2, 9)],
    '',
  ),
  transactions(
    'long-fork',
    'two that saw two writes in unlike orders',
    [txn(1, 'w x 1', 0, 9), txn(2, 'w y 1', 0, 9), txn(3, 'r x 1, r y nil', 2, 8), txn(4, 'r x nil, r y 1', 3, 7)],
    '',
  ),
  transactions(
    'circular-reads',
    'two that read from each other',
    [txn(1, 'r y 1, w x 1', 0, 9), txn(2, 'r x 1, w y 1', 1, 8)],
    '',
  ),
  transactions(
    'circular-dependencies',
    'a circle of three',
    [txn(1, 'r x nil, w y 1', 0, 9), txn(2, 'r y nil, w z 1', 1, 8), txn(3, 'r z nil, w x 1', 2, 7)],
    '',
  ),
];
