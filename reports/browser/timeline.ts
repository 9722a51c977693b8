/** The timeline: one axis of time for faults, nodes, messages and clients, with a map of the whole trial above it. */

import { axisScale, duration, moment, stretch } from '../times.ts';
import { plural } from '../wording.ts';
import { drawBars, type Emphasis, emphasisOf, rasterLane } from './draw-clients.ts';
import { drawDensity } from './draw-density.ts';
import {
  drawFaultRow,
  drawFaultShadows,
  drawMessages,
  drawNodeRow,
  drawRivalries,
  type MessageView,
  messagesInView,
} from './draw-system.ts';
import { element } from './element.ts';
import { drawGutter } from './gutter.ts';
import { hitAt } from './hit.ts';
import { AXIS, GUTTER, type Layout, layoutOf, type Row } from './layout.ts';
import { TrialMap } from './map.ts';
import { type Model, scaleWithin, WINDOW_MOMENTS } from './model.ts';
import { onSchemeChange, type Palette, readPalette } from './palette.ts';
import { drawText, FONT, FONT_BOLD, type Patterns, type Pen, patternsOf, widthOf } from './pen.ts';
import { listenToPointer } from './pointer.ts';
import { found } from './search.ts';
import { TickRaster } from './tick-raster.ts';
import { ticks } from './ticks.ts';
import type { View } from './view.ts';

const RIGHT = 8;

export class Timeline {
  readonly #model: Model;
  readonly #view: View;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #scroll: HTMLElement;
  /** As high as all rows; the canvas is as high as what can be seen of it, and stays in place while it scrolls. */
  readonly #sheet: HTMLElement;
  readonly #raster = new TickRaster();
  readonly #map: TrialMap;
  readonly #window: HTMLElement;
  readonly #note: HTMLElement;
  #layout: Layout;
  #palette: Palette;
  #patterns: Patterns;
  #emphasis: Emphasis;
  #messages: MessageView = { positions: [], tooMany: false };
  #frame = 0;
  #width = 800;
  #height = 400;

