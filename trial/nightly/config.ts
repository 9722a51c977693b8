/**
 * What a night consists of, as a validated record: matrices of trials, canaries, the hunt, the memory. Everything has a default,
 * so a night needs no file; the JSON Schema for editors is made from the same schema that validates.
 */

import { z } from 'zod';
import { BUGS } from '../../cluster/bugs/catalogue.ts';
import { FAULTS } from '../../nemesis/registry.ts';
import { MEMORY_NIGHTS } from '../../reports/nightly/trends.ts';
import { WORKLOADS } from '../../workload/registry.ts';
import { DURATION_PATTERN, parseDuration } from '../duration.ts';
import { WORLD_KINDS } from '../spec.ts';

/** A length of time; its default as a person writes it. */
const duration = (usual: string) =>
  z
    .string()
    .regex(DURATION_PATTERN, 'is no duration: write for example 500ms, 30s, 5m or 1h')
    .transform((text) => parseDuration(text) ?? 0)
    .prefault(usual);

const oneOf = (names: Iterable<string>) => z.enum([...names] as [string, ...string[]]);
const workload = oneOf(WORKLOADS.keys());
const fault = oneOf(FAULTS.keys());
const bug = oneOf(BUGS.map(({ name }) => name));

const EACH_ALONE_AND_TOGETHER = [
  ['partition'],
  ['kill'],
  ['pause'],
  ['clock'],
  ['slow', 'lossy'],
  ['kill', 'compact'],
  ['partition', 'transfer'],
  ['partition', 'kill', 'pause', 'clock'],
];

const matrixSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, 'use small letters, digits and dashes')
    .default('usual')
    .describe('part of the name of each of its trials'),
  world: z.enum(WORLD_KINDS).default('processes').describe('where its trials run'),
  workloads: z.array(workload).min(1).max(20).default(['register', 'kv']),
  faults: z
    .array(z.array(fault).max(FAULTS.size))
    .min(1)
    .max(200)
    .default(EACH_ALONE_AND_TOGETHER)
    .describe('each entry is one set of faults; [] is none'),
  nodes: z.array(z.number().int().min(1).max(9)).min(1).max(9).default([5]),
  reads: z
    .array(z.enum(['read-index', 'lease']))
    .min(1)
    .max(2)
    .default(['read-index']),
  time: duration('20s').describe('how long clients run and faults happen'),
  clients: z.number().int().min(1).max(1000).default(15),
  rate: z
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(400)
    .describe('operations per second of all clients; 0: flat out'),
  seeds: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .nullable()
    .default(null)
    .describe('trials of each cell; null: as many as the budget has room for, all cells in turn'),
});

const canarySchema = z.strictObject({
  bug: bug.describe('the planted bug that must be found'),
  world: z.enum(WORLD_KINDS).default('simulator'),
  by: z
    .enum(['linearizability', 'invariant', 'liveness', 'crash'])
    .default('linearizability')
    .describe(
      'the kind of violation it must be found by; in the simulator, linearizability means by the history alone',
    ),
  faults: z.array(fault).max(FAULTS.size).default([]).describe('on processes: what happens meanwhile'),
  tries: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .nullable()
    .default(null)
    .describe('seeds after which it counts as missed; null: 200 in the simulator, 3 on processes'),
});

/**
 * For each oracle something only it can find: the history alone (two of them), the invariants, progress; and one over real
 * processes, whose record goes through files. Each was found in well over half of the seeds tried (docs/power.md).
 */
const USUAL_CANARIES: z.input<typeof canarySchema>[] = [
  { bug: 'follower-read' },
  { bug: 'ack-at-append' },
  { bug: 'send-after-stepdown', by: 'invariant' },
  { bug: 'commit-stops-at-old-term', by: 'liveness' },
  { bug: 'follower-read', world: 'processes' },
];

export const nightlyConfigSchema = z.strictObject({
  $schema: z.string().optional(),
  budget: duration('30m').describe('wall time of the whole night; with shards, of all of them together'),
  corpus: z
    .string()
    .nullable()
    .prefault('default')
    .describe('directory of regressions, from the file; "default": those that Ordeal comes with; null: none'),
  canaries: z.array(canarySchema).max(100).prefault(USUAL_CANARIES),
  matrices: z.array(matrixSchema).max(50).prefault([{}]),
  hunt: z
    .strictObject({
      share: z
        .number()
        .min(0)
        .max(1)
        .default(0.25)
        .describe('share of the budget that trials leave to hunting in the simulator; 0: no hunt'),
      time: duration('5s').describe('virtual time of each trial'),
      finds: z.number().int().min(1).max(50).default(3).describe('finds after which it ends'),
    })
    .prefault({}),
  memory: z
    .strictObject({
      nights: z.number().int().min(1).max(365).default(MEMORY_NIGHTS).describe('nights that are looked back on'),
      keepTrials: z
        .number()
        .int()
        .min(0)
        .max(3650)
        .default(MEMORY_NIGHTS)
        .describe('nights after which the records of trials that passed are deleted from the store'),
    })
    .prefault({}),
});

export type NightlyConfig = z.output<typeof nightlyConfigSchema>;
export type Matrix = NightlyConfig['matrices'][number];
export type Canary = NightlyConfig['canaries'][number];

/** The schema for editors, as JSON text. */
export function nightlyJsonSchema(): string {
  const schema = z.toJSONSchema(nightlyConfigSchema, { io: 'input' });
  return `${JSON.stringify({ title: "Ordeal's nightly", ...schema }, null, 2)}\n`;
}
