/** The window of the timeline and its cursor over a chart, as elements: moving them draws no chart again. */

import type { Chart } from 'chart.js';
import { element } from './element.ts';
import type { ViewState } from './view.ts';

export class ChartOverlay {
  readonly #frame = element('div', { class: 'chart-window', hidden: '' });
  readonly #cursor = element('div', { class: 'chart-cursor', hidden: '' });

  constructor(box: HTMLElement) {
    box.append(this.#frame, this.#cursor);
  }

  /** Brings both to where they belong on a drawn chart. */
  update({ chartArea, scales }: Pick<Chart, 'chartArea' | 'scales'>, { from, to, cursor }: ViewState): void {
    const { x } = scales;
    if (x === undefined) return;
    this.#frame.hidden = false;
    const left = x.getPixelForValue(from / 1e9);
    this.#frame.style.left = `${left}px`;
    this.#frame.style.width = `${Math.max(2, x.getPixelForValue(to / 1e9) - left)}px`;
    for (const part of [this.#frame, this.#cursor]) {
      part.style.top = `${chartArea.top}px`;
      part.style.height = `${chartArea.height}px`;
    }
    this.#cursor.hidden = cursor === null;
    if (cursor !== null) this.#cursor.style.left = `${x.getPixelForValue(cursor / 1e9)}px`;
  }
}
