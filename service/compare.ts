/** Two trials side by side: where their specs differ, what their schedules have in common, and how their numbers compare. */

import type { Json } from '../history/operation.ts';
import type { TrialRow } from '../history/store.ts';
import type { FaultRecord } from '../history/trial-records.ts';
import type { Desk } from './desk.ts';
import type { TrialSeries } from './work/errands.ts';
import { asVerdict } from './work/verdict-schema.ts';

export interface Difference {
  readonly field: string;
  readonly a: string;
  readonly b: string;
}

export interface ComparedTrial {
  readonly trial: TrialRow;
  readonly sentence: string | null;
  readonly faults: readonly FaultRecord[];
  readonly series: TrialSeries;
}

export interface Measure {
  readonly name: string;
  readonly unit: 'count' | 'ns' | 'ms';
  readonly a: number | null;
  readonly b: number | null;
}

export interface Comparison {
  readonly a: ComparedTrial;
  readonly b: ComparedTrial;
  /** Fields of the specs that differ; the schedule is compared by itself. */
  readonly spec: readonly Difference[];
  readonly sameSchedule: boolean;
  readonly measures: readonly Measure[];
  /** Interesting states that either reached, and how often. */
  readonly marks: readonly Measure[];
}

/** Throws Problem 404 for a trial that is not there. */
export async function compare(desk: Desk, a: string, b: string): Promise<Comparison> {
  const [left, right] = [await compared(desk, a), await compared(desk, b)];
  return {
    a: left,
    b: right,
    spec: differences(withoutSchedule(left.trial.spec), withoutSchedule(right.trial.spec)),
    sameSchedule: JSON.stringify(scheduleOf(left.trial.spec)) === JSON.stringify(scheduleOf(right.trial.spec)),
    measures: measures(left, right),
    marks: marks(left.trial, right.trial),
  };
}

async function compared(desk: Desk, id: string): Promise<ComparedTrial> {
  const { store, errands } = desk.parts;
  const trial = desk.trial(id);
  const sentence = await desk.sentence(trial);
  return { trial, sentence, faults: store.readFaults(id), series: await errands.summarise(id) };
}

function measures(a: ComparedTrial, b: ComparedTrial): Measure[] {
  const measure = (name: string, unit: Measure['unit'], of: (trial: ComparedTrial) => number | null): Measure => ({
    name,
    unit,
    a: of(a),
    b: of(b),
  });
  const statistic =
    (name: 'operations' | 'ok' | 'fail' | 'info' | 'keys' | 'overlappingPairs' | 'concurrencyMax' | 'ms') =>
    (of: ComparedTrial): number | null =>
      asVerdict(of.trial.verdict)?.statistics[name] ?? null;
  const latency = (name: 'p50' | 'p95' | 'p99' | 'max') => (of: ComparedTrial) => of.series.overall?.[name] ?? null;
  return [
    measure('operations', 'count', statistic('operations')),
    measure('ok', 'count', statistic('ok')),
    measure('fail', 'count', statistic('fail')),
    measure('info', 'count', statistic('info')),
    measure('latency of ok, p50', 'ns', latency('p50')),
    measure('latency of ok, p95', 'ns', latency('p95')),
    measure('latency of ok, p99', 'ns', latency('p99')),
    measure('latency of ok, max', 'ns', latency('max')),
    measure('longest recovery', 'ns', ({ series }) => series.recoveryNs),
    measure('keys', 'count', statistic('keys')),
    measure('overlapping pairs', 'count', statistic('overlappingPairs')),
    measure('at once on one key, at most', 'count', statistic('concurrencyMax')),
    measure('faults', 'count', ({ faults }) => faults.length),
    measure('faults that took effect', 'count', ({ faults }) => faults.filter(({ bit }) => bit).length),
    measure('checker time', 'ms', statistic('ms')),
    measure('duration', 'ns', ({ trial }) => trial.durationNs),
  ];
}

function marks(a: TrialRow, b: TrialRow): Measure[] {
  const names = [...new Set([...Object.keys(a.marks), ...Object.keys(b.marks)])].sort();
  return names.map((name) => ({ name, unit: 'count', a: a.marks[name] ?? null, b: b.marks[name] ?? null }));
}

const DIFFERENCES_MAX = 200;
const TEXT_MAX = 200;

/** Every field below two values in which they differ, by its path. */
function differences(a: Json, b: Json, path = ''): Difference[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (isRecord(a) && isRecord(b)) {
    const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return names
      .flatMap((name) => differences(a[name] ?? null, b[name] ?? null, path === '' ? name : `${path}.${name}`))
      .slice(0, DIFFERENCES_MAX);
  }
  return [{ field: path === '' ? 'spec' : path, a: shown(a), b: shown(b) }];
}

function isRecord(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: Json): string {
  const text = value === null ? '–' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}

function scheduleOf(spec: Json): Json {
  return isRecord(spec) ? (spec.schedule ?? null) : null;
}

function withoutSchedule(spec: Json): Json {
  if (!isRecord(spec)) return spec;
  const { schedule: _schedule, ...rest } = spec;
  return rest;
}
