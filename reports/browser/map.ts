/** The map: the whole trial in a strip, counted over all operations, with the window of the timeline to drag about. */

import { showsNoEffect } from '../circumstances.ts';
import { element } from './element.ts';
import { GUTTER } from './layout.ts';
import type { Model } from './model.ts';
import type { Palette } from './palette.ts';
import { drawText, FONT } from './pen.ts';
import type { View } from './view.ts';

const HEIGHT = 58;
const RIGHT = 8;

export class TrialMap {
  readonly element: HTMLCanvasElement;
  readonly #model: Model;
  readonly #view: View;
  readonly #backdrop = document.createElement('canvas');
  #drawnWith: Palette | null = null;

  constructor(model: Model, view: View) {
    this.#model = model;
    this.#view = view;
    this.element = element('canvas', {
      class: 'map',
      role: 'img',
      'aria-label': 'Map of the whole trial; the window of the timeline is framed',
    });
    let grip: number | null = null;
    const at = (event: PointerEvent): number => {
      const box = this.element.getBoundingClientRect();
      return ((event.clientX - box.left - GUTTER) / (box.width - GUTTER - RIGHT)) * model.end;
    };
    const move = (event: PointerEvent): void => {
      if (grip === null) return;
      const { from, to } = view.state;
      const start = at(event) - grip;
      view.window(start, start + (to - from));
    };
    this.element.addEventListener('pointerdown', (event) => {
      const { from, to } = view.state;
      const here = at(event);
      grip = here >= from && here <= to ? here - from : (to - from) / 2;
      this.element.setPointerCapture(event.pointerId);
      move(event);
    });
    this.element.addEventListener('pointermove', move);
    this.element.addEventListener('pointerup', () => {
      grip = null;
    });
  }

  draw(palette: Palette): void {
    const width = Math.max(320, this.element.parentElement?.clientWidth ?? 800);
    const ratio = window.devicePixelRatio || 1;
    const size = [Math.round(width * ratio), Math.round(HEIGHT * ratio)] as const;
    if (this.element.width !== size[0]) {
      [this.element.width, this.element.height] = size;
      this.element.style.width = `${width}px`;
      this.element.style.height = `${HEIGHT}px`;
    }
    const context = this.element.getContext('2d');
    if (context === null) return;
    const drawn = this.#backdrop;
    if (drawn.width !== size[0] || this.#drawnWith !== palette) {
      [drawn.width, drawn.height] = size;
      this.#drawnWith = palette;
      const pen = drawn.getContext('2d');
      if (pen === null) return;
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      this.#drawBackdrop(pen, palette, width);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.drawImage(drawn, 0, 0, width, HEIGHT);
    const scale = (width - GUTTER - RIGHT) / this.#model.end;
    const { from, to } = this.#view.state;
    const [left, right] = [GUTTER + from * scale, GUTTER + to * scale];
    context.fillStyle = palette.surface;
    context.globalAlpha = 0.6;
    context.fillRect(GUTTER, 0, left - GUTTER, HEIGHT);
    context.fillRect(right, 0, width - RIGHT - right, HEIGHT);
    context.globalAlpha = 1;
    context.strokeStyle = palette.focus;
    context.lineWidth = 1.5;
    context.strokeRect(left, 0.75, Math.max(3, right - left), HEIGHT - 1.5);
  }

  /** All but the frame, which is all that moves. */
  #drawBackdrop(context: CanvasRenderingContext2D, palette: Palette, width: number): void {
    context.fillStyle = palette.surface;
    context.fillRect(0, 0, width, HEIGHT);
    const { series, faults, anomalies } = this.#model.page;
    const scale = (width - GUTTER - RIGHT) / this.#model.end;
    const x = (time: number): number => GUTTER + time * scale;
    for (const fault of faults) {
      context.globalAlpha = showsNoEffect(fault) ? 0.2 : 0.55;
      context.fillStyle = palette.fault;
      const start = x(fault.startedAt);
      context.fillRect(start, 2, Math.max(1.5, x(fault.endedAt ?? this.#model.end) - start), 6);
    }
    context.globalAlpha = 1;
    const peak = Math.max(1, ...series.ok.map((n, i) => n + (series.fail[i] ?? 0) + (series.info[i] ?? 0)));
    series.ok.forEach((ok, i) => {
      let y = HEIGHT - 4;
      const left = x(i * series.binNs);
      const wide = Math.max(0.5, Math.min(width - RIGHT, x((i + 1) * series.binNs)) - left - 0.4);
      for (const [amount, colour] of [
        [ok, palette.ok],
        [series.info[i] ?? 0, palette.info],
        [series.fail[i] ?? 0, palette.fail],
      ] as const) {
        if (amount === 0) continue;
        const tall = Math.max(1, (amount / peak) * (HEIGHT - 16));
        y -= tall;
        context.fillStyle = colour;
        context.fillRect(left, y, wide, tall);
      }
    });
    context.fillStyle = palette.bad;
    for (const anomaly of anomalies) context.fillRect(x(anomaly.at) - 1, 0, 2, HEIGHT);
    context.font = FONT;
    context.fillStyle = palette.muted;
    drawText(context, 'whole trial', 10, HEIGHT / 2 + 4);
  }
}
