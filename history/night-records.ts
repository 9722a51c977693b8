/**
 * What is kept of a night: one record for each item of its plan, and what was measured. The same record is `result.json` of a
 * night's directory, a row of the store's memory, and what `ordeal merge` reads from other machines; so it is validated on the
 * way in, and its types follow from the schemas.
 */

import { z } from 'zod';

const TEXT_CHARS_MAX = 4000;
/** Items of one night; a matrix of more than that is refused long before. */
export const NIGHT_ITEMS_MAX = 20_000;

const text = z.string().max(TEXT_CHARS_MAX);
const name = z.string().min(1).max(300);
const count = z.number().int().min(0);
/** Milliseconds or nanoseconds, as the field's name says. */
const length = z.number().min(0);
const outcome = z.enum(['pass', 'violation', 'unknown', 'vacuous', 'broken']);
const calendarDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
/** A file of the night's directory, below it. */
const file = z
  .string()
  .max(500)
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[\w./+@-]+$/);

/** What makes two failures the same one: see trial/nightly/fingerprint.ts. */
export const fingerprintSchema = z.strictObject({
  /** Twelve hexadecimal digits of a hash over what it is made of. */
  id: z.string().regex(/^[0-9a-f]{12}$/),
  outcome,
  /** What it is made of, for a person: "stale read (linearizability, raft)". */
  title: text,
});
export type Fingerprint = z.output<typeof fingerprintSchema>;

/** What was measured of an item; null where it does not apply. */
export const measuresSchema = z.strictObject({
  /** Operations that a checker judged. */
  operations: count,
  /** Seeds of the simulator that were tried. */
  seeds: count,
  virtualNs: length.nullable(),
  checkMs: length.nullable(),
  p50Ns: length.nullable(),
  p99Ns: length.nullable(),
  /** The longest of the times from a fault's end until service was back at half its usual rate. */
  recoveryNs: length.nullable(),
  /** Wall time until a canary was caught. */
  detectedMs: length.nullable(),
  /** Faults that were asked for, and those of them that took effect. */
  faults: count,
  faultsBit: count,
});
export type Measures = z.output<typeof measuresSchema>;

export const NOTHING_MEASURED: Measures = {
  operations: 0,
  seeds: 0,
  virtualNs: null,
  checkMs: null,
  p50Ns: null,
  p99Ns: null,
  recoveryNs: null,
  detectedMs: null,
  faults: 0,
  faultsBit: 0,
};

export const NIGHT_ITEM_KINDS = ['corpus', 'canary', 'trial', 'hunt'] as const;
export type NightItemKind = (typeof NIGHT_ITEM_KINDS)[number];

export const nightItemSchema = z.strictObject({
  /** Says what it is, the same in every night that has it: "trial/register/kill+pause/s123". */
  id: name,
  kind: z.enum(NIGHT_ITEM_KINDS),
  title: text,
  /** Which shard ran it, from 1; null for a night in one piece. */
  shard: z.number().int().min(1).nullable(),
  /** `not-run`: the night ended before it. */
  state: z.enum(['waiting', 'running', 'done', 'not-run']),
  /** Null until it is done. */
  outcome: outcome.nullable(),
  /** What came of it, in a sentence. */
  sentence: text,
  fingerprint: fingerprintSchema.nullable(),
  /** Its name in the store it ran with. */
  trial: name.nullable(),
  seed: count.nullable(),
  report: file.nullable(),
  bundle: file.nullable(),
  /** Command that does it again; null where there is nothing to repeat. */
  again: text.nullable(),
  /** Milliseconds since 1970. */
  startedAt: count.nullable(),
  wallMs: length.nullable(),
  measures: measuresSchema,
});
export type NightItem = z.output<typeof nightItemSchema>;

export const nightSchema = z.strictObject({
  format: z.literal('ordeal-night 1'),
  /** "2026-11-21"; a second night of that date in the same store is "2026-11-21-2". */
  id: z.string().max(40),
  /** The date that all seeds follow from. */
  date: calendarDate,
  /** Which part of the night this is; null for a whole one. */
  shard: z.strictObject({ index: z.number().int().min(1), count: z.number().int().min(1).max(1000) }).nullable(),
  /** Hash of the whole night's plan: shards with the same one belong together. */
  plan: z.string().regex(/^[0-9a-f]{12}$/),
  version: text,
  commit: text.nullable(),
  host: text,
  /** Bugs planted in everything that is no canary. */
  bugs: z.array(name).max(20),
  budgetMs: length,
  /** The configuration file as it was given, from where the night was run; null: the defaults. */
  config: text.nullable().default(null),
  startedAt: count,
  /** Null while it goes on, and for ever if it was killed. */
  endedAt: count.nullable(),
  interrupted: z.boolean(),
  items: z.array(nightItemSchema).max(NIGHT_ITEMS_MAX),
});
export type Night = z.output<typeof nightSchema>;
