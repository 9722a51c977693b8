/** What many trials say together: comparisons, failures by fingerprint, nights, trends, and a badge with its age. */

import { z } from 'zod';
import { trendsOf } from '../../reports/nightly/trends.ts';
import { badge, standingOf } from '../badge.ts';
import { type ComparedTrial, compare } from '../compare.ts';
import type { Desk } from '../desk.ts';
import { outcomeSchema } from '../work/verdict-schema.ts';
import { type AnyRoute, route } from './route.ts';
import {
  FAULTS_MAX,
  faultJson,
  faultSchema,
  isoOf,
  lineJson,
  moment,
  trialLineSchema,
  trialParams,
} from './schemas.ts';

const measureSchema = z.strictObject({
  name: z.string(),
  unit: z.enum(['count', 'ns', 'ms']),
  a: z.number().nullable(),
  b: z.number().nullable(),
});
const comparedSchema = z.strictObject({
  id: z.string(),
  outcome: outcomeSchema.nullable(),
  sentence: z.string().nullable(),
  faults: z.array(faultSchema),
});
const fingerprintSchema = z
  .strictObject({ id: z.string(), outcome: outcomeSchema, title: z.string() })
  .meta({ id: 'Fingerprint' });

export function insightRoutes(desk: Desk): AnyRoute[] {
  const { failures, nights } = desk.parts;
  const tag = 'insight';
  return [
    route({
      method: 'get',
      path: '/compare',
      id: 'compareTrials',
      tag,
      summary: 'Two trials side by side: spec, schedule, latency, coverage.',
      query: z.strictObject({ a: trialParams.shape.trial, b: trialParams.shape.trial }),
      gives: {
        200: {
          description: 'What differs.',
          json: z.strictObject({
            a: comparedSchema,
            b: comparedSchema,
            spec: z.array(z.strictObject({ field: z.string(), a: z.string(), b: z.string() })),
            sameSchedule: z.boolean(),
            measures: z.array(measureSchema),
            marks: z.array(measureSchema),
          }),
        },
      },
      async handle({ query }) {
        const { a, b, ...rest } = await compare(desk, query.a, query.b);
        return { status: 200, json: { a: comparedJson(a), b: comparedJson(b), ...rest } };
      },
    }),
    route({
      method: 'get',
      path: '/failures',
      id: 'listFailures',
      tag,
      summary: 'Trials that are no pass, grouped by fingerprint; the group seen last first.',
      gives: {
        200: {
          description: 'Groups of failures. `complete` is false while some of the latest are not grouped yet.',
          json: z.strictObject({
            groups: z.array(
              z.strictObject({
                fingerprint: fingerprintSchema,
                count: z.number().int(),
                planted: z.number().int(),
                first: trialLineSchema,
                last: trialLineSchema,
                trials: z.array(trialLineSchema),
              }),
            ),
            complete: z.boolean(),
          }),
        },
      },
      handle() {
        const { groups, complete } = failures.groups();
        const json = groups.map(({ fingerprint, count, planted, first, last, trials }) => ({
          fingerprint,
          count,
          planted,
          first: lineJson(first),
          last: lineJson(last),
          trials: trials.map(lineJson),
        }));
        return { status: 200, json: { groups: json, complete } };
      },
    }),
    route({
      method: 'get',
      path: '/trends',
      id: 'showTrends',
      tag,
      summary: 'How the numbers move from night to night, oldest first.',
      gives: {
        200: {
          description: 'A line for each number.',
          json: z.strictObject({
            trends: z.array(
              z.strictObject({
                name: z.string(),
                unit: z.enum(['count', 'share', 'ns', 'ms']),
                points: z.array(z.strictObject({ night: z.string(), date: z.string(), value: z.number().nullable() })),
              }),
            ),
          }),
        },
      },
      handle: () => ({ status: 200, json: { trends: trendsOf(nights.all()) } }),
    }),
    route({
      method: 'get',
      path: '/standing',
      id: 'showStanding',
      tag,
      summary: 'How the latest night that has ended (else the latest trial without a planted bug) came out.',
      gives: {
        200: {
          description: 'The standing.',
          json: z.strictObject({
            what: z.enum(['night', 'trial', 'nothing']),
            outcome: outcomeSchema.nullable(),
            at: moment.nullable(),
            name: z.string().nullable(),
          }),
        },
      },
      handle() {
        const { what, outcome, at, name } = standingOf(desk);
        return { status: 200, json: { what, outcome, at: at === null ? null : isoOf(at), name } };
      },
    }),
    route({
      method: 'get',
      path: '/badge.svg',
      id: 'showBadge',
      tag,
      summary: 'The standing as a small picture, with its age.',
      gives: { 200: { description: 'The picture.', media: 'image/svg+xml' } },
      handle({ response }) {
        // A picture for other sites' pages: it tells them no more than the picture does.
        response.set({ 'Cache-Control': 'no-cache, max-age=0', 'Cross-Origin-Resource-Policy': 'cross-origin' });
        response.type('image/svg+xml');
        response.send(badge(standingOf(desk), Date.now()));
        return null;
      },
    }),
  ];
}

function comparedJson({ trial, sentence, faults }: ComparedTrial): z.output<typeof comparedSchema> {
  return { id: trial.id, outcome: trial.outcome, sentence, faults: faults.slice(0, FAULTS_MAX).map(faultJson) };
}
