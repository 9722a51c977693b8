/** Starting and stopping the service: the store, the queue and the server, in an order that loses nothing. */

import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { openDatabase, openStore, STORE_FILE } from '../history/store.ts';
import { indexTrials, TrialListing } from '../history/trial-listing.ts';
import { InputError } from '../trial/input-error.ts';
import { Streams } from './api/events.ts';
import { createApp } from './app.ts';
import { Desk } from './desk.ts';
import { EventLog } from './events/event-log.ts';
import { Failures } from './failures.ts';
import { createMetrics } from './metrics.ts';
import { NightMemory } from './nights.ts';
import type { ServiceOptions } from './options.ts';
import { JobTable } from './queue/jobs.ts';
import { Keeper } from './queue/keeper.ts';
import { openServiceDatabase } from './queue/service-database.ts';
import { isLoopback } from './security/loopback.ts';
import { TOKEN_CHARS_MIN } from './security/token.ts';
import { Errands } from './work/errand-pool.ts';

export interface Service {
  /** "http://127.0.0.1:7070" */
  readonly url: string;
  /** Takes nothing more, has what runs conclude, and closes the store. */
  stop(): Promise<void>;
}

/** A request's headers, and a whole request, have to arrive within these. */
const HEADERS_MS_MAX = 10_000;
const REQUEST_MS_MAX = 120_000;
/** How often connections are looked at for that. */
const CHECKED_EVERY_MS = 5_000;
const KEEP_ALIVE_MS = 5_000;
const HEADERS_BYTES_MAX = 16_384;
/** Answers that are being written when the service stops. */
const LAST_ANSWERS_MS = 2_000;

/** Throws InputError for an address it must not listen on, StoreError for a store that can't be used. */
export async function startService(options: ServiceOptions): Promise<Service> {
  refuseUnsafe(options);
  const directory = resolve(options.store);
  // Before anything is read only: makes the store where it is missing, brings an older one up to date, and indexes it.
  const file = join(directory, STORE_FILE);
  const writable = openDatabase(file, 'write');
  indexTrials(writable);
  writable.close();
  const own = openServiceDatabase(directory);
  const store = openStore(directory, 'read');
  const reading = openDatabase(file, 'read');
  rmSync(join(directory, 'bundles'), { recursive: true, force: true });
  mkdirSync(join(directory, 'reports'), { recursive: true });

  const listing = new TrialListing(reading);
  const jobs = new JobTable(own);
  const events = new EventLog(own);
  const errands = new Errands(directory);
  const failures = new Failures(store, listing);
  const nights = new NightMemory(directory);
  const streams = new Streams(options.limits.streamsMax);
  const metrics = createMetrics({ jobs, listing, streams: () => streams.count });
  const keeper = new Keeper({
    jobs,
    events,
    store,
    listing,
    limits: options.limits,
    onEnded: (job) => {
      metrics.jobEnded(job);
      if (job.trial === null) return;
      failures.changed(job.trial);
      errands.changed(job.trial);
    },
  });
  const desk = new Desk({ store, listing, jobs, keeper, events, errands, failures, nights, limits: options.limits });
  let stopping = false;
  const unready = (): string | null => {
    if (stopping) return 'the service is stopping';
    try {
      listing.page({}, 1);
      jobs.count('waiting');
      return null;
    } catch {
      return 'the store can not be read';
    }
  };
  const app = createApp({ options, desk, streams, metrics, unready });

  const server = createServer({ maxHeaderSize: HEADERS_BYTES_MAX, connectionsCheckingInterval: CHECKED_EVERY_MS }, app);
  server.headersTimeout = HEADERS_MS_MAX;
  server.requestTimeout = REQUEST_MS_MAX;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxConnections = options.limits.connectionsMax;
  const close = async (): Promise<void> => {
    await errands.close();
    nights.close();
    reading.close();
    store.close();
    own.close();
  };
  try {
    await listen(server, options);
  } catch (error) {
    await close();
    throw error;
  }
  keeper.start();
  return {
    url: urlOf(options.host, (server.address() as AddressInfo).port),
    async stop() {
      stopping = true;
      const closed = new Promise<void>((done) => server.close(() => done()));
      streams.end();
      server.closeIdleConnections();
      await keeper.stop();
      setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS).unref();
      await closed;
      await close();
    },
  };
}

/** Beyond this machine everybody could start trials, read and delete: only with a token. */
function refuseUnsafe({ host, token }: ServiceOptions): void {
  if (token === null && !isLoopback(host))
    throw new InputError(
      `"${host}" is not this machine alone: set ORDEAL_TOKEN to a token of ${TOKEN_CHARS_MIN} characters or more, or listen on 127.0.0.1`,
    );
  if (token !== null && !/^[\x21-\x7e]{16,500}$/.test(token))
    throw new InputError(
      `the token needs ${TOKEN_CHARS_MIN} to 500 visible ASCII characters: for example \`openssl rand -hex 32\``,
    );
}

function listen(server: Server, { host, port }: ServiceOptions): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      failed(new InputError(`cannot listen on ${host}:${port} (${error.code}): choose another --port or --host`));
    });
    server.listen(port, host, () => done());
  });
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
