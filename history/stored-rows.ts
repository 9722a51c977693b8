/** The rows of a store as what they mean. */

import type { Json } from './operation.ts';
import type { NewTrial, TrialRow, TrialState } from './store.ts';
import { StoreError } from './store-error.ts';
import type { FaultRecord, LogLine, MessageRecord, NodeEvent, TrialOutcome } from './trial-records.ts';
import { mayBeAlive } from './writer-identity.ts';

export interface Row {
  readonly [column: string]: unknown;
}

/** `2026-11-21-0403-register-s42`: when (UTC), what, and which seed. */
export function trialIdStem(trial: NewTrial): string {
  const iso = new Date(trial.startedAt).toISOString();
  const what = (trial.workload ?? 'history').replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 40);
  const seed = trial.seed === null ? '' : `-s${trial.seed}`;
  return `${iso.slice(0, 10)}-${iso.slice(11, 13)}${iso.slice(14, 16)}-${what}${seed}`;
}

/** A row of the table of trials. Throws StoreError where somebody made something else of it. */
export function trialRow(row: unknown): TrialRow {
  const r = row as Row;
  const parsed = (text: unknown): Json => parsedColumn(text, r.id as string);
  return {
    id: r.id as string,
    spec: parsed(r.spec),
    seed: r.seed as number | null,
    system: r.system as string | null,
    world: r.world as string | null,
    workload: r.workload as string | null,
    nodes: parsed(r.nodes) as string[],
    startedAt: r.started_at as number,
    durationNs: r.duration_ns as number | null,
    state: stateOf(r),
    outcome: r.outcome as TrialOutcome | null,
    verdict: r.verdict === null ? null : parsed(r.verdict),
    provenance: parsed(r.provenance) as { [name: string]: Json },
    marks: parsed(r.marks) as { [name: string]: number },
    traceHash: r.trace_hash as string | null,
    reportPath: r.report_path as string | null,
    // A store of an earlier version that was opened for reading has no such column.
    historyDigest: (r.history_digest as string | null | undefined) ?? null,
  };
}

export function faultOf(row: Row): FaultRecord {
  return {
    index: row.position as number,
    kind: row.kind as string,
    targets: parsed(row.targets) as string[],
    startedAt: row.started_at as number,
    endedAt: row.ended_at as number | null,
    asked: parsed(row.asked),
    effect: parsed(row.effect),
    bit: row.bit === 1,
  };
}

export function nodeEventOf(row: Row): NodeEvent {
  return {
    at: row.at as number,
    node: row.node as string,
    kind: row.kind as NodeEvent['kind'],
    role: row.role as string | null,
    term: row.term as number | null,
    commitIndex: row.commit_index as number | null,
    appliedIndex: row.applied_index as number | null,
    detail: parsed(row.detail),
  };
}

export function logLineOf(row: Row): LogLine {
  return {
    at: row.at as number,
    node: row.node as string,
    level: row.level as LogLine['level'],
    text: row.text as string,
  };
}

export function messageOf(row: Row): MessageRecord {
  return {
    id: row.id as number,
    from: row.source as string,
    to: row.target as string,
    type: row.type as string,
    term: row.term as number,
    sentAt: row.sent_at as number,
    arrivedAt: row.arrived_at as number | null,
    detail: parsed(row.detail),
  };
}

function stateOf(row: Row): TrialState {
  if (row.state !== 'running') return row.state as TrialState;
  const writer = {
    host: row.writer_host as string,
    pid: row.writer_pid as number,
    born: row.writer_born as string | null,
  };
  return mayBeAlive(writer, row.heartbeat_at as number, Date.now()) ? 'running' : 'unfinished';
}

/** A column of a trial that is JSON. Throws StoreError where somebody made something else of it. */
function parsedColumn(text: unknown, id: string): Json {
  try {
    return parsed(text);
  } catch {
    throw new StoreError(
      'not-a-store',
      `the row of trial ${id} holds "${String(text).slice(0, 40)}" where JSON is expected: somebody changed the store; ` +
        'take the trial from a bundle or a backup',
    );
  }
}

function parsed(text: unknown): Json {
  return JSON.parse(text as string) as Json;
}
