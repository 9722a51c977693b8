/**
 * What the store inside a bundle may hold. Anybody can make one, and SQLite keeps text in a column of integers or a view in the
 * place of a table if it is told to: so that the rest of Ordeal can trust what it reads, every row is looked at before.
 */

import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { openDatabase } from './store.ts';
import { asStoreError, StoreError } from './store-error.ts';

const integer = z.number().int();
const time = integer.min(0);
const text = z.string();
const name = z.string().max(200);
/** JSON text. */
const json = text.refine((written) => {
  try {
    JSON.parse(written);
    return true;
  } catch {
    return false;
  }
});
/** Null, a number as itself, or anything as JSON text. */
const jsonCell = z.union([z.null(), z.number(), json]);
const jsonOf = (schema: z.ZodType) => json.refine((written) => schema.safeParse(JSON.parse(written)).success);
const outcome = z.enum(['pass', 'violation', 'unknown', 'vacuous', 'broken']);

const ROWS: { readonly [table: string]: z.ZodType } = {
  trials: z.object({
    number: integer,
    id: z.string().regex(/^[\w.-]{1,120}$/),
    spec: json,
    seed: time.nullable(),
    system: name.nullable(),
    world: name.nullable(),
    workload: name.nullable(),
    nodes: jsonOf(z.array(name).max(1000)),
    // Within what a Date can say.
    started_at: time.max(8.64e15),
    duration_ns: time.nullable(),
    state: z.enum(['running', 'finished']),
    outcome: outcome.nullable(),
    verdict: json.nullable(),
    provenance: jsonOf(z.record(text, z.unknown())),
    marks: jsonOf(z.record(text, z.number())),
    trace_hash: name.nullable(),
    history_digest: z.hash('sha256').nullish(),
    writer_host: text.nullable(),
    writer_pid: integer.nullable(),
    writer_born: text.nullable(),
    heartbeat_at: integer.nullable(),
  }),
  operations: z.object({
    position: time,
    process: integer,
    f: text,
    key: text.nullable(),
    value: jsonCell,
    outcome: z.enum(['ok', 'fail', 'info']),
    result: jsonCell,
    error: text.nullable(),
    invoked_at: integer,
    completed_at: integer.nullable(),
    node: text.nullable(),
  }),
  faults: z.object({
    position: time,
    kind: text,
    targets: jsonOf(z.array(text)),
    started_at: integer,
    ended_at: integer.nullable(),
    asked: json,
    effect: json,
    bit: z.union([z.literal(0), z.literal(1)]),
  }),
  node_events: z.object({
    position: time,
    at: integer,
    node: text,
    kind: z.enum(['started', 'serving', 'exited', 'status', 'paused', 'resumed', 'clock']),
    role: text.nullable(),
    term: integer.nullable(),
    commit_index: integer.nullable(),
    applied_index: integer.nullable(),
    detail: json,
  }),
  log_lines: z.object({
    position: time,
    at: integer,
    node: text,
    level: z.enum(['debug', 'info', 'warn', 'error']),
    text,
  }),
  messages: z.object({
    position: time,
    id: integer,
    source: text,
    target: text,
    type: text,
    term: integer,
    sent_at: integer,
    arrived_at: integer.nullable(),
    detail: json,
  }),
};
/** Tables that a bundle of an earlier version lacks. */
const LATER_ROWS: typeof ROWS = {
  repro_counts: z
    .object({
      position: time,
      at: time.max(8.64e15),
      code: name.nullable(),
      oracle: name.nullable(),
      tries: time.min(1),
      same: time,
      other: time,
    })
    .refine(({ tries, same, other }) => same + other <= tries),
};

/** Throws StoreError unless the store at `path`, unpacked from `bundle`, holds tables of ours, one trial, and sound rows. */
export function verifyBundled(path: string, bundle: string): void {
  const db = openDatabase(path, 'read');
  try {
    db.pragma('trusted_schema = OFF');
    refuseForeignObjects(db, bundle);
    for (const [table, schema] of Object.entries(ROWS)) verifyRows(db, table, schema, bundle);
    for (const [table, schema] of Object.entries(LATER_ROWS))
      if (db.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(table) !== undefined)
        verifyRows(db, table, schema, bundle);
    const trials = db.prepare('SELECT count(*) FROM trials').pluck().get();
    if (trials !== 1) throw odd(bundle, `${trials} trials instead of one`);
  } catch (error) {
    throw asStoreError(error, bundle);
  } finally {
    db.close();
  }
}

/** Views and triggers run when rows are read or written; a store of ours has none. */
function refuseForeignObjects(db: Database, bundle: string): void {
  const foreign = db
    .prepare(
      "SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%' LIMIT 1",
    )
    .pluck()
    .get();
  if (foreign !== undefined) throw odd(bundle, `a view, a trigger or a virtual table (${JSON.stringify(foreign)})`);
}

function verifyRows(db: Database, table: string, schema: z.ZodType, bundle: string): void {
  for (const row of db.prepare(`SELECT * FROM ${table}`).iterate()) {
    const parsed = schema.safeParse(row);
    if (parsed.success) continue;
    const field = parsed.error.issues[0]?.path.join('.') ?? '';
    throw odd(bundle, `a row of ${table} whose ${field} is not sound`);
  }
}

function odd(bundle: string, what: string): StoreError {
  return new StoreError('not-a-store', `${bundle} is no sound bundle: it holds ${what}`);
}
