/** Draws operations: ok solid, fail outlined, info hatched and fading to its end; what is not in focus is dimmed. */

import type { Operation } from '../../history/operation.ts';
import { label } from '../wording.ts';
import type { Row } from './layout.ts';
import { endOf, firstAtLeast, type Lane } from './model.ts';
import { FONT, FONT_BOLD, type Pen } from './pen.ts';

/** Bars narrower than this are drawn as plain ticks, one for each pixel and outcome. */
const TICK_WIDTH = 2.5;

export interface Emphasis {
  readonly core: ReadonlySet<number>;
  readonly culprits: ReadonlySet<number>;
  /** Operations that a search found; null without a search. */
  readonly found: ReadonlySet<number> | null;
}

export function drawLane(pen: Pen, row: Row & { readonly kind: 'lane' }, lane: Lane, emphasis: Emphasis): void {
  const { model, state } = pen;
  const first = firstAtLeast(lane.ends, state.from, (end) => end);
  // Ticks already drawn at a pixel: one of each outcome is enough there, the emphasized ones always.
  const drawnAt = [-1, -1, -1, -1];
  const wide: Operation[] = [];
  for (let i = first; i < lane.operations.length; i++) {
    const operation = lane.operations[i] as Operation;
    if (operation.invokedAt > state.to) break;
    const end = endOf(operation, model.end);
    if (end < state.from) continue;
    const x = pen.x(operation.invokedAt);
    const width = pen.x(end) - x;
    if (width >= TICK_WIDTH || isEmphasized(pen, operation, emphasis)) {
      wide.push(operation);
      continue;
    }
    const kind = operation.outcome === 'ok' ? 0 : operation.outcome === 'fail' ? 1 : 2;
    const focused = isFocused(pen, operation, emphasis);
    const slot = focused ? kind : 3;
    const pixel = Math.round(x);
    if (drawnAt[slot] === pixel) continue;
    drawnAt[slot] = pixel;
    drawTick(pen, row, operation, pixel, focused);
  }
  for (const operation of wide) drawBar(pen, row, operation, emphasis);
  if (row.height < 16) return;
  // What gives the anomaly away is named first; a label never covers another.
  const taken: (readonly [number, number])[] = [];
  const rank = (operation: Operation): number =>
    emphasis.culprits.has(operation.index) ? 0 : emphasis.core.has(operation.index) ? 1 : 2;
  for (const operation of wide.sort((a, b) => rank(a) - rank(b))) drawLabel(pen, row, operation, emphasis, taken);
}

function isEmphasized(pen: Pen, operation: Operation, emphasis: Emphasis): boolean {
  const { selected } = pen.state;
  return (
    emphasis.core.has(operation.index) ||
    (emphasis.found?.has(operation.index) ?? false) ||
    (selected?.kind === 'op' && selected.index === operation.index)
  );
}

function isFocused(pen: Pen, operation: Operation, emphasis: Emphasis): boolean {
  if (emphasis.found !== null) return emphasis.found.has(operation.index);
  return pen.state.key === null || operation.key === pen.state.key;
}

function colour(pen: Pen, operation: Operation): string {
  if (operation.outcome === 'ok') return pen.palette.ok;
  return operation.outcome === 'fail' ? pen.palette.fail : pen.palette.info;
}

function drawTick(pen: Pen, row: Row, operation: Operation, pixel: number, focused: boolean): void {
  const { context } = pen;
  context.globalAlpha = focused ? 1 : 0.28;
  context.fillStyle = colour(pen, operation);
  // Fail is a low tick, info a high one: told apart without colour.
  const height = row.height - 5;
  if (operation.outcome === 'ok') context.fillRect(pixel, row.y + 3, 1.5, height - 2);
  else if (operation.outcome === 'fail') context.fillRect(pixel, row.y + 3 + height / 2, 2, height / 2 - 1);
  else context.fillRect(pixel, row.y + 1, 2.5, height + 2);
  context.globalAlpha = 1;
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
    context.globalAlpha *= 1;
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
  const text = label(operation);
  const width = context.measureText(text).width;
  const inside = width + 8 <= end - x;
  // Beside the bar it may run over its neighbours: only what is in focus does.
  if (!inside && !core && !(focused && pen.state.key !== null && end - x > 5)) return;
  const left = inside ? x + 5 : end + 6;
  if (taken.some(([from, to]) => left < to && left + width > from)) return;
  taken.push([left, left + width + 4]);
  context.globalAlpha = focused || core ? 1 : 0.45;
  if (!inside || operation.outcome === 'info') halo(pen, text, left, baseline);
  context.fillStyle = inside && operation.outcome === 'ok' ? '#ffffff' : palette.ink;
  context.fillText(text, left, baseline);
  context.globalAlpha = 1;
}

function halo(pen: Pen, text: string, x: number, y: number): void {
  pen.context.strokeStyle = pen.palette.surface;
  pen.context.lineWidth = 3.5;
  pen.context.lineJoin = 'round';
  pen.context.strokeText(text, x, y);
}
