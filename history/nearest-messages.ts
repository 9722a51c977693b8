/**
 * The messages of a trial that were sent nearest in time to some moments. A long simulated trial has hundreds of thousands of them, of
 * which a page shows a few: one pass over the times alone finds those, and only they are read whole.
 */

import type { Database } from 'better-sqlite3';

/** Rows of the table `messages` at these positions, and how many the trial has. */
export interface NearestRows {
  readonly rows: readonly { readonly [column: string]: unknown }[];
  readonly total: number;
}

/**
 * At most `max` rows, in order of position. Of messages equally near, those of the earlier positions. `moments`: nanoseconds, at
 * least one.
 */
export function nearestMessageRows(db: Database, trial: number, moments: readonly number[], max: number): NearestRows {
  const total = db.prepare('SELECT count(*) FROM messages WHERE trial = ?').pluck().get(trial) as number;
  const positions = new Float64Array(total);
  const distances = new Float64Array(total);
  const sorted = Float64Array.from(moments).sort();
  let place = 0;
  const times = db.prepare('SELECT position, sent_at FROM messages WHERE trial = ? ORDER BY position').raw();
  for (const [position, at] of times.iterate(trial) as IterableIterator<[number, number]>) {
    positions[place] = position;
    distances[place++] = nearest(sorted, at);
  }
  const read = db.prepare('SELECT * FROM messages WHERE trial = ? AND position BETWEEN ? AND ? ORDER BY position');
  const rows: { readonly [column: string]: unknown }[] = [];
  for (const [from, to] of runsOfNearest(positions, distances, max))
    for (const row of read.iterate(trial, from, to)) rows.push(row as { [column: string]: unknown });
  return { rows, total };
}

/** Distance to the nearest of some sorted moments. */
function nearest(sorted: Float64Array, at: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  const after = low < sorted.length ? (sorted[low] as number) - at : Number.POSITIVE_INFINITY;
  return low === 0 ? after : Math.min(after, at - (sorted[low - 1] as number));
}

/** First and last position of each run of chosen neighbours. */
function runsOfNearest(positions: Float64Array, distances: Float64Array, max: number): (readonly [number, number])[] {
  if (max <= 0) return [];
  const limit = distances.length <= max ? Number.POSITIVE_INFINITY : (distances.slice().sort()[max - 1] as number);
  let atLimit = max;
  for (const distance of distances) if (distance < limit) atLimit--;
  const runs: [number, number][] = [];
  let last = -2;
  distances.forEach((distance, place) => {
    if (distance > limit || (distance === limit && --atLimit < 0)) return;
    const position = positions[place] as number;
    const run = runs.at(-1);
    if (run !== undefined && last === place - 1) run[1] = position;
    else runs.push([position, position]);
    last = place;
  });
  return runs;
}
