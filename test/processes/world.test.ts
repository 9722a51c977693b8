import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processState } from '../../cluster/processes/child.ts';
import { type ProcessesWorld, startProcessesWorld } from '../../cluster/processes/world.ts';
import type { ClientRequest, ClientResponse } from '../../cluster/replica/client-protocol.ts';
import { CLEAR_LINK, type Evidence, type RequestResult } from '../../cluster/world.ts';
import type { Json } from '../../history/operation.ts';
import type { NodeEvent } from '../../history/trial-records.ts';
import { FIVE, SETTINGS, startFive } from './fixtures/cluster-of-five.ts';

const SECOND = 1_000_000_000;

const QUIET = { nodeEvent: () => {}, logLine: () => {}, message: () => {}, failure: () => {} };

/** A world of one node. */
function startOne(directory: string, nodeSource?: string, failure: (reason: string) => void = () => {}) {
  const options = { nodes: ['n1'], founders: ['n1'], replica: SETTINGS, seed: 1, directory };
  return startProcessesWorld(nodeSource === undefined ? options : { ...options, nodeSource }, { ...QUIET, failure });
}

/** The program of a node whose replica throws at its first request. */
function crashingNode(directory: string): string {
  const run = fileURLToPath(new URL('../../cluster/processes/node-run.ts', import.meta.url));
  const file = path.join(directory, 'crashing.ts');
  fs.writeFileSync(
    file,
    `import { runNode } from ${JSON.stringify(run)};
    runNode(JSON.parse(process.argv[2]), () => ({
      onFrame() {}, onRequest() { throw new Error('never seen before'); }, status() { return {}; },
    }));`,
  );
  return file;
}

type Body = ClientRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;

