/** /api/v1/events: what happens, as server-sent events. A reader that comes back says what it saw last, and misses nothing. */

import type { Response } from 'express';
import { z } from 'zod';
import type { Desk } from '../desk.ts';
import type { EventFilter, EventLog, ServiceEvent } from '../events/event-log.ts';
import { Problem } from '../problem.ts';
import type { Job } from '../queue/jobs.ts';
import { type AnyRoute, route } from './route.ts';
import { isoOf, progressJson, trialParams } from './schemas.ts';

const MEDIA = 'text/event-stream';
const HEARTBEAT_MS = 15_000;
const RETRY_MS = 1000;
const PAGE = 500;
/** A reader that is this far behind is let go; it comes back, and goes on where it was. */
const BACKLOG_BYTES_MAX = 1 << 20;

/** The streams that are open: counted, and ended when the service stops. */
export class Streams {
  readonly #open = new Set<Response>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Throws Problem 503 when there are too many. */
  add(response: Response): void {
    if (this.#open.size >= this.#max)
      throw new Problem(503, 'too-many-streams', `${this.#max} streams are open already`, { retryAfter: 10 });
    this.#open.add(response);
    response.once('close', () => this.#open.delete(response));
  }

  end(): void {
    for (const response of this.#open) response.end();
  }
}

export function eventRoutes(desk: Desk, streams: Streams): AnyRoute[] {
  return [
    route({
      method: 'get',
      path: '/events',
      id: 'streamEvents',
      tag: 'events',
      summary:
        'Server-sent events: queued, began, trial (its name is known), progress, ended, deleted; `gap` when older ones are gone.',
      query: z.strictObject({
        job: z.coerce.number().int().min(1).optional(),
        trial: trialParams.shape.trial.optional(),
        after: z.coerce
          .number()
          .int()
          .min(0)
          .optional()
          .meta({ description: 'Begin after this event; Last-Event-ID outweighs it. Without either: from now on.' }),
      }),
      gives: { 200: { description: 'A stream without end.', media: MEDIA } },
      handle({ query: { after, ...filter }, http, response }) {
        if (http.method === 'HEAD') {
          response.type(MEDIA).end();
          return null;
        }
        streams.add(response);
        stream(desk.parts.events, lastSeen(http.headers['last-event-id']) ?? after ?? null, filter, response);
        return null;
      },
    }),
  ];
}

function lastSeen(header: string | string[] | undefined): number | null {
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : null;
}

function stream(events: EventLog, after: number | null, filter: EventFilter, response: Response): void {
  response.status(200).set({
    'Content-Type': `${MEDIA}; charset=utf-8`,
    'Cache-Control': 'no-store',
    // For proxies that would gather the stream.
    'X-Accel-Buffering': 'no',
  });
  const { oldest, newest } = events.range();
  response.write(`retry: ${RETRY_MS}\n\n`);
  // Numbers beyond the newest are of another store: the reader starts anew.
  const known = after !== null && after <= newest;
  if (after !== null && (!known || after < oldest - 1)) response.write(`event: gap\ndata: {}\n\n`);
  let seen = known ? after : newest;
  for (let page = events.after(seen, filter, PAGE); page.length > 0; page = events.after(seen, filter, PAGE)) {
    for (const event of page) send(event);
    if (response.writableLength > BACKLOG_BYTES_MAX) break;
  }
  const stopListening = events.listen((event) => {
    if (filter.job !== undefined && event.job !== filter.job) return;
    if (filter.trial !== undefined && event.trial !== filter.trial) return;
    send(event);
  });
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
  response.once('close', () => {
    clearInterval(heartbeat);
    stopListening();
  });

  function send(event: ServiceEvent): void {
    if (event.id <= seen) return;
    seen = event.id;
    if (response.writableLength > BACKLOG_BYTES_MAX) response.end();
    else response.write(`id: ${event.id}\nevent: ${event.kind}\ndata: ${dataOf(event)}\n\n`);
  }
}

/** One line of JSON. */
function dataOf({ at, kind, job, trial, data }: ServiceEvent): string {
  const told = kind === 'progress' ? progressJson(data as unknown as NonNullable<Job['progress']>) : data;
  return JSON.stringify({ at: isoOf(at), job, trial, ...(told as object) });
}
