/** Draws operations: ok solid, fail outlined, info hatched and fading to its end; what is not in focus is dimmed. */

import type { Operation } from '../../history/operation.ts';
import { label } from '../wording.ts';
import type { Row } from './layout.ts';
import { endOf, type Lane, lowerBound, type Model } from './model.ts';
import { drawText, FONT, FONT_BOLD, fitted, outlineText, type Pen, widthOf } from './pen.ts';
import type { TickRaster } from './tick-raster.ts';

/** Bars narrower than this are drawn as plain ticks. */
const TICK_WIDTH = 2.5;
/** More bars than this in one lane have no room for labels. */
const LABELLED_MAX = 400;
/** Radius of the letter before a bar. */
const BADGE = 7.5;
/** What a proof rests on is named inside its bar from this width on, in pixels, if need be in part. */
const INSIDE_MIN = 60;

export interface Emphasis {
  readonly core: ReadonlySet<number>;
  readonly culprits: ReadonlySet<number>;
  /** Operations that a search found; null without a search. */
  readonly found: ReadonlySet<number> | null;
  /** For each lane what stands out of it, so that no frame has to ask. */
  readonly lanes: readonly Uint8Array[];
}

/** Bits of `Emphasis.lanes`: part of a core or found, drawn as a bar however short; of the key in focus or found, not dimmed. */
const STANDS_OUT = 1;
const FOCUSED = 2;

/** What stands out with a search and a key in focus. */
export function emphasisOf(model: Model, found: readonly Operation[] | null, key: string | null): Emphasis {
  const core = new Set<number>();
  const culprits = new Set<number>();
  for (const anomaly of model.page.anomalies) {
    for (const index of anomaly.core) core.add(index);
    if (anomaly.culprit !== null) culprits.add(anomaly.culprit);
  }
  const hits = found === null ? null : new Set(found.map((operation) => operation.index));
  const lanes = model.lanes.map(({ operations }) => {
    const marks = new Uint8Array(operations.length);
    operations.forEach((operation, i) => {
      const hit = hits?.has(operation.index) ?? false;
      const focused = hits === null ? key === null || operation.key === key : hit;
      marks[i] = (core.has(operation.index) || hit ? STANDS_OUT : 0) | (focused ? FOCUSED : 0);
    });
    return marks;
  });
  return { core, culprits, found: hits, lanes };
}

type LaneRow = Row & { readonly kind: 'lane' };

/**
 * Puts the operations of a lane that are in view and too short for a bar into the raster, at the lane's height there, and
 * gives back the others.
 */
export function rasterLane(
  pen: Pen,
  row: LaneRow,
  lane: Lane,
  emphasis: Emphasis,
  raster: TickRaster,
  top: number,
): readonly Operation[] {
  const { from, to, selected } = pen.state;
  const { operations, starts, ends, outcomes } = lane;
  const marks = emphasis.lanes[row.lane] ?? new Uint8Array(operations.length);
  const chosen = selected?.kind === 'op' ? selected.index : -1;
  const bars: Operation[] = [];
  const scale = (pen.width - pen.left) / (to - from);
  let ticks = false;
  for (let i = lowerBound(lane.reached, from); i < starts.length; i++) {
    const start = starts[i] as number;
    if (start > to) break;
    const end = ends[i] as number;
    if (end < from) continue;
    const width = (end - start) * scale;
    const mark = marks[i] as number;
    const operation = operations[i] as Operation;
    if (width >= TICK_WIDTH || (mark & STANDS_OUT) !== 0 || operation.index === chosen) {
      bars.push(operation);
      continue;
    }
    raster.tick((start - from) * scale, width, outcomes[i] as number, (mark & FOCUSED) !== 0);
    ticks = true;
  }
  if (ticks) raster.lane(row.y - top, row.height);
  return bars;
}

/** Draws the bars of a lane, and as many labels as there is room for. */
export function drawBars(pen: Pen, row: LaneRow, bars: readonly Operation[], emphasis: Emphasis): void {
  for (const operation of bars) drawBar(pen, row, operation, emphasis);
  if (row.height < 16) return;
  // What gives the anomaly away is named first; a label never covers another.
  const taken: (readonly [number, number])[] = [];
  const rank = ({ index }: Operation): number =>
    (emphasis.culprits.has(index) ? 0 : emphasis.core.has(index) ? 2 : 4) - Number(pen.model.letters.has(index));
  for (const { index, invokedAt } of bars)
    if (pen.model.letters.has(index)) taken.push([badgeAt(pen, invokedAt) - BADGE, badgeAt(pen, invokedAt) + BADGE]);
  const named = bars.length > LABELLED_MAX ? bars.filter((operation) => rank(operation) < 3) : [...bars];
  for (const operation of named.sort((a, b) => rank(a) - rank(b))) drawLabel(pen, row, operation, emphasis, taken);
  for (const operation of bars) {
    const name = pen.model.letters.get(operation.index);
    if (name === undefined) continue;
    drawBadge(
      pen,
      name,
      badgeAt(pen, operation.invokedAt),
      row.y + row.height / 2,
      emphasis.culprits.has(operation.index),
    );
  }
}

/** The middle of the letter of an operation: before its bar, but within the plot. */
function badgeAt(pen: Pen, invokedAt: number): number {
  return Math.max(pen.left + BADGE, pen.x(invokedAt) - BADGE - 1);
}

function isFocused(pen: Pen, operation: Operation, emphasis: Emphasis): boolean {
  if (emphasis.found !== null) return emphasis.found.has(operation.index);
  return pen.state.key === null || operation.key === pen.state.key;
}

