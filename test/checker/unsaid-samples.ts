/** Small histories of which a sentence that says too much would be false: what nobody did, what came later, who it was. */

import { ofModel, type Sample } from './shape-samples.ts';

export const UNSAID_SAMPLES: readonly Sample[] = [
  ofModel(
    'queue',
    'wrongly-empty',
    'an element that an open dequeue may have got later',
    [
      [0, 'enqueue', 'a', null, 0, 10],
      [2, 'dequeue', null, null, 20, 30],
      [3, 'dequeue', null, null, 32, 40, 'info'],
    ],
    "Empty answer while something was there: client 2's dequeue from 0.020 to 0.030 s found nothing, although client 0's enqueue of a had been acknowledged 10 ms before the dequeue began, and nobody can have taken it out by then.",
  ),
  ofModel(
    'queue',
    'fifo-violation',
    'an element that was passed over, and that an open dequeue may have got later',
    [
      [0, 'enqueue', 'a', null, 0, 10],
      [0, 'enqueue', 'b', null, 11, 15],
      [2, 'dequeue', null, 'b', 20, 30],
      [3, 'dequeue', null, null, 32, 40, 'info'],
    ],
    "Out of order (not first in, first out): client 2's dequeue from 0.020 to 0.030 s returned b, although a came first: client 0's enqueue of a had been acknowledged before client 0's enqueue of b began, and nobody can have taken a out by then.",
  ),
  ofModel(
    'queue',
    'taken-twice',
    'an element that came out three times, and went in twice at most',
    [
      [0, 'enqueue', 'a', null, 0, 10],
      [1, 'enqueue', 'a', null, 1, 9, 'info'],
      [2, 'dequeue', null, 'a', 20, 30],
      [2, 'dequeue', null, 'a', 32, 40],
      [3, 'dequeue', null, 'a', 42, 50],
    ],
    "Element taken twice: client 3's dequeue from 0.042 to 0.050 s returned a, and so did client 2's dequeue from 0.020 to 0.030 s and client 2's dequeue from 0.032 to 0.040 s, although a was put in at most 2 times.",
  ),
  ofModel(
    'set',
    'never-added',
    'two elements that nobody added',
    [
      [0, 'add', 'x', null, 0, 5],
      [0, 'read', null, ['x', 'y', 'z'], 10, 20],
    ],
    'Element never added: client 0\'s read from 0.010 to 0.020 s returned ["x","y","z"], with "y", although nobody ever asked to add "y", nor "z" either.',
  ),
  ofModel(
    'set',
    'lost-element',
    'elements lost for good beside one that came late',
    [
      [0, 'add', 1, null, 0, 1],
      [0, 'add', 2, null, 2, 3],
      [0, 'add', 3, null, 4, 5],
      [1, 'read', null, [], 6, 7],
      [1, 'read', null, [1], 8, 9],
    ],
    "Lost element: client 1's read from 0.006 to 0.007 s returned nothing, although client 0's add of 2 had been acknowledged 3 ms before the read began; nobody found it later, nor 3.",
  ),
  ofModel(
    'set',
    'seen-then-gone',
    'an element that one client saw, and then did not',
    [
      [0, 'add', 1, null, 0, 2, 'info'],
      [1, 'contains', 1, true, 3, 13],
      [1, 'contains', 1, false, 35, 40],
    ],
    "Element seen, then gone: client 1's contains of 1 from 0.035 to 0.040 s did not find it, although an earlier contains by the same client had found it 22 ms before this one began, and nobody can have removed it since.",
  ),
  ofModel(
    'mutex',
    'two-holders',
    'a lock whose release failed',
    [
      [0, 'acquire', null, null, 0, 10],
      [0, 'release', null, null, 12, 15, 'fail'],
      [1, 'acquire', null, null, 16, 20],
    ],
    "Two holders at once: client 1's acquire from 0.016 to 0.020 s succeeded, although client 0's acquire had succeeded 6 ms before client 1's acquire began, and client 0's release from 0.012 to 0.015 s failed for sure.",
  ),
  ofModel(
    'mutex',
    'two-holders',
    'a lock whose release was refused',
    [
      [0, 'acquire', null, null, 0, 10],
      [0, 'release', null, false, 15, 20],
      [1, 'acquire', null, null, 30, 40],
    ],
    "Two holders at once: client 1's acquire from 0.030 to 0.040 s succeeded, although client 0's acquire had succeeded 20 ms before client 1's acquire began, and client 0's release from 0.015 to 0.020 s was refused.",
  ),
  ofModel(
    'mutex',
    'two-holders',
    'a lock of which another owner may still release',
    [
      [0, 'acquire', 'A', null, 0, 10],
      [1, 'release', 'A', null, 12, 13, 'info'],
      [2, 'acquire', 'B', null, 20, 30],
      [3, 'acquire', 'C', null, 35, 40],
    ],
    "Two holders at once: client 3's acquire for C from 0.035 to 0.040 s succeeded, although client 2's acquire for B had succeeded 5 ms before client 3's acquire began, and B did not ask to release it before client 3's acquire ended.",
  ),
  ofModel(
    'mutex',
    'two-holders',
    'a lock that its holder got once more',
    [
      [0, 'acquire', null, null, 0, 10],
      [0, 'acquire', null, null, 12, 20],
      [0, 'release', null, null, 25, 30],
    ],
    "Acquired twice by its holder: client 0's acquire from 0.012 to 0.020 s succeeded, although an earlier acquire by the same client had succeeded 2 ms before this one began, and nobody asked to release it before this one ended.",
  ),
  ofModel(
    'semaphore',
    'release-without-hold',
    'three releases at once of what two had acquired',
    [
      [0, 'acquire', null, null, 0, 10],
      [1, 'acquire', null, null, 0, 10],
      [0, 'release', null, null, 12, 20],
      [1, 'release', null, null, 12, 20],
      [2, 'release', null, null, 12, 20],
    ],
    "Release without holding: client 2's release from 0.012 to 0.020 s succeeded, and so did 2 other releases, although only 2 acquires can have succeeded by then.",
    2,
  ),
  ofModel(
    'counter',
    'failed-add-counted',
    'an increment that failed, and was counted',
    [
      [0, 'inc', null, null, 0, 10],
      [3, 'inc', null, null, 6, 14, 'fail', 'quota'],
      [0, 'read', null, 2, 20, 30],
    ],
    "Failed increment was counted: client 0's read from 0.020 to 0.030 s returned 2, although all that was asked for by then and did not surely fail makes it at most 1, and client 3's inc surely failed (“quota”).",
  ),
  ofModel(
    'counter',
    'count-too-high',
    'a count that no failed increment explains',
    [
      [0, 'inc', null, null, 0, 10],
      [3, 'inc', null, null, 6, 14, 'fail'],
      [0, 'read', null, 5, 20, 30],
    ],
    "Count too high: client 0's read from 0.020 to 0.030 s returned 5, although all that was asked for by then and did not surely fail makes it at most 1.",
  ),
  ofModel(
    'counter',
    'stale-count',
    'an increment that a later read has',
    [
      [0, 'inc', null, null, 0, 10],
      [1, 'read', null, 0, 12, 25],
      [1, 'read', null, 1, 26, 30],
    ],
    "Stale count: client 1's read from 0.012 to 0.025 s returned 0, although increments acknowledged before it began make it at least 1; client 1's read from 0.026 to 0.030 s returned 1.",
  ),
  ofModel(
    'counter',
    'count-too-low',
    'an increment that a later read has, or another one of unknown outcome',
    [
      [0, 'inc', null, null, 0, 10],
      [2, 'inc', null, null, 1, 10, 'info'],
      [1, 'read', null, 0, 12, 25],
      [1, 'read', null, 1, 26, 30],
    ],
    "Count too low: client 1's read from 0.012 to 0.025 s returned 0, although increments acknowledged before it began make it at least 1; client 1's read from 0.026 to 0.030 s returned 1.",
  ),
  ofModel(
    'counter',
    'count-too-high',
    'a decrement that was not counted',
    [
      [0, 'add', 10, null, 0, 5],
      [1, 'dec', 4, null, 12, 20],
      [2, 'read', null, 10, 25, 30],
    ],
    "Count too high: client 2's read from 0.025 to 0.030 s returned 10, which is without client 1's dec of 4, acknowledged before it began, although all that was asked for by then makes it at most 6.",
  ),
];