  constructor(root: HTMLElement, model: Model, view: View) {
    this.#model = model;
    this.#view = view;
    this.#canvas = element('canvas', {
      tabindex: '0',
      role: 'application',
      'aria-roledescription': 'timeline',
      'aria-label':
        'Timeline of the trial. Keys: a and d move, w and s zoom, comma and full stop step through operations, e goes to the next anomaly, question mark lists all keys. The table of operations below holds the same.',
    });
    this.#context = this.#canvas.getContext('2d') as CanvasRenderingContext2D;
    this.#sheet = element('div', { class: 'timeline-sheet' }, this.#canvas);
    this.#scroll = element('div', { class: 'timeline-scroll' }, this.#sheet);
    this.#window = element('output', { class: 'window' });
    this.#note = element('p', { class: 'note' });
    this.#palette = readPalette();
    this.#patterns = patternsOf(this.#context, this.#palette);
    this.#raster.recolour(this.#palette);
    this.#map = new TrialMap(model, view);
    root.append(this.#map.element, this.#window, this.#scroll, this.#note);
    this.#layout = layoutOf(model, view.state.key);
    this.#emphasis = this.#emphasisNow();
    this.#listen();
    this.#resize();
  }

  focus(): void {
    this.#canvas.focus({ preventScroll: true });
  }

  #emphasisNow(): Emphasis {
    const { search, key } = this.#view.state;
    return emphasisOf(this.#model, found(this.#model, search), key);
  }

  #listen(): void {
    this.#view.listen((state, before) => {
      if (state.key !== before.key) {
        this.#layout = layoutOf(this.#model, state.key);
        this.#resize();
      }
      if (state.search !== before.search || state.key !== before.key) this.#emphasis = this.#emphasisNow();
      if (state.selected !== before.selected) this.#bringIntoSight();
      this.#drawSoon();
    });
    new ResizeObserver(() => this.#resize()).observe(this.#scroll);
    this.#scroll.addEventListener('scroll', () => this.#drawSoon());
    onSchemeChange(() => {
      this.#palette = readPalette();
      this.#patterns = patternsOf(this.#context, this.#palette);
      this.#raster.recolour(this.#palette);
      this.#drawSoon();
    });
    listenToPointer(this.#canvas, this.#view, {
      top: () => this.#top(),
      timeWidth: () => this.#timeWidth(),
      timeAt: (x) => this.#timeAt(x),
      hit: (x, y) => hitAt(this.#model, this.#layout, this.#messages, this.#pen(), x, y),
    });
  }

  #timeWidth(): number {
    return this.#width - GUTTER - RIGHT;
  }

  #timeAt(x: number): number {
    const { from, to } = this.#view.state;
    return from + ((x - GUTTER) / this.#timeWidth()) * (to - from);
  }

  #pen(): Pen {
    const { from, to } = this.#view.state;
    const scale = this.#timeWidth() / (to - from);
    return {
      context: this.#context,
      model: this.#model,
      state: this.#view.state,
      palette: this.#palette,
      left: GUTTER,
      width: this.#width - RIGHT,
      x: (at) => GUTTER + (at - from) * scale,
      ...this.#patterns,
    };
  }

  /** Scrolls the rows so that a selected operation's client can be seen. */
  #bringIntoSight(): void {
    const { selected } = this.#view.state;
    if (selected?.kind !== 'op') return;
    const lane = this.#model.laneOf.get(this.#model.byIndex.get(selected.index)?.process ?? -1);
    const row = this.#layout.rows.find((one) => one.kind === 'lane' && one.lane === lane);
    if (row === undefined) return;
    const { scrollTop, clientHeight } = this.#scroll;
    if (row.y < scrollTop + AXIS || row.y + row.height > scrollTop + clientHeight)
      this.#scroll.scrollTop = row.y - clientHeight / 2;
  }

  #resize(): void {
    this.#sheet.style.height = `${this.#layout.height}px`;
    this.#width = Math.max(320, this.#scroll.clientWidth);
    this.#height = Math.max(1, Math.min(this.#layout.height, this.#scroll.clientHeight));
    const ratio = window.devicePixelRatio || 1;
    this.#canvas.width = Math.round(this.#width * ratio);
    this.#canvas.height = Math.round(this.#height * ratio);
    this.#canvas.style.width = `${this.#width}px`;
    this.#canvas.style.height = `${this.#height}px`;
    this.#raster.resize(this.#timeWidth(), this.#height, ratio);
    this.#draw();
  }

  /** How far the rows are scrolled, in whole pixels. */
  #top(): number {
    return Math.round(Math.max(0, Math.min(this.#scroll.scrollTop, this.#layout.height - this.#height)));
  }

  #drawSoon(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const pen = this.#pen();
    const { context, palette, state } = pen;
    const { height } = this.#layout;
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, -this.#top() * ratio);
    context.fillStyle = palette.surface;
    context.fillRect(0, this.#top(), this.#width, this.#height);
    this.#messages = messagesInView(this.#model, pen);
    context.save();
    context.beginPath();
    context.rect(GUTTER, 0, this.#timeWidth() + RIGHT, height);
    context.clip();
    drawFaultShadows(pen, this.#layout);
    this.#drawGrid(pen);
    this.#drawRows(pen);
    this.#drawAnomalies(pen);
    if (state.cursor !== null) {
      context.strokeStyle = palette.muted;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(Math.round(pen.x(state.cursor)) + 0.5, 0);
      context.lineTo(Math.round(pen.x(state.cursor)) + 0.5, height);
      context.stroke();
    }
    context.restore();
    drawGutter(pen, this.#rowsInSight(), this.#top(), this.#height);
    this.#drawAxis(pen);
    this.#map.draw(palette);
    this.#tell();
  }

  #drawGrid(pen: Pen): void {
    const { context, palette, state } = pen;
    context.fillStyle = palette.line;
    for (const at of ticks(state.from, state.to, this.#timeWidth()).at)
      context.fillRect(Math.round(pen.x(at)), 0, 1, this.#layout.height);
  }

  #drawRows(pen: Pen): void {
    const top = this.#top();
    const nodeRows = new Map<string, number>();
    for (const row of this.#layout.rows) if (row.kind === 'node') nodeRows.set(row.node, row.y + row.height / 2);
    drawMessages(pen, nodeRows, this.#messages);
    this.#raster.begin();
    const bars: (() => void)[] = [];
    for (const row of this.#rowsInSight()) {
      if (row.kind === 'node') drawNodeRow(pen, row);
      else if (row.kind === 'faults') drawFaultRow(pen, row);
      else if (row.kind === 'density') drawDensity(pen, row);
      else if (row.kind === 'heading' && row.text.startsWith('nodes')) drawRivalries(pen, row.y);
      else if (row.kind === 'lane') {
        const lane = this.#model.lanes[row.lane];
        if (lane === undefined) continue;
        const wide = rasterLane(pen, row, lane, this.#emphasis, this.#raster, top);
        if (wide.length > 0) bars.push(() => drawBars(pen, row, wide, this.#emphasis));
      }
    }
    this.#raster.draw(pen.context, GUTTER, top);
    for (const draw of bars) draw();
  }

  #rowsInSight(): readonly Row[] {
    const top = this.#top();
    return this.#layout.rows.filter((row) => row.y + row.height >= top && row.y <= top + this.#height);
  }

  #drawAnomalies(pen: Pen): void {
    const { context, palette, state } = pen;
    context.fillStyle = palette.bad;
    for (const anomaly of this.#model.page.anomalies) {
      if (anomaly.at < state.from || anomaly.at > state.to) continue;
      const x = Math.round(pen.x(anomaly.at));
      context.globalAlpha = 0.8;
      context.fillRect(x, AXIS - 6, 1.5, this.#layout.height);
      context.globalAlpha = 1;
    }
  }

  /** The axis stays in sight while the rows scroll under it. */
  #drawAxis(pen: Pen): void {
    const { context, palette, state } = pen;
    const top = this.#top();
    context.fillStyle = palette.surface;
    context.fillRect(0, top, this.#width, AXIS - 2);
    context.fillStyle = palette.line;
    context.fillRect(0, top + AXIS - 3, this.#width, 1);
    context.font = FONT;
    context.fillStyle = palette.muted;
    const { at, step } = ticks(state.from, state.to, this.#timeWidth());
    const marked = axisScale(this.#model.scale, step);
    let free = GUTTER;
    for (const tick of at) {
      const text = moment(tick, marked);
      const [left, width] = [pen.x(tick) + 3, widthOf(context, text)];
      // Moments far from the beginning have more digits than there is room for between two marks.
      if (left < free || left + width > this.#width) continue;
      drawText(context, text, left, top + 14);
      free = left + width + 8;
    }
    context.font = FONT_BOLD;
    for (const anomaly of this.#model.page.anomalies) {
      if (anomaly.at < state.from || anomaly.at > state.to) continue;
      const x = pen.x(anomaly.at);
      context.fillStyle = palette.bad;
      context.beginPath();
      context.moveTo(x - 5, top + AXIS - 11);
      context.lineTo(x + 6, top + AXIS - 11);
      context.lineTo(x + 0.5, top + AXIS - 3);
      context.fill();
    }
    if (state.cursor === null) return;
    const text = moment(state.cursor, scaleWithin(this.#model, state, this.#timeWidth()));
    const width = widthOf(context, text);
    const x = Math.min(this.#width - width - 8, Math.max(GUTTER, pen.x(state.cursor) - width / 2));
    context.fillStyle = palette.ink;
    context.fillRect(x - 4, top + 2, width + 8, 16);
    context.fillStyle = palette.surface;
    drawText(context, text, x, top + 14);
  }

  #tell(): void {
    const { from, to } = this.#view.state;
    const { page } = this.#model;
    const length = page.trial.timeless ? plural(to - from, 'event') : duration(to - from);
    this.#window.textContent = `${stretch(from, to, scaleWithin(this.#model, { from, to }, WINDOW_MOMENTS))} (${length})`;
    const notes: string[] = [];
    const { totals } = page;
    if (page.operations.length < totals.operations)
      notes.push(
        `Showing ${plural(page.operations.length, 'operation')} of ${totals.operations.toLocaleString('en')}: those of failing keys and near anomalies, and a sample of the rest; the map and the row “all of them” count every one`,
      );
    if (page.messages.length < totals.messages)
      notes.push(
        `${page.messages.length.toLocaleString('en')} of ${totals.messages.toLocaleString('en')} messages are kept${page.anomalies.length === 0 ? '' : ', those nearest to anomalies'}`,
      );
    if (this.#messages.tooMany) notes.push('Zoom in to see messages');
    const text = notes.length === 0 ? '' : `${notes.join('. ')}.`;
    if (this.#note.textContent !== text) this.#note.textContent = text;
  }
}
