import { rmSync } from 'node:fs';
import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptSpec } from '../../service/accept-spec.ts';
import { isLoopback, isOurHost } from '../../service/security/loopback.ts';
import { Token } from '../../service/security/token.ts';
import { QUICK_SPEC, type Running, runService, scratchStore, stopAndRemove } from './running.ts';

const TOKEN = 'a-token-of-more-than-sixteen';
const BADGE = '/api/v1/badge.svg';

/** As fetch, but with any Host header. */
function raw(
  url: string,
  method: string,
  headers: Record<string, string>,
  body = '',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      { method, headers: { ...headers, 'content-length': Buffer.byteLength(body) } },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

describe('where the service listens', () => {
  it('is nowhere beyond loopback without a token, and with none that can be guessed', async () => {
    const store = scratchStore();
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'example.org'])
      await expect(runService(store, {}, { host })).rejects.toThrow(/ORDEAL_TOKEN/);
    await expect(runService(store, {}, { host: '0.0.0.0', token: 'short' })).rejects.toThrow(/16 to 500/);
    await expect(runService(store, {}, { token: 'with a space in it, long' })).rejects.toThrow(/visible/);
    const running = await runService(store, {}, { host: '0.0.0.0', token: TOKEN });
    await stopAndRemove({ ...running, directory: store });
  });

  it('is told from addresses alone', () => {
    expect(['127.0.0.1', '127.8.8.8', '::1', 'localhost'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '10.0.0.1', '1127.0.0.1', '127.0.0.1.example.org', ''].some(isLoopback)).toBe(false);
  });

  it('is refused for a port that is taken', async () => {
    const first = await runService(scratchStore());
    const store = scratchStore();
    await expect(runService(store, {}, { port: Number(new URL(first.url).port) })).rejects.toThrow(/EADDRINUSE/);
    rmSync(store, { recursive: true });
    await stopAndRemove(first);
  });
});

describe('a Host header', () => {
  it('is ours if it is an address, this machine, or a name that was allowed', () => {
    for (const host of ['127.0.0.1:7070', '[::1]:7070', 'localhost', 'LOCALHOST:80', '10.0.0.7', 'ci.example.org:443'])
      expect([host, isOurHost(host, ['ci.example.org'])]).toEqual([host, true]);
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.nip.io',
      'a@localhost',
      '',
      'localhost:80:80',
    ])
      expect([host, isOurHost(host, [])]).toEqual([host, false]);
    expect(isOurHost(undefined, [])).toBe(false);
  });
});

describe('a token', () => {
  it('is taken as itself and as the cookie made from it, and nothing else is', () => {
    const token = new Token(TOKEN);
    const cookie = token.sessionCookie.split(';')[0] ?? '';
    expect(token.isIn({ authorization: `Bearer ${TOKEN}` })).toBe(true);
    expect(token.isIn({ cookie: `other=1; ${cookie}` })).toBe(true);
    expect(new Token(`${TOKEN}2`).isIn({ cookie })).toBe(false);
    expect(token.sessionCookie).not.toContain(TOKEN);
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(text !== TOKEN && !text.includes(cookie));
        expect(token.isIn({ authorization: `Bearer ${text}`, cookie: `ordeal-session=${text}` })).toBe(false);
      }),
    );
  });
});

describe('a spec from a request', () => {
  it('names no path, no program and no other system, and ends in good time', () => {
    const refused = (spec: object): void => {
      expect(() => acceptSpec({ ...QUICK_SPEC, ...spec })).toThrow();
    };
    expect(acceptSpec(QUICK_SPEC).nodes).toBe(3);
    refused({ store: '/etc' });
    refused({ system: '/bin/sh' });
    refused({ workload: '../../x' });
    refused({ timeMs: 86_400_000 });
    refused({ check: { timeMs: 86_400_000 } });
    refused({ check: { memoryMb: 60_000 } });
    refused({ schedule: [{ kind: 'kill', at: 0, lasts: 1, asked: { summary: '/etc/passwd' } }] });
    refused({ nodes: 1e9 });
    expect(() => acceptSpec(null)).toThrow();
    expect(() => acceptSpec('spec')).toThrow();
  });
});

