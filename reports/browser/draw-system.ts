/** Draws what happened to the system: faults, nodes with their roles, and the messages between them. */

import type { MessageRecord } from '../../history/trial-records.ts';
import { nodeStateAt, offsetOf, roleWords, showsNoEffect } from '../circumstances.ts';
import type { Layout, Row } from './layout.ts';
import { firstAtLeast, type Model } from './model.ts';
import { drawText, FONT, FONT_BOLD, fitted, outlineText, type Pen } from './pen.ts';

/** More messages than this in a window are a grey wall; the page asks to zoom in instead. */
export const MESSAGES_DRAWN_MAX = 1500;
/** No message is under way longer than this when the picture looks for those that began before its window. */
const UNDER_WAY_NS = 2e9;
/** Height of a node's bar, in pixels. */
const BAR = 16;

/** Faint bands behind everything, so that a reader sees what fell within a fault. */
export function drawFaultShadows(pen: Pen, layout: Layout): void {
  const { context, model, state, palette } = pen;
  context.fillStyle = palette.fault;
  context.globalAlpha = 0.07;
  for (const fault of model.page.faults) {
    if (showsNoEffect(fault) || fault.startedAt > state.to || (fault.endedAt ?? model.end) < state.from) continue;
    const x = Math.max(pen.left, pen.x(fault.startedAt));
    context.fillRect(x, 0, Math.max(1, Math.min(pen.width, pen.x(fault.endedAt ?? model.end)) - x), layout.height);
  }
  context.globalAlpha = 1;
}

/** One lane a kind: the outline is what was asked, the filling what is shown to have taken effect. */
export function drawFaultRow(pen: Pen, row: Row & { readonly kind: 'faults' }): void {
  const { context, model, state, palette } = pen;
  for (const fault of model.page.faults) {
    const end = fault.endedAt ?? model.end;
    if (fault.kind !== row.fault || fault.startedAt > state.to || end < state.from) continue;
    const x = Math.max(pen.left - 2, pen.x(fault.startedAt));
    const width = Math.max(3, Math.min(pen.width + 2, pen.x(end)) - x);
    const y = row.y + 2;
    const height = row.height - 5;
    context.fillStyle = showsNoEffect(fault) ? pen.idlePattern : palette['fault-soft'];
    context.fillRect(x, y, width, height);
    const selected = state.selected?.kind === 'fault' && state.selected.index === fault.index;
    context.strokeStyle = selected ? palette.focus : palette.fault;
    context.lineWidth = selected ? 2.5 : 1;
    context.setLineDash(showsNoEffect(fault) ? [4, 3] : []);
    context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
    context.setLineDash([]);
    context.font = FONT;
    context.fillStyle = showsNoEffect(fault) ? palette.ink : palette['fault-ink'];
    const text = fitted(context, showsNoEffect(fault) ? `${fault.words} (no effect shown)` : fault.words, width - 10);
    drawText(context, text, x + 5, y + height / 2 + 4);
  }
}

