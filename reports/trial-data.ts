/**
 * What a report is drawn from: one plain record, whoever kept it. A trial of ours fills all of it; a history from elsewhere
 * (`ordeal check`) has operations and a verdict, and `trialOfHistory` leaves the rest empty. Times are integer nanoseconds
 * since the start of the trial.
 */

import type { Verdict } from '../checker/verdict.ts';
import { TIMELESS_NOTE } from '../history/formats/event-times.ts';
import type { Json, Operation } from '../history/operation.ts';
import type { FaultRecord, LogLine, MessageRecord, NodeEvent, TrialOutcome } from '../history/trial-records.ts';
import { exitCodeOf } from '../trial/outcome.ts';

/** Who made the record, for the foot of the page. Names and values are shown as they are, in this order. */
export type Provenance = { readonly [name: string]: Json };

export interface TrialSummary {
  /** Name of the trial, or of the file a history came from. */
  readonly id: string;
  /** Everything that determines the trial; null for a history from elsewhere. */
  readonly spec: Json;
  readonly seed: number | null;
  /** "raft", …; null where nobody said. */
  readonly system: string | null;
  readonly world: string | null;
  readonly workload: string | null;
  readonly nodes: readonly string[];
  /** ISO 8601, or null. */
  readonly startedAt: string | null;
  readonly durationNs: number;
  /** `commit`, `version`, `node`, `host`, … */
  readonly provenance: Provenance;
  /** Hash over all events of a simulated trial. */
  readonly traceHash: string | null;
  readonly outcome: TrialOutcome;
  readonly exitCode: number;
}

/** A command that a reader can copy. */
export interface RepeatCommand {
  readonly name: 'repro' | 'shrink' | 'check';
  readonly command: string;
  /** What to expect of it, e.g. "exactly the same trial"; null where nothing is known. */
  readonly expect: string | null;
  /** How often the failure came back when this was done, where somebody has counted: "failed again in 3 of 20 runs, …". */
  readonly rate?: string;
}

export interface TrialData {
  readonly trial: TrialSummary;
  readonly verdict: Verdict;
  /** In order of `index`. */
  readonly operations: readonly Operation[];
  readonly faults: readonly FaultRecord[];
  readonly nodeEvents: readonly NodeEvent[];
  readonly messages: readonly MessageRecord[];
  /** How many there are in the record, where `messages` holds only those that a page shows. */
  readonly messageTotal?: number;
  readonly logs: readonly LogLine[];
  /** Interesting states and how often they were reached. */
  readonly marks: { readonly [name: string]: number };
  readonly repeat: readonly RepeatCommand[];
  /** Where the commands have to be run, e.g. "the folder that holds the store ordeal-data"; absent where nobody knows. */
  readonly repeatIn?: string;
  /** How a file from elsewhere was read, where that is not obvious. */
  readonly notes?: readonly string[];
  /** Whether the file has no times: then what stands for nanoseconds are the positions of events. */
  readonly timeless?: boolean;
}

/** What the notes of a reader mean for a page. */
export function asRead(notes: readonly string[]): Pick<TrialData, 'notes' | 'timeless'> {
  return { notes, timeless: notes.includes(TIMELESS_NOTE) };
}

/** The record of a history judged without a trial: `id` is its file's name, all that nobody recorded stays empty. */
export function trialOfHistory(
  id: string,
  operations: readonly Operation[],
  verdict: Verdict,
  provenance: Provenance,
  repeat: readonly RepeatCommand[],
  notes: readonly string[] = [],
): TrialData {
  let durationNs = 0;
  const nodes = new Set<string>();
  for (const operation of operations) {
    durationNs = Math.max(durationNs, operation.completedAt ?? operation.invokedAt);
    if (operation.node !== null) nodes.add(operation.node);
  }
  return {
    trial: {
      id,
      spec: null,
      seed: null,
      system: null,
      world: null,
      workload: null,
      nodes: [...nodes].sort(),
      startedAt: null,
      durationNs,
      provenance,
      traceHash: null,
      outcome: verdict.outcome,
      exitCode: exitCodeOf(verdict.outcome),
    },
    verdict,
    operations,
    faults: [],
    nodeEvents: [],
    messages: [],
    logs: [],
    marks: {},
    repeat,
    ...asRead(notes),
  };
}
