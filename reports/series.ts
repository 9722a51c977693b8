/** Numbers over time for the charts and the map: every operation of the record goes in, whatever the page shows of it later. */

import { isObservedMismatch } from '../checker/models.ts';
import type { Json, Operation } from '../history/operation.ts';
import type { FaultRecord, NodeEvent } from '../history/trial-records.ts';
import { offsetOf } from './circumstances.ts';

const BINS = 240;
const DENSITY_BINS = 4000;
/** Bins of the scatter on the logarithmic axis of latency, per factor of ten. */
const CELLS_PER_DECADE = 8;
const RECOVERY_BIN_NS = 1e8;
/** Bins that are averaged to say that service is back: half a second. */
const RECOVERY_BINS = 5;

/** A point in milliseconds: [time, value]. */
export type Point = readonly [number, number];

export interface Recovery {
  /** Index of the fault. */
  readonly fault: number;
  /** Longest time without any ok answer while the fault lasted. */
  readonly silenceNs: number;
  /** From the end of the fault until the rate of ok answers was back at half the usual; null if it never came back. */
  readonly recoveredAfterNs: number | null;
}

export interface Series {
  readonly binNs: number;
  readonly ok: readonly number[];
  readonly fail: readonly number[];
  readonly info: readonly number[];
  /** ok, and compare-and-sets that failed because they saw another value: the system answered. */
  readonly answered: readonly number[];
  /** Milliseconds of the ok answers that ended in the bin; null for none. */
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  /** Each occupied cell of time × log latency once. */
  readonly latency: { readonly ok: readonly Point[]; readonly fail: readonly Point[]; readonly info: readonly Point[] };
  /** Offset of each node's clock in milliseconds, where it is known. */
  readonly clocks: { readonly [node: string]: readonly Point[] };
  /** Entries by which each node's commit index is behind the highest known one. */
  readonly commitLag: { readonly [node: string]: readonly Point[] };
  readonly recoveries: readonly Recovery[];
  /** Percentiles of all ok answers, in nanoseconds; null without any. */
  readonly overall: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number } | null;
}

/** When an operation counts: at its end, or at its invocation when it never ended. */
function countedAt(operation: Operation): number {
  return operation.completedAt ?? operation.invokedAt;
}

export function seriesOf(
  operations: readonly Operation[],
  faults: readonly FaultRecord[],
  events: readonly NodeEvent[],
  durationNs: number,
): Series {
  let end = durationNs;
  for (const operation of operations) end = Math.max(end, countedAt(operation));
  const binNs = Math.max(1, Math.ceil((end + 1) / BINS));
  const zeros = (): number[] => new Array<number>(BINS).fill(0);
  const counts = { ok: zeros(), fail: zeros(), info: zeros() };
  const answered = zeros();
  const latencies: number[][] = Array.from({ length: BINS }, () => []);
  const all: number[] = [];
  const cells = { ok: new Map<number, Point>(), fail: new Map<number, Point>(), info: new Map<number, Point>() };
  for (const operation of operations) {
    const at = countedAt(operation);
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(at / binNs)));
    counts[operation.outcome][bin] = (counts[operation.outcome][bin] ?? 0) + 1;
    if (operation.outcome === 'ok' || isObservedMismatch(operation)) answered[bin] = (answered[bin] ?? 0) + 1;
    if (operation.completedAt === null) continue;
    // Zero has no place on a logarithmic axis.
    const latency = Math.max(1, operation.completedAt - operation.invokedAt);
    if (operation.outcome === 'ok') {
      latencies[bin]?.push(latency);
      all.push(operation.completedAt - operation.invokedAt);
    }
    const cell = bin * 1000 + Math.floor(Math.log10(latency) * CELLS_PER_DECADE);
    const map = cells[operation.outcome];
    if (!map.has(cell)) map.set(cell, [round(at / 1e6, 1), round(latency / 1e6, 4)]);
  }
  for (const list of latencies) list.sort((a, b) => a - b);
  all.sort((a, b) => a - b);
  const line = (permille: number): (number | null)[] =>
    latencies.map((list) => (list.length === 0 ? null : round(percentile(list, permille) / 1e6, 4)));
  const { clocks, commitLag } = nodeSeries(events);
  return {
    binNs,
    ...counts,
    answered,
    p50: line(500),
    p95: line(950),
    p99: line(990),
    max: line(1000),
    latency: { ok: [...cells.ok.values()], fail: [...cells.fail.values()], info: [...cells.info.values()] },
    clocks,
    commitLag,
    recoveries: recoveriesOf(operations, faults, end),
    overall:
      all.length === 0
        ? null
        : {
            p50: percentile(all, 500),
            p95: percentile(all, 950),
            p99: percentile(all, 990),
            max: percentile(all, 1000),
          },
  };
}

/** How many operations ended in each of many short stretches, for the parts of a long record that a page leaves out. */
export interface Density {
  readonly binNs: number;
  readonly ok: readonly number[];
  readonly fail: readonly number[];
  readonly info: readonly number[];
  /** Most operations in one bin. */
  readonly peak: number;
}

export function densityOf(operations: readonly Operation[], durationNs: number): Density {
  let end = durationNs;
  for (const operation of operations) end = Math.max(end, countedAt(operation));
  const binNs = Math.max(1, Math.ceil((end + 1) / DENSITY_BINS));
  const bins = (): number[] => new Array<number>(DENSITY_BINS).fill(0);
  const counts = { ok: bins(), fail: bins(), info: bins() };
  for (const operation of operations) {
    const bin = Math.max(0, Math.floor(countedAt(operation) / binNs));
    const of = counts[operation.outcome];
    of[bin] = (of[bin] ?? 0) + 1;
  }
  let peak = 1;
  for (let i = 0; i < DENSITY_BINS; i++)
    peak = Math.max(peak, (counts.ok[i] ?? 0) + (counts.fail[i] ?? 0) + (counts.info[i] ?? 0));
  return { binNs, ...counts, peak };
}