function drawBar(pen: Pen, row: Row, operation: Operation, emphasis: Emphasis): void {
  const { context, palette, model, state } = pen;
  const focused = isFocused(pen, operation, emphasis) || emphasis.core.has(operation.index);
  const culprit = emphasis.culprits.has(operation.index);
  const selected = state.selected?.kind === 'op' && state.selected.index === operation.index;
  const hovered = state.hovered?.kind === 'op' && state.hovered.index === operation.index;
  const start = pen.x(operation.invokedAt);
  const x = Math.max(pen.left - 3, start);
  const least = emphasis.core.has(operation.index) ? 5 : 3;
  const end = Math.min(pen.width + 3, Math.max(start + least, pen.x(endOf(operation, model.end))));
  const y = row.y + 3;
  const height = row.height - 6;
  context.globalAlpha = focused || selected || hovered ? 1 : 0.28;
  if (operation.outcome === 'info') {
    fadingBar(pen, x, y, end - x, height);
  } else if (operation.outcome === 'ok') {
    context.fillStyle = culprit ? '#c8372d' : palette.ok;
    context.fillRect(x, y, end - x, height);
  } else {
    context.fillStyle = palette.surface;
    context.fillRect(x, y, end - x, height);
    context.strokeStyle = palette.fail;
    context.lineWidth = 1.2;
    context.strokeRect(x + 0.6, y + 0.6, Math.max(1, end - x - 1.2), height - 1.2);
  }
  if (selected || hovered || emphasis.core.has(operation.index)) {
    const gap = selected ? 2 : 0.5;
    context.strokeStyle = selected ? palette.focus : culprit ? palette.bad : palette.ink;
    context.lineWidth = selected ? 2 : 1.4;
    context.strokeRect(x - gap, y - gap, end - x + 2 * gap, height + 2 * gap);
  }
  context.globalAlpha = 1;
}

function fadingBar(pen: Pen, x: number, y: number, width: number, height: number): void {
  const { context } = pen;
  const alpha = context.globalAlpha;
  const steps = Math.max(1, Math.min(8, Math.floor(width / 10)));
  context.fillStyle = pen.infoPattern;
  for (let i = 0; i < steps; i++) {
    context.globalAlpha = alpha * (1 - (0.75 * i) / steps);
    context.fillRect(x + (width * i) / steps, y, width / steps, height);
  }
  context.globalAlpha = alpha;
  context.fillStyle = pen.palette.info;
  context.fillRect(x, y, 2, height);
}

function drawLabel(
  pen: Pen,
  row: Row,
  operation: Operation,
  emphasis: Emphasis,
  taken: (readonly [number, number])[],
): void {
  const { context, palette, model } = pen;
  const core = emphasis.core.has(operation.index);
  const focused = isFocused(pen, operation, emphasis);
  const start = pen.x(operation.invokedAt);
  const x = Math.max(pen.left - 3, start);
  const least = emphasis.core.has(operation.index) ? 5 : 3;
  const end = Math.min(pen.width + 3, Math.max(start + least, pen.x(endOf(operation, model.end))));
  const baseline = row.y + row.height / 2 + 4;
  context.font = core ? FONT_BOLD : FONT;
  const whole = label(operation);
  // At the left edge the letter of the operation stands on its bar, not before it.
  const badged = model.letters.has(operation.index) && x - BADGE * 2 < pen.left;
  const room = end - x - 8 - (badged ? BADGE * 2 : 0);
  const inside = widthOf(context, whole) <= room || (core && room >= INSIDE_MIN);
  // Beside the bar it may run over its neighbours: only what is in focus does.
  if (!inside && !core && !(focused && pen.state.key !== null && end - x > 5)) return;
  const left = inside ? x + (badged ? BADGE * 2 + 3 : 5) : end + 6;
  const until = Math.min(pen.width, ...taken.flatMap(([from, to]) => (to > left ? [from - 2] : [])));
  const text = fitted(context, whole, inside ? room : core ? until - left : Number.POSITIVE_INFINITY);
  const width = widthOf(context, text);
  if (text === '' || (!inside && left + width > until)) return;
  if (inside && taken.some(([from, to]) => left < to && left + width > from)) return;
  taken.push([left, left + width + 4]);
  const dimmed = !focused && !core;
  context.globalAlpha = dimmed ? 0.6 : 1;
  if (!inside || operation.outcome === 'info') halo(pen, text, left, baseline);
  context.fillStyle = inside && !dimmed && operation.outcome === 'ok' ? '#ffffff' : palette.ink;
  drawText(context, text, left, baseline);
  context.globalAlpha = 1;
}

/** The letter of an operation, as the proof has it. */
function drawBadge({ context }: Pen, name: string, x: number, y: number, culprit: boolean): void {
  context.beginPath();
  context.arc(x, y, BADGE, 0, 2 * Math.PI);
  context.fillStyle = culprit ? '#a8261d' : '#3a4350';
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = '#ffffff';
  context.stroke();
  context.font = FONT_BOLD;
  context.fillStyle = '#ffffff';
  drawText(context, name, x - widthOf(context, name) / 2, y + 4);
}

function halo(pen: Pen, text: string, x: number, y: number): void {
  pen.context.strokeStyle = pen.palette.surface;
  pen.context.lineWidth = 3.5;
  pen.context.lineJoin = 'round';
  outlineText(pen.context, text, x, y);
}
