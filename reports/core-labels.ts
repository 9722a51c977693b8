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

/** With the times, without them, or the letter alone. */
export type LabelForm = 'full' | 'short' | 'letter';

export interface PlacedLabel {
  readonly x: number;
  readonly baseline: number;
  readonly form: LabelForm;
}

export const BAR_HEIGHT = 18;
const LABEL_HEIGHT = 15;
const LETTER_WIDTH = 17;
/** Points looked at on each arrow. */
const SAMPLES = 40;
/** What a collision costs, against what being further away costs. */
const OVER_LABEL = 60;
const OVER_ARROW = 6;
const FORM_COSTS: { readonly [form in LabelForm]: number } = { full: 0, short: 9, letter: 40 };
const SHIFTED = 3;
const BELOW = 1;
const ON_BAR = 4;
/** A label whose letter stands at another bar of its row reads as that one's. */
const AT_ANOTHER = 20;

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

/**
 * Places labels, each above or below its bar, within left..right. The `first` label gets its words before all others;
 * each of these gets the place of its letter, so that no words take it, and then its words where they lie on nothing else. Where there is no
 * such place the letter stands alone, if need be on its bar.
 */
export function placeLabels(
  labels: readonly LabelSize[],
  curves: readonly Curve[],
  obstacles: readonly Box[],
  left: number,
  right: number,
  first = -1,
): readonly PlacedLabel[] {
  const points = curves.flatMap(sampled);
  const fixed: readonly Box[] = [...obstacles, ...labels.map(({ bar }) => boxOf(bar))];
  const placed = new Map<number, Placed>();
  const cheapest = (form: LabelForm, at: number, best: Placed | null): Placed | null => {
    const label = labels[at] as LabelSize;
    const others = [...placed].filter(([other]) => other !== at).map(([, { box }]) => box);
    for (const candidate of candidates(form, label, left, right)) {
      const overlaps = [...(candidate.isOnBar ? others : [...fixed, ...others])].filter((other) =>
        overlap(candidate.box, other),
      ).length;
      if (overlaps > 0 && form !== 'letter') continue;
      const letterAt = candidate.x + LETTER_WIDTH / 2;
      const isAtAnother = labels.some(
        ({ bar }) => bar !== label.bar && bar.y === label.bar.y && bar.x < letterAt && letterAt < bar.end,
      );
      const cost =
        candidate.cost +
        (isAtAnother ? AT_ANOTHER : 0) +
        overlaps * OVER_LABEL +
        points.filter((point) => inside(point, candidate.box)).length * OVER_ARROW;
      if (best === null || cost < best.cost) best = { ...candidate, cost };
    }
    return best;
  };
  const withWords = (at: number, best: Placed | null): Placed | null =>
    cheapest('short', at, cheapest('full', at, best));
  const order = labels.map((_, at) => at).sort((a, b) => Number(b === first) - Number(a === first) || a - b);
  for (const at of order) {
    const letter = cheapest('letter', at, null);
    if (letter === null) throw new Error('a letter has at least one place');
    placed.set(at, at === first ? (withWords(at, null) ?? letter) : letter);
  }
  for (const at of order) placed.set(at, withWords(at, placed.get(at) ?? null) as Placed);
  return labels.map((_, at) => {
    const { x, baseline, form } = placed.get(at) as Placed;
    return { x, baseline, form };
  });
}

interface Placed extends PlacedLabel {
  readonly box: Box;
  readonly cost: number;
  readonly isOnBar: boolean;
}

function* candidates(form: LabelForm, { bar, full, short }: LabelSize, left: number, right: number): Generator<Placed> {
  const width = form === 'full' ? full : form === 'short' ? short : LETTER_WIDTH;
  const rightmost = Math.max(left, right - width);
  const place = (start: number, baseline: number, cost: number, isOnBar: boolean): Placed => {
    const x = Math.min(Math.max(start, left), rightmost);
    const box = { x, y: baseline - LABEL_HEIGHT + 3, width, height: LABEL_HEIGHT };
    const shifted = x === bar.x || isOnBar ? 0 : SHIFTED + Math.abs(x - bar.x) / 100;
    return { form, x, baseline, box, isOnBar, cost: cost + FORM_COSTS[form] + shifted };
  };
  for (const start of [bar.x, bar.end - width, bar.end + 8, bar.x - width - 8]) {
    yield place(start, bar.y - 6, 0, false);
    yield place(start, bar.y + BAR_HEIGHT + 13, BELOW, false);
  }
  const middle = bar.x + (bar.end - bar.x - width) / 2;
  if (form === 'letter' && bar.end - bar.x > width) yield place(middle, bar.y + BAR_HEIGHT / 2 + 4, ON_BAR, true);
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
