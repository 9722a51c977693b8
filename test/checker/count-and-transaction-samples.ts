/** A small history of each kind of anomaly of counters, locks and transactions. */

import type { AnomalyShape } from '../../checker/verdict.ts';
import type { Json, OperationOutcome } from '../../history/operation.ts';
import { ofModel, type Row, type Sample } from './shape-samples.ts';

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
export const COUNT_AND_TRANSACTION_SAMPLES: readonly Sample[] = [
  ofModel(
    'counter',
    'lost-increment',
    'a count that misses increments',
    [
      [1, 'add', 2, null, 0, 1],
      [2, 'add', 3, null, 2, 3],
      [3, 'read', null, 3, 5, 6],
    ],
    "Lost increment: client 3's read from 0.005 to 0.006 s returned 3, although increments acknowledged before it began make it at least 5.",
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
    "Lost increment: client 3's read from 0.007 to 0.008 s returned 20, although an earlier read by the same client had already returned 20, and client 2's add of 3 was acknowledged between these two.",
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
    "Lost increment: client 3's read from 0.007 to 0.008 s returned 0, although an earlier read by the same client had already returned 20, and nothing can have been taken away since.",
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
    "Count too low: client 3's read from 0.005 to 0.006 s returned 2, although all that was asked for by then makes it at least 3.",
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
    "Count too high: client 3's read from 0.005 to 0.006 s returned 3, although all that was asked for by then makes it at most 2.",
  ),
  ofModel(
    'counter',
    'impossible-count',
    'a count that no sum makes',
    [
      [2, 'add', 5, null, 2, 9],
      [3, 'read', null, 2, 5, 6],
    ],
    "Impossible count: client 3's read from 0.005 to 0.006 s returned 2, although all that was asked for by then can only make it 0 or 5.",
  ),
  ofModel(
    'counter',
    'same-count-twice',
    'one count for two',
    [
      [2, 'add-and-get', 1, 1, 2, 9],
      [3, 'add-and-get', 1, 1, 5, 10],
    ],
    "Same count given twice: client 3's add-and-get of 1 from 0.005 to 0.010 s returned 1, and so did client 2's add-and-get of 1 from 0.002 to 0.009 s, although each of them added to it.",
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
    "Two holders at once: client 2's acquire from 0.004 to 0.005 s succeeded, although client 1's acquire had succeeded 3 ms before client 2's acquire began, and nobody asked to release it before client 2's acquire ended.",
  ),
  ofModel(
    'mutex',
    'two-holders',
    'a lock that two got at once',
    [
      [1, 'acquire', null, true, 0, 5],
      [2, 'acquire', null, true, 1, 6],
    ],
    "Two holders at once: client 2's acquire from 0.001 to 0.006 s succeeded, and so did client 1's acquire from 0.000 to 0.005 s, although neither was released before the other was granted.",
  ),
  ofModel(
    'mutex',
    'release-without-hold',
    'a release by one who never acquired',
    [
      [1, 'acquire', null, true, 0, 1],
      [2, 'release', null, true, 4, 5],
    ],
    "Release without holding: client 2's release from 0.004 to 0.005 s succeeded, although client 2 had never acquired it.",
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
    "Release without holding: client 1's release from 0.004 to 0.005 s succeeded, although an earlier release by the same client had released it 1 ms before this one began, and it had been acquired only once.",
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
    "Wrongly refused: client 2's acquire from 0.004 to 0.005 s was refused, although nobody can have held it then.",
  ),
  ofModel(
    'mutex',
    'wrongly-refused',
    'a refused release by the holder',
    [
      [1, 'acquire', null, true, 0, 1],
      [1, 'release', null, false, 2, 3],
    ],
    "Wrongly refused: client 1's release from 0.002 to 0.003 s was refused, although client 1's acquire had succeeded 1 ms before the release began, and it had not been released since.",
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
    "More holders than permits: client 3's acquire from 0.004 to 0.005 s succeeded, so that at least 3 held it at once (clients 1, 2 and 3), although it has only 2 permits.",
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
    "Release without holding: client 2's release from 0.004 to 0.005 s succeeded, although client 1's release had released it 1 ms before client 2's release began, and it had been acquired only once.",
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
    "Wrongly refused: client 2's acquire from 0.004 to 0.005 s was refused, although no more than 1 of 2 permits can have been taken.",
    2,
  ),
  transactions(
    'never-written',
    'a value that nobody wrote',
    [txn(1, 'w x 1', 0, 1), txn(2, 'r x 2', 3, 4)],
    "Value never written: client 2's transaction (r x) from 0.003 to 0.004 s read x = 2, which nobody ever asked to write.",
  ),
  transactions(
    'aborted-read',
    'a value of a failed transaction',
    [txn(1, 'w x 1, w y 1', 0, 1, 'fail', 'conflict'), txn(2, 'r x 1', 3, 4)],
    "Aborted read: client 2's transaction (r x) from 0.003 to 0.004 s read x = 1, although client 1's transaction (w x 1; w y 1), which was to write that, had surely failed (“conflict”).",
  ),
  transactions(
    'intermediate-read',
    'a value that its writer replaced',
    [txn(1, 'w x 1, w x 2', 0, 1), txn(2, 'r x 1', 3, 4)],
    "Intermediate read: client 2's transaction (r x) from 0.003 to 0.004 s read x = 1, which client 1's transaction (w x 1; w x 2) had written and replaced by 2 itself.",
  ),
  transactions(
    'internal-inconsistency',
    'an own write that is not read',
    [txn(1, 'w x 1', 0, 1), txn(2, 'w x 2, r x 1', 3, 4)],
    "Internal inconsistency: client 2's transaction (w x 2; r x) from 0.003 to 0.004 s wrote x := 2, and then read x = 1.",
  ),
  transactions(
    'non-repeatable-read',
    'two values of one key',
    [txn(1, 'w x 1', 0, 5), txn(3, 'w x 2', 0, 5), txn(2, 'r x 1, r x 2', 3, 4)],
    "Non-repeatable read: client 2's transaction (r x; r x) from 0.003 to 0.004 s read x = 1, and then x = 2.",
  ),
  transactions(
    'from-the-future',
    'a value of a later transaction',
    [txn(2, 'r x 1', 0, 1), txn(1, 'w x 1', 4, 5)],
    "Value from the future: client 2's transaction (r x) from 0.000 to 0.001 s read x = 1, although client 1 asked for the transaction (w x 1) that was to write it only 3 ms later.",
  ),
  transactions(
    'stale-read',
    'a value that had been replaced',
    [txn(1, 'w x 1, w y 1', 0, 1), txn(1, 'w x 2', 2, 3), txn(2, 'r x 1, r y 1', 6, 7)],
    "Stale read: client 2's transaction (r x; r y) from 0.006 to 0.007 s read x = 1, although client 1's transaction (w x 2), which wrote x := 2, had been acknowledged 3 ms before client 2's transaction began.",
  ),
  transactions(
    'newer-then-older',
    'a newer value, then an older one',
    [txn(1, 'w x 1', 0, 1), txn(4, 'w x 2', 2, 3, 'info', 'timeout'), txn(2, 'r x 2', 4, 5), txn(3, 'r x 1', 7, 8)],
    "Newer value, then older: client 3's transaction (r x) from 0.007 to 0.008 s read x = 1, although client 2's transaction (r x) had already seen x = 2 of client 4's transaction (w x 2), 2 ms before client 3's transaction began.",
  ),
  transactions(
    'lost-update',
    'two that both replaced one value',
    [txn(1, 'w x 1', 0, 1), txn(2, 'r x 1, w x 2', 2, 6), txn(3, 'r x 1, w x 3', 3, 7)],
    "Lost update: client 3's transaction (r x; w x 3) from 0.003 to 0.007 s read x = 1 and replaced it, and so did client 2's transaction (r x; w x 2): whichever came first, the other went on as if it had never been.",
  ),
  transactions(
    'fractured-read',
    'a part of a transaction',
    [txn(1, 'w x 1, w y 1', 0, 1), txn(2, 'w x 2, w y 2', 2, 9), txn(3, 'r x 2, r y 1', 3, 7)],
    "Fractured read: client 3's transaction (r x; r y) from 0.003 to 0.007 s read y = 1, although it saw x = 2 of client 2's transaction (w x 2; w y 2), which wrote y := 2 as well.",
  ),
  transactions(
    'write-skew',
    'two that each missed what the other wrote',
    [txn(1, 'w x 1, w y 1', 0, 1), txn(2, 'r x 1, r y 1, w x 0', 2, 6), txn(3, 'r x 1, r y 1, w y 0', 3, 7)],
    "Write skew: client 3's transaction (r x; r y; w y 0) from 0.003 to 0.007 s read x = 1, which client 2's transaction (r x; r y; w x 0) replaced; and client 2 read y = 1, which client 3 replaced: neither saw the other.",
  ),
  transactions(
    'cause-unseen',
    'a later write without the earlier one',
    [txn(1, 'w x 1', 0, 9), txn(2, 'r x 1, w y 2', 1, 8), txn(3, 'r y 2, r x nil', 2, 9)],
    "Later write seen without an earlier one: client 3's transaction (r y; r x) from 0.002 to 0.009 s found nothing at x, although it saw what came after client 1's transaction (w x 1), which wrote x := 1.",
  ),
  transactions(
    'long-fork',
    'two that saw two writes in unlike orders',
    [txn(1, 'w x 1', 0, 9), txn(2, 'w y 1', 0, 9), txn(3, 'r x 1, r y nil', 2, 8), txn(4, 'r x nil, r y 1', 3, 7)],
    "Long fork: client 3's transaction (r x; r y) from 0.002 to 0.008 s saw client 1's transaction (w x 1), but not client 2's transaction (w y 1); client 4's transaction (r x; r y) saw them the other way round.",
  ),
  transactions(
    'circular-reads',
    'two that read from each other',
    [txn(1, 'r y 1, w x 1', 0, 9), txn(2, 'r x 1, w y 1', 1, 8)],
    "Circular information flow: client 1's transaction (r y; w x 1) and client 2's transaction (r x; w y 1) each read what the other wrote.",
  ),
  transactions(
    'circular-dependencies',
    'a circle of three',
    [txn(1, 'r x nil, w y 1', 0, 9), txn(2, 'r y nil, w z 1', 1, 8), txn(3, 'r z nil, w x 1', 2, 7)],
    "Circular dependencies: by what was read, 3 transactions must come one before the next, and the last before the first: client 1's transaction (r x; w y 1), client 3's transaction (r z; w x 1) and client 2's transaction (r y; w z 1).",
  ),
];
