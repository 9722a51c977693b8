/** The left edge of the timeline: what each row shows. */

import type { Operation } from '../../history/operation.ts';
import type { Emphasis } from './draw-clients.ts';
import { nodeGutter } from './draw-system.ts';
import { GUTTER, type Row } from './layout.ts';
import { type Lane, lowerBound } from './model.ts';
import { drawText, FONT, FONT_BOLD, fitted, type Pen } from './pen.ts';
import type { ViewState } from './view.ts';

export function drawGutter(pen: Pen, rows: readonly Row[], emphasis: Emphasis, top: number, height: number): void {
  const { context, palette, state } = pen;
  context.fillStyle = palette.surface;
  context.fillRect(0, top, GUTTER - 2, height);
  const at = state.cursor ?? (state.from + state.to) / 2;
  for (const row of rows) {
    const middle = row.y + row.height / 2 + 4;
    if (row.kind === 'heading') {
      context.font = FONT_BOLD;
      context.fillStyle = palette.muted;
      drawText(context, fitted(context, row.text, pen.width), 4, middle + 1);
      continue;
    }
    context.fillStyle = palette.line;
    context.fillRect(0, row.y + row.height - 0.5, pen.width, 0.5);
    const name = nameOf(pen, row, emphasis, at);
    if (name === '') continue;
    context.font = FONT;
    context.fillStyle = palette.ink;
    drawText(context, fitted(context, name, GUTTER - 14), 10, middle);
  }
  context.fillStyle = palette.line;
  context.fillRect(GUTTER - 2, top, 1, height);
}

function nameOf({ model, state }: Pen, row: Row, emphasis: Emphasis, at: number): string {
  switch (row.kind) {
    case 'faults':
      return row.fault;
    case 'density':
      return 'all of them';
    case 'node':
      return nodeGutter(model, row.node, at);
    case 'lane':
      return row.height < 12 ? '' : clientAt(model.lanes[row.lane], emphasis.coreLanes[row.lane] ?? [], state);
    case 'heading':
      return '';
  }
}

/**
 * "client 3": whose operations a lane shows, for a lane changes hands after each info. At the cursor the nearest one's; without
 * a cursor first that of an anomaly's operation in the window, since that is the client the report talks about.
 */
function clientAt(lane: Lane | undefined, core: readonly Operation[], state: ViewState): string {
  if (lane === undefined) return '';
  const { operations, starts, ends } = lane;
  if (state.cursor === null)
    for (const { invokedAt, completedAt, process } of core)
      if (invokedAt <= state.to && (completedAt ?? state.to) >= state.from) return `client ${process}`;
  const at = state.cursor ?? (state.from + state.to) / 2;
  // The nearest is the last one called by then or the next one.
  const next = lowerBound(starts, at);
  const before = next - 1;
  const far = (i: number): number => Math.max(0, (starts[i] as number) - at, at - (ends[i] as number));
  const nearest = next >= starts.length || (before >= 0 && far(before) <= far(next)) ? before : next;
  return `client ${operations[nearest]?.process ?? '?'}`;
}
