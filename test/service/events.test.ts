import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Job, QUICK_SPEC, type Running, runService, scratchStore, stopAndRemove } from './running.ts';

interface Event {
  readonly id: number | null;
  readonly kind: string;
  readonly data: { readonly job?: number };
}

let service: Running;
beforeAll(async () => {
  service = await runService(scratchStore(), { streamsMax: 4 });
});
afterAll(() => stopAndRemove(service));

/** Reads a stream of events until `enough`, then breaks the connection off. */
function read(
  path: string,
  enough: (events: readonly Event[]) => boolean,
  lastEventId?: number,
  url = service.url,
): Promise<Event[]> {
  return new Promise((resolve, reject) => {
    const headers = lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) };
    const asked = request(url + path, { headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const events = parsed(text);
        if (!enough(events)) return;
        asked.destroy();
        resolve(events);
      });
      answer.on('error', () => {});
    });
    asked.on('error', reject);
    asked.end();
  });
}

function parsed(text: string): Event[] {
  const blocks = text.split('\n\n').slice(0, -1);
  return blocks.flatMap((block) => {
    const field = (name: string): string | null => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null;
    const kind = field('event');
    const id = field('id');
    if (kind === null) return [];
    return [{ id: id === null ? null : Number(id), kind, data: JSON.parse(field('data') ?? '{}') as Event['data'] }];
  });
}

const has =
  (kind: string, times = 1) =>
  (events: readonly Event[]): boolean =>
    events.filter((event) => event.kind === kind).length >= times;

describe('the stream of events', () => {
  it('tells a trial from the queue to its end', async () => {
    const all = read('/api/v1/events?after=0', has('ended'));
    const { json: job } = await service.api<Job>('POST', '/trials', { spec: QUICK_SPEC });
    const kinds = (await all).filter(({ data }) => data.job === job.job).map(({ kind }) => kind);
    expect(kinds.slice(0, 3)).toEqual(['queued', 'began', 'trial']);
    expect(kinds.at(-1)).toBe('ended');
  });

  it('goes on after a broken connection where it was, missing nothing and repeating nothing', async () => {
    const idle = await runService(scratchStore(), { trialsAtOnce: 0 });
    // Breaks off after every second event, and comes back with what it saw last, while things go on happening.
    const seen: Event[] = [];
    const reading = (async (): Promise<void> => {
      while (!has('ended', 12)(seen)) {
        const enough = (events: readonly Event[]): boolean =>
          events.length >= 2 || has('ended', 12)([...seen, ...events]);
        seen.push(...(await read('/api/v1/events', enough, seen.at(-1)?.id ?? 0, idle.url)));
      }
    })();
    for (let n = 0; n < 12; n++) {
      const { json: job } = await idle.api<Job>('POST', '/trials', { spec: { ...QUICK_SPEC, seed: n } });
      await idle.api('DELETE', `/queue/${job.job}`);
    }
    await reading;
    const whole = await read('/api/v1/events?after=0', has('ended', 12), undefined, idle.url);
    expect(seen).toEqual(whole);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(24);
    await stopAndRemove(idle);
  });

  it('goes on after a restart of the service too', async () => {
    const first = await runService(scratchStore(), { trialsAtOnce: 0 });
    const { json: job } = await first.api<Job>('POST', '/trials', { spec: QUICK_SPEC });
    const [queued] = await read('/api/v1/events?after=0', has('queued'), undefined, first.url);
    await first.stop();
    const second = await runService(first.directory, { trialsAtOnce: 0 });
    await second.api('DELETE', `/queue/${job.job}`);
    const [next] = await read('/api/v1/events', has('ended'), queued?.id ?? -1, second.url);
    expect(next).toMatchObject({ id: (queued?.id ?? 0) + 1, kind: 'ended', data: { job: job.job } });
    await stopAndRemove(second);
  });

  it('can be narrowed to one job, and says when what was missed is gone', async () => {
    const idle = await runService(scratchStore(), { trialsAtOnce: 0 });
    for (const seed of [1, 2]) await idle.api<Job>('POST', '/trials', { spec: { ...QUICK_SPEC, seed } });
    for (const job of [1, 2]) await idle.api('DELETE', `/queue/${job}`);
    const events = await read('/api/v1/events?job=2&after=0', has('ended'), undefined, idle.url);
    expect(events.map(({ kind, data }) => [kind, data.job])).toEqual([
      ['queued', 2],
      ['ended', 2],
    ]);
    await stopAndRemove(idle);
    const [gap] = await read('/api/v1/events', has('gap'), 999_999);
    expect(gap).toMatchObject({ kind: 'gap', id: null });
  });

  it('is given to only so many readers', async () => {
    const open = await Promise.all([1, 2, 3, 4].map(() => service.ask('/api/v1/events')));
    const refused = await service.ask('/api/v1/events');
    expect(refused.status).toBe(503);
    await refused.text();
    await Promise.all(open.map((response) => response.body?.cancel()));
  });
});
