/** What of a long record goes into the page: never the first N, always what matters to its anomalies, and a density of the rest. */

import type { Verdict } from '../checker/verdict.ts';
import type { Operation } from '../history/operation.ts';
import type { FaultRecord, LogLine, MessageRecord, NodeEvent } from '../history/trial-records.ts';
import type { TrialData } from './trial-data.ts';

/** Up to this many operations go into the page whole. */
export const OPERATIONS_MAX = 100_000;
export const MESSAGES_MAX = 12_000;
export const LOGS_MAX = 6_000;
export const NODE_EVENTS_MAX = 20_000;
/** Everything this close to an anomaly is kept. */
export const NEAR_NS = 2e9;

export interface Selected<T> {
  readonly shown: readonly T[];
  readonly total: number;
}

/**
 * Over the limit: the operations of cores, of keys that failed or are undecided and around anomalies; then, as far as there is
 * room, every k-th of the rest. When even the first lot is too large, those nearest in time to an anomaly.
 */
export function selectOperations(data: TrialData, max: number = OPERATIONS_MAX): Selected<Operation> {
  const { operations } = data;
  if (operations.length <= max) return { shown: operations, total: operations.length };
  const cores = new Set(data.verdict.anomalies.flatMap((anomaly) => anomaly.core));
  const keys = new Set<string | null>(data.verdict.keys.filter((key) => key.valid !== true).map((key) => key.key));
  for (const anomaly of data.verdict.anomalies) keys.add(anomaly.key);
  const near = nearness(data);
  const wanted: Operation[] = [];
  const rest: Operation[] = [];
  for (const operation of operations) {
    const matters =
      cores.has(operation.index) ||
      keys.has(operation.key) ||
      (data.verdict.anomalies.length > 0 && near(operation.invokedAt) <= NEAR_NS);
    (matters ? wanted : rest).push(operation);
  }
  const shown =
    wanted.length > max
      ? nearest(wanted, max, (operation) => (cores.has(operation.index) ? -1 : near(operation.invokedAt)))
      : wanted.concat(everyKth(rest, max - wanted.length));
  return { shown: shown.sort((a, b) => a.index - b.index), total: operations.length };
}

export function selectMessages(data: TrialData): Selected<MessageRecord> {
  const near = nearness(data);
  return {
    shown: nearest(data.messages, MESSAGES_MAX, (message) => near(message.sentAt)),
    total: data.messageTotal ?? data.messages.length,
  };
}

/** Warnings and errors come before other lines; within these, what is nearest to an anomaly. */
export function selectLogs(data: TrialData): Selected<LogLine> {
  const near = nearness(data);
  const grave = (line: LogLine): number => (line.level === 'error' || line.level === 'warn' ? 0 : 1e18);
  return { shown: nearest(data.logs, LOGS_MAX, (line) => grave(line) + near(line.at)), total: data.logs.length };
}

/** Events that change nothing a reader can see (a status like the one before) go first when there are too many. */
export function selectNodeEvents(data: TrialData): Selected<NodeEvent> {
  const near = nearness(data);
  const last = new Map<string, string>();
  const rank = new Map<NodeEvent, number>();
  for (const event of data.nodeEvents) {
    const state = `${event.kind} ${event.role} ${event.term}`;
    rank.set(event, (last.get(event.node) === state ? 1e18 : 0) + near(event.at));
    last.set(event.node, state);
  }
  return {
    shown: nearest(data.nodeEvents, NODE_EVENTS_MAX, (event) => rank.get(event) ?? 0),
    total: data.nodeEvents.length,
  };
}

/** What a page is about: its anomalies; without any, the faults' starts; without these, the middle of the trial. Nanoseconds. */
export function momentsOf(verdict: Verdict, faults: readonly FaultRecord[], durationNs: number): readonly number[] {
  const moments = verdict.anomalies.slice(0, 200).map((anomaly) => anomaly.at);
  if (moments.length === 0) moments.push(...faults.slice(0, 200).map((fault) => fault.startedAt));
  return moments.length === 0 ? [durationNs / 2] : moments;
}

function nearness({ verdict, faults, trial }: TrialData): (at: number) => number {
  const moments = momentsOf(verdict, faults, trial.durationNs);
  return (at) => {
    let least = Number.POSITIVE_INFINITY;
    for (const moment of moments) least = Math.min(least, Math.abs(at - moment));
    return least;
  };
}

/** The `max` items of lowest rank, in their own order. */
function nearest<T>(items: readonly T[], max: number, rank: (item: T) => number): T[] {
  if (items.length <= max) return [...items];
  const ranked = items.map((item, i) => ({ item, i, rank: rank(item) }));
  ranked.sort((a, b) => a.rank - b.rank || a.i - b.i);
  return ranked
    .slice(0, max)
    .sort((a, b) => a.i - b.i)
    .map((entry) => entry.item);
}

function everyKth<T>(items: readonly T[], room: number): T[] {
  if (room <= 0) return [];
  const step = Math.max(1, Math.ceil(items.length / room));
  return items.filter((_, i) => i % step === 0);
}