describe('a world of five processes', () => {
  let directory: string;
  let world: ProcessesWorld;
  let ids = 0;
  const events: NodeEvent[] = [];
  const failures: { reason: string; detail: Json }[] = [];

  beforeAll(async () => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ordeal-world-'));
    world = await startFive(directory, {
      nodeEvent: (event) => events.push(event),
      logLine: () => {},
      message: () => {},
      failure: (reason, detail) => failures.push({ reason, detail }),
    });
  });
  afterAll(async () => {
    const pids = world.pids();
    await world.stop({ removeFiles: true });
    expect(pids.filter((pid) => processState(pid) !== null)).toEqual([]);
    expect(fs.readdirSync(directory)).toEqual([]);
    fs.rmSync(directory, { recursive: true, force: true });
  });

  /** Patient: a machine that stands still for a while is nobody's fault. */
  const ask = (node: string, body: Body, timeoutNs = 120 * SECOND): Promise<RequestResult> =>
    new Promise((resolve) => world.request(node, { ...body, id: ++ids } as ClientRequest, timeoutNs, resolve));
  const act = (start: (done: (evidence: Evidence) => void) => void): Promise<Evidence> => new Promise(start);

  /** Asks node after node until one answers ok. */
  async function served(body: Body): Promise<Extract<ClientResponse, { result: unknown }>> {
    for (let turn = 0; ; turn++) {
      const result = await ask(FIVE[turn % FIVE.length] as string, body, SECOND / 2);
      if (result.kind === 'response' && result.response.ok && 'result' in result.response) return result.response;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function leader(): Promise<string> {
    for (;;) {
      const leads = FIVE.find((node) => {
        const { state, status } = world.view(node);
        return state === 'running' && status?.role === 'leader';
      });
      if (leads !== undefined) return leads;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** As the event of its last start says. */
  const pidOf = (node: string): number => {
    const started = events.findLast((event) => event.node === node && event.kind === 'started');
    return (started as NodeEvent & { detail: { pid: number } }).detail.pid;
  };

  const put = async (key: string, value: Json): Promise<void> => {
    const nonce = `${key}-${JSON.stringify(value)}`;
    const session = (await served({ kind: 'open-session', nonce })).result as number;
    await served({ kind: 'command', session, sequence: 1, command: { f: 'put', key, value } });
  };
  const get = async (key: string): Promise<Json> =>
    (await served({ kind: 'read', command: { f: 'get', key } })).result as Json;

  it('elects a leader and commits', async () => {
    await put('a', 1);
    expect(await get('a')).toBe(1);
    const counts = await new Promise<readonly { delivered: number }[]>((resolve) => world.linkCounts(resolve));
    expect(counts).toHaveLength(20);
    expect(counts.filter(({ delivered }) => delivered > 0).length).toBeGreaterThanOrEqual(6);
    for (const node of FIVE) {
      const kinds = events.filter((event) => event.node === node).map(({ kind }) => kind);
      expect(kinds).toEqual(expect.arrayContaining(['started', 'serving', 'status']));
    }
  });

  it('keeps what was written when its leader is killed, and serves from the restarted node', async () => {
    const victim = await leader();
    await put('b', 2);
    const killed = await act((done) => world.kill(victim, done));
    expect(killed).toMatchObject({ signal: 'SIGKILL', gone: true, before: 'running' });
    expect(world.view(victim).state).toBe('killed');
    expect(await ask(victim, { kind: 'status' })).toMatchObject({ kind: 'not-sent' });
    const restarted = await act((done) => world.restart(victim, done));
    expect(restarted).toMatchObject({ served: true, starts: 2 });
    expect(await ask(victim, { kind: 'status' })).toMatchObject({ kind: 'response', response: { ok: true } });
    expect(await get('b')).toBe(2);
  });

  it('shows a paused node as stopped, gets no answer from it, and an answer after it is resumed', async () => {
    const evidence = await act((done) => world.pause('n2', done));
    expect(evidence).toMatchObject({ signal: 'SIGSTOP', processState: 'T' });
    expect(world.view('n2').state).toBe('paused');
    expect(await ask('n2', { kind: 'status' }, SECOND / 20)).toMatchObject({ kind: 'no-answer' });
    const resumed = await act((done) => world.resume('n2', done));
    expect(resumed.processState).not.toBe('T');
    expect(await ask('n2', { kind: 'status' })).toMatchObject({ kind: 'response' });
  });

  it('sets a clock, shows what the node then reads, and keeps it over a kill', async () => {
    const jumped = await act((done) => world.setClock('n3', { offsetNs: 5 * SECOND, ratePpm: 500_000 }, done));
    expect(jumped.ratePpm).toBe(500_000);
    expect(jumped.aheadNs).toBeGreaterThanOrEqual(5 * SECOND);
    await act((done) => world.kill('n3', done));
    await act((done) => world.restart('n3', done));
    const later = await act((done) => world.setClock('n3', { offsetNs: 0, ratePpm: 0 }, done));
    expect(later.aheadNs).toBeGreaterThan(jumped.aheadNs as number);
    const reset = await act((done) => world.resetClock('n3', done));
    expect(reset).toMatchObject({ aheadNs: 0, ratePpm: 0 });
  });

  it('says of a request that is too large for a frame that it was not sent', async () => {
    const body: Body = { kind: 'read', command: { f: 'get', key: 'x'.repeat(17 * 1024 * 1024) } };
    const answer = await ask('n1', body);
    expect(answer).toEqual({ kind: 'not-sent', reason: expect.stringContaining('larger than the limit') });
  });

  it('runs beside another world, which ends without touching it', async () => {
    const beside = fs.mkdtempSync(path.join(os.tmpdir(), 'ordeal-world-'));
    const other = await startOne(beside);
    const pids = other.pids();
    expect(pids.filter((pid) => world.pids().includes(pid))).toEqual([]);
    await other.stop({ removeFiles: true });
    expect(pids.filter((pid) => processState(pid) !== null)).toEqual([]);
    // A fault that was still under way may want it back: then nobody would end it any more.
    const [late] = other.nodes as [string];
    expect(await act((done) => other.restart(late, done))).toMatchObject({ served: false, note: 'the trial is over' });
    expect(other.pids().filter((pid) => processState(pid) !== null)).toEqual([]);
    expect(world.pids()).toHaveLength(6);
    expect(await get('a')).toBe(1);
    fs.rmSync(beside, { recursive: true, force: true });
  });

  it('reports a replica that throws, with what it threw', async () => {
    const beside = fs.mkdtempSync(path.join(os.tmpdir(), 'ordeal-world-'));
    const seen: string[] = [];
    const other = await startOne(beside, crashingNode(beside), (reason) => seen.push(reason));
    const answer = await new Promise<RequestResult>((resolve) =>
      other.request('n1', { kind: 'status', id: 1 }, 120 * SECOND, resolve),
    );
    expect(answer.kind).toBe('no-answer');
    while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(seen).toEqual(['node n1 ended unasked (exit code 19): crashed: never seen before']);
    await other.stop();
    fs.rmSync(beside, { recursive: true, force: true });
  });

  it('separates nodes with a cut and joins them again', async () => {
    const alone = await leader();
    const others = FIVE.filter((node) => node !== alone);
    const links = others.flatMap((node) => [
      { from: alone, to: node },
      { from: node, to: alone },
    ]);
    const set = (rule: typeof CLEAR_LINK): Promise<void> =>
      new Promise((resolve) =>
        world.setLinks(
          links.map((link) => ({ ...link, rule })),
          resolve,
        ),
      );
    await set({ ...CLEAR_LINK, cut: true });
    await put('c', 3);
    const counts = await new Promise<readonly { from: string; dropped: number }[]>((resolve) =>
      world.linkCounts(resolve),
    );
    expect(counts.some(({ from, dropped }) => from === alone && dropped > 0)).toBe(true);
    await set(CLEAR_LINK);
    for (let answer: RequestResult | null = null; ; ) {
      answer = await ask(alone, { kind: 'read', command: { f: 'get', key: 'c' } }, SECOND / 10);
      if (answer.kind === 'response' && answer.response.ok) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });

  it('slows a disk and fills it: the node then halts, which is no failure of the harness', async () => {
    const slow = await act((done) => world.setDisk('n4', { disk: 'slow', delayNs: 20_000_000 }, done));
    expect((slow.probe as { syncNs: number }).syncNs).toBeGreaterThanOrEqual(19_000_000);
    const full = await act((done) => world.setDisk('n4', { disk: 'full' }, done));
    expect(full.probe).toEqual({ error: 'ENOSPC' });
    while (world.view('n4').state !== 'exited') await put('d', ++ids);
    const exited = (): NodeEvent | undefined => events.findLast(({ node, kind }) => node === 'n4' && kind === 'exited');
    while (exited() === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(exited()?.detail).toMatchObject({ asked: false, code: 21, expected: true, halt: { code: 'disk-full' } });
    await act((done) => world.setDisk('n4', { disk: 'healthy' }, done));
    expect(await act((done) => world.restart('n4', done))).toMatchObject({ served: true });
  });

  it('does not let a node come back under its name when its disk was wiped', async () => {
    expect(await act((done) => world.wipe('n5', done))).toMatchObject({ wiped: false });
    await act((done) => world.kill('n5', done));
    expect(await act((done) => world.wipe('n5', done))).toMatchObject({ wiped: true });
    const answer = await act((done) => world.restart('n5', done));
    expect(answer).toMatchObject({ served: false, halt: { code: 'unsupported' } });
    expect(failures).toEqual([]);
  });

  it('reports a node that dies unasked, with its exit code and its last words', async () => {
    const pid = pidOf('n3');
    await act((done) => world.kill('n3', done));
    const nodeFiles = path.join(directory, 'nodes', 'n3');
    for (const file of fs.readdirSync(nodeFiles)) {
      const bytes = fs.readFileSync(path.join(nodeFiles, file));
      bytes.fill(0xff, 0, Math.floor(bytes.length / 2));
      fs.writeFileSync(path.join(nodeFiles, file), bytes);
    }
    expect(await act((done) => world.restart('n3', done))).toMatchObject({ served: false });
    expect(failures).toHaveLength(1);
    expect(failures[0]?.reason).toContain('node n3 ended unasked (exit code 20)');
    expect(failures[0]?.detail).toMatchObject({ node: 'n3', code: 20, halt: { code: 'corrupt' } });
    expect(failures[0]?.detail).toMatchObject({ output: [expect.stringContaining('is damaged')] });
    expect(processState(pid)).toBeNull();
  });

  it('reports a node that is killed by someone else', async () => {
    failures.length = 0;
    process.kill(pidOf('n1'), 'SIGKILL');
    while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(failures[0]?.reason).toContain('node n1 ended unasked (signal SIGKILL)');
    expect(world.view('n1').state).toBe('exited');
  });
});

describe('a world that can’t be started', () => {
  it('says so in one line: a directory that is a file, or in use, or nodes that make no sense', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ordeal-world-'));
    const file = path.join(directory, 'file');
    fs.writeFileSync(file, '');
    const used = path.join(directory, 'used');
    fs.mkdirSync(path.join(used, 'nodes', 'n1'), { recursive: true });
    const start = (options: { directory: string; nodes?: string[]; founders?: string[] }): Promise<unknown> =>
      startProcessesWorld({ nodes: ['n1'], founders: ['n1'], replica: SETTINGS, seed: 1, ...options }, QUIET);
    await expect(start({ directory: file })).rejects.toThrow(/can't keep their files in .*ENOTDIR/);
    await expect(start({ directory: used })).rejects.toThrow(/files of another cluster/);
    await expect(start({ directory, nodes: [] })).rejects.toThrow('at least one node');
    await expect(start({ directory, nodes: ['n1', 'n1'] })).rejects.toThrow('named twice');
    await expect(start({ directory, nodes: ['../n1'] })).rejects.toThrow("can't be a node's name");
    await expect(start({ directory, founders: ['n2'] })).rejects.toThrow('not among the nodes');
    fs.rmSync(directory, { recursive: true, force: true });
  });

  it('leaves no process behind when a node’s program fails, and shows its last line', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ordeal-world-'));
    const nodeSource = path.join(directory, 'broken.ts');
    fs.writeFileSync(nodeSource, 'console.error("pid", process.pid); throw new Error("no luck today");');
    const attempt = startProcessesWorld(
      { nodes: ['n1', 'n2'], founders: ['n1', 'n2'], replica: SETTINGS, seed: 1, directory, nodeSource },
      QUIET,
    );
    const error = await attempt.then(
      () => null,
      (reason: Error) => reason,
    );
    expect(error?.message).toContain('node n1 did not start');
    expect(error?.message).toContain('no luck today');
    const pid = Number(/pid (\d+)/.exec(error?.message ?? '')?.[1]);
    expect(processState(pid)).toBeNull();
    fs.rmSync(directory, { recursive: true, force: true });
  });
});
