/** The Express application: the gate before everything, then health, API and pages, and what becomes of errors. */

import express, { type ErrorRequestHandler, type Express, Router } from 'express';
import { StoreError } from '../history/store-error.ts';
import { openApiDocument } from './api/document.ts';
import { eventRoutes, type Streams } from './api/events.ts';
import { insightRoutes } from './api/insight.ts';
import { queueRoutes } from './api/queue.ts';
import { type AnyRoute, mount } from './api/route.ts';
import { trialRoutes } from './api/trials.ts';
import { uploadRoutes } from './api/uploads.ts';
import { type Assets, createAssets } from './assets.ts';
import type { Desk } from './desk.ts';
import type { Metrics } from './metrics.ts';
import type { ServiceOptions } from './options.ts';
import { problemPage } from './pages/plain.ts';
import { pageRouter, send } from './pages/router.ts';
import { Problem } from './problem.ts';
import { gate } from './security/gate.ts';
import { Token } from './security/token.ts';

const JSON_BYTES_MAX = 1 << 20;

export interface AppParts {
  readonly options: ServiceOptions;
  readonly desk: Desk;
  readonly streams: Streams;
  readonly metrics: Metrics;
  /** Null when all is well, else why the service should not be sent requests. */
  readonly unready: () => string | null;
}

export function createApp({ options, desk, streams, metrics, unready }: AppParts): Express {
  const token = options.token === null ? null : new Token(options.token);
  const assets = createAssets();
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(metrics.observe, ...gate(options, token));
  app.use('/assets', assets.router);

  app.get('/health', (_request, response) => {
    response.json({ status: 'alive' });
  });
  app.get('/ready', (_request, response) => {
    const why = unready();
    if (why !== null) throw new Problem(503, 'not-ready', why, { retryAfter: 5 });
    response.json({ status: 'ready' });
  });
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });

  const routes = apiRoutes(desk, streams);
  const api = Router();
  api.use(express.json({ limit: JSON_BYTES_MAX, type: 'application/json' }));
  const document = openApiDocument(routes, token !== null);
  api.get('/openapi.json', (_request, response) => {
    response.json(document);
  });
  mount(api, routes);
  app.use('/api/v1', api);
  app.use(pageRouter(desk, assets, token));

  app.use((request) => {
    throw new Problem(404, 'no-such-page', `there is nothing at ${request.path.slice(0, 200)}`);
  });
  app.use(told(assets));
  return app;
}

export function apiRoutes(desk: Desk, streams: Streams): AnyRoute[] {
  return [
    ...trialRoutes(desk),
    ...queueRoutes(desk),
    ...uploadRoutes(desk),
    ...eventRoutes(desk, streams),
    ...insightRoutes(desk),
  ];
}

/** Errors as problem+json, or as a page for those who look at pages. */
function told(assets: Assets): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const problem = asProblem(error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.status(problem.status);
    if (problem.retryAfter !== null) response.set('Retry-After', String(problem.retryAfter));
    // A body that was not read to its end would be taken for the next request.
    if (!request.complete) response.set('Connection', 'close');
    const machine = /^\/(api|health|ready|metrics|assets)(\/|$)/.test(request.path);
    if (machine || request.accepts(['html', 'json']) !== 'html')
      response.type('application/problem+json').send(JSON.stringify(problem.body()));
    else send(response, problemPage(problem.body()), assets);
  };
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StoreError) {
    if (error.code === 'no-such-trial') return new Problem(404, 'no-such-trial', 'that trial is not there any more');
    if (error.code === 'busy') return new Problem(503, 'store-busy', 'the store is busy: try again', { retryAfter: 2 });
    if (error.code === 'full') return new Problem(503, 'disk-full', 'no room is left on the disk', { retryAfter: 60 });
  }
  return ofExpress(error) ?? unexpected(error);
}

/** What Express and its body parsers throw for a request that is not well-formed. */
function ofExpress(error: unknown): Problem | null {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return null;
  const { status, message } = error;
  if (status === 413) return new Problem(413, 'body-too-large', `the body is too large: ${message}`);
  if (status === 415) return new Problem(415, 'encoding', message);
  if (status >= 400 && status < 500) return new Problem(400, 'malformed', message.slice(0, 300));
  return null;
}

/** A defect that every request meets must not fill the disk with its stack. */
const TOLD_EVERY_MS = 1000;
let toldAt = Number.NEGATIVE_INFINITY;

function unexpected(error: unknown): Problem {
  const problem = new Problem(500, 'defect', 'a defect of the service; its log has more');
  if (performance.now() - toldAt < TOLD_EVERY_MS) return problem;
  toldAt = performance.now();
  // For whoever runs the service; the visitor is not told what it looks like inside.
  process.stderr.write(`ordeal serve: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return problem;
}