/** Nearest-rank percentile of a sorted, non-empty list. */
function percentile(sorted: readonly number[], permille: number): number {
  return sorted[Math.max(0, Math.ceil((permille / 1000) * sorted.length) - 1)] as number;
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}

/** Points that a line over time needs: only where the value changes, and the last one before it does. */
function thinned(points: readonly Point[]): readonly Point[] {
  return points.filter((point, i) => {
    const before = points[i - 1];
    const after = points[i + 1];
    return before === undefined || after === undefined || before[1] !== point[1] || after[1] !== point[1];
  });
}

function nodeSeries(events: readonly NodeEvent[]): Pick<Series, 'clocks' | 'commitLag'> {
  const clocks = new Map<string, Point[]>();
  const lag = new Map<string, Point[]>();
  const running = new Map<string, { readonly at: number; readonly offset: number; readonly ratePpm: number }>();
  let highest = 0;
  const add = (map: Map<string, Point[]>, event: NodeEvent, value: number): void => {
    const list = map.get(event.node) ?? [];
    list.push([round(event.at / 1e6, 1), value]);
    map.set(event.node, list);
  };
  for (const event of [...events].sort((a, b) => a.at - b.at)) {
    const offset = event.kind === 'clock' || event.kind === 'status' ? offsetOf(event) : null;
    if (offset !== null) {
      const before = running.get(event.node);
      // A clock that runs fast or slow gets where it was just before it was set again.
      if (before !== undefined && before.ratePpm !== 0)
        add(clocks, event, round((before.offset + ((event.at - before.at) * before.ratePpm) / 1e6) / 1e6, 2));
      add(clocks, event, round(offset / 1e6, 2));
      running.set(event.node, { at: event.at, offset, ratePpm: rateOf(event.detail) });
    }
    if (event.commitIndex === null || event.kind !== 'status') continue;
    highest = Math.max(highest, event.commitIndex);
    add(lag, event, highest - event.commitIndex);
  }
  const sorted = (map: Map<string, Point[]>): { [node: string]: readonly Point[] } =>
    Object.fromEntries([...map.keys()].sort().map((node) => [node, thinned(map.get(node) ?? [])]));
  return { clocks: sorted(clocks), commitLag: sorted(lag) };
}

/** Parts per million by which a clock runs fast from an event on. */
function rateOf(detail: Json): number {
  if (detail === null || typeof detail !== 'object' || Array.isArray(detail)) return 0;
  const rate = (detail as { readonly [name: string]: Json }).ratePpm;
  return typeof rate === 'number' ? rate : 0;
}

/**
 * Time to recover: from the end of a fault to the first half second in which ok answers come at half the usual rate, the usual
 * being the median of the bins without a fault. A record without such bins, or without ok answers, tells no recoveries.
 */
function recoveriesOf(operations: readonly Operation[], faults: readonly FaultRecord[], endNs: number): Recovery[] {
  const bins = new Array<number>(Math.ceil((endNs + 1) / RECOVERY_BIN_NS)).fill(0);
  const oks: number[] = [];
  for (const operation of operations) {
    if (operation.outcome !== 'ok' || operation.completedAt === null) continue;
    const bin = Math.floor(operation.completedAt / RECOVERY_BIN_NS);
    bins[bin] = (bins[bin] ?? 0) + 1;
    oks.push(operation.completedAt);
  }
  oks.sort((a, b) => a - b);
  const last = Math.floor((oks.at(-1) ?? 0) / RECOVERY_BIN_NS);
  const calm = bins.filter((_, i) => i < last && !faults.some((fault) => overlaps(fault, i))).sort((a, b) => a - b);
  const usual = calm[Math.floor(calm.length / 2)] ?? 0;
  if (usual === 0) return [];
  return faults.map((fault) => {
    const end = fault.endedAt ?? endNs;
    let silenceNs = 0;
    let before = fault.startedAt;
    for (const at of oks.slice(firstAfter(oks, fault.startedAt), firstAfter(oks, end))) {
      silenceNs = Math.max(silenceNs, at - before);
      before = at;
    }
    silenceNs = Math.max(silenceNs, end - before);
    return { fault: fault.index, silenceNs, recoveredAfterNs: recoveredAfter(bins, usual, end, last) };
  });
}

function overlaps(fault: FaultRecord, bin: number): boolean {
  return (
    fault.startedAt < (bin + 1) * RECOVERY_BIN_NS && (fault.endedAt === null || fault.endedAt >= bin * RECOVERY_BIN_NS)
  );
}

function recoveredAfter(bins: readonly number[], usual: number, end: number, last: number): number | null {
  const first = Math.floor(end / RECOVERY_BIN_NS);
  for (let bin = first; bin <= last; bin++) {
    let sum = 0;
    const until = Math.min(bin + RECOVERY_BINS, last + 1);
    for (let i = bin; i < until; i++) sum += bins[i] ?? 0;
    if (sum * 2 >= usual * (until - bin)) return bin === first ? 0 : bin * RECOVERY_BIN_NS - end;
  }
  return null;
}

function firstAfter(sorted: readonly number[], at: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
