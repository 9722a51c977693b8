/** /api/v1/trials: start, list, show, cancel, judge again, run again, delete; verdicts, operations, reports, bundles. */

import { randomBytes } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { requestedSpecSchema } from '../accept-spec.ts';
import type { Desk } from '../desk.ts';
import { Problem } from '../problem.ts';
import { sendReport } from '../send-report.ts';
import { asVerdict, outcomeSchema, verdictSchema } from '../work/verdict-schema.ts';
import { type AnyRoute, route } from './route.ts';
import {
  accepted,
  jobAnswer,
  lineJson,
  moment,
  trialJson,
  trialLineSchema,
  trialParams,
  trialSchema,
} from './schemas.ts';

const name = z.string().min(1).max(120);
const DAY_MS = 86_400_000;
const since = z.union([z.iso.date(), moment]).transform((text) => Date.parse(text));
/** A day counts with all of its hours. */
const until = z.union([z.iso.date().transform((day) => Date.parse(day) + DAY_MS - 1), moment.transform(Date.parse)]);

/** What narrows a list of trials: in the address of the API and of the page alike. */
export const filterFields = {
  outcome: outcomeSchema.optional(),
  state: z.enum(['running', 'finished', 'unfinished']).optional(),
  world: name.optional(),
  workload: name.optional(),
  bug: name.optional().meta({ description: 'A planted bug, "any" or "none".' }),
  name: name.optional().meta({ description: "Part of a trial's name." }),
  from: since.optional().meta({ description: 'Started at this moment (UTC) or later.' }),
  to: until.optional().meta({ description: 'Started at this moment (UTC) or earlier.' }),
};
export const PAGE_MAX = 200;

const operationSchema = z
  .strictObject({
    index: z.number().int(),
    process: z.number().int(),
    f: z.string(),
    key: z.string().nullable(),
    value: z.json(),
    outcome: z.enum(['ok', 'fail', 'info']),
    result: z.json(),
    error: z.string().nullable(),
    invokedAt: z.number().int(),
    completedAt: z.number().int().nullable(),
    node: z.string().nullable(),
  })
  .meta({ id: 'Operation', description: 'Times are nanoseconds since the start of the trial.' });

const ns = z.coerce.number().int().min(0);
const BUNDLES = 'bundles';

