/** A service for tests, in this process, on a free port and a store of its own; its children are real ones. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_SERVICE_LIMITS, type ServiceLimits, type ServiceOptions } from '../../service/options.ts';
import { type Service, startService } from '../../service/start.ts';

/** A trial that takes a moment: three simulated nodes, a second of virtual time, one fault. */
export const QUICK_SPEC = { world: 'simulator', timeMs: 1000, nodes: 3, faults: ['kill'], seed: 11 } as const;

/** A trial that ends when it is told to, and has little to judge then, on a slow machine as on a fast one: its time is real. */
export const ENDLESS_SPEC = { world: 'processes', timeMs: 3_000_000, nodes: 3, faults: [], ratePerSecond: 20 } as const;
/** A simulated one that goes on for minutes, on a fast machine too. */
export const LONG_SPEC = { ...QUICK_SPEC, timeMs: 3_000_000, nodes: 7, clients: 60, ratePerSecond: 3000 } as const;

export interface Running extends Service {
  readonly directory: string;
  /** GET of a path, or a request as given. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** A JSON answer of the API, whatever its status. */
  api<T>(method: string, path: string, body?: unknown): Promise<{ status: number; json: T; headers: Headers }>;
  /** Waits for a job to end. */
  ended(job: number): Promise<Job>;
}

export interface Job {
  readonly job: number;
  readonly state: string;
  readonly trial: string | null;
  readonly outcome: string | null;
  readonly error: string | null;
}

export function scratchStore(): string {
  return mkdtempSync(join(tmpdir(), 'ordeal-service-'));
}

export async function runService(
  directory: string,
  limits: Partial<ServiceLimits> = {},
  options: Partial<ServiceOptions> = {},
): Promise<Running> {
  const service = await startService({
    store: directory,
    host: '127.0.0.1',
    port: 0,
    token: null,
    hostNames: [],
    publicBadge: false,
    ...options,
    limits: { ...DEFAULT_SERVICE_LIMITS, requestsPerMinute: 100_000, changesPerMinute: 100_000, ...limits },
  });
  const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(service.url + path, init);
  const api = async <T>(method: string, path: string, body?: unknown) => {
    const init: RequestInit =
      body === undefined
        ? { method }
        : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await ask(`/api/v1${path}`, init);
    const text = await response.text();
    return { status: response.status, json: (text === '' ? null : JSON.parse(text)) as T, headers: response.headers };
  };
  const ended = async (job: number): Promise<Job> => {
    for (;;) {
      const { json } = await api<Job>('GET', `/queue/${job}?wait=30`);
      if (json.state !== 'waiting' && json.state !== 'running') return json;
    }
  };
  return { ...service, directory, ask, api, ended };
}

export async function stopAndRemove(running: Running): Promise<void> {
  await running.stop();
  rmSync(running.directory, { recursive: true, force: true });
}
