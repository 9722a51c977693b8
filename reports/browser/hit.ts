/** What is under the pointer: an operation, a fault, a node or a message. */

import type { Operation } from '../../history/operation.ts';
import { type MessageView, messageLine } from './draw-system.ts';
import { GUTTER, type Layout, rowAt } from './layout.ts';
import { type Lane, lowerBound, type Model } from './model.ts';
import type { Pen } from './pen.ts';
import type { Selection } from './view.ts';

/** How far the pointer may be from what it points at, in pixels. */
const REACH = 5;

export function hitAt(
  model: Model,
  layout: Layout,
  messages: MessageView,
  pen: Pen,
  x: number,
  y: number,
): Selection | null {
  const row = rowAt(layout, y);
  if (row === null || x < GUTTER) return null;
  const { from, to } = pen.state;
  const perPixel = (to - from) / (pen.width - pen.left);
  const at = from + (x - pen.left) * perPixel;
  switch (row.kind) {
    case 'faults': {
      const fault = model.page.faults.find(
        (one) =>
          one.kind === row.fault &&
          one.startedAt - REACH * perPixel <= at &&
          at <= (one.endedAt ?? model.end) + REACH * perPixel,
      );
      return fault === undefined ? null : { kind: 'fault', index: fault.index };
    }
    case 'node': {
      const message = nearestMessage(model, layout, messages, pen, x, y);
      if (message !== null) return { kind: 'message', position: message };
      return { kind: 'node', node: row.node, at: Math.round(at) };
    }
    case 'lane': {
      const lane = model.lanes[row.lane];
      const operation = lane === undefined ? null : nearestOperation(lane, at, REACH * perPixel);
      return operation === null ? null : { kind: 'op', index: operation.index };
    }
    case 'density':
    case 'heading':
      return null;
  }
}

function nearestOperation(lane: Lane, at: number, reach: number): Operation | null {
  let best: Operation | null = null;
  let bestDistance = reach;
  for (let i = lowerBound(lane.reached, at - reach); i < lane.operations.length; i++) {
    const operation = lane.operations[i] as Operation;
    if (operation.invokedAt > at + reach) break;
    const distance = Math.max(0, operation.invokedAt - at, at - (lane.ends[i] as number));
    if (distance < bestDistance || (distance === bestDistance && best === null)) {
      best = operation;
      bestDistance = distance;
    }
  }
  return best;
}

function nearestMessage(
  model: Model,
  layout: Layout,
  view: MessageView,
  pen: Pen,
  x: number,
  y: number,
): number | null {
  const rows = new Map<string, number>();
  for (const row of layout.rows) if (row.kind === 'node') rows.set(row.node, row.y + row.height / 2);
  let best: number | null = null;
  let bestDistance = REACH;
  for (const position of view.positions) {
    const message = model.messages[position];
    const line = message === undefined ? null : messageLine(pen, message, rows);
    if (line === null) continue;
    const [x1, y1, x2, y2] = line;
    const distance = distanceToLine(x, y, x1, y1, x2, y2);
    if (distance < bestDistance) {
      best = position;
      bestDistance = distance;
    }
  }
  return best;
}

function distanceToLine(x: number, y: number, x1: number, y1: number, x2: number, y2: number): number {
  const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length));
  return Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
}
