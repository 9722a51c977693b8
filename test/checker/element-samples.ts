/** A small history of each kind of anomaly of queues, stacks, priority queues and sets. */

import type { AnomalyShape } from '../../checker/verdict.ts';
import { ofModel, type Row, type Sample } from './shape-samples.ts';

const queue = (shape: AnomalyShape, name: string, rows: readonly Row[], sentence: string): Sample => ({
  name,
  model: 'queue',
  rows,
  shape,
  sentence,
});

export const ELEMENT_SAMPLES: readonly Sample[] = [
  queue(
    'never-added',
    'an element that nobody put in',
    [
      [1, 'enqueue', 5, null, 0, 1],
      [2, 'dequeue', null, 7, 2, 3],
    ],
    "Element never added: client 2's dequeue from 0.002 to 0.003 s returned 7, although nobody ever asked to put 7 in.",
  ),
  queue(
    'failed-add-seen',
    'an element whose enqueue failed',
    [
      [1, 'enqueue', 5, null, 0, 1, 'fail', 'queue is full'],
      [2, 'dequeue', null, 5, 2, 3],
    ],
    "Element of a failed operation: client 2's dequeue from 0.002 to 0.003 s returned 5, although client 1's enqueue of 5 had surely failed (“queue is full”).",
  ),
  queue(
    'added-later',
    'an element that came out before it went in',
    [
      [2, 'dequeue', null, 5, 0, 1],
      [1, 'enqueue', 5, null, 4, 5],
    ],
    "Element from the future: client 2's dequeue from 0.000 to 0.001 s returned 5, although client 1 asked for the enqueue of 5 only 3 ms later.",
  ),
  queue(
    'taken-twice',
    'an element that came out twice',
    [
      [1, 'enqueue', 5, null, 0, 1],
      [2, 'dequeue', null, 5, 2, 6],
      [3, 'dequeue', null, 5, 3, 7],
    ],
    "Element taken twice: client 3's dequeue from 0.003 to 0.007 s returned 5, and so did client 2's dequeue from 0.002 to 0.006 s, although 5 was put in only once.",
  ),
  queue(
    'still-there',
    'an element that is seen after it was taken out',
    [
      [1, 'enqueue', 5, null, 0, 1],
      [2, 'dequeue', null, 5, 2, 3],
      [3, 'peek', null, 5, 8, 9],
    ],
    "Removed element still there: client 3's peek from 0.008 to 0.009 s returned 5, although client 2's dequeue had taken 5 out 5 ms before the peek began.",
  ),
  queue(
    'lost-element',
    'an element that is gone',
    [
      [1, 'enqueue', 5, null, 0, 1],
      [2, 'dequeue', null, null, 4, 5],
    ],
    "Lost element: client 2's dequeue from 0.004 to 0.005 s found nothing, although client 1's enqueue of 5 had been acknowledged 3 ms before the dequeue began; nobody ever got 5.",
  ),
  queue(
    'wrongly-empty',
    'an empty answer while something was there',
    [
      [1, 'enqueue', 5, null, 0, 1],
      [2, 'dequeue', null, null, 4, 5],
      [2, 'dequeue', null, 5, 7, 8],
    ],
    "Empty answer while something was there: client 2's dequeue from 0.004 to 0.005 s found nothing, although client 1's enqueue of 5 had been acknowledged 3 ms before the dequeue began, and nobody can have taken it out by then.",
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
    "Empty answer while something was there: client 2's dequeue from 0.002 to 0.014 s found nothing, although from its call to its answer there was first 5, then 6.",
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
    "Out of order (not first in, first out): client 3's dequeue from 0.005 to 0.006 s returned 6, although 5 came first: client 1's enqueue of 5 had been acknowledged before client 2's enqueue of 6 began, and nobody can have taken 5 out by then.",
  ),
  queue(
    'fifo-violation',
    'an element that was passed over and lost',
    [
      [1, 'enqueue', 5, null, 0, 1],
      [2, 'enqueue', 6, null, 2, 3],
      [3, 'dequeue', null, 6, 5, 6],
    ],
    "Out of order (not first in, first out): client 3's dequeue from 0.005 to 0.006 s returned 6, although 5 came first: client 1's enqueue of 5 had been acknowledged before client 2's enqueue of 6 began, and nobody ever got 5.",
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
    "Out of order (not last in, first out): client 3's pop from 0.005 to 0.006 s returned 5, although 6 lay above it: client 2's push of 6 began only after client 1's push of 5 had been acknowledged, and nobody can have taken 6 out by then.",
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
    "Out of order (not by priority): client 3's delete-min from 0.005 to 0.006 s returned 7, although 2 comes first by priority: client 1's insert of 2 had been acknowledged 4 ms before the delete-min began, and nobody can have taken 2 out by then.",
  ),
  ofModel(
    'set',
    'never-added',
    'an element that nobody added',
    [
      [1, 'add', 5, null, 0, 1],
      [2, 'read', null, [5, 7], 2, 3],
    ],
    "Element never added: client 2's read from 0.002 to 0.003 s returned [5,7], with 7, although nobody ever asked to add 7.",
  ),
  ofModel(
    'set',
    'failed-add-seen',
    'an element whose add failed',
    [
      [1, 'add', 5, null, 0, 1, 'fail', 'no quorum'],
      [2, 'read', null, [5], 2, 3],
    ],
    "Element of a failed operation: client 2's read from 0.002 to 0.003 s returned [5], although client 1's add of 5 had surely failed (“no quorum”).",
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
    "Lost element: client 2's read from 0.006 to 0.007 s returned [6], without 5, although client 1's add of 5 had been acknowledged 5 ms before the read began; nobody found it later.",
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
    "Stale read: client 2's contains of 5 from 0.004 to 0.005 s did not find it, although client 1's add of 5 had been acknowledged 3 ms before the contains began.",
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
    "Removed element still there: client 2's read from 0.006 to 0.007 s returned [5], although client 1's remove of 5 had been acknowledged 3 ms before the read began, and nobody can have added it since.",
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
    "Element seen, then gone: client 3's read from 0.006 to 0.007 s returned nothing, although client 2's read had found it 3 ms before client 3's read began, and nobody can have removed it since.",
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
    "Element gone, then seen again: client 3's contains of 5 from 0.008 to 0.009 s found it, although client 2's contains had not found it 3 ms before client 3's contains began, and nobody can have added it since.",
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
    "Contradicting reads: client 4's read from 0.004 to 0.009 s returned [6], with 6 and without 5, although client 3's read from 0.003 to 0.008 s had 5 and not 6, and nobody had removed either.",
  ),
  ofModel(
    'set',
    'listed-twice',
    'an element listed twice',
    [
      [1, 'add', 5, null, 0, 1],
      [3, 'read', null, [5, 5], 3, 8],
    ],
    "Element listed twice: client 3's read from 0.003 to 0.008 s returned [5,5], with 5 in it more than once.",
  ),
  ofModel(
    'set',
    'added-twice',
    'an element that was new twice',
    [
      [1, 'add', 5, true, 0, 4],
      [2, 'add', 5, true, 2, 6],
    ],
    "Element newly added twice: client 2's add of 5 from 0.002 to 0.006 s was told that it was new, and so was client 1's add from 0.000 to 0.004 s, although nobody can have removed it in between.",
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
    "Element taken twice: client 3's remove of 5 from 0.003 to 0.007 s was told that it was there, and so was client 2's remove from 0.002 to 0.006 s, although 5 was added only once.",
  ),
];
