import { describe, expect, it } from 'vitest';
import { Client, type CommandOutcome } from '../../cluster/client.ts';
import type { ClientRequest, ErrorCode } from '../../cluster/replica/client-protocol.ts';
import type { Clock, RequestResult, World } from '../../cluster/world.ts';

/** A world of two nodes that answer from a script, on a clock that jumps from event to event. */
function scripted(answers: (node: string, request: ClientRequest, call: number) => RequestResult) {
  const queue: { at: number; fire: () => void }[] = [];
  let now = 0;
  let calls = 0;
  const asked: { node: string; request: ClientRequest }[] = [];
  const clock: Clock = {
    now: () => now,
    after(delayNs, fire) {
      const event = { at: now + delayNs, fire };
      queue.push(event);
      return () => void queue.splice(queue.indexOf(event), 1);
    },
  };
  const request: World['request'] = (node, asking, _timeoutNs, done) => {
    asked.push({ node, request: asking });
    const result = answers(node, asking, calls++);
    clock.after(1_000_000, () => done(result));
  };
  const world = { clock, nodes: ['n1', 'n2'], request } as unknown as World;
  const run = (): void => {
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      now = Math.max(now, event.at);
      event.fire();
      queue.sort((a, b) => a.at - b.at);
    }
  };
  let id = 0;
  const client = new Client({
    world,
    home: 'n1',
    nonce: 'test',
    nextRequestId: () => ++id,
    jitter: () => 0,
    attemptTimeoutNs: 50_000_000,
  });
  return { client, run, asked };
}

const ok = (result: number | boolean | null): RequestResult => ({
  kind: 'response',
  response: { id: 0, ok: true, result },
});
const error = (code: ErrorCode, definite: boolean, leader: string | null = null): RequestResult => ({
  kind: 'response',
  response: { id: 0, ok: false, error: code, definite, message: 'no', leader },
});
const silence: RequestResult = { kind: 'no-answer', reason: 'timeout' };
const put = { f: 'put', key: 'k', value: 1 } as const;

function outcomeOf(answers: Parameters<typeof scripted>[0], command: Parameters<Client['execute']>[0] = put) {
  const { client, run, asked } = scripted(answers);
  const outcomes: CommandOutcome[] = [];
  client.execute(command, 200_000_000, (outcome) => outcomes.push(outcome));
  run();
  expect(outcomes).toHaveLength(1);
  return { outcome: outcomes[0] as CommandOutcome, asked };
}

describe('a client of the cluster', () => {
  it('opens a session before its first write and follows the hint to the leader', () => {
    const { outcome, asked } = outcomeOf((node, request) =>
      node === 'n1' ? error('not-leader', true, 'n2') : ok(request.kind === 'open-session' ? 9 : null),
    );
    expect(outcome.outcome).toBe('ok');
    const last = asked.at(-1);
    expect(last).toMatchObject({ node: 'n2', request: { kind: 'command', session: 9, sequence: 1 } });
  });

  it('retries with the same session and sequence, so that the command applies once', () => {
    const { outcome, asked } = outcomeOf((_node, request, call) =>
      request.kind === 'open-session' ? ok(4) : call < 3 ? silence : ok(null),
    );
    expect(outcome.outcome).toBe('ok');
    const commands = asked.flatMap(({ request }) => (request.kind === 'command' ? [request] : []));
    expect(commands.length).toBeGreaterThan(1);
    expect(new Set(commands.map(({ session, sequence }) => `${session}:${sequence}`)).size).toBe(1);
  });

  it('calls a write unknown as soon as one attempt may have arrived, even if later ones are refused', () => {
    const { outcome } = outcomeOf((_node, request, call) =>
      request.kind === 'open-session' ? ok(4) : call === 1 ? silence : error('not-leader', true),
    );
    expect(outcome.outcome).toBe('info');
  });

  it('calls a write failed only if every attempt was surely refused', () => {
    const { outcome } = outcomeOf((_node, request) =>
      request.kind === 'open-session' ? ok(4) : error('not-leader', true),
    );
    expect(outcome.outcome).toBe('fail');
  });

  it('calls a write failed when no session could be opened: it was never sent', () => {
    expect(outcomeOf(() => silence).outcome.outcome).toBe('fail');
  });

  it('does not trust a closed session to tell whether an earlier attempt was applied', () => {
    const { outcome } = outcomeOf((_node, request, call) =>
      request.kind === 'open-session' ? ok(4) : call === 1 ? silence : error('bad-session', true),
    );
    expect(outcome.outcome).toBe('info');
  });

  it('reads without a session, at its home first', () => {
    const { outcome, asked } = outcomeOf(() => ok(5), { f: 'get', key: 'k' });
    expect(outcome).toMatchObject({ outcome: 'ok', result: 5, node: 'n1' });
    expect(asked.map(({ request }) => request.kind)).toEqual(['read']);
  });
});
