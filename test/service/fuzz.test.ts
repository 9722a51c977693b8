import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBundle } from '../../history/bundle.ts';
import { HistoryError } from '../../history/formats/format.ts';
import { openStore } from '../../history/store.ts';
import { StoreError } from '../../history/store-error.ts';
import { takeBundle } from '../../service/work/take-bundle.ts';
import { judgeHistory, keepHistory } from '../../service/work/uploaded-history.ts';
import { scratchDirectory } from '../history/scratch.ts';
import { Contract, type Document } from './contract.ts';
import { anyRequest, megabytesInUse, sendOdd } from './fuzzing.ts';
import { fillStore } from './many-trials.ts';
import { type Running, runService, scratchStore, stopAndRemove } from './running.ts';

let service: Running;
let ids: string[];
beforeAll(async () => {
  const directory = scratchStore();
  ids = await fillStore(directory, 40);
  // Nothing runs: what is sent here is judged by the door alone. How uploads fare behind it is looked at below.
  service = await runService(directory, { trialsAtOnce: 0, waitingTrialsMax: 5, waitingChecksMax: 0 });
});
afterAll(() => stopAndRemove(service));

describe('whatever is sent to the API', () => {
  it('is answered as the document says, never with 500, and leaves no memory behind', async () => {
    const document = (await (await service.ask('/api/v1/openapi.json')).json()) as Document;
    const requests = anyRequest(document, ids);
    const contract = new Contract(document);
    const statuses = new Map<number, number>();
    const round = async (seed: number, count: number): Promise<void> => {
      for (const odd of fc.sample(requests, { numRuns: count, seed })) {
        const answer = await sendOdd(service.url, odd);
        const status = answer?.status ?? 0;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        const told = `${odd.method} ${odd.path} ${odd.body.toString('latin1').slice(0, 200)}`;
        expect([told, status]).not.toEqual([told, 500]);
        if (odd.id === null || answer === null) continue;
        expect([told, contract.wrong(odd.id, status, answer.type, answer.body)]).toEqual([told, null]);
      }
    };
    await round(1, 300);
    const before = megabytesInUse();
    await round(2, 300);
    expect(megabytesInUse() - before).toBeLessThan(15);
    // Both what is fine and what is not was among them.
    expect(statuses.get(200)).toBeGreaterThan(50);
    expect(statuses.get(400)).toBeGreaterThan(50);
  });
});

describe('an upload', () => {
  it('of a damaged history is judged, or refused in a sentence', async () => {
    const good = await (await service.ask(`/api/v1/trials/${ids[0]}/operations?limit=60`)).json();
    const text = Buffer.from((good as { operations: object[] }).operations.map((o) => JSON.stringify(o)).join('\n'));
    const directory = scratchDirectory();
    const store = openStore(directory, 'write');
    const path = join(directory, 'upload');
    const upload = { name: 'theirs', model: 'auto', format: 'auto' };
    const ends: string[] = [];
    const change = fc.tuple(
      fc.nat({ max: text.length - 1 }),
      fc.constantFrom(...Buffer.from('{}[]":,-0e\n\\\x00\xff', 'latin1')),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 5 }),
        fc.nat({ max: text.length }),
        fc.boolean(),
        async (changes, cut, zip) => {
          const changed = Buffer.from(text);
          for (const [at, byte] of changes) changed[at] = byte;
          writeFileSync(path, (zip ? gzipSync(changed) : changed).subarray(0, cut % 3 === 0 ? cut : undefined));
          try {
            const trial = await keepHistory(store, path, upload, '1');
            ends.push((await judgeHistory(store, trial)).outcome);
          } catch (error) {
            if (!(error instanceof HistoryError)) throw error;
            expect(error.message).toMatch(/^theirs: /);
            ends.push('refused');
          }
        },
      ),
      { numRuns: 60 },
    );
    store.close();
    expect(new Set(ends).size).toBeGreaterThan(1);
  });

  it('of a damaged bundle, its checksum made right again, is refused or taken in sound', async () => {
    const from = openStore(service.directory, 'read');
    const directory = scratchDirectory();
    const file = join(directory, 'bundle');
    writeBundle(from, ids[0] as string, file);
    from.close();
    const bytes = readFileSync(file);
    const head = bytes.indexOf('\n') + 1;
    const sqlite = gunzipSync(bytes.subarray(head));
    const into = openStore(join(directory, 'into'), 'write');
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: sqlite.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 }),
        (changes) => {
          const changed = Buffer.from(sqlite);
          for (const [at, byte] of changes) changed[at] = byte;
          const packed = gzipSync(changed, { level: 1 });
          const digest = createHash('sha256').update(packed).digest('hex');
          writeFileSync(file, Buffer.concat([Buffer.from(`ordeal-bundle 1 sha256 ${digest}\n`), packed]));
          try {
            expect(takeBundle(file, 'theirs', into)).toMatchObject({ state: 'finished' });
          } catch (error) {
            if (!(error instanceof StoreError)) throw error;
            expect(error.message).not.toContain(directory);
            refused++;
          }
        },
      ),
      { numRuns: 40 },
    );
    into.close();
    expect(refused).toBeGreaterThan(0);
  });
});
