import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, STORE_FILE } from '../../history/store.ts';
import { escapeText } from '../../reports/escape.ts';
import { ednHistory } from '../history/edn-history.ts';
import { Contract, type Document, operationsOf } from './contract.ts';
import {
  ENDLESS_SPEC,
  type Job,
  QUICK_SPEC,
  type Running,
  runService,
  scratchStore,
  stopAndRemove,
} from './running.ts';

const NO_READER_WROTE_IT =
  '{"process":0,"f":"write","value":1,"outcome":"ok","invokedAt":1,"completedAt":5}\n' +
  '{"process":1,"f":"read","result":2,"outcome":"ok","invokedAt":6,"completedAt":9}\n';

let service: Running;
let contract: Contract;
let trial: string;

/** Asks, and holds the answer against the document. */
async function call<T>(
  id: string,
  method: string,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; json: T }> {
  const response = await service.ask(`/api/v1${path}`, { method, ...init });
  const body = id === 'downloadBundle' ? '' : await response.text();
  const type = response.headers.get('content-type') ?? '';
  expect(contract.wrong(id, response.status, type, body)).toBeNull();
  return { status: response.status, json: (type.includes('json') ? JSON.parse(body) : body) as T };
}

const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});
const file = (body: string | ArrayBuffer): RequestInit => ({
  body,
  headers: { 'content-type': 'application/octet-stream' },
});

beforeAll(async () => {
  service = await runService(scratchStore(), { graceMs: 600_000 });
  contract = new Contract((await (await service.ask('/api/v1/openapi.json')).json()) as Document);
  const { json: job, status } = await call<Job>('startTrial', 'POST', '/trials', json({ spec: QUICK_SPEC }));
  expect(status).toBe(202);
  const ended = await service.ended(job.job);
  expect(ended).toMatchObject({ state: 'done', error: null });
  trial = ended.trial ?? '';
});
afterAll(() => stopAndRemove(service));

