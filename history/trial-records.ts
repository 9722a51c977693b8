/** What a trial records beside its operations. Times are integer nanoseconds since the start of the trial. */

import type { Json } from './operation.ts';

/** The five outcomes of a trial (docs/outcomes.md). */
export type TrialOutcome = 'pass' | 'violation' | 'unknown' | 'vacuous' | 'broken';

/** A fault: what was asked for, and the evidence of what took effect, side by side. */
export interface FaultRecord {
  readonly index: number;
  /** "partition", "kill", "pause", "clock", … : the name of a fault's file. */
  readonly kind: string;
  readonly targets: readonly string[];
  readonly startedAt: number;
  /** When its heal had taken effect; null while it lasts. */
  readonly endedAt: number | null;
  /** The parameters as drawn from the seed, in the fault's own terms, with a `summary` a person can read. */
  readonly asked: Json;
  /** Evidence collected while it lasted and when it ended, e.g. messages dropped per link. Null until there is some. */
  readonly effect: Json;
  /** Whether the evidence shows that the fault did something. */
  readonly bit: boolean;
}

/** Something a node reported or that was seen of it from outside. */
export interface NodeEvent {
  readonly at: number;
  readonly node: string;
  readonly kind: 'started' | 'serving' | 'exited' | 'status' | 'paused' | 'resumed' | 'clock';
  readonly role: string | null;
  readonly term: number | null;
  readonly commitIndex: number | null;
  readonly appliedIndex: number | null;
  /** Exit code and last lines of output, clock offset and rate, …: whatever belongs to the kind. */
  readonly detail: Json;
}

/** A line a node wrote to its log. */
export interface LogLine {
  readonly at: number;
  readonly node: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
}

/** A message between nodes (kept by the simulator; on processes only counts per link are). */
export interface MessageRecord {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly term: number;
  readonly sentAt: number;
  /** Null: lost; the detail then says why (`loss`) and when (`lostAt`). A duplicated message has one record per arrival. */
  readonly arrivedAt: number | null;
  readonly detail: Json;
}
