/** The record as the timeline needs it: clients in lanes, nodes in spans, everything found by binary search. */

import type { Operation } from '../../history/operation.ts';
import type { MessageRecord, NodeEvent } from '../../history/trial-records.ts';
import { type NodeSpan, nodeSpans } from '../circumstances.ts';
import type { PageData } from '../page-data.ts';
import { type Rivalry, rivalriesOf } from '../rivalry.ts';
import { scaleOf, type TimeScale, tellingApart } from '../times.ts';
import { letter } from '../wording.ts';

/** More lanes than this are not drawn; what is beyond shares the last one. */
const LANES_MAX = 240;
/** Beyond this, clients that follow each other without overlap share a lane, whether or not they are one. */
const LANES_APART_MAX = 64;

/**
 * Processes that follow each other without overlap, as one line of the picture: as a rule one client thread. Times and outcomes
 * stand beside the operations in typed arrays, for a frame walks over all that are in sight.
 */
export interface Lane {
  /** In order of call. */
  readonly operations: readonly Operation[];
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** The latest end so far, which never falls: for a binary search. */
  readonly reached: Float64Array;
  /** Positions in OUTCOMES. */
  readonly outcomes: Uint8Array;
  /** Whose operations they are, in turn: a client has a new number after each unknown outcome. */
  readonly tenures: readonly Tenure[];
}

export interface Tenure {
  readonly process: number;
  readonly from: number;
}

export const OUTCOMES = ['ok', 'fail', 'info'] as const;

export interface Model {
  readonly page: PageData;
  /** How the moments of what it recorded are written. */
  readonly scale: TimeScale;
  /** Length of the whole trial, in nanoseconds; at least everything in the record. */
  readonly end: number;
  readonly byIndex: ReadonlyMap<number, Operation>;
  /** What the proof of the first anomaly calls its operations. */
  readonly letters: ReadonlyMap<number, string>;
  readonly lanes: readonly Lane[];
  readonly laneOf: ReadonlyMap<number, number>;
  /** Whether different clients follow each other in a lane; else each lane is one, with a new number after an unknown outcome. */
  readonly sharesLanes: boolean;
  readonly nodes: readonly string[];
  readonly spans: ReadonlyMap<string, readonly NodeSpan[]>;
  readonly rivalries: readonly Rivalry[];
  readonly events: ReadonlyMap<string, readonly NodeEvent[]>;
  readonly messages: readonly MessageRecord[];
  readonly messageTypes: readonly string[];
  readonly keys: readonly string[];
  readonly faultKinds: readonly string[];
}

/** End of a bar: a call without an answer reaches to the end of the record. */
export function endOf(operation: Operation, end: number): number {
  return operation.completedAt ?? end;
}

export function modelOf(page: PageData): Model {
  let end = page.trial.durationNs;
  const keyCounts = new Map<string, number>();
  for (const operation of page.operations) {
    const last = operation.completedAt ?? operation.invokedAt;
    if (last > end) end = last;
    if (operation.key !== null) keyCounts.set(operation.key, (keyCounts.get(operation.key) ?? 0) + 1);
  }
  end = Math.max(end, 1);
  const events = new Map<string, NodeEvent[]>();
  for (const event of page.nodeEvents) {
    const list = events.get(event.node);
    if (list === undefined) events.set(event.node, [event]);
    else list.push(event);
  }
  const nodes = [...new Set([...page.trial.nodes, ...events.keys()])];
  const spans = nodeSpans(page.nodeEvents, end);
  const { lanes, laneOf, sharesLanes } = lanesOf(page.operations, end);
  const messages = [...page.messages].sort((a, b) => a.sentAt - b.sentAt);
  return {
    page,
    scale: page.scale,
    end,
    byIndex: new Map(page.operations.map((operation) => [operation.index, operation])),
    letters: new Map(page.letters.map((index, i) => [index, letter(i)])),
    lanes,
    laneOf,
    sharesLanes,
    nodes,
    spans,
    rivalries: rivalriesOf(spans),
    events,
    messages,
    messageTypes: [...new Set(messages.map((message) => message.type))].sort(),
    keys: [...keyCounts.keys()].sort(new Intl.Collator('en', { numeric: true }).compare),
    faultKinds: [...new Set(page.faults.map((fault) => fault.kind))].sort(),
  };
}

/** Where a window begins and ends is told to a fiftieth of its length. */
export const WINDOW_MOMENTS = 50;

/** How moments within a window are written that tells apart so many of them: a pointer as many as it has pixels. */
export function scaleWithin(
  { page }: Model,
  { from, to }: { readonly from: number; readonly to: number },
  moments: number,
): TimeScale {
  return tellingApart(scaleOf(page.trial.durationNs, page.trial.timeless), 0, (to - from) / moments);
}

/**
 * Each process in a lane of its own, or in that of one which an unknown outcome has retired by then; where that makes too many, in
 * the first lane that is free from its first call to its last answer.
 */
function lanesOf(operations: readonly Operation[], end: number): Pick<Model, 'lanes' | 'laneOf' | 'sharesLanes'> {
  const apart = packed(operations, end, false);
  const sharesLanes = apart.lists.length > LANES_APART_MAX;
  const { lists, laneOf } = sharesLanes ? packed(operations, end, true) : apart;
  return { lanes: lists.map((list) => laneFrom(list, end)), laneOf, sharesLanes };
}

interface Packed {
  readonly lists: readonly (readonly Operation[])[];
  readonly laneOf: ReadonlyMap<number, number>;
}

function packed(operations: readonly Operation[], end: number, shared: boolean): Packed {
  const last = new Map<number, Operation>();
  for (const operation of operations) {
    const before = last.get(operation.process);
    if (before === undefined || endOf(operation, end) >= endOf(before, end)) last.set(operation.process, operation);
  }
  const lists: Operation[][] = [];
  const freeFrom: number[] = [];
  const laneOf = new Map<number, number>();
  for (const operation of operations) {
    let lane = laneOf.get(operation.process);
    if (lane === undefined) {
      lane = freeFrom.findIndex((from) => from <= operation.invokedAt);
      if (lane < 0) lane = Math.min(lists.length, LANES_MAX - 1);
      laneOf.set(operation.process, lane);
      const final = last.get(operation.process);
      freeFrom[lane] =
        final !== undefined && (shared || final.outcome === 'info') ? endOf(final, end) : Number.POSITIVE_INFINITY;
      lists[lane] ??= [];
    }
    lists[lane]?.push(operation);
  }
  return { lists, laneOf };
}

function laneFrom(operations: readonly Operation[], end: number): Lane {
  const starts = new Float64Array(operations.length);
  const ends = new Float64Array(operations.length);
  const reached = new Float64Array(operations.length);
  const outcomes = new Uint8Array(operations.length);
  const tenures: Tenure[] = [];
  let latest = 0;
  operations.forEach((operation, i) => {
    starts[i] = operation.invokedAt;
    ends[i] = endOf(operation, end);
    latest = Math.max(latest, ends[i] as number);
    reached[i] = latest;
    outcomes[i] = OUTCOMES.indexOf(operation.outcome);
    if (tenures.at(-1)?.process !== operation.process)
      tenures.push({ process: operation.process, from: operation.invokedAt });
  });
  return { operations, starts, ends, reached, outcomes, tenures };
}

/** Position of the first item whose number is at least `at`; the list rises. */
export function firstAtLeast<T>(list: readonly T[], at: number, of: (item: T) => number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (of(list[middle] as T) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same for a rising array of numbers. */
export function lowerBound(rising: Float64Array, at: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rising[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
