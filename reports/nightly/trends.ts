/** What the earlier nights say: is a failure new, what is gone, and how the numbers move. Pure functions over stored nights. */

import type { Fingerprint, Night, NightItem } from '../../history/night-records.ts';

/** Nights that are looked back on, unless told otherwise. */
export const MEMORY_NIGHTS = 14;

/** A failure of a night: everything with one fingerprint. */
export interface NightFailure {
  readonly fingerprint: Fingerprint;
  /** In the order of the plan. */
  readonly items: readonly NightItem[];
  readonly memory: Memory;
}

export interface Memory {
  /** Earlier nights looked at, and those among them that had it. */
  readonly nights: number;
  readonly seenOn: number;
  /** Dates of the first and the last of these; null if it is new. */
  readonly first: string | null;
  readonly last: string | null;
}

/** A failure of an earlier night that this one did not have. */
export interface GoneFailure {
  readonly fingerprint: Fingerprint;
  readonly seenOn: number;
  readonly last: string;
}

/** The failures of a night by fingerprint, violations first, each with what the earlier nights (oldest first) know of it. */
export function failuresOf(night: Night, earlier: readonly Night[], nights = MEMORY_NIGHTS): NightFailure[] {
  const remembered = before(night, earlier, nights);
  const groups = new Map<string, NightItem[]>();
  for (const item of night.items)
    if (item.fingerprint !== null) groups.set(item.fingerprint.id, [...(groups.get(item.fingerprint.id) ?? []), item]);
  const failures = [...groups.values()].map((items): NightFailure => {
    const fingerprint = items[0]?.fingerprint as Fingerprint;
    const having = remembered.filter((other) => has(other, fingerprint.id));
    return {
      fingerprint,
      items,
      memory: {
        nights: remembered.length,
        seenOn: having.length,
        first: having[0]?.date ?? null,
        last: having.at(-1)?.date ?? null,
      },
    };
  });
  const urgency = ['violation', 'broken', 'unknown', 'vacuous', 'pass'];
  return failures.sort((a, b) => urgency.indexOf(a.fingerprint.outcome) - urgency.indexOf(b.fingerprint.outcome));
}

/**
 * What the earlier nights had and this one has not, last seen last. A night that did not get to its end can't say so of
 * anything: then there is nothing gone.
 */
export function goneSince(night: Night, earlier: readonly Night[], nights = MEMORY_NIGHTS): GoneFailure[] {
  if (!isComplete(night)) return [];
  const gone = new Map<string, GoneFailure>();
  for (const other of before(night, earlier, nights)) {
    const fingerprints = new Map(
      other.items.flatMap(({ fingerprint }) => (fingerprint === null ? [] : [[fingerprint.id, fingerprint] as const])),
    );
    for (const [id, fingerprint] of fingerprints) {
      if (has(night, id)) continue;
      const seenOn = (gone.get(id)?.seenOn ?? 0) + 1;
      gone.delete(id);
      gone.set(id, { fingerprint, seenOn, last: other.date });
    }
  }
  return [...gone.values()];
}

/** "new", "seen on 3 of the last 14 nights, first on 2026-11-08". */
export function describeMemory({ nights, seenOn, first }: Memory): string {
  if (nights === 0) return 'new: there is no earlier night to compare with';
  if (seenOn === 0) return `new: not seen on the last ${nights === 1 ? 'night' : `${nights} nights`}`;
  return `seen on ${seenOn} of the last ${nights === 1 ? 'night' : `${nights} nights`}, first on ${first}`;
}

export function isComplete(night: Night): boolean {
  return night.endedAt !== null && !night.interrupted && night.items.every(({ state }) => state === 'done');
}

function has(night: Night, fingerprint: string): boolean {
  return night.items.some((item) => item.fingerprint?.id === fingerprint);
}

function before(night: Night, earlier: readonly Night[], nights: number): readonly Night[] {
  return earlier.filter((other) => other.id !== night.id && other.startedAt <= night.startedAt).slice(-nights);
}

/** A night as one point of each trend. Null where it measured nothing of that. */
export interface TrendPoint {
  readonly night: string;
  readonly date: string;
  readonly commit: string | null;
  readonly trials: number;
  /** Operations that were judged, seeds of the simulator included. */
  readonly operations: number;
  readonly seeds: number;
  /** Share of the trials that passed, 0 to 1. */
  readonly passRate: number | null;
  /** Medians over the night's trials on processes and in the simulator that ran for themselves (not hunted). */
  readonly recoveryNs: number | null;
  readonly p99Ns: number | null;
  readonly checkMs: number | null;
  /** Wall milliseconds until each canary was caught, by its name; null if it was missed. */
  readonly canaries: { readonly [name: string]: number | null };
}

export function trendPoint(night: Night): TrendPoint {
  const trials = night.items.filter(({ kind, state }) => kind === 'trial' && state === 'done');
  const passed = trials.filter(({ outcome }) => outcome === 'pass').length;
  const canaries: Record<string, number | null> = {};
  for (const item of night.items)
    if (item.kind === 'canary' && item.state === 'done') canaries[item.id] = slowest(canaries, item);
  const sum = (of: (item: NightItem) => number): number => night.items.reduce((total, item) => total + of(item), 0);
  const median = (of: (item: NightItem) => number | null): number | null =>
    medianOf(trials.map(of).filter((value) => value !== null));
  return {
    night: night.id,
    date: night.date,
    commit: night.commit,
    trials: trials.length,
    operations: sum(({ measures }) => measures.operations),
    seeds: sum(({ measures }) => measures.seeds),
    passRate: trials.length === 0 ? null : passed / trials.length,
    recoveryNs: median(({ measures }) => measures.recoveryNs),
    p99Ns: median(({ measures }) => measures.p99Ns),
    checkMs: median(({ measures }) => measures.checkMs),
    canaries,
  };
}

/** Each shard has its canaries: the slowest counts, and one that was missed outweighs all. */
function slowest(known: { readonly [name: string]: number | null }, { id, measures }: NightItem): number | null {
  const before = known[id];
  if (before === null || measures.detectedMs === null) return null;
  return Math.max(before ?? 0, measures.detectedMs);
}

/** One line of a trend: a name, how its numbers are written, and its points, oldest first. */
export interface Trend {
  readonly name: string;
  readonly unit: 'count' | 'share' | 'ns' | 'ms';
  readonly points: readonly { readonly night: string; readonly date: string; readonly value: number | null }[];
}

/** All trends of these nights (oldest first), each canary's time to detection among them. */
export function trendsOf(nights: readonly Night[]): Trend[] {
  const points = nights.map(trendPoint);
  const trend = (name: string, unit: Trend['unit'], of: (point: TrendPoint) => number | null): Trend => ({
    name,
    unit,
    points: points.map((point) => ({ night: point.night, date: point.date, value: of(point) })),
  });
  const canaries = [...new Set(points.flatMap((point) => Object.keys(point.canaries)))].sort();
  return [
    trend('trials', 'count', ({ trials }) => trials),
    trend('pass rate', 'share', ({ passRate }) => passRate),
    trend('operations judged', 'count', ({ operations }) => operations),
    trend('seeds', 'count', ({ seeds }) => seeds),
    trend('recovery time', 'ns', ({ recoveryNs }) => recoveryNs),
    trend('p99 latency', 'ns', ({ p99Ns }) => p99Ns),
    trend('checker time', 'ms', ({ checkMs }) => checkMs),
    ...canaries.map((name) => trend(`${name} caught after`, 'ms', (point) => point.canaries[name] ?? null)),
  ];
}

function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? null) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
