/** Addresses of the pages, and of the forms on them. A form's answer is always another page: loading that again does nothing. */

import express, { type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import { jobParams, trialParams } from '../api/schemas.ts';
import type { Assets } from '../assets.ts';
import type { Desk } from '../desk.ts';
import { invalidRequest, Problem } from '../problem.ts';
import type { Job } from '../queue/jobs.ts';
import type { Token } from '../security/token.ts';
import { sendReport } from '../send-report.ts';
import { comparePage } from './compare.ts';
import { failuresPage } from './failures.ts';
import { layout, type Page } from './layout.ts';
import { overviewPage } from './overview.ts';
import { loginPage } from './plain.ts';
import { jobPage, queuePage } from './queue.ts';
import { specOfForm, specOfText, startPage } from './start.ts';
import { trialPage } from './trial.ts';
import { trialsPage } from './trials.ts';
import { uploadPage } from './upload.ts';

const FORM_BYTES_MAX = 1 << 20;

export function pageRouter(desk: Desk, assets: Assets, token: Token | null): Router {
  const router = Router();
  const form = express.urlencoded({ extended: false, limit: FORM_BYTES_MAX, parameterLimit: 200 });
  const page =
    (make: (request: Parameters<RequestHandler>[0]) => Page | Promise<Page>): RequestHandler =>
    async (request, response) => {
      send(response, await make(request), assets);
    };

  router.get(
    '/',
    page(() => overviewPage(desk)),
  );
  router.get(
    '/trials',
    page((request) => trialsPage(desk, request.query)),
  );
  router.get(
    '/trials/:trial',
    page((request) => trialPage(desk, trialOf(request.params))),
  );
  router.get('/trials/:trial/report', async (request, response) => {
    const id = trialOf(request.params);
    desk.trial(id);
    await sendReport(response, desk.parts.store.directory, id);
  });
  router.get(
    '/compare',
    page((request) => comparePage(desk, request.query)),
  );
  router.get(
    '/failures',
    page(() => failuresPage(desk)),
  );
  router.get(
    '/queue',
    page(() => queuePage(desk)),
  );
  const job = page((request) => jobPage(desk, jobOf(request.params)));
  router.get('/queue/:job', (request, response, next) => {
    // A quick job may be over before its page is asked for: who follows it is led on to its trial all the same.
    const { trial } = desk.job(jobOf(request.params));
    if (trial === null || !('follow' in request.query)) return job(request, response, next);
    response.redirect(302, `/trials/${encodeURIComponent(trial)}`);
  });
  router.get(
    '/start',
    page(() => startPage()),
  );
  router.get(
    '/upload',
    page(() => uploadPage(desk.parts.limits.uploadBytesMax)),
  );

  const toJob = (response: Response, job: Job): void => response.redirect(303, `/queue/${job.number}?follow`);
  router.post('/start', form, (request, response) => toJob(response, desk.start(specOfForm(request.body))));
  router.post('/start/spec', form, (request, response) => toJob(response, desk.start(specOfText(request.body))));
  router.post('/trials/:trial/judge', (request, response) => toJob(response, desk.judge(trialOf(request.params))));
  router.post('/trials/:trial/again', (request, response) => toJob(response, desk.startAgain(trialOf(request.params))));
  router.post('/trials/:trial/delete', async (request, response) => {
    await desk.delete(trialOf(request.params));
    response.redirect(303, '/trials');
  });
  router.post('/queue/:job/cancel', (request, response) => toJob(response, desk.cancelJob(jobOf(request.params))));
  router.post('/queue/:job/again', (request, response) => toJob(response, desk.repeatJob(jobOf(request.params))));

  router.get(
    '/login',
    page(() => loginPage(false)),
  );
  router.post('/login', form, (request, response) => {
    const given = z.object({ token: z.string().max(500) }).safeParse(request.body ?? {});
    if (token === null) return response.redirect(303, '/');
    if (!given.success || !token.is(given.data.token)) {
      response.status(401);
      return send(response, loginPage(true), assets);
    }
    response.set('Set-Cookie', token.sessionCookie);
    response.redirect(303, '/');
  });
  return router;
}

export function send(response: Response, page: Page, assets: Assets): void {
  response.type('text/html').set('Cache-Control', 'no-cache').send(layout(page, assets));
}

function trialOf(params: unknown): string {
  const parsed = trialParams.safeParse(params);
  if (!parsed.success) throw new Problem(404, 'no-such-trial', 'there is no trial of that name');
  return parsed.data.trial;
}

function jobOf(params: unknown): number {
  const parsed = jobParams.safeParse(params);
  if (!parsed.success) throw invalidRequest('path', parsed.error);
  return parsed.data.job;
}
