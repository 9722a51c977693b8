/** The Verdict of checker/verdict.ts as a schema: for the API's document, and for verdicts that come in a bundle. */

import { z } from 'zod';
import type { Anomaly, Verdict } from '../../checker/verdict.ts';

export const outcomeSchema = z.enum(['pass', 'violation', 'unknown', 'vacuous', 'broken']);
const valid = z.union([z.boolean(), z.literal('unknown')]);
const count = z.number().int().min(0);
/** Every shape once; the compiler says when one is missing. */
const SHAPES: { readonly [shape in Anomaly['shape']]: true } = {
  'never-written': true,
  'from-the-future': true,
  'failed-write-read': true,
  'stale-read': true,
  'newer-then-older': true,
  'lost-update': true,
  'double-cas': true,
  'nil-after-write': true,
  'never-appended': true,
  'appended-twice': true,
  'append-out-of-order': true,
  'refused-cas': true,
  'never-added': true,
  'failed-add-seen': true,
  'added-later': true,
  'taken-twice': true,
  'added-twice': true,
  'still-there': true,
  'lost-element': true,
  'wrongly-empty': true,
  'fifo-violation': true,
  'lifo-violation': true,
  'priority-violation': true,
  'seen-then-gone': true,
  'gone-then-seen': true,
  'contradicting-reads': true,
  'listed-twice': true,
  'lost-increment': true,
  'stale-count': true,
  'failed-add-counted': true,
  'count-too-low': true,
  'count-too-high': true,
  'impossible-count': true,
  'same-count-twice': true,
  'two-holders': true,
  'too-many-holders': true,
  'release-without-hold': true,
  'wrongly-refused': true,
  'aborted-read': true,
  'intermediate-read': true,
  'internal-inconsistency': true,
  'non-repeatable-read': true,
  'fractured-read': true,
  'cause-unseen': true,
  'write-skew': true,
  'long-fork': true,
  'circular-reads': true,
  'circular-dependencies': true,
  invariant: true,
  'no-progress': true,
  'needless-election': true,
  'disrupted-leader': true,
  'cut-off-leader': true,
  'no-leader': true,
  'overdue-campaign': true,
  crash: true,
  'no-order': true,
};

export const anomalySchema = z
  .object({
    violation: z.enum(['linearizability', 'invariant', 'liveness', 'crash']),
    shape: z.enum(Object.keys(SHAPES) as [Anomaly['shape']]),
    key: z.string().nullable(),
    /** Indexes of operations. */
    core: z.array(count),
    confirmedBy: z.string().nullable(),
    culprit: count.nullable(),
    /** Nanoseconds since the start of the trial. */
    at: z.number(),
    argument: z.array(z.object({ text: z.string(), operations: z.array(count) })),
    facts: z.record(z.string(), z.json()),
  })
  .meta({ id: 'Anomaly' });

export const statisticsSchema = z
  .object({
    operations: count,
    ok: count,
    fail: count,
    info: count,
    keys: count,
    concurrencyMax: count,
    overlappingPairs: count,
    steps: z.number(),
    ms: z.number(),
  })
  .meta({ id: 'Statistics' });

export const verdictSchema = z
  .object({
    outcome: outcomeSchema,
    valid,
    model: z.string(),
    reasons: z.array(z.string()),
    anomalies: z.array(anomalySchema),
    keys: z.array(
      z.object({
        key: z.string().nullable(),
        valid,
        operations: count,
        ms: z.number(),
        reason: z.string().nullable(),
      }),
    ),
    statistics: statisticsSchema,
  })
  .meta({ id: 'Verdict' });

/** A stored verdict, or null for what is none. */
export function asVerdict(stored: unknown): Verdict | null {
  const parsed = verdictSchema.safeParse(stored);
  return parsed.success ? (parsed.data as Verdict) : null;
}
