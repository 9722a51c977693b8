/** The left edge of the timeline: what each row shows. */

import type { Operation } from '../../history/operation.ts';
import { moment } from '../times.ts';
import { nodeGutter } from './draw-system.ts';
import { GUTTER, type Row } from './layout.ts';
import { type Lane, lowerBound, scaleWithin } from './model.ts';
import { drawText, FONT, FONT_BOLD, fitted, type Pen, widthOf } from './pen.ts';
import type { ViewState } from './view.ts';

export function drawGutter(pen: Pen, rows: readonly Row[], top: number, height: number): void {
  const { context, palette, state } = pen;
  context.fillStyle = palette.surface;
  context.fillRect(0, top, GUTTER - 2, height);
  for (const row of rows) {
    const middle = row.y + row.height / 2 + 4;
    if (row.kind === 'heading') {
      context.font = FONT_BOLD;
      context.fillStyle = palette.muted;
      // What stands beside the nodes is what they are where the pointer is, and says so.
      const pointed = row.text.startsWith('nodes') && state.cursor !== null;
      const text = pointed
        ? `nodes at ${moment(state.cursor ?? 0, scaleWithin(pen.model, state, pen.width))}`
        : row.text;
      const shown = fitted(context, text, pointed ? GUTTER - 8 : pen.width);
      // A heading may be longer than the gutter is wide: no line of the plot goes through it.
      context.fillStyle = palette.surface;
      context.fillRect(0, row.y + 1, widthOf(context, shown) + 8, row.height - 2);
      context.fillStyle = palette.muted;
      drawText(context, shown, 4, middle + 1);
      continue;
    }
    context.fillStyle = palette.line;
    context.fillRect(0, row.y + row.height - 0.5, pen.width, 0.5);
    const name = nameOf(pen, row);
    if (name === '') continue;
    context.font = FONT;
    context.fillStyle = palette.ink;
    drawText(context, fitted(context, name, GUTTER - 14), 10, middle);
  }
  context.fillStyle = palette.line;
  context.fillRect(GUTTER - 2, top, 1, height);
}

function nameOf({ model, state }: Pen, row: Row): string {
  switch (row.kind) {
    case 'faults':
      return row.fault;
    case 'density':
      return 'all of them';
    case 'node':
      return state.cursor === null ? row.node : nodeGutter(model, row.node, state.cursor);
    case 'lane':
      return row.height < 12 ? '' : clientAt(model.lanes[row.lane], state);
    case 'heading':
      return '';
  }
}

/**
 * "client 3": whose operations a lane shows. A client has a new number after each unknown outcome: at the cursor it is that of the
 * nearest operation, without a cursor "client 3 → 19", from the first to the last one in the window.
 */
function clientAt(lane: Lane | undefined, { cursor, from, to }: ViewState): string {
  if (lane === undefined) return '';
  if (cursor !== null) return `client ${nearest(lane, cursor)?.process ?? '?'}`;
  const { tenures } = lane;
  const last = Math.max(
    0,
    tenures.findLastIndex((tenure) => tenure.from <= to),
  );
  const first = Math.min(
    last,
    Math.max(
      0,
      tenures.findLastIndex((tenure) => tenure.from <= from),
    ),
  );
  const names = tenures.slice(first, last + 1).map(({ process }) => process);
  if (names.length < 2) return `client ${names[0] ?? '?'}`;
  return `client ${names[0]} → ${names.length > 2 ? '… ' : ''}${names.at(-1)}`;
}

function nearest({ operations, starts, ends }: Lane, at: number): Operation | undefined {
  // It is the last one called by then or the next one.
  const next = lowerBound(starts, at);
  const before = next - 1;
  const far = (i: number): number => Math.max(0, (starts[i] as number) - at, at - (ends[i] as number));
  return operations[next >= starts.length || (before >= 0 && far(before) <= far(next)) ? before : next];
}
