/**
 * Where the operations of a core stand: a mapping from time to x that is true to scale except where nothing begins or ends for
 * long; such a stretch is cut out and marked with its length. Order and overlap are never changed.
 */

import type { Operation } from '../history/operation.ts';

/** A stretch between two neighbouring moments at which an operation of the core begins or ends. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly x: number;
  readonly width: number;
  /** The stretch is shorter than its time: mark it as cut. */
  readonly cut: boolean;
}

export interface TimeMapping {
  readonly stretches: readonly Stretch[];
  readonly x: (at: number) => number;
}

/** A stretch longer than this many times the median one is cut to that length. */
const CUT_FACTOR = 4;
/** Two moments are never closer than this on the picture, in pixels, so that an order stays visible. */
const STEP_MIN = 5;

/** Maps the moments of the operations onto x = left..left+width. Unknown ends are not moments: they reach to the right edge. */
export function timeMapping(operations: readonly Operation[], left: number, width: number): TimeMapping {
  const moments = [...new Set(operations.flatMap((operation) => [operation.invokedAt, ...knownEnd(operation)]))].sort(
    (a, b) => a - b,
  );
  const gaps = moments.slice(1).map((at, i) => at - (moments[i] as number));
  const limit = cutLimit(gaps);
  const kept = gaps.map((gap) => Math.min(gap, limit));
  const total = kept.reduce((sum, gap) => sum + gap, 0);
  const free = Math.max(0, width - STEP_MIN * gaps.length);
  const stretches: Stretch[] = [];
  let x = left;
  for (let i = 0; i < gaps.length; i++) {
    const stretch = STEP_MIN + (total === 0 ? 0 : ((kept[i] as number) / total) * free);
    stretches.push({
      from: moments[i] as number,
      to: moments[i + 1] as number,
      x,
      width: stretch,
      cut: (gaps[i] as number) > limit,
    });
    x += stretch;
  }
  const first = moments[0] ?? 0;
  return {
    stretches,
    x: (at) => {
      if (at <= first) return left;
      for (const stretch of stretches)
        if (at <= stretch.to) return stretch.x + ((at - stretch.from) / (stretch.to - stretch.from)) * stretch.width;
      return left + width;
    },
  };
}

/** Whether a picture of these operations leaves time out. */
export function isCut(operations: readonly Operation[]): boolean {
  return timeMapping(operations, 0, 1).stretches.some((stretch) => stretch.cut);
}

function cutLimit(gaps: readonly number[]): number {
  if (gaps.length < 2) return Number.POSITIVE_INFINITY;
  const sorted = [...gaps].sort((a, b) => a - b);
  const longest = sorted.at(-1) as number;
  const limit = CUT_FACTOR * (sorted[Math.floor((sorted.length - 1) / 2)] as number);
  return longest <= 2 * limit ? Number.POSITIVE_INFINITY : limit;
}

/** The end of an operation, when it is a moment the record knows: an unknown outcome has none. */
function knownEnd(operation: Operation): readonly number[] {
  return operation.outcome === 'info' || operation.completedAt === null ? [] : [operation.completedAt];
}

/** Whether `a` was over before `b` began: the only order a client can rely on. */
export function completedBefore(a: Operation, b: Operation): boolean {
  return a.outcome !== 'info' && a.completedAt !== null && a.completedAt < b.invokedAt;
}

/** Pairs of positions (earlier, later) that "completed before" needs: its transitive reduction, without pairs of one client. */
export function orderArrows(operations: readonly Operation[]): readonly (readonly [number, number])[] {
  const arrows: [number, number][] = [];
  operations.forEach((a, i) => {
    operations.forEach((b, j) => {
      if (a.process === b.process || !completedBefore(a, b)) return;
      const between = operations.some((c) => completedBefore(a, c) && completedBefore(c, b));
      if (!between) arrows.push([i, j]);
    });
  });
  return arrows;
}
