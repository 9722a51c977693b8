/** What the API gives, as schemas; and how rows of the store and of the queue become it. Lengths say their unit in the name. */

import { z } from 'zod';
import type { TrialRow } from '../../history/store.ts';
import type { TrialLine } from '../../history/trial-listing.ts';
import type { FaultRecord } from '../../history/trial-records.ts';
import { faultWords } from '../../reports/circumstances.ts';
import { JOB_STATES, type Job } from '../queue/jobs.ts';
import { isUploadedHistory } from '../work/uploaded-history.ts';
import { asVerdict, outcomeSchema, statisticsSchema } from '../work/verdict-schema.ts';

export const moment = z.iso.datetime();
const length = z.number().min(0);

/** Name of a trial, as in an address. */
export const trialParams = z.strictObject({
  trial: z
    .string()
    .regex(/^[\w.-]{1,120}$/, 'is not the name of a trial')
    .meta({ description: 'Name of a trial, whole.' }),
});
export const jobParams = z.strictObject({
  job: z.coerce.number().int().min(1).meta({ description: 'Number of a job of the queue.' }),
});

export const trialLineSchema = z
  .strictObject({
    id: z.string(),
    state: z.enum(['running', 'finished', 'unfinished']),
    outcome: outcomeSchema.nullable(),
    system: z.string().nullable(),
    world: z.string().nullable(),
    workload: z.string().nullable(),
    seed: z.number().int().nullable(),
    bugs: z.array(z.string()),
    startedAt: moment,
    durationMs: length.nullable(),
  })
  .meta({ id: 'TrialLine' });

export function lineJson(line: TrialLine): z.output<typeof trialLineSchema> {
  const { id, state, outcome, system, world, workload, seed, bugs, startedAt, durationNs } = line;
  return {
    id,
    state,
    outcome,
    system,
    world,
    workload,
    seed,
    bugs: [...bugs],
    startedAt: isoOf(startedAt),
    durationMs: durationNs === null ? null : durationNs / 1e6,
  };
}

export const faultSchema = z
  .strictObject({
    kind: z.string(),
    summary: z.string(),
    targets: z.array(z.string()),
    fromMs: z.number(),
    toMs: z.number().nullable(),
    tookEffect: z.boolean(),
  })
  .meta({ id: 'Fault' });

export function faultJson(fault: FaultRecord): z.output<typeof faultSchema> {
  return {
    kind: fault.kind,
    summary: faultWords(fault),
    targets: [...fault.targets],
    fromMs: fault.startedAt / 1e6,
    toMs: fault.endedAt === null ? null : fault.endedAt / 1e6,
    tookEffect: fault.bit,
  };
}

/** Faults that are shown with a trial; its report has all. */
export const FAULTS_MAX = 500;

export const trialSchema = z
  .strictObject({
    ...trialLineSchema.shape,
    /** Everything that determines it; for an uploaded history, how that came. */
    spec: z.json(),
    uploaded: z.boolean(),
    nodes: z.array(z.string()),
    provenance: z.record(z.string(), z.json()),
    marks: z.record(z.string(), z.number()),
    traceHash: z.string().nullable(),
    sentence: z.string().nullable(),
    reasons: z.array(z.string()),
    anomalies: z.number().int(),
    statistics: statisticsSchema.nullable(),
    operations: z.number().int(),
    faults: z.array(faultSchema),
    /** Whether there is a report to look at. */
    report: z.boolean(),
    /** The newest job of the queue that worked on it. */
    job: z.number().int().nullable(),
  })
  .meta({ id: 'Trial' });

export interface TrialMore {
  readonly operations: number;
  readonly faults: readonly FaultRecord[];
  readonly sentence: string | null;
  readonly report: boolean;
  readonly job: number | null;
}

export function trialJson(line: TrialLine, row: TrialRow, more: TrialMore): z.output<typeof trialSchema> {
  const verdict = asVerdict(row.verdict);
  return {
    ...lineJson(line),
    spec: row.spec as z.output<typeof trialSchema>['spec'],
    uploaded: isUploadedHistory(row),
    nodes: [...row.nodes],
    provenance: row.provenance as z.output<typeof trialSchema>['provenance'],
    marks: row.marks,
    traceHash: row.traceHash,
    sentence: more.sentence,
    reasons: [...(verdict?.reasons ?? [])],
    anomalies: verdict?.anomalies.length ?? 0,
    statistics: verdict?.statistics ?? null,
    operations: more.operations,
    faults: more.faults.slice(0, FAULTS_MAX).map(faultJson),
    report: more.report,
    job: more.job,
  };
}

export const progressSchema = z
  .strictObject({
    phase: z.enum(['starting', 'ordeal', 'healing', 'final reads', 'done']),
    elapsedMs: length,
    ok: z.number().int(),
    fail: z.number().int(),
    info: z.number().int(),
    leader: z.string().nullable(),
    faults: z.array(z.string()),
    roles: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Progress' });

export const jobSchema = z
  .strictObject({
    job: z.number().int(),
    kind: z.enum(['trial', 'judge', 'check', 'import']),
    state: z.enum(JOB_STATES),
    /** Its trial, once that is known. */
    trial: z.string().nullable(),
    outcome: outcomeSchema.nullable(),
    error: z.string().nullable(),
    progress: progressSchema.nullable(),
    queuedAt: moment,
    beganAt: moment.nullable(),
    endedAt: moment.nullable(),
  })
  .meta({ id: 'Job' });

export function jobJson(job: Job): z.output<typeof jobSchema> {
  const { number, task, state, trial, outcome, error, progress } = job;
  return {
    job: number,
    kind: task.kind,
    state,
    trial,
    outcome,
    error,
    progress: progress === null ? null : progressJson(progress),
    queuedAt: isoOf(job.queuedAt),
    beganAt: job.beganAt === null ? null : isoOf(job.beganAt),
    endedAt: job.endedAt === null ? null : isoOf(job.endedAt),
  };
}

export function progressJson(progress: NonNullable<Job['progress']>): z.output<typeof progressSchema> {
  const { elapsedNs, faults, roles, ...rest } = progress;
  return { ...rest, elapsedMs: elapsedNs / 1e6, faults: [...faults], roles: { ...roles } };
}

/** The location of a job, for a 202. */
export function jobAnswer(job: Job): { status: 202; json: z.output<typeof jobSchema>; location: string } {
  return { status: 202, json: jobJson(job), location: `/api/v1/queue/${job.number}` };
}

export const accepted = { 202: { description: 'It waits in the queue, or runs.', json: jobSchema } } as const;

export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
