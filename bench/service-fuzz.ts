/**
 * Many odd requests, drawn from the OpenAPI document: npx tsx bench/service-fuzz.ts [requests] [seed]. Counts the statuses,
 * holds every answer against the document, and tells the memory in use after each part. Ends with code 1 for a 500, an answer
 * that the document does not have, or memory that grows.
 */

import fc from 'fast-check';
import { Contract, type Document } from '../test/service/contract.ts';
import { anyRequest, megabytesInUse, sendOdd } from '../test/service/fuzzing.ts';
import { fillStore } from '../test/service/many-trials.ts';
import { runService, scratchStore, stopAndRemove } from '../test/service/running.ts';

const REQUESTS = Number(process.argv[2] ?? 20_000);
const SEED = Number(process.argv[3] ?? 1);
const PARTS = 10;
/** More than this from the second part to the last one is growth. */
const GROWTH_MB_MAX = 20;

const directory = scratchStore();
const ids = await fillStore(directory, 200);
const service = await runService(directory, {
  trialsAtOnce: 0,
  waitingChecksMax: 0,
  requestsPerMinute: 1e9,
  changesPerMinute: 1e9,
});
const contract = new Contract((await (await service.ask('/api/v1/openapi.json')).json()) as Document);
const requests = anyRequest(contract.document, ids);
const statuses = new Map<number, number>();
const wrong: string[] = [];
const memory: number[] = [];
for (let part = 0; part < PARTS; part++) {
  for (const odd of fc.sample(requests, { numRuns: Math.ceil(REQUESTS / PARTS), seed: SEED * 1000 + part })) {
    const answer = await sendOdd(service.url, odd);
    const status = answer?.status ?? 0;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 500) wrong.push(`500: ${odd.method} ${odd.path}`);
    if (answer === null || odd.id === null) continue;
    const told = contract.wrong(odd.id, status, answer.type, answer.body);
    if (told !== null) wrong.push(`${odd.method} ${odd.path}: ${told}`);
  }
  memory.push(megabytesInUse());
  console.log(`part ${part + 1} of ${PARTS}: ${memory.at(-1)?.toFixed(1)} MB in use`);
}
await stopAndRemove(service);
console.log(
  [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, times]) => `${status}: ${times}`)
    .join(', '),
);
const growth = (memory.at(-1) ?? 0) - (memory[1] ?? 0);
console.log(`growth from the second part to the last: ${growth.toFixed(1)} MB`);
for (const line of wrong.slice(0, 20)) console.log(line);
process.exitCode = wrong.length > 0 || growth > GROWTH_MB_MAX ? 1 : 0;
