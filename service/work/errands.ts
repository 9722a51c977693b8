/**
 * Short pieces of work on the store that would keep the service from answering: done on a thread beside it. Each opens the
 * store for itself and closes it again.
 */

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeBundle } from '../../history/bundle.ts';
import { openStore } from '../../history/store.ts';
import { type Series, seriesOf } from '../../reports/series.ts';
import { reportFile } from './report-file.ts';
import { sentenceOf } from './sentence.ts';
import { asVerdict } from './verdict-schema.ts';

/** Writes a trial as a bundle to `file`. Throws StoreError. */
export function packBundle({ store, trial, file }: { store: string; trial: string; file: string }): number {
  const opened = openStore(store, 'read');
  try {
    return writeBundle(opened, trial, file);
  } finally {
    opened.close();
  }
}

/** Deletes a trial with all that was recorded of it: rows, report, files of its nodes. */
export function deleteTrial({ store, trial }: { store: string; trial: string }): void {
  const opened = openStore(store, 'write');
  try {
    opened.deleteTrial(trial);
  } finally {
    opened.close();
  }
  rmSync(reportFile(store, trial), { force: true });
  const nodes = join(store, 'nodes', trial);
  if (existsSync(nodes)) rmSync(nodes, { recursive: true, force: true });
}

/** What a comparison shows of a trial's numbers over time. */
export interface TrialSeries {
  readonly overall: Series['overall'];
  readonly binNs: number;
  /** Operations answered ok in each bin. */
  readonly ok: readonly number[];
  /** Milliseconds of the ok answers of each bin, 99th percentile; null for none. */
  readonly p99: readonly (number | null)[];
  /** The longest time from a fault's end until service was back; null where no fault was recovered from. */
  readonly recoveryNs: number | null;
  readonly recoveries: number;
  /** Operations that were looked at; of a longer record only the first ones are. */
  readonly operations: number;
}

const OPERATIONS_MAX = 500_000;

/** Latency, throughput and recovery of a trial, from its operations. */
export function summarise({ store, trial }: { store: string; trial: string }): TrialSeries {
  const opened = openStore(store, 'read');
  try {
    const operations = [];
    for (const operation of opened.readOperations(trial)) if (operations.push(operation) === OPERATIONS_MAX) break;
    const { durationNs } = opened.getTrial(trial);
    const series = seriesOf(operations, opened.readFaults(trial), [], durationNs ?? 0);
    const recovered = series.recoveries.flatMap(({ recoveredAfterNs }) => recoveredAfterNs ?? []);
    return {
      overall: series.overall,
      binNs: series.binNs,
      ok: series.ok,
      p99: series.p99,
      recoveryNs: recovered.length === 0 ? null : Math.max(...recovered),
      recoveries: recovered.length,
      operations: operations.length,
    };
  } finally {
    opened.close();
  }
}

/** A trial's verdict in one sentence; null without one. */
export function sayVerdict({ store, trial }: { store: string; trial: string }): string | null {
  const opened = openStore(store, 'read');
  try {
    const row = opened.getTrial(trial);
    const many = (asVerdict(row.verdict)?.statistics.operations ?? 0) > OPERATIONS_MAX;
    // Without its operations, a sentence says less, but nothing wrong.
    return sentenceOf(opened, row, many ? [] : [...opened.readOperations(trial)], opened.readNodeEvents(trial));
  } finally {
    opened.close();
  }
}