describe('the gate', () => {
  let service: Running;
  beforeAll(async () => {
    service = await runService(scratchStore(), { requestsPerMinute: 80, changesPerMinute: 12 }, { token: TOKEN });
  });
  afterAll(() => stopAndRemove(service));
  const bearer = { authorization: `Bearer ${TOKEN}` };

  it('asks for the token everywhere but for health, readiness and the way in', async () => {
    for (const path of ['/', '/trials', '/api/v1/trials', '/api/v1/openapi.json', '/metrics', '/api/v1/events', BADGE])
      expect([path, (await service.ask(path)).status]).toEqual([path, 401]);
    for (const path of ['/health', '/ready', '/login'])
      expect([path, (await service.ask(path)).status]).toEqual([path, 200]);
    expect((await service.ask('/trials', { headers: bearer })).status).toBe(200);
    const wrong = await service.ask('/login', { method: 'POST', body: new URLSearchParams({ token: 'x' }) });
    expect(wrong.status).toBe(401);
    const right = await service.ask('/login', {
      method: 'POST',
      body: new URLSearchParams({ token: TOKEN }),
      redirect: 'manual',
    });
    const cookie = right.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await service.ask('/', { headers: { cookie: cookie.split(';')[0] ?? '' } })).status).toBe(200);
  });

  it('shows the badge to everybody where that was asked for, and nothing else', async () => {
    const open = await runService(scratchStore(), {}, { token: TOKEN, publicBadge: true });
    const badge = await open.ask(BADGE);
    expect([badge.status, badge.headers.get('content-type')]).toEqual([200, 'image/svg+xml; charset=utf-8']);
    for (const path of ['/', '/api/v1/standing', '/api/v1/trials', `${BADGE}/`, '/metrics'])
      expect([path, (await open.ask(path)).status]).toEqual([path, 401]);
    expect((await open.ask(BADGE, { method: 'POST' })).status).not.toBe(200);
    await stopAndRemove(open);
  });

  it('does not answer to another name, nor to another site', async () => {
    const url = `${service.url}/trials`;
    expect((await raw(url, 'GET', { ...bearer, host: 'rebound.example' })).status).toBe(421);
    const post = `${service.url}/api/v1/trials`;
    const body = '{"spec":{}}';
    const type = { 'content-type': 'application/json' };
    for (const origin of ['http://evil.example', 'null', `${service.url}.evil.example`, 'http://127.0.0.1:1'])
      expect((await raw(post, 'POST', { ...bearer, ...type, origin }, body)).status).toBe(403);
    expect((await raw(post, 'POST', { ...bearer, ...type, 'sec-fetch-site': 'cross-site' }, body)).status).toBe(403);
    // Our own page, and what is wrong then is the body.
    expect((await raw(post, 'POST', { ...bearer, ...type, origin: service.url }, '{}')).status).toBe(400);
  });

  it('sends a strict policy with every page, and no word of what it is made of', async () => {
    const { headers } = await service.ask('/login');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('takes only so many requests a minute', async () => {
    const statuses = [];
    for (let n = 0; n < 14; n++)
      statuses.push((await service.ask('/trials/none/judge', { method: 'POST', headers: bearer })).status);
    expect(statuses).toContain(429);
    // A minute may end on the way, and the count begin anew: so many that one of two minutes has too many.
    let last = await service.ask('/health');
    for (let n = 0; n < 160 && last.status !== 429; n++) last = await service.ask('/health');
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('limits on what is sent', () => {
  it('refuse a body, an upload and a queue that are too large, and keep nothing of them', async () => {
    const service = await runService(scratchStore(), {
      uploadBytesMax: 1000,
      waitingTrialsMax: 0,
      waitingChecksMax: 1,
    });
    const upload = (bytes: number, chunked: boolean): Promise<Response> => {
      const body = Buffer.alloc(bytes, 'a');
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue(body);
          controller.close();
        },
      });
      const headers = { 'content-type': 'application/octet-stream' };
      const init = { method: 'POST', headers, body: chunked ? stream : body, duplex: 'half' };
      return service.ask('/api/v1/checks', init as RequestInit);
    };
    expect((await upload(1001, false)).status).toBe(413);
    expect((await upload(1001, true)).status).toBe(413);
    const big = JSON.stringify({ spec: { schedule: 'x'.repeat(2_000_000) } });
    const json = { 'content-type': 'application/json' };
    expect((await service.ask('/api/v1/trials', { method: 'POST', headers: json, body: big })).status).toBe(413);
    const full = await service.api('POST', '/trials', { spec: QUICK_SPEC });
    expect(full).toMatchObject({ status: 503, json: { code: 'queue-full' } });
    expect((await service.api<{ waiting: unknown[] }>('GET', '/queue')).json.waiting).toEqual([]);
    await stopAndRemove(service);
  });
});
