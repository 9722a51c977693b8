/**
 * How quick the service's pages are with many trials in the store: npx tsx bench/service.ts [trials]
 * Fills a store in a temporary directory, starts the service in a process of its own on a free port of loopback, and asks each
 * page for a few seconds with autocannon. Requests per second, latency at the 50th and 99th percentile, and the processor time
 * of the service for one request, which is the same on a machine that has other things to do.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { fillStore } from '../test/service/many-trials.ts';

const TRIALS = Number(process.argv[2] ?? 10_000);
const SECONDS = 5;
const CONNECTIONS = 8;

const PAGES: readonly (readonly [name: string, path: (ids: readonly string[]) => string])[] = [
  ['overview', () => '/'],
  ['trials, newest', () => '/trials'],
  ['trials, filtered', () => '/trials?outcome=broken&world=processes'],
  ['trials, in the middle', (ids) => `/trials?before=${Math.floor(ids.length / 2)}`],
  ['trials, by name', () => '/trials?name=004711'],
  ['one trial', (ids) => `/trials/${ids[10]}`],
  ['its report', (ids) => `/trials/${ids[0]}/report`],
  ['two compared', (ids) => `/compare?t=${ids[10]}&t=${ids[20]}`],
  ['failures', () => '/failures'],
  ['queue', () => '/queue'],
  ['API: list', () => '/api/v1/trials?limit=50'],
  ['API: one trial', (ids) => `/api/v1/trials/${ids[10]}`],
  ['API: operations of a key', (ids) => `/api/v1/trials/${ids[10]}/operations?key=k0&limit=100`],
  ['badge', () => '/api/v1/badge.svg'],
];

const directory = mkdtempSync(join(tmpdir(), 'ordeal-service-bench-'));
let service: ChildProcess | null = null;
try {
  const began = performance.now();
  const ids = await fillStore(directory, TRIALS);
  const megabytes = statSync(join(directory, 'ordeal.sqlite')).size / 1e6;
  console.log(
    `${ids.length} trials, ${megabytes.toFixed(0)} MB, written in ${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
  service = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('service-main.ts', import.meta.url)), directory],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [said] = (await once(service.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const url = String(said).trim();
  console.log(`load before: ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`);
  console.log('page                          first ms  requests/s    p50 ms    p99 ms    CPU ms   not 2xx');
  for (const [name, path] of PAGES) {
    const address = url + path(ids);
    const first = performance.now();
    const answer = await fetch(address, { headers: { connection: 'close' } });
    await answer.arrayBuffer();
    const firstMs = performance.now() - first;
    if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
    const cpuBefore = await cpuSeconds(url);
    const { requests, latency, non2xx } = await autocannon({
      url: address,
      connections: CONNECTIONS,
      duration: SECONDS,
    });
    const cpuMs = (1000 * ((await cpuSeconds(url)) - cpuBefore)) / Math.max(1, requests.total);
    const cells = [
      firstMs.toFixed(1),
      requests.average.toFixed(0),
      latency.p50.toFixed(0),
      latency.p99.toFixed(0),
      cpuMs.toFixed(2),
      String(non2xx),
    ];
    console.log(name.padEnd(28) + cells.map((cell) => cell.padStart(10)).join(''));
  }
} finally {
  service?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
}

/** Processor time that the service has taken so far. */
async function cpuSeconds(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
  return Number(/^ordeal_process_cpu_seconds_total (\S+)$/m.exec(metrics)?.[1]);
}
