/** The timeline: one axis of time for faults, nodes, messages and clients, with a map of the whole trial above it. */

import type { Operation } from '../../history/operation.ts';
import { duration, moment, plural } from '../wording.ts';
import { drawLane, type Emphasis } from './draw-clients.ts';
import {
  drawFaultRow,
  drawFaultShadows,
  drawMessages,
  drawNodeRow,
  drawRivalries,
  type MessageView,
  messagesInView,
  nodeGutter,
} from './draw-system.ts';
import { element } from './element.ts';
import { hitAt } from './hit.ts';
import { AXIS, GUTTER, type Layout, layoutOf } from './layout.ts';
import { TrialMap } from './map.ts';
import { endOf, firstAtLeast, type Lane, type Model } from './model.ts';
import { onSchemeChange, type Palette, readPalette } from './palette.ts';
import { FONT, FONT_BOLD, fitted, type Patterns, type Pen, patternsOf, ticks } from './pen.ts';
import { found } from './search.ts';
import type { View, ViewState } from './view.ts';

const RIGHT = 8;
/** Pointer movement below this is a click, not a drag. */
const CLICK_PIXELS = 4;

export class Timeline {
  readonly #model: Model;
  readonly #view: View;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #scroll: HTMLElement;
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
    this.#scroll = element('div', { class: 'timeline-scroll' }, this.#canvas);
    this.#window = element('output', { class: 'window' });
    this.#note = element('p', { class: 'note' });
    this.#palette = readPalette();
    this.#patterns = patternsOf(this.#context, this.#palette);
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
    const core = new Set<number>();
    const culprits = new Set<number>();
    for (const anomaly of this.#model.page.anomalies) {
      for (const index of anomaly.core) core.add(index);
      if (anomaly.culprit !== null) culprits.add(anomaly.culprit);
    }
    const hits = found(this.#model, this.#view.state.search);
    return { core, culprits, found: hits === null ? null : new Set(hits.map((operation) => operation.index)) };
  }

