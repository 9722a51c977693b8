/** Which row of the timeline is where: faults, nodes with the messages between them, clients. Heights in CSS pixels. */

import { keyName } from '../wording.ts';
import type { Model } from './model.ts';

export const GUTTER = 118;
export const AXIS = 24;
const HEADING = 22;
const FAULT = 22;
const NODE = 34;
const DENSITY = 40;
const FOOT = 8;

export type Row = { readonly y: number; readonly height: number } & (
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'faults'; readonly fault: string }
  | { readonly kind: 'node'; readonly node: string }
  | { readonly kind: 'density' }
  | { readonly kind: 'lane'; readonly lane: number; readonly focused: boolean }
);

export interface Layout {
  readonly rows: readonly Row[];
  readonly height: number;
}

type RowPart = Row extends infer R ? (R extends Row ? Omit<R, 'y' | 'height'> : never) : never;

/** Clients that touched the key in focus come first, those of the first anomaly's core before the others. */
export function layoutOf(model: Model, key: string | null): Layout {
  const rows: Row[] = [];
  let y = AXIS;
  const add = (height: number, part: RowPart): void => {
    rows.push({ ...part, y, height } as Row);
    y += height;
  };
  if (model.faultKinds.length > 0) {
    add(HEADING, { kind: 'heading', text: 'faults' });
    for (const fault of model.faultKinds) add(FAULT, { kind: 'faults', fault });
  }
  if (model.spans.size > 0) {
    add(HEADING, { kind: 'heading', text: model.messages.length > 0 ? 'nodes, messages' : 'nodes' });
    for (const node of model.nodes) add(NODE, { kind: 'node', node });
  }
  const { density, operations, totals } = model.page;
  if (density !== null && operations.length < totals.operations) {
    add(HEADING, {
      kind: 'heading',
      text: `how many of all ${totals.operations.toLocaleString('en')} operations ended when`,
    });
    add(DENSITY, { kind: 'density' });
  }
  const { first, rest } = orderedLanes(model, key);
  const height = laneHeight(model.lanes.length);
  if (first.length > 0) {
    add(HEADING, { kind: 'heading', text: `clients that used ${keyName(key)}` });
    for (const lane of first) add(Math.max(height, 22), { kind: 'lane', lane, focused: true });
  }
  if (rest.length > 0) {
    add(HEADING, { kind: 'heading', text: first.length > 0 ? 'other clients' : 'clients' });
    for (const lane of rest) add(height, { kind: 'lane', lane, focused: false });
  }
  return { rows, height: y + FOOT };
}

function laneHeight(lanes: number): number {
  if (lanes <= 16) return 22;
  return lanes <= 64 ? 14 : 9;
}

function orderedLanes(model: Model, key: string | null): { readonly first: number[]; readonly rest: number[] } {
  const all = model.lanes.map((_, lane) => lane);
  if (key === null) return { first: [], rest: all };
  const core = new Set<number>();
  for (const anomaly of model.page.anomalies)
    if (anomaly.key === key)
      for (const index of anomaly.core) {
        const lane = model.laneOf.get(model.byIndex.get(index)?.process ?? -1);
        if (lane !== undefined) core.add(lane);
      }
  const users = new Set<number>();
  for (const operation of model.page.operations)
    if (operation.key === key) users.add(model.laneOf.get(operation.process) ?? -1);
  const first = all
    .filter((lane) => users.has(lane))
    .sort((a, b) => Number(core.has(b)) - Number(core.has(a)) || a - b);
  // When nearly all clients used the key, two groups tell nothing.
  return { first, rest: all.filter((lane) => !users.has(lane)) };
}

export function rowAt(layout: Layout, y: number): Row | null {
  return layout.rows.find((row) => row.y <= y && y < row.y + row.height) ?? null;
}