export function trialRoutes(desk: Desk): AnyRoute[] {
  const { store, listing, jobs, errands } = desk.parts;
  const tag = 'trials';
  return [
    route({
      method: 'get',
      path: '/trials',
      id: 'listTrials',
      tag,
      summary: 'Trials, newest first, narrowed by each field that is given.',
      query: z.strictObject({
        ...filterFields,
        limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(50),
        before: z.coerce.number().int().min(1).optional().meta({ description: 'The `next` of the page before.' }),
      }),
      gives: {
        200: {
          description: 'A page of trials.',
          json: z.strictObject({
            trials: z.array(trialLineSchema),
            total: z.number().int(),
            next: z.number().int().nullable(),
          }),
        },
      },
      handle({ query: { limit, before, ...filter } }) {
        const { trials, total, next } = listing.page(filter, limit, before ?? null);
        return { status: 200, json: { trials: trials.map(lineJson), total, next } };
      },
    }),
    route({
      method: 'post',
      path: '/trials',
      id: 'startTrial',
      tag,
      summary: 'Puts a trial into the queue. Every field of the spec may be left out.',
      body: z.strictObject({ spec: requestedSpecSchema }),
      gives: accepted,
      handle: ({ body }) => jobAnswer(desk.start(body.spec)),
    }),
    route({
      method: 'get',
      path: '/trials/{trial}',
      id: 'showTrial',
      tag,
      summary: 'One trial: its spec, its verdict in a sentence, its faults.',
      params: trialParams,
      gives: { 200: { description: 'The trial.', json: trialSchema } },
      async handle({ params }) {
        const row = desk.trial(params.trial);
        const sentence = await desk.sentence(row);
        const line = listing.line(row.id);
        if (line === null) throw new Problem(404, 'no-such-trial', `trial "${row.id}" was deleted just now`);
        const more = {
          // Counting millions takes its time; the verdict knows.
          operations: asVerdict(row.verdict)?.statistics.operations ?? store.countOperations(row.id),
          faults: store.readFaults(row.id),
          sentence,
          report: desk.hasReport(row),
          job: jobs.ofTrial(row.id)?.number ?? null,
        };
        return { status: 200, json: trialJson(line, row, more) };
      },
    }),
    route({
      method: 'delete',
      path: '/trials/{trial}',
      id: 'deleteTrial',
      tag,
      summary: 'Deletes a trial with all that was recorded of it.',
      params: trialParams,
      gives: { 204: { description: 'It is gone.' } },
      async handle({ params }) {
        await desk.delete(params.trial);
        return { status: 204 };
      },
    }),
    route({
      method: 'post',
      path: '/trials/{trial}/cancel',
      id: 'cancelTrial',
      tag,
      summary: 'Ends a running trial early; what was recorded is judged.',
      params: trialParams,
      gives: accepted,
      handle: ({ params }) => jobAnswer(desk.cancelTrial(params.trial)),
    }),
    route({
      method: 'post',
      path: '/trials/{trial}/judge',
      id: 'judgeTrial',
      tag,
      summary: "Judges a trial's record, once more or for the first time, and writes its report.",
      params: trialParams,
      gives: accepted,
      handle: ({ params }) => jobAnswer(desk.judge(params.trial)),
    }),
    route({
      method: 'post',
      path: '/trials/{trial}/again',
      id: 'startTrialAgain',
      tag,
      summary: 'Runs the same spec once more, as a new trial.',
      params: trialParams,
      gives: accepted,
      handle: ({ params }) => jobAnswer(desk.startAgain(params.trial)),
    }),
    route({
      method: 'get',
      path: '/trials/{trial}/verdict',
      id: 'showVerdict',
      tag,
      summary: 'The verdict with its anomalies and their cores.',
      params: trialParams,
      gives: { 200: { description: 'The verdict.', json: verdictSchema } },
      handle({ params }) {
        const verdict = asVerdict(desk.trial(params.trial).verdict);
        if (verdict === null)
          throw new Problem(404, 'not-judged', 'the trial has no verdict yet: POST /judge judges its record');
        return { status: 200, json: verdict };
      },
    }),
    route({
      method: 'get',
      path: '/trials/{trial}/operations',
      id: 'listOperations',
      tag,
      summary:
        'Operations in order of invocation, by key, function, process and time. A page may hold fewer than asked for.',
      params: trialParams,
      query: z.strictObject({
        key: z.string().max(500).optional(),
        f: name.optional(),
        process: z.coerce.number().int().min(0).optional(),
        from: ns.optional().meta({ description: 'Invoked at this time or later, in nanoseconds.' }),
        to: ns.optional().meta({ description: 'Invoked at this time or earlier, in nanoseconds.' }),
        limit: z.coerce.number().int().min(1).max(5000).default(1000),
        after: z.coerce.number().int().min(-1).default(-1).meta({ description: 'The `next` of the page before.' }),
      }),
      gives: {
        200: {
          description: 'A page of operations.',
          json: z.strictObject({ operations: z.array(operationSchema), next: z.number().int().nullable() }),
        },
      },
      handle({ params, query: { limit, after, ...part } }) {
        desk.trial(params.trial);
        return { status: 200, json: listing.operations(params.trial, part, limit, after) };
      },
    }),
    route({
      method: 'get',
      path: '/trials/{trial}/report',
      id: 'showReport',
      tag,
      summary: 'The report: one HTML page that needs nothing else.',
      params: trialParams,
      gives: { 200: { description: 'The page, sandboxed.', media: 'text/html' } },
      async handle({ params, response }) {
        desk.trial(params.trial);
        await sendReport(response, store.directory, params.trial);
        return null;
      },
    }),
    route({
      method: 'get',
      path: '/trials/{trial}/bundle',
      id: 'downloadBundle',
      tag,
      summary: 'The whole trial as one file, for `ordeal import` or another service.',
      params: trialParams,
      gives: { 200: { description: 'The bundle.', media: 'application/octet-stream' } },
      async handle({ params, response }) {
        const trial = desk.trial(params.trial);
        if (trial.verdict === null)
          throw new Problem(409, 'not-judged', 'the trial has no verdict yet: POST /judge judges its record');
        const folder = join(store.directory, BUNDLES);
        mkdirSync(folder, { recursive: true });
        const file = join(folder, randomBytes(16).toString('hex'));
        try {
          await errands.packBundle(trial.id, file);
          response.type('application/octet-stream').attachment(`${trial.id}.ordeal`);
          await pipeline(createReadStream(file), response).catch(() => response.destroy());
        } finally {
          rmSync(file, { force: true });
        }
        return null;
      },
    }),
  ];
}