  #listen(): void {
    this.#view.listen((state, before) => {
      if (state.key !== before.key) {
        this.#layout = layoutOf(this.#model, state.key);
        this.#resize();
      }
      if (state.search !== before.search) this.#emphasis = this.#emphasisNow();
      if (state.selected !== before.selected) this.#bringIntoSight();
      this.#drawSoon();
    });
    new ResizeObserver(() => this.#resize()).observe(this.#scroll);
    this.#scroll.addEventListener('scroll', () => this.#drawSoon());
    onSchemeChange(() => {
      this.#palette = readPalette();
      this.#patterns = patternsOf(this.#context, this.#palette);
      this.#drawSoon();
    });
    this.#listenToPointer();
  }

  #listenToPointer(): void {
    const canvas = this.#canvas;
    let drag: { readonly x: number; readonly from: number; readonly to: number; moved: boolean } | null = null;
    const at = (event: PointerEvent | WheelEvent | MouseEvent): readonly [number, number] => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      const [x] = at(event);
      const { from, to } = this.#view.state;
      drag = { x, from, to, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', (event) => {
      const [x, y] = at(event);
      if (drag !== null && (drag.moved || Math.abs(x - drag.x) >= CLICK_PIXELS)) {
        drag.moved = true;
        const shift = ((drag.x - x) / this.#timeWidth()) * (drag.to - drag.from);
        this.#view.window(drag.from + shift, drag.to + shift);
        return;
      }
      this.#view.set({ cursor: x < GUTTER ? null : this.#timeAt(x), hovered: this.#hit(x, y) });
    });
    canvas.addEventListener('pointerup', (event) => {
      const [x, y] = at(event);
      if (drag !== null && !drag.moved) this.#view.select(this.#hit(x, y));
      drag = null;
    });
    canvas.addEventListener('pointercancel', () => {
      drag = null;
    });
    canvas.addEventListener('pointerleave', () => this.#view.set({ cursor: null, hovered: null }));
    canvas.addEventListener('dblclick', (event) => this.#view.zoom(0.4, this.#timeAt(at(event)[0])));
    // A plain wheel belongs to the page; with a modifier it zooms, sideways it pans.
    canvas.addEventListener(
      'wheel',
      (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) {
          event.preventDefault();
          this.#view.zoom(1.0015 ** event.deltaY, this.#timeAt(at(event)[0]));
        } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
          event.preventDefault();
          this.#view.pan((event.deltaX === 0 ? event.deltaY : event.deltaX) / this.#timeWidth());
        }
      },
      { passive: false },
    );
  }

  #hit(x: number, y: number): ReturnType<typeof hitAt> {
    return hitAt(this.#model, this.#layout, this.#messages, this.#pen(), x, y);
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
    this.#width = Math.max(320, this.#scroll.clientWidth);
    const ratio = window.devicePixelRatio || 1;
    this.#canvas.width = Math.round(this.#width * ratio);
    this.#canvas.height = Math.round(this.#layout.height * ratio);
    this.#canvas.style.width = `${this.#width}px`;
    this.#canvas.style.height = `${this.#layout.height}px`;
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#draw();
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
    context.fillStyle = palette.surface;
    context.fillRect(0, 0, this.#width, height);
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
    this.#drawGutter(pen);
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
    const { scrollTop, clientHeight } = this.#scroll;
    const nodeRows = new Map<string, number>();
    for (const row of this.#layout.rows) if (row.kind === 'node') nodeRows.set(row.node, row.y + row.height / 2);
    drawMessages(pen, nodeRows, this.#messages);
    for (const row of this.#layout.rows) {
      if (row.kind === 'node') drawNodeRow(pen, row);
      else if (row.kind === 'heading' && row.text.startsWith('nodes')) drawRivalries(pen, row.y);
      else if (row.y + row.height < scrollTop || row.y > scrollTop + clientHeight) continue;
      else if (row.kind === 'faults') drawFaultRow(pen, row);
      else if (row.kind === 'lane') {
        const lane = this.#model.lanes[row.lane];
        if (lane !== undefined) drawLane(pen, row, lane, this.#emphasis);
      }
    }
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

  #drawGutter(pen: Pen): void {
    const { context, palette, state } = pen;
    context.fillStyle = palette.surface;
    context.fillRect(0, 0, GUTTER - 2, this.#layout.height);
    const at = state.cursor ?? (state.from + state.to) / 2;
    for (const row of this.#layout.rows) {
      const middle = row.y + row.height / 2 + 4;
      if (row.kind === 'heading') {
        context.font = FONT_BOLD;
        context.fillStyle = palette.muted;
        context.fillText(fitted(context, row.text, this.#width), 4, middle + 1);
        continue;
      }
      context.fillStyle = palette.line;
      context.fillRect(0, row.y + row.height - 0.5, this.#width, 0.5);
      context.font = FONT;
      context.fillStyle = palette.ink;
      if (row.kind === 'faults') context.fillText(fitted(context, row.fault, GUTTER - 14), 10, middle);
      else if (row.kind === 'node')
        context.fillText(fitted(context, nodeGutter(this.#model, row.node, at), GUTTER - 14), 10, middle);
      else if (row.height >= 12) {
        const name = clientAt(this.#model, this.#model.lanes[row.lane], state, this.#emphasis.core);
        context.fillText(fitted(context, name, GUTTER - 14), 10, middle);
      }
    }
    context.fillStyle = palette.line;
    context.fillRect(GUTTER - 2, 0, 1, this.#layout.height);
  }

  /** The axis stays in sight while the rows scroll under it. */
  #drawAxis(pen: Pen): void {
    const { context, palette, state } = pen;
    const top = this.#scroll.scrollTop;
    context.fillStyle = palette.surface;
    context.fillRect(0, top, this.#width, AXIS - 2);
    context.fillStyle = palette.line;
    context.fillRect(0, top + AXIS - 3, this.#width, 1);
    context.font = FONT;
    context.fillStyle = palette.muted;
    const { at, decimals } = ticks(state.from, state.to, this.#timeWidth());
    for (const tick of at)
      context.fillText(
        decimals > 6 ? duration(tick) : `${(tick / 1e9).toFixed(decimals)} s`,
        pen.x(tick) + 3,
        top + 14,
      );
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
    const text = moment(state.cursor);
    const width = context.measureText(text).width;
    const x = Math.min(this.#width - width - 8, Math.max(GUTTER, pen.x(state.cursor) - width / 2));
    context.fillStyle = palette.ink;
    context.fillRect(x - 4, top + 2, width + 8, 16);
    context.fillStyle = palette.surface;
    context.fillText(text, x, top + 14);
  }

  #tell(): void {
    const { from, to } = this.#view.state;
    const { page } = this.#model;
    this.#window.textContent = `${moment(from)} to ${moment(to)} (${duration(to - from)})`;
    const notes: string[] = [];
    const { totals } = page;
    if (page.operations.length < totals.operations)
      notes.push(
        `showing ${plural(page.operations.length, 'operation')} of ${totals.operations.toLocaleString('en')}: those of failing keys and near anomalies, and a sample of the rest; the map above counts all`,
      );
    if (page.messages.length < totals.messages)
      notes.push(
        `${page.messages.length.toLocaleString('en')} of ${totals.messages.toLocaleString('en')} messages are kept, those nearest to anomalies`,
      );
    if (this.#messages.tooMany) notes.push('zoom in to see messages');
    const text = notes.length === 0 ? '' : `${notes.join('. ')}.`;
    if (this.#note.textContent !== text) this.#note.textContent = text;
  }
}

/**
 * "client 3": whose operations a lane shows, for a lane changes hands after each info. At the cursor the nearest one's; without
 * a cursor first that of an anomaly's operation in the window, since that is the client the report talks about.
 */
function clientAt(model: Model, lane: Lane | undefined, state: ViewState, core: ReadonlySet<number>): string {
  if (lane === undefined) return '';
  const at = state.cursor ?? (state.from + state.to) / 2;
  const first = firstAtLeast(lane.ends, state.from, (end) => end);
  let nearest = lane.operations[Math.min(first, lane.operations.length - 1)];
  for (let i = first; i < lane.operations.length; i++) {
    const operation = lane.operations[i] as Operation;
    if (operation.invokedAt > state.to) break;
    if (state.cursor === null && core.has(operation.index)) return `client ${operation.process}`;
    if (nearest === undefined || distance(operation, at, model.end) < distance(nearest, at, model.end))
      nearest = operation;
    if (operation.invokedAt > at && state.cursor !== null) break;
  }
  return nearest === undefined ? '' : `client ${nearest.process}`;
}

function distance(operation: Operation, at: number, end: number): number {
  return Math.max(0, operation.invokedAt - at, at - endOf(operation, end));
}
