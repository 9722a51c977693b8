/** Where the labels of bars stand: beside no other label, on no arrow, inside of the plot; the nearest place wins. */

/** A bar in pixels. */
export interface Bar {
  readonly x: number;
  readonly end: number;
  readonly y: number;
}

/** An arrow from one bar to another, as a cubic curve: start, two handles, end, each [x, y]. */
export type Curve = readonly (readonly [number, number])[];

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A label in two lengths, in pixels; the short one leaves out the times. */
export interface LabelSize {
  readonly bar: Bar;
  readonly full: number;
  readonly short: number;
}

export interface PlacedLabel {
  readonly x: number;
  readonly baseline: number;
  readonly full: boolean;
}

export const BAR_HEIGHT = 18;
const LABEL_HEIGHT = 15;
/** Points looked at on each arrow. */
const SAMPLES = 40;
/** What a collision costs, against what being further away costs. */
const OVER_LABEL = 60;
const OVER_ARROW = 6;
const SHORT = 9;
const SHIFTED = 3;
const BELOW = 1;

/** From the end of one bar to the beginning of another, both at half height. */
export function curveBetween(a: Bar, b: Bar): Curve {
  const [y1, y2] = [a.y + BAR_HEIGHT / 2, b.y + BAR_HEIGHT / 2];
  const x2 = b.x - 1;
  const bend = Math.max(10, Math.min(60, (x2 - a.end) / 2));
  return [
    [a.end, y1],
    [a.end + bend, y1],
    [x2 - bend, y2],
    [x2, y2],
  ];
}

/** Places labels one after the other, each above or below its bar, within left..right. */
export function placeLabels(
  labels: readonly LabelSize[],
  curves: readonly Curve[],
  obstacles: readonly Box[],
  left: number,
  right: number,
): readonly PlacedLabel[] {
  const points = curves.flatMap(sampled);
  const taken: Box[] = [...obstacles, ...labels.map(({ bar }) => boxOf(bar))];
  return labels.map(({ bar, full, short }) => {
    let best: (PlacedLabel & { readonly box: Box; readonly cost: number }) | null = null;
    for (const isFull of [true, false]) {
      const width = isFull ? full : short;
      const rightmost = Math.max(left, right - width);
      for (const start of [bar.x, bar.end - width, bar.end + 8, bar.x - width - 8]) {
        const x = Math.min(Math.max(start, left), rightmost);
        for (const above of [true, false]) {
          const baseline = above ? bar.y - 6 : bar.y + BAR_HEIGHT + 13;
          const box = { x, y: baseline - LABEL_HEIGHT + 3, width, height: LABEL_HEIGHT };
          const cost =
            taken.filter((other) => overlap(box, other)).length * OVER_LABEL +
            points.filter((point) => inside(point, box)).length * OVER_ARROW +
            (isFull ? 0 : SHORT) +
            (x === bar.x ? 0 : SHIFTED + Math.abs(x - bar.x) / 100) +
            (above ? 0 : BELOW);
          if (best === null || cost < best.cost) best = { x, baseline, full: isFull, box, cost };
        }
      }
    }
    if (best === null) throw new Error('a label has at least one place');
    taken.push(best.box);
    return { x: best.x, baseline: best.baseline, full: best.full };
  });
}

function boxOf({ x, end, y }: Bar): Box {
  return { x, y, width: end - x, height: BAR_HEIGHT };
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function inside([x, y]: readonly [number, number], box: Box): boolean {
  return x > box.x - 2 && x < box.x + box.width + 2 && y > box.y - 1 && y < box.y + box.height + 1;
}

function sampled(curve: Curve): (readonly [number, number])[] {
  const [a, b, c, d] = curve as readonly [Curve[0], Curve[0], Curve[0], Curve[0]];
  if (a === undefined || b === undefined || c === undefined || d === undefined) return [];
  return Array.from({ length: SAMPLES + 1 }, (_, i) => {
    const t = i / SAMPLES;
    const at = (n: 0 | 1): number =>
      (1 - t) ** 3 * a[n] + 3 * (1 - t) ** 2 * t * b[n] + 3 * (1 - t) * t ** 2 * c[n] + t ** 3 * d[n];
    return [at(0), at(1)] as const;
  });
}