export function drawNodeRow(pen: Pen, row: Row & { readonly kind: 'node' }): void {
  const { context, model, state, palette } = pen;
  const y = row.y + row.height / 2 - BAR / 2;
  const height = BAR;
  const spans = model.spans.get(row.node) ?? [];
  // Of a system that tells roles, a node that has told none yet is starting.
  const tells = spans.some(({ role }) => role !== null);
  for (let i = firstAtLeast(spans, state.from, (one) => one.to); i < spans.length; i++) {
    const span = spans[i];
    if (span === undefined || span.from > state.to) break;
    const x = Math.max(pen.left, pen.x(span.from));
    const width = Math.max(1, Math.min(pen.width, pen.x(span.to)) - x);
    const leader = span.role === 'leader';
    const standing = span.role === 'candidate' || span.role === 'pre-candidate';
    context.fillStyle = !span.up
      ? pen.downPattern
      : leader
        ? palette.leader
        : standing
          ? palette.candidate
          : span.role === null && tells
            ? palette.sunk
            : palette.follower;
    context.fillRect(x, y, width, height);
    if (span.paused) {
      context.fillStyle = pen.downPattern;
      context.globalAlpha = 0.65;
      context.fillRect(x, y, width, height);
      context.globalAlpha = 1;
    }
    if (width > 1.5) {
      context.fillStyle = palette.surface;
      context.fillRect(x, y, 1, height);
    }
    context.font = leader ? FONT_BOLD : FONT;
    const words = roleWords(span).replace(', term ', ' t') || (tells ? 'starting' : '');
    context.fillStyle = leader && !span.paused ? palette['leader-ink'] : palette.ink;
    const text = fitted(context, words, width - 10);
    if (text !== '' && (span.paused || !span.up)) {
      context.strokeStyle = palette.surface;
      context.lineWidth = 3;
      outlineText(context, text, x + 5, y + 12);
    }
    drawText(context, text, x + 5, y + 12);
  }
  drawNodeMarks(pen, row.node, y);
}

/** Starts, exits and clock changes as small marks above the bar. */
function drawNodeMarks(pen: Pen, node: string, y: number): void {
  const { context, model, state, palette } = pen;
  const events = model.events.get(node) ?? [];
  context.font = FONT;
  for (let i = firstAtLeast(events, state.from, (event) => event.at); i < events.length; i++) {
    const event = events[i];
    if (event === undefined || event.at > state.to) break;
    if (event.kind === 'status' || event.kind === 'serving') continue;
    const x = pen.x(event.at);
    context.fillStyle = palette.ink;
    if (event.kind === 'clock') {
      const offset = offsetOf(event);
      const text = offset === null ? '◷' : `◷ ${offset >= 0 ? '+' : '−'}${Math.abs(offset / 1e6).toFixed(0)} ms`;
      drawText(context, text, x, y - 2);
      continue;
    }
    const up = event.kind === 'started' || event.kind === 'resumed';
    context.beginPath();
    context.moveTo(x - 4, y + (up ? -1 : -7));
    context.lineTo(x + 4, y + (up ? -1 : -7));
    context.lineTo(x, y + (up ? -7 : -1));
    context.fill();
  }
}

/** A line above the nodes wherever several of them think to lead at once, with their terms. */
export function drawRivalries(pen: Pen, y: number): void {
  const { context, model, state, palette } = pen;
  for (const rivalry of model.rivalries) {
    if (rivalry.to < state.from || rivalry.from > state.to) continue;
    const x = Math.max(pen.left, pen.x(rivalry.from));
    const width = Math.max(2, Math.min(pen.width, pen.x(rivalry.to)) - x);
    context.fillStyle = palette.bad;
    context.fillRect(x, y + 17, width, 3);
    context.font = FONT_BOLD;
    const text = `two leaders at once: ${rivalry.words}`;
    const room = pen.width - x - 4;
    drawText(context, width > 60 ? fitted(context, text, room) : '', x, y + 13);
  }
}

export interface MessageView {
  /** Positions of the messages in the window that pass the filter. */
  readonly positions: readonly number[];
  readonly tooMany: boolean;
}

export function messagesInView(model: Model, pen: Pick<Pen, 'state'>): MessageView {
  const { state } = pen;
  const positions: number[] = [];
  const { messages } = model;
  for (
    let i = firstAtLeast(messages, state.from - UNDER_WAY_NS, (message) => message.sentAt);
    i < messages.length;
    i++
  ) {
    const message = messages[i];
    if (message === undefined || message.sentAt > state.to) break;
    if ((message.arrivedAt ?? message.sentAt) < state.from) continue;
    if (state.messageType !== '' && message.type !== state.messageType) continue;
    if (state.messageNode !== '' && message.from !== state.messageNode && message.to !== state.messageNode) continue;
    positions.push(i);
    if (positions.length > MESSAGES_DRAWN_MAX) return { positions: [], tooMany: true };
  }
  return { positions, tooMany: false };
}

