/** A small history of each kind of anomaly of texts that grow by append, and of compare-and-set. */

import type { AnomalyShape } from '../../checker/verdict.ts';
import { ofModel, type Row, type Sample } from './shape-samples.ts';

const text = (shape: AnomalyShape, name: string, rows: readonly Row[], sentence: string): Sample => ({
  ...ofModel('kv', shape, name, rows, sentence),
  key: 'k',
});

export const TEXT_SAMPLES: readonly Sample[] = [
  text(
    'appended-twice',
    'an append that is in the text twice',
    [
      [0, 'append', 'a', null, 0, 10],
      [1, 'append', 'b', null, 12, 20],
      [2, 'get', null, 'abb', 25, 30],
    ],
    "Append applied twice: client 2's read of k from 0.025 to 0.030 s returned abb, with b in it twice, although only client 1's append of b to k can have appended it, once at most.",
  ),
  text(
    'appended-twice',
    'an append of unknown outcome that is in the text twice',
    [
      [0, 'append', 'a', null, 0, 10, 'info'],
      [1, 'append', 'b', null, 12, 20],
      [2, 'get', null, 'aba', 26, 30],
    ],
    "Append applied twice: client 2's read of k from 0.026 to 0.030 s returned aba, with a in it twice, although only client 0's append of a to k can have appended it, once at most.",
  ),
  text(
    'appended-twice',
    'an append that is in two texts',
    [
      [0, 'put', 'v', null, 0, 3],
      [1, 'append', 'p', null, 4, 6, 'info'],
      [2, 'get', null, 'vp', 7, 9],
      [0, 'put', 'w', null, 10, 12],
      [3, 'get', null, 'wp', 13, 15],
    ],
    "Append applied twice: client 3's read of k from 0.013 to 0.015 s returned wp, with p in it, although client 2's read from 0.007 to 0.009 s had p too, in a text that was replaced in between, and only client 1's append of p to k can have appended it, once at most.",
  ),
  text(
    'appended-twice',
    'an append that is in its own answer twice',
    [
      [0, 'append', 'a', null, 0, 10],
      [1, 'append', 'b', 'abb', 12, 20],
    ],
    "Append applied twice: client 1's append of b to k from 0.012 to 0.020 s returned abb, with b in it twice, although it was this one that appended it, once.",
  ),
  text(
    'append-out-of-order',
    'a later append before an earlier one',
    [
      [0, 'append', 'a', null, 0, 10],
      [1, 'append', 'b', null, 12, 20],
      [2, 'get', null, 'ba', 25, 30],
    ],
    "Append out of order: client 2's read of k from 0.025 to 0.030 s returned ba, with b before a, although client 0's append of a to k had been acknowledged 2 ms before client 1's append of b to k began.",
  ),
  text(
    'append-out-of-order',
    'an append that a write did not replace',
    [
      [1, 'append', 'p', null, 4, 6],
      [0, 'put', 'w', null, 10, 12],
      [3, 'get', null, 'wp', 13, 15],
    ],
    "Append out of order: client 3's read of k from 0.013 to 0.015 s returned wp, with w before p, although client 1's append of p to k had been acknowledged 4 ms before client 0's write of w to k began.",
  ),
  text(
    'never-appended',
    'a text that nobody appended',
    [
      [0, 'append', 'a', null, 0, 5],
      [2, 'get', null, 'az', 26, 30],
    ],
    "Text never appended: client 2's read of k from 0.026 to 0.030 s returned az, with z in it, although nobody ever asked to append z to k.",
  ),
  text(
    'failed-write-read',
    'an append that failed',
    [
      [0, 'append', 'a', null, 0, 5],
      [1, 'append', 'b', null, 6, 8, 'fail', 'no quorum'],
      [2, 'get', null, 'ab', 26, 30],
    ],
    "Failed write was read: client 2's read of k from 0.026 to 0.030 s returned ab, with b in it, although client 1's append of b to k had surely failed (“no quorum”).",
  ),
  text(
    'from-the-future',
    'an append from the future',
    [
      [2, 'get', null, 'a', 0, 3],
      [0, 'append', 'a', null, 5, 8],
    ],
    "Value from the future: client 2's read of k from 0.000 to 0.003 s returned a, with a in it, although client 0 asked for the append of a to k only 2 ms later.",
  ),
  text(
    'contradicting-reads',
    'two reads at once that contradict each other',
    [
      [0, 'append', 'a', null, 0, 10],
      [1, 'append', 'b', null, 0, 20],
      [2, 'get', null, 'ab', 1, 30],
      [3, 'get', null, 'ba', 1, 30],
    ],
    "Contradicting reads: client 2's read of k from 0.001 to 0.030 s returned ab, although client 3's read from 0.001 to 0.030 s returned ba, with b where this one has a.",
  ),
  text(
    'stale-read',
    'an append that nobody looked for later',
    [
      [0, 'append', 'a', null, 0, 5],
      [1, 'append', 'b', null, 6, 8],
      [2, 'get', null, 'a', 26, 30],
    ],
    "Stale read: client 2's read of k from 0.026 to 0.030 s returned a, without b, although client 1's append of b to k had been acknowledged 18 ms before the read began.",
  ),
  text(
    'stale-read',
    'an append that a later read has',
    [
      [0, 'append', 'a', null, 0, 5],
      [1, 'append', 'b', null, 6, 8],
      [2, 'get', null, 'a', 26, 30],
      [2, 'get', null, 'ab', 36, 40],
    ],
    "Stale read: client 2's read of k from 0.026 to 0.030 s returned a, without b, although client 1's append of b to k had been acknowledged 18 ms before the read began.",
  ),
  text(
    'lost-update',
    'an append that is gone from all later reads',
    [
      [0, 'append', 'a', null, 0, 5],
      [1, 'append', 'b', null, 6, 8],
      [2, 'get', null, 'a', 26, 30],
      [2, 'get', null, 'a', 36, 40],
    ],
    "Lost update: client 2's read of k from 0.026 to 0.030 s returned a, without b, although client 1's append of b to k had been acknowledged 18 ms before the read began; nobody saw b later.",
  ),
  text(
    'lost-update',
    'an append that a later one does not stand behind',
    [
      [0, 'append', 'a', null, 0, 5],
      [1, 'append', 'b', null, 6, 8],
      [2, 'get', null, 'b', 26, 30],
    ],
    "Lost update: client 2's read of k from 0.026 to 0.030 s returned b, without a, although client 0's append of a to k had been acknowledged 21 ms before the read began; nobody saw a later.",
  ),
  text(
    'nil-after-write',
    'an append where nothing was found',
    [
      [0, 'append', 'a', null, 0, 5],
      [2, 'get', null, null, 26, 30],
    ],
    "Acknowledged write not found: client 2's read of k from 0.026 to 0.030 s found nothing, although client 0's append of a to k had been acknowledged 21 ms before the read began.",
  ),
  text(
    'newer-then-older',
    'an append that had been seen',
    [
      [1, 'append', 'p', null, 4, 6, 'info'],
      [1, 'append', 'q', null, 4, 6, 'info'],
      [3, 'get', null, 'pq', 13, 15],
      [4, 'get', null, 'p', 17, 19],
    ],
    "Newer value, then older: client 4's read of k from 0.017 to 0.019 s returned p, without q, although client 3's read had already returned q as well, 2 ms before client 4's read began.",
  ),
  text(
    'stale-read',
    'a text that had been replaced',
    [
      [0, 'put', 'v', null, 0, 3],
      [1, 'append', 'x', null, 4, 5],
      [0, 'put', 'w', null, 10, 12],
      [3, 'get', null, 'vx', 13, 15],
    ],
    "Stale read: client 3's read of k from 0.013 to 0.015 s returned vx, without w, although client 0's write of w to k had been acknowledged 1 ms before the read began.",
  ),
  text(
    'internal-inconsistency',
    'an append that its own answer lacks',
    [
      [0, 'append', 'a', null, 0, 5],
      [1, 'append', 'b', 'a', 6, 8],
    ],
    "Internal inconsistency: client 1's append of b to k from 0.006 to 0.008 s returned a, which does not end with what it appended itself.",
  ),
  text(
    'refused-cas',
    'a compare-and-set that was refused',
    [
      [0, 'put', 'a', null, 0, 10],
      [1, 'cas', ['a', 'b'], false, 12, 20],
    ],
    "Compare-and-set wrongly refused: client 1's compare-and-set of k from a to b from 0.012 to 0.020 s did not match, although client 0's write of a to k had been acknowledged 2 ms before the compare-and-set began, and nothing can have changed it since.",
  ),
  text(
    'refused-cas',
    'a compare-and-set that was refused where nothing was',
    [[1, 'cas', [null, 'b'], false, 12, 20]],
    "Compare-and-set wrongly refused: client 1's compare-and-set of k from nil to b from 0.012 to 0.020 s did not match, although what it expects was there at first, and nothing can have changed it by then.",
  ),
];
