import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { Operation } from '../../history/operation.ts';
import { startRecorder } from '../../history/recorder.ts';
import { openStore } from '../../history/store.ts';
import { newTrial } from './sample.ts';
import { scratchDirectory } from './scratch.ts';

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const CHILD = fileURLToPath(new URL('./recording-child.ts', import.meta.url));

function child(directory: string): ChildProcess {
  return spawn(process.execPath, ['--import', TSX, CHILD, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
}

const ended = (process: ChildProcess) => new Promise<void>((resolve) => process.once('exit', () => resolve()));
const spoken = (process: ChildProcess) =>
  new Promise<string>((resolve) => process.stdout?.once('data', (data) => resolve(String(data).trim())));

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function untilRecorded(directory: string, id: string, operations = 1): Promise<void> {
  const store = openStore(directory, 'read');
  while (store.countOperations(id) < operations) await pause(5);
  store.close();
}

/** One tick of the child's clock is one event, so a true prefix holds every tick up to its last one. */
function expectRealTimePrefix(operations: readonly Operation[]): void {
  const ticks: number[] = [];
  for (const o of operations) {
    ticks.push(o.invokedAt);
    if (o.completedAt !== null) ticks.push(o.completedAt);
    if (o.outcome !== (o.completedAt === null ? 'info' : 'ok'))
      expect.unreachable(`operation ${o.index}: ${o.outcome}`);
  }
  ticks.sort((a, b) => a - b);
  expect(ticks).toEqual(ticks.map((_, i) => i));
  expect(operations.map((o) => o.index)).toEqual(operations.map((_, i) => i));
}

/** Recorded when every second one is killed, or more. */
const OPERATIONS_MIN = 100;

test('a recorder that is killed at any moment leaves an unfinished trial whose record is a prefix in real time', async () => {
  const directory = scratchDirectory();
  openStore(directory, 'write').close();
  let recorded = 0;
  let cutOff = 0;
  const killOne = async (delayMs: number, inMidst: boolean): Promise<void> => {
    const running = child(directory);
    const id = await spoken(running);
    // The test would prove nothing if every kill came before the first batch.
    if (inMidst) await untilRecorded(directory, id, OPERATIONS_MIN);
    await pause(delayMs);
    running.kill('SIGKILL');
    await ended(running);
    const store = openStore(directory, 'write');
    expect(store.getTrial(id).state).toBe('unfinished');
    const operations = [...store.readOperations(id)];
    expectRealTimePrefix(operations);
    recorded += operations.length;
    cutOff += operations.filter((o) => o.completedAt === null).length;
    store.saveVerdict(id, 'unknown', {});
    expect(store.getTrial(id)).toMatchObject({ state: 'unfinished', outcome: 'unknown' });
    store.close();
  };
  const lane = async (from: number): Promise<void> => {
    for (let i = 0; i < 10; i++) await killOne(from + i * 23, i % 2 === 0);
  };
  await Promise.all([lane(0), lane(11)]);
  expect(recorded).toBeGreaterThanOrEqual(10 * OPERATIONS_MIN);
  expect(cutOff).toBeGreaterThan(0);
});

test('while its process lives a trial is running', async () => {
  const directory = scratchDirectory();
  openStore(directory, 'write').close();
  const running = child(directory);
  const id = await spoken(running);
  const store = openStore(directory, 'read');
  expect(store.getTrial(id).state).toBe('running');
  running.kill('SIGKILL');
  await ended(running);
  expect(store.listTrials()[0]?.state).toBe('unfinished');
  store.close();
});

test('operations that end in a later batch than they began in are stored whole', async () => {
  const store = openStore(scratchDirectory(), 'write');
  const id = store.createTrial(newTrial());
  const recorder = startRecorder(store.file, id, { batchRowsMax: 3 });
  const expected: Operation[] = [];
  for (let i = 0; i < 50; i++) {
    recorder.invoke({ process: i, f: 'write', key: 'x', value: { n: i }, invokedAt: i, node: 'n1' });
    if (i === 20) await recorder.flush();
    const done = i - 7;
    if (done >= 0 && done % 5 !== 0)
      recorder.complete(done, { outcome: 'ok', result: [done], error: null, completedAt: i, node: 'n2' });
    const late = i + 7 < 50 && i % 5 !== 0;
    expected.push({
      index: i,
      process: i,
      f: 'write',
      key: 'x',
      value: { n: i },
      outcome: late ? 'ok' : 'info',
      result: late ? [i] : null,
      error: null,
      invokedAt: i,
      completedAt: late ? i + 7 : null,
      node: late ? 'n2' : 'n1',
    });
  }
  expect(() => recorder.complete(1, { outcome: 'ok', result: null, error: null, completedAt: 9 })).toThrow('not open');
  recorder.fault({
    index: 0,
    kind: 'pause',
    targets: [],
    startedAt: 1,
    endedAt: null,
    asked: null,
    effect: null,
    bit: false,
  });
  await recorder.flush();
  recorder.faultUpdate(0, { endedAt: 2, bit: true });
  recorder.logLine({ at: 1, node: 'n1', level: 'info', text: 'one' });
  await recorder.flush();
  recorder.logLine({ at: 2, node: 'n1', level: 'info', text: 'two' });
  await recorder.close();
  expect([...store.readOperations(id)]).toEqual(expected);
  expect(store.readFaults(id)).toMatchObject([{ startedAt: 1, endedAt: 2, bit: true }]);
  expect(store.readLogLines(id).map((line) => line.text)).toEqual(['one', 'two']);
  expect(recorder.busyNs).toBeGreaterThan(0);
  store.close();
});

test('with no room left recording ends with a clear error, and what was written before is kept', async () => {
  const store = openStore(scratchDirectory(), 'write');
  const id = store.createTrial(newTrial());
  const errors: Error[] = [];
  const recorder = startRecorder(store.file, id, {
    storeBytesMax: 400_000,
    batchRowsMax: 100,
    onError: (error) => errors.push(error),
  });
  for (let i = 0; i < 20_000; i++)
    recorder.invoke({ process: i, f: 'write', key: 'x', value: 'v'.repeat(100), invokedAt: i });
  await expect(recorder.close()).rejects.toThrow(/no room left to write .*free some space/);
  expect(errors).toHaveLength(1);
  expect(recorder.error).toBe(errors[0]);
  const kept = [...store.readOperations(id)].map((o) => o.index);
  expect(kept.length).toBeGreaterThan(500);
  expect(kept).toEqual(kept.map((_, i) => i));
  store.close();
});

test('a store that can not be opened is reported, and the backlog says when to slow down', async () => {
  const store = openStore(scratchDirectory(), 'write');
  const id = store.createTrial(newTrial());
  const gone = startRecorder(`${store.file}/nowhere/ordeal.sqlite`, id);
  gone.invoke({ process: 0, f: 'read', key: null, value: null, invokedAt: 0 });
  await expect(gone.close()).rejects.toThrow('choose another directory');

  const slow = startRecorder(store.file, id, { backlogRowsMax: 10 });
  for (let i = 0; i < 11; i++) slow.invoke({ process: i, f: 'read', key: null, value: null, invokedAt: i });
  expect(slow.overloaded).toBe(true);
  await slow.flush();
  expect(slow.overloaded).toBe(false);
  await slow.close();
  store.close();
});

test('several processes create one store and write to it at once', async () => {
  const directory = scratchDirectory();
  const children = [child(directory), child(directory), child(directory)];
  const ids = await Promise.all(children.map(spoken));
  await Promise.all(ids.map((id) => untilRecorded(directory, id)));
  for (const running of children) running.kill('SIGKILL');
  await Promise.all(children.map(ended));
  const store = openStore(directory, 'write');
  for (const id of ids) {
    const operations = [...store.readOperations(id)];
    expectRealTimePrefix(operations);
  }
  store.close();
});