describe('the API', () => {
  it('lists, shows and pages what it ran', async () => {
    type Page = { trials: { id: string; outcome: string }[]; total: number; next: number | null };
    const { json: page } = await call<Page>('listTrials', 'GET', '/trials?world=simulator&workload=register&bug=none');
    expect(page).toMatchObject({ trials: [{ id: trial }], total: 1, next: null });
    expect((await call<Page>('listTrials', 'GET', '/trials?bug=no-dedupe')).json).toMatchObject({
      trials: [],
      total: 0,
    });
    expect((await call<Page>('listTrials', 'GET', '/trials?from=2100-01-01')).json.total).toBe(0);
    // The day it began on, which midnight may have ended since.
    const { startedAt } = (await call<{ startedAt: string }>('showTrial', 'GET', `/trials/${trial}`)).json;
    const date = startedAt.slice(0, 10);
    expect((await call<Page>('listTrials', 'GET', `/trials?from=${date}&to=${date}`)).json.total).toBe(1);
    expect((await call<Page>('listTrials', 'GET', '/trials?state=unfinished')).json.total).toBe(0);
    const { json: shown } = await call<{ sentence: string; operations: number }>(
      'showTrial',
      'GET',
      `/trials/${trial}`,
    );
    expect(shown).toMatchObject({ id: trial, state: 'finished', report: true, uploaded: false });
    const { json: verdict } = await call<{ statistics: { operations: number } }>(
      'showVerdict',
      'GET',
      `/trials/${trial}/verdict`,
    );
    expect(verdict.statistics.operations).toBe(shown.operations);
  });

  it('gives operations by key and time, page by page, each once', async () => {
    type Operations = { operations: { index: number; key: string; invokedAt: number }[]; next: number | null };
    const all = (await call<Operations>('listOperations', 'GET', `/trials/${trial}/operations?limit=5000`)).json
      .operations;
    const key = all[0]?.key ?? '';
    const from = all[5]?.invokedAt ?? 0;
    const expected = all.filter((o) => o.key === key && o.invokedAt >= from).map(({ index }) => index);
    const found: number[] = [];
    for (let after: number | null = -1; after !== null; ) {
      const path: string = `/trials/${trial}/operations?key=${encodeURIComponent(key)}&from=${from}&limit=7&after=${after}`;
      const { json: page }: { json: Operations } = await call<Operations>('listOperations', 'GET', path);
      found.push(...page.operations.map(({ index }) => index));
      after = page.next;
    }
    expect(expected.length).toBeGreaterThan(7);
    expect(found).toEqual(expected);
  });

  it('judges an uploaded history, and says of a file that is none what is wrong with it', async () => {
    const { json: good } = await call<Job>(
      'checkHistory',
      'POST',
      '/checks?name=mine.ndjson&model=register&nilReads=any&tuples=no',
      file(NO_READER_WROTE_IT),
    );
    const { json: bad } = await call<Job>('checkHistory', 'POST', '/checks?name=odd.txt', file('this is no history'));
    const judged = await service.ended(good.job);
    expect(judged).toMatchObject({ state: 'done', outcome: 'violation' });
    const { json: shown } = await call<object>('showTrial', 'GET', `/trials/${judged.trial}`);
    expect(shown).toMatchObject({
      uploaded: true,
      sentence: expect.stringContaining('2'),
      spec: { history: 'mine.ndjson', model: 'register', nilReads: 'any', tuples: false },
    });
    const page = await (await service.ask(`/queue/${good.job}`)).text();
    expect(page).toContain('judge the upload mine.ndjson, model register, nil says nothing, no tuples');
    const refused = await service.ended(bad.job);
    expect(refused).toMatchObject({ state: 'failed', trial: null });
    expect(refused.error).toMatch(/^odd\.txt: no known history format/);
    expect(refused.error).not.toContain(service.directory);
    const { json: misfit } = await call<Job>(
      'checkHistory',
      'POST',
      '/checks?name=reg.ndjson&model=mutex',
      file(NO_READER_WROTE_IT),
    );
    const told = await service.ended(misfit.job);
    expect(told).toMatchObject({ state: 'failed', trial: null });
    expect(told.error).toMatch(/^reg\.ndjson: line 1: operation 0 is called "write"; the model mutex knows/);
  });

  it('tells beside the outcome how an uploaded file was read', async () => {
    const tuples = ednHistory(
      ['write', '[:x 1]', '[:x 1]'],
      ['write', '[:<b> 2]', '[:<b> 2]'],
      ['read', '[:x nil]', '[:x 1]'],
    );
    const { json: job } = await call<Job>('checkHistory', 'POST', '/checks?name=keys.edn', file(tuples));
    const judged = await service.ended(job.job);
    expect(judged).toMatchObject({ state: 'done', outcome: 'pass', error: null });
    const id = judged.trial;
    const { json: shown } = await call<{ spec: { notes: string[] } }>('showTrial', 'GET', `/trials/${id}`);
    const page = await (await service.ask(`/trials/${id}`)).text();
    const [head = ''] = page.match(/<header class="verdict pass">.*?<\/header>/s) ?? [];
    expect(shown.spec.notes.length).toBeGreaterThan(1);
    expect([...head.matchAll(/<li>(.*?)<\/li>/g)].map(([, note]) => note)).toEqual(shown.spec.notes.map(escapeText));
  });

  it('says of a history that was kept and can not be judged why not, not that its recording was cut short', async () => {
    const store = openStore(service.directory, 'write');
    const id = store.createTrial({
      spec: { history: 'old.edn', format: 'ndjson', model: 'semaphore', notes: [], operations: 0 },
      ...{ seed: null, system: null, world: null, workload: null, nodes: [], startedAt: 1, provenance: {} },
    });
    store.close();
    // Its writer is gone, as one that was killed would be.
    const db = new BetterSqlite(join(service.directory, STORE_FILE));
    db.prepare("UPDATE trials SET writer_host = 'gone', heartbeat_at = 0 WHERE id = ?").run(id);
    db.close();
    const page = async (): Promise<string> => (await service.ask(`/trials/${id}`)).text();
    expect(await page()).toContain('This history has not been judged yet.');
    const { json: job } = await call<Job>('judgeTrial', 'POST', `/trials/${id}/judge`);
    expect(await service.ended(job.job)).toMatchObject({ state: 'failed' });
    expect(await page()).toContain('This history could not be judged: old.edn: the model semaphore needs to know');
    expect((await call('deleteTrial', 'DELETE', `/trials/${id}`)).status).toBe(204);
  });

  it('takes what a history begins with, and refuses at once what its model cannot begin with', async () => {
    const locked = [0, 1].map((process) =>
      JSON.stringify({ process, f: 'acquire', outcome: 'ok', invokedAt: process, completedAt: process + 5 }),
    );
    const judged = async (initial: number) => {
      const path = `/checks?name=locks.ndjson&model=semaphore&initial=${initial}`;
      const { json: job } = await call<Job>('checkHistory', 'POST', path, file(`${locked.join('\n')}\n`));
      const page = await (await service.ask(`/queue/${job.job}`)).text();
      expect(page).toContain(`judge the upload locks.ndjson, model semaphore, ${initial} at first`);
      return service.ended(job.job);
    };
    const two = await judged(2);
    expect([two.outcome, (await judged(1)).outcome]).toEqual(['pass', 'violation']);
    expect((await call<object>('showTrial', 'GET', `/trials/${two.trial}`)).json).toMatchObject({
      spec: { model: 'semaphore', initial: 2 },
    });
    const { json: again } = await call<Job>('judgeTrial', 'POST', `/trials/${two.trial}/judge`);
    expect(await service.ended(again.job)).toMatchObject({ state: 'done', outcome: 'pass' });
    for (const query of [
      'model=semaphore',
      'model=semaphore&initial=0',
      'model=counter&initial=many',
      'initial=',
      'initial={',
      'initial=1e999',
      `initial=${'1'.repeat(1001)}`,
    ]) {
      const { status, json: problem } = await call<object>('checkHistory', 'POST', `/checks?${query}`, file('x'));
      expect([query, status]).toEqual([query, 400]);
      expect(problem).toMatchObject({ errors: [{ path: 'query.initial' }] });
    }
  });

  it('hands a trial out as a bundle, deletes it, and takes it in again', async () => {
    const bundle = await (await service.ask(`/api/v1/trials/${trial}/bundle`)).arrayBuffer();
    await call('downloadBundle', 'GET', `/trials/${trial}/bundle`);
    const before = (await call<object>('showVerdict', 'GET', `/trials/${trial}/verdict`)).json;
    expect((await call('deleteTrial', 'DELETE', `/trials/${trial}`)).status).toBe(204);
    expect((await call('showTrial', 'GET', `/trials/${trial}`)).status).toBe(404);
    expect((await service.ask(`/trials/${trial}/report`)).status).toBe(404);
    const { json: job } = await call<Job>('importBundle', 'POST', '/bundles?name=b', file(bundle));
    const taken = await service.ended(job.job);
    expect(taken).toMatchObject({ state: 'done', error: null });
    expect((await call<object>('showVerdict', 'GET', `/trials/${taken.trial}/verdict`)).json).toEqual(before);
    trial = taken.trial ?? '';
  });

  it('judges again, runs again, cancels what waits, and compares', async () => {
    const { json: judging } = await call<Job>('judgeTrial', 'POST', `/trials/${trial}/judge`);
    const { json: first } = await call<Job>('startTrialAgain', 'POST', `/trials/${trial}/again`);
    const { json: second } = await call<Job>(
      'startTrial',
      'POST',
      '/trials',
      json({ spec: { ...QUICK_SPEC, seed: 12 } }),
    );
    expect((await call<Job>('cancelJob', 'DELETE', `/queue/${second.job}`)).json.state).toBe('cancelled');
    expect((await call('cancelJob', 'DELETE', `/queue/${second.job}`)).status).toBe(409);
    expect(await service.ended(judging.job)).toMatchObject({ state: 'done', trial });
    const other = (await service.ended(first.job)).trial;
    expect(other).not.toBe(trial);
    const { json: comparison } = await call<{ spec: unknown[]; sameSchedule: boolean }>(
      'compareTrials',
      'GET',
      `/compare?a=${trial}&b=${other}`,
    );
    expect(comparison).toMatchObject({ spec: [], sameSchedule: true });
    const { json: again } = await call<Job>('repeatJob', 'POST', `/queue/${second.job}/again`);
    expect((await call<Job>('cancelJob', 'DELETE', `/queue/${again.job}`)).status).toBe(202);
  });

  it('ends a running trial early, which is judged for what it is', async () => {
    const spec = ENDLESS_SPEC;
    const { json: job } = await call<Job>('startTrial', 'POST', '/trials', json({ spec }));
    const name = await new Promise<string>((resolve) => {
      const look = async (): Promise<void> => {
        const { json: now } = await call<Job>('showJob', 'GET', `/queue/${job.job}`);
        if (now.trial === null) setTimeout(look, 50);
        else resolve(now.trial);
      };
      void look();
    });
    expect((await call('deleteTrial', 'DELETE', `/trials/${name}`)).status).toBe(409);
    expect((await call('judgeTrial', 'POST', `/trials/${name}/judge`)).status).toBe(409);
    expect((await call('cancelTrial', 'POST', `/trials/${name}/cancel`)).status).toBe(202);
    expect(await service.ended(job.job)).toMatchObject({ state: 'cancelled', outcome: 'unknown' });
    expect((await call('cancelTrial', 'POST', `/trials/${name}/cancel`)).status).toBe(409);
    type Failures = { groups: { trials: { id: string }[] }[] };
    const { groups } = (await call<Failures>('listFailures', 'GET', '/failures')).json;
    expect(groups.flatMap(({ trials }) => trials.map(({ id }) => id))).not.toContain(name);
  });

  it('tells failures, trends, the standing, and a badge with its age', async () => {
    const { json: failures } = await call<{ groups: { count: number }[] }>('listFailures', 'GET', '/failures');
    expect(failures.groups.length).toBeGreaterThan(0);
    expect((await call<{ trends: unknown[] }>('showTrends', 'GET', '/trends')).json.trends.length).toBeGreaterThan(5);
    await call('showStanding', 'GET', '/standing');
    expect((await call<string>('showBadge', 'GET', '/badge.svg')).json).toMatch(/ago|just now/);
    await call('showQueue', 'GET', '/queue');
    await call('showReport', 'GET', `/trials/${trial}/report`);
  });

  it('answers what it does not understand with a problem that names the field', async () => {
    const asked: [string, string, string, RequestInit?][] = [
      ['listTrials', 'GET', '/trials?outcome=good'],
      ['listTrials', 'GET', '/trials?nonsense=1'],
      ['listTrials', 'GET', '/trials?limit=1&limit=2'],
      ['showTrial', 'GET', '/trials/%2e%2e%2fetc'],
      ['showJob', 'GET', '/queue/minus-one'],
      ['startTrial', 'POST', '/trials', json({ spec: { nodes: 100 } })],
      ['startTrial', 'POST', '/trials', json({ spec: { workload: 'registr' } })],
      ['startTrial', 'POST', '/trials', json([1])],
      ['startTrial', 'POST', '/trials', { body: '{"spec":', headers: { 'content-type': 'application/json' } }],
      ['checkHistory', 'POST', '/checks?name=a/b', file('x')],
      ['checkHistory', 'POST', '/checks?nilReads=zero', file('x')],
      ['checkHistory', 'POST', '/checks?tuples=perhaps', file('x')],
      ['checkHistory', 'POST', '/checks', file('')],
    ];
    for (const [id, method, path, init] of asked) {
      const { status, json: problem } = await call<{ detail: string }>(id, method, path, init);
      expect([path, status]).toEqual([path, 400]);
      expect(problem.detail.length).toBeGreaterThan(5);
    }
    expect(
      (await call('checkHistory', 'POST', '/checks', { body: 'x', headers: { 'content-type': 'image/png' } })).status,
    ).toBe(415);
    for (const [id, path] of [
      ['startTrial', '/trials'],
      ['importBundle', '/bundles'],
    ] as const) {
      const plain = { body: '{"spec":{}}', headers: { 'content-type': 'text/plain' } };
      expect([path, (await call(id, 'POST', path, plain)).status]).toEqual([path, 415]);
    }
    expect((await service.api('PUT', '/trials')).status).toBe(405);
    expect((await service.api('GET', '/nothing')).status).toBe(404);
  });

  it('was asked for everything that its document has, but for the stream', () => {
    const all = operationsOf(contract.document).map(({ operation }) => operation.operationId);
    expect(all.filter((id) => !contract.seen.has(id))).toEqual(['streamEvents']);
    expect(contract.document.openapi).toBe('3.1.0');
    expect(JSON.stringify(contract.document)).toContain('"maximum":3600000');
  });

  it('says how it is: alive, ready, and in numbers', async () => {
    expect((await service.ask('/health')).status).toBe(200);
    expect((await service.ask('/ready')).status).toBe(200);
    const metrics = await (await service.ask('/metrics')).text();
    expect(metrics).toMatch(/^ordeal_trials\{outcome="\w+"\} \d+$/m);
    expect(metrics).toMatch(/^ordeal_jobs_ended_total\{kind="trial",state="done",outcome="\w+"\} \d+$/m);
    expect(metrics).toMatch(/route="\/api\/v1\/trials\/:trial"/);
  });
});
