/** What the page's own code is given: everything it draws and lets a reader download, packed into one deflated block. */

import type { Json, Operation } from '../history/operation.ts';
import type { FaultRecord, LogLine, MessageRecord, NodeEvent } from '../history/trial-records.ts';
import type { Density, Series } from './series.ts';
import type { TimeScale } from './times.ts';

export interface PageAnomaly {
  readonly title: string;
  readonly sentence: string;
  readonly key: string | null;
  readonly core: readonly number[];
  readonly culprit: number | null;
  readonly at: number;
}

export interface PageRecord {
  readonly trial: {
    readonly id: string;
    readonly outcome: string;
    readonly nodes: readonly string[];
    readonly durationNs: number;
    /** Whether positions of events stand for nanoseconds. */
    readonly timeless: boolean;
    readonly spec: Json;
  };
  readonly anomalies: readonly PageAnomaly[];
  /** Operations of the first anomaly that its proof calls A, B, …, in this order. */
  readonly letters: readonly number[];
  /** How its times are written. */
  readonly scale: TimeScale;
  /** Keys that failed or could not be decided. */
  readonly keys: readonly (string | null)[];
  readonly faults: readonly (FaultRecord & { readonly words: string })[];
  readonly nodeEvents: readonly NodeEvent[];
  readonly messages: readonly MessageRecord[];
  readonly logs: readonly LogLine[];
  readonly series: Series;
  /** Null for records so short that the page holds all of their operations. */
  readonly density: Density | null;
  /** How many there are in the whole record, whatever the page holds of them. */
  readonly totals: {
    readonly operations: number;
    readonly messages: number;
    readonly logs: number;
    readonly nodeEvents: number;
  };
}

export interface PageData extends PageRecord {
  readonly operations: readonly Operation[];
}
