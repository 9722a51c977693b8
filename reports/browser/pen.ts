/** What drawing needs everywhere: the canvas, the mapping from time to x, colours and patterns. */

import { visible } from '../escape.ts';
import type { Model } from './model.ts';
import { hatch, type Palette } from './palette.ts';
import type { ViewState } from './view.ts';

export const FONT = '11.5px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
export const FONT_BOLD = `600 ${FONT}`;

export interface Pen {
  readonly context: CanvasRenderingContext2D;
  readonly model: Model;
  readonly state: ViewState;
  readonly palette: Palette;
  /** Left edge of time and right edge of the canvas. */
  readonly left: number;
  readonly width: number;
  readonly x: (at: number) => number;
  readonly infoPattern: CanvasPattern | string;
  readonly idlePattern: CanvasPattern | string;
  readonly downPattern: CanvasPattern | string;
}

export interface Patterns {
  readonly infoPattern: CanvasPattern | string;
  readonly idlePattern: CanvasPattern | string;
  readonly downPattern: CanvasPattern | string;
}

export function patternsOf(context: CanvasRenderingContext2D, palette: Palette): Patterns {
  return {
    infoPattern: hatch(context, palette.info, palette['info-soft'], 6),
    idlePattern: hatch(context, palette.fault, palette.surface, 8),
    downPattern: hatch(context, palette.muted, palette.sunk, 7),
  };
}

/** Widths of texts by font: measuring is the dearest part of drawing one, and frames repeat their texts. */
const widths = new Map<string, number>();
const WIDTHS_MAX = 4000;

export function widthOf(context: CanvasRenderingContext2D, text: string): number {
  const name = `${context.font}|${text}`;
  let width = widths.get(name);
  if (width === undefined) {
    if (widths.size >= WIDTHS_MAX) widths.clear();
    width = context.measureText(text).width;
    widths.set(name, width);
  }
  return width;
}

/**
 * The one way by which text gets onto a canvas: recorded names and values are in it, and characters that hide or reorder
 * others are written out, as they are everywhere on the page.
 */
export function drawText(context: CanvasRenderingContext2D, text: string, x: number, y: number): void {
  context.fillText(visible(text), x, y);
}

/** The outline behind a text, in the context's stroke, under the same rule as `drawText`. */
export function outlineText(context: CanvasRenderingContext2D, text: string, x: number, y: number): void {
  context.strokeText(visible(text), x, y);
}

/** A text that fits a width, or none: half a word says nothing. What is hidden in it is written out first, and then cut. */
export function fitted(context: CanvasRenderingContext2D, recorded: string, width: number): string {
  if (width < 14) return '';
  const text = visible(recorded);
  const whole = widthOf(context, text);
  if (whole <= width) return text;
  const characters = [...text];
  const room = Math.floor((characters.length * width) / whole) - 1;
  return room < 3 ? '' : `${characters.slice(0, room).join('')}…`;
}