/** Where a message is drawn: from the edge of one node's bar to the edge of another's, or half way when it was lost. */
export function messageLine(
  pen: Pick<Pen, 'x'>,
  message: MessageRecord,
  rows: ReadonlyMap<string, number>,
): readonly [number, number, number, number] | null {
  const from = rows.get(message.from);
  const to = rows.get(message.to);
  if (from === undefined || to === undefined) return null;
  const edge = to > from ? BAR / 2 : -BAR / 2;
  const x1 = pen.x(message.sentAt);
  const lost = message.arrivedAt === null;
  // A lost message gets half way, at the pace of a quick one.
  const x2 = lost ? x1 + 6 : pen.x(message.arrivedAt ?? message.sentAt);
  return [x1, from + edge, x2, lost ? (from + to) / 2 : to - edge];
}

/** Arrows from node to node: lost ones end in a cross, late ones slope by themselves, duplicates arrive twice. */
export function drawMessages(pen: Pen, rows: ReadonlyMap<string, number>, view: MessageView): void {
  const { context, model, state, palette } = pen;
  const selected = state.selected?.kind === 'message' ? state.selected.position : -1;
  const arrived = new Path2D();
  const lost = new Path2D();
  const crosses = new Path2D();
  // One path for all of a kind: a stroke for each arrow is what a frame would spend its time on.
  for (const position of view.positions) {
    const message = model.messages[position];
    const line = message === undefined ? null : messageLine(pen, message, rows);
    if (message === undefined || line === null || position === selected) continue;
    if (message.arrivedAt !== null) addArrow(arrived, line);
    else {
      addLine(lost, line);
      addCross(crosses, line);
    }
  }
  context.lineWidth = 1;
  context.globalAlpha = 0.55;
  context.strokeStyle = palette.muted;
  context.stroke(arrived);
  context.globalAlpha = 0.85;
  context.strokeStyle = palette.bad;
  context.stroke(crosses);
  context.setLineDash([3, 3]);
  context.stroke(lost);
  context.setLineDash([]);
  context.globalAlpha = 1;
  const chosen = model.messages[selected];
  const line = chosen === undefined ? null : messageLine(pen, chosen, rows);
  if (chosen === undefined || line === null) return;
  const path = new Path2D();
  if (chosen.arrivedAt !== null) addArrow(path, line);
  else {
    addLine(path, line);
    addCross(path, line);
  }
  context.lineWidth = 2.5;
  context.strokeStyle = palette.focus;
  context.stroke(path);
}

type Line = readonly [number, number, number, number];

function addLine(path: Path2D, [x1, y1, x2, y2]: Line): void {
  path.moveTo(x1, y1);
  path.lineTo(x2, y2);
}

function addArrow(path: Path2D, line: Line): void {
  const [, y1, x2, y2] = line;
  const up = y2 < y1 ? 1 : -1;
  addLine(path, line);
  path.moveTo(x2 - 3, y2 + 5 * up);
  path.lineTo(x2, y2);
  path.lineTo(x2 + 3, y2 + 5 * up);
}

function addCross(path: Path2D, [, , x2, y2]: Line): void {
  addLine(path, [x2 - 3.5, y2 - 3.5, x2 + 3.5, y2 + 3.5]);
  addLine(path, [x2 + 3.5, y2 - 3.5, x2 - 3.5, y2 + 3.5]);
}

/** What a node is at the cursor, for the gutter, which is too narrow to say whom it follows. */
export function nodeGutter(model: Model, node: string, at: number): string {
  const state = nodeStateAt(model.spans, node, at);
  const words = roleWords(state === null ? null : { ...state, leader: null }).replace(', term ', ' t');
  return words === '' ? node : `${node}  ${words}`;
}
