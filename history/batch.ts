/**
 * What a recorder hands to the store at once: flat lists of plain values, cheap to copy to another thread, and the one
 * transaction that writes them.
 */

import type { Database, Statement } from 'better-sqlite3';
import { exactJson } from './formats/json-number.ts';
import type { Json, Operation } from './operation.ts';
import type { FaultRecord, LogLine, MessageRecord, NodeEvent } from './trial-records.ts';

/** A value as SQLite holds it. */
export type Cell = string | number | null;

/** Columns of an operation's row, in the order of the table. */
const OPERATION_CELLS = 11;
const COMPLETION_CELLS = 6;

export interface Batch {
  /** New operations, OPERATION_CELLS values each: position, process, f, key, value, outcome, result, error, invoked, completed, node. */
  readonly operations: Cell[];
  /** Completions of operations of earlier batches: outcome, result, error, completed, node, position. */
  readonly completions: Cell[];
  /** Faults, whole: a later record replaces an earlier one of the same index. */
  readonly faults: FaultRecord[];
  readonly nodeEvents: NodeEvent[];
  readonly logLines: LogLine[];
  readonly messages: MessageRecord[];
}

export function emptyBatch(): Batch {
  return { operations: [], completions: [], faults: [], nodeEvents: [], logLines: [], messages: [] };
}

/** Number of rows a batch writes. */
export function batchRows(batch: Batch): number {
  return (
    batch.operations.length / OPERATION_CELLS +
    batch.completions.length / COMPLETION_CELLS +
    batch.faults.length +
    batch.nodeEvents.length +
    batch.logLines.length +
    batch.messages.length
  );
}

/** JSON for a column without a type: null and numbers as themselves, everything else as JSON text that reads as it was. */
export function jsonCell(value: Json): Cell {
  return value === null || typeof value === 'number' ? value : exactJson(value);
}

export function cellJson(cell: unknown): Json {
  if (cell === null || typeof cell === 'number') return cell;
  return JSON.parse(cell as string) as Json;
}

export function pushOperation(cells: Cell[], o: Operation): void {
  cells.push(
    o.index,
    o.process,
    o.f,
    o.key,
    jsonCell(o.value),
    o.outcome,
    jsonCell(o.result),
    o.error,
    o.invokedAt,
    o.completedAt,
    o.node,
  );
}

export function pushCompletion(cells: Cell[], o: Operation): void {
  cells.push(o.outcome, jsonCell(o.result), o.error, o.completedAt, o.node, o.index);
}

/** The operation in a row of `SELECT position, process, f, key, value, outcome, result, error, invoked_at, completed_at, node`. */
export function rowOperation(row: readonly unknown[]): Operation {
  return {
    index: row[0] as number,
    process: row[1] as number,
    f: row[2] as string,
    key: row[3] as string | null,
    value: cellJson(row[4]),
    outcome: row[5] as Operation['outcome'],
    result: cellJson(row[6]),
    error: row[7] as string | null,
    invokedAt: row[8] as number,
    completedAt: row[9] as number | null,
    node: row[10] as string | null,
  };
}

/** Returns a function that writes one batch of a trial in one transaction: all of it, or (it throws) nothing. */
export function batchWriter(db: Database, trial: number): (batch: Batch) => void {
  const operation = db.prepare(`INSERT OR REPLACE INTO operations VALUES (${trial},?,?,?,?,?,?,?,?,?,?,?)`);
  const completion = db.prepare(
    `UPDATE operations SET outcome=?, result=?, error=?, completed_at=?, node=? WHERE trial=${trial} AND position=?`,
  );
  const fault = db.prepare(`INSERT OR REPLACE INTO faults VALUES (${trial},?,?,?,?,?,?,?,?)`);
  const nodeEvent = db.prepare(`INSERT INTO node_events VALUES (${trial},?,?,?,?,?,?,?,?,?)`);
  const logLine = db.prepare(`INSERT INTO log_lines VALUES (${trial},?,?,?,?,?)`);
  const message = db.prepare(`INSERT INTO messages VALUES (${trial},?,?,?,?,?,?,?,?,?)`);
  const heartbeat = db.prepare(`UPDATE trials SET heartbeat_at=? WHERE number=${trial}`);
  const next = {
    nodeEvents: nextPosition(db, 'node_events', trial),
    logLines: nextPosition(db, 'log_lines', trial),
    messages: nextPosition(db, 'messages', trial),
  };
  const write = (batch: Batch): void => {
    runCells(operation, batch.operations, OPERATION_CELLS);
    runCells(completion, batch.completions, COMPLETION_CELLS);
    for (const f of batch.faults)
      fault.run(
        f.index,
        f.kind,
        JSON.stringify(f.targets),
        f.startedAt,
        f.endedAt,
        JSON.stringify(f.asked),
        JSON.stringify(f.effect),
        f.bit ? 1 : 0,
      );
    batch.nodeEvents.forEach((e, i) => {
      const detail = JSON.stringify(e.detail);
      nodeEvent.run(next.nodeEvents + i, e.at, e.node, e.kind, e.role, e.term, e.commitIndex, e.appliedIndex, detail);
    });
    batch.logLines.forEach((l, i) => {
      logLine.run(next.logLines + i, l.at, l.node, l.level, l.text);
    });
    batch.messages.forEach((m, i) => {
      const detail = JSON.stringify(m.detail);
      message.run(next.messages + i, m.id, m.from, m.to, m.type, m.term, m.sentAt, m.arrivedAt, detail);
    });
    heartbeat.run(Date.now());
  };
  const transaction = db.transaction(write);
  return (batch) => {
    transaction.immediate(batch);
    // Only now: a transaction that failed may be tried again with the same positions.
    next.nodeEvents += batch.nodeEvents.length;
    next.logLines += batch.logLines.length;
    next.messages += batch.messages.length;
  };
}

function nextPosition(db: Database, table: string, trial: number): number {
  const row = db.prepare(`SELECT coalesce(max(position) + 1, 0) FROM ${table} WHERE trial=?`).raw().get(trial);
  return (row as [number])[0];
}

function runCells(statement: Statement, cells: readonly Cell[], width: number): void {
  for (let at = 0; at < cells.length; at += width) statement.run(...cells.slice(at, at + width));
}
