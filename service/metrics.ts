/** Numbers for Prometheus: the queue, the trials, the requests, and the process itself. */

import type { RequestHandler } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { TrialListing } from '../history/trial-listing.ts';
import { JOB_STATES, type Job, type JobTable } from './queue/jobs.ts';

export interface Metrics {
  readonly registry: Registry;
  readonly observe: RequestHandler;
  jobEnded(job: Job): void;
}

export function createMetrics(parts: {
  readonly jobs: JobTable;
  readonly listing: TrialListing;
  readonly streams: () => number;
}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'ordeal_' });
  const registers = [registry];
  new Gauge({
    name: 'ordeal_queue_jobs',
    help: 'Jobs of the queue by state.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of JOB_STATES) this.set({ state }, parts.jobs.count(state));
    },
  });
  new Gauge({
    name: 'ordeal_trials',
    help: 'Trials of the store by outcome.',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of parts.listing.countByOutcome()) this.set({ outcome }, count);
    },
  });
  new Gauge({
    name: 'ordeal_event_streams',
    help: 'Open streams of events.',
    registers,
    collect() {
      this.set(parts.streams());
    },
  });
  const ended = new Counter({
    name: 'ordeal_jobs_ended_total',
    help: 'Jobs that have ended since the service started.',
    labelNames: ['kind', 'state', 'outcome'],
    registers,
  });
  const jobSeconds = new Histogram({
    name: 'ordeal_job_seconds',
    help: 'How long jobs ran.',
    labelNames: ['kind'],
    buckets: [1, 3, 10, 30, 60, 120, 300, 600, 1800],
    registers,
  });
  const requests = new Histogram({
    name: 'ordeal_http_request_seconds',
    help: 'Time to answer requests; streams of events count with their whole length.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    registers,
  });
  return {
    registry,
    observe(request, response, next) {
      const began = performance.now();
      response.once('finish', () => {
        // The pattern, never the address: an address could be anything, and every value makes a series.
        const route = request.route === undefined ? 'none' : `${request.baseUrl}${String(request.route.path)}`;
        const seconds = (performance.now() - began) / 1000;
        requests.observe({ method: request.method, route, status: response.statusCode }, seconds);
      });
      next();
    },
    jobEnded({ task, state, outcome, beganAt, endedAt }) {
      ended.inc({ kind: task.kind, state, outcome: outcome ?? 'none' });
      if (beganAt !== null && endedAt !== null) jobSeconds.observe({ kind: task.kind }, (endedAt - beganAt) / 1000);
    },
  };
}
