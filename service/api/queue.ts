/** /api/v1/queue: what waits, runs and has ended. */

import { z } from 'zod';
import type { Desk } from '../desk.ts';
import { type AnyRoute, route } from './route.ts';
import { accepted, jobAnswer, jobJson, jobParams, jobSchema } from './schemas.ts';

/** A request waits this long at most for a job to end. */
const WAIT_S_MAX = 30;

export function queueRoutes(desk: Desk): AnyRoute[] {
  const { jobs, events } = desk.parts;
  const tag = 'queue';
  const list = z.array(jobSchema);
  return [
    route({
      method: 'get',
      path: '/queue',
      id: 'showQueue',
      tag,
      summary: 'What runs, what waits (next first) and what has ended (latest first).',
      query: z.strictObject({ ended: z.coerce.number().int().min(0).max(200).default(20) }),
      gives: {
        200: { description: 'The queue.', json: z.strictObject({ running: list, waiting: list, ended: list }) },
      },
      handle: ({ query }) => ({
        status: 200,
        json: {
          running: jobs.in('running').map(jobJson),
          waiting: jobs.in('waiting').map(jobJson),
          ended: jobs.ended(query.ended).map(jobJson),
        },
      }),
    }),
    route({
      method: 'get',
      path: '/queue/{job}',
      id: 'showJob',
      tag,
      summary: 'One job; with `wait`, once it has ended or the seconds are over.',
      params: jobParams,
      query: z.strictObject({ wait: z.coerce.number().min(0).max(WAIT_S_MAX).default(0) }),
      gives: { 200: { description: 'The job.', json: jobSchema } },
      async handle({ params, query, response }) {
        desk.job(params.job);
        if (query.wait > 0) await ended(params.job, query.wait * 1000, response);
        return { status: 200, json: jobJson(desk.job(params.job)) };
      },
    }),
    route({
      method: 'delete',
      path: '/queue/{job}',
      id: 'cancelJob',
      tag,
      summary: 'Takes a waiting job out of the queue, or has a running one conclude early.',
      params: jobParams,
      gives: { 202: { description: 'It is cancelled, or about to conclude.', json: jobSchema } },
      handle: ({ params }) => jobAnswer(desk.cancelJob(params.job)),
    }),
    route({
      method: 'post',
      path: '/queue/{job}/again',
      id: 'repeatJob',
      tag,
      summary: 'Puts the task of a job that has ended, e.g. an interrupted one, into the queue again.',
      params: jobParams,
      gives: accepted,
      handle: ({ params }) => jobAnswer(desk.repeatJob(params.job)),
    }),
  ];

  function ended(job: number, ms: number, response: { once(event: 'close', listener: () => void): unknown }) {
    return new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        stopListening();
        resolve();
      };
      const timer = setTimeout(done, ms);
      const stopListening = events.listen((event) => {
        if (event.kind === 'ended' && event.job === job) done();
      });
      response.once('close', done);
      const { state } = desk.job(job);
      if (state !== 'waiting' && state !== 'running') done();
    });
  }
}
