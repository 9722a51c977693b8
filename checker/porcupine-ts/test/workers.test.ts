import { describe, expect, it } from 'vitest';
import { checkInWorkers } from '../src/check-in-workers.ts';
import type { KvInput } from '../src/models/kv.ts';
import type { CheckOperation, HistoryError } from '../src/operation.ts';

const kvModel = { module: new URL('../src/models/kv.ts', import.meta.url).href, export: 'kv' };
const slowModel = { module: new URL('./slow-model.ts', import.meta.url).href, export: 'slow' };

/** Keys 0…9 with a put and a get each; on the keys that are named, the get does not find it. */
const keysWith = (wrong: readonly number[]): CheckOperation<KvInput, unknown>[] =>
  Array.from({ length: 10 }, (_, key): CheckOperation<KvInput, unknown>[] => [
    { id: 2 * key, process: 0, input: { f: 'put', key: `${key}`, value: 1 }, output: null, call: 0, return: 1 },
    {
      id: 2 * key + 1,
      process: 0,
      input: { f: 'get', key: `${key}` },
      output: wrong.includes(key) ? null : 1,
      call: 2,
      return: 3,
    },
  ]).flat();

describe('checkInWorkers', () => {
  it('judges each key as check does, with certificates', async () => {
    const result = await checkInWorkers(kvModel, keysWith([3, 7]), { workers: 2 });
    expect(result.outcome).toBe('violation');
    const violating = result.partitions.filter(({ outcome }) => outcome === 'violation');
    expect(violating.map(({ key }) => key)).toEqual(['3', '7']);
    expect(violating[0]!.violation!.core).toEqual([6, 7]);
    expect(result.partitions[0]!.linearization).toEqual([0, 1]);
  });

  it('stops a step of the model that never ends', async () => {
    const operations = keysWith([]).map((operation) => ({ ...operation, input: 'hang' }));
    const result = await checkInWorkers(slowModel, operations, { workers: 1, timeMs: 300 });
    expect(result.outcome).toBe('unknown');
    expect(result.partitions[0]!.unknown!.cause).toBe('time');
  });

  it('keeps the keys that were decided when it is stopped, in the task that hangs too', async () => {
    const inputs = ['a', 'b', 'hang', 'hang', 'c', 'c', 'c', 'c', 'c', 'c'];
    const operations = keysWith([]).map((operation, at) => ({ ...operation, input: inputs[at % inputs.length]! }));
    const stop = new AbortController();
    const result = await checkInWorkers(slowModel, operations, {
      workers: 1,
      signal: stop.signal,
      onDecided: ({ key }) => key === 'b' && stop.abort(),
    });
    expect(result.partitions.map(({ key, outcome }) => [key, outcome])).toEqual([
      ['a', 'pass'],
      ['b', 'pass'],
      ['hang', 'unknown'],
      ['c', 'unknown'],
    ]);
  });

  it('begins with short keys: one that takes all the time does not keep them waiting', async () => {
    const operations = keysWith([])
      .slice(0, 4)
      .map((operation, at) => ({ ...operation, input: at < 3 ? 'hang' : 'b' }));
    const stop = new AbortController();
    const result = await checkInWorkers(slowModel, operations, {
      workers: 1,
      signal: stop.signal,
      onDecided: () => stop.abort(),
    });
    expect(result.partitions.map(({ key, outcome }) => [key, outcome])).toEqual([
      ['hang', 'unknown'],
      ['b', 'pass'],
    ]);
  });

  it('stops the rest at the first violation, if asked to', async () => {
    const inputs = ['a', 'a', 'b', 'wrong', 'hang'];
    const operations = keysWith([]).map((operation, at) => ({ ...operation, input: inputs[at % inputs.length]! }));
    const result = await checkInWorkers(slowModel, operations, { workers: 2, stopAtViolation: true });
    const byKey = new Map(result.partitions.map((part) => [part.key, part]));
    expect(result.outcome).toBe('violation');
    expect(byKey.get('wrong')!.outcome).toBe('violation');
    expect(byKey.get('hang')!.unknown!.cause).toBe('not reached');
  });

  it('tells of each key once it is decided, and of its progress now and then', async () => {
    const decided: string[] = [];
    const told: number[] = [];
    const result = await checkInWorkers(kvModel, keysWith([3]), {
      workers: 2,
      onDecided: ({ key }) => decided.push(key),
      onProgress: (progress) => told.push(progress.decided),
    });
    expect(decided.sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(result.partitions.map(({ key }) => key)).toEqual(decided);
    expect(told.length).toBeGreaterThan(0);
  });

  it('shares its limit of steps among the keys, and says what is left undecided', async () => {
    // Six keys, each with more orders than there are steps.
    const operations = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((key, group) =>
      Array.from({ length: 12 }, (_, at) => ({
        ...keysWith([])[0]!,
        id: 20 * group + at,
        input: at === 11 ? `${key}: never` : `${key}: x${'y'.repeat(at)}`,
        call: at === 11 ? 100 : at,
        return: at === 11 ? 101 : 99,
      })),
    );
    const endless = { ...slowModel, export: 'endless' };
    const result = await checkInWorkers(endless, operations, { workers: 2, stepsMax: 30_000 });
    expect(result.outcome).toBe('unknown');
    for (const { unknown } of result.partitions) {
      expect(unknown).toMatchObject({ cause: 'steps', text: expect.stringContaining('out of steps after 30000') });
      expect(unknown!.widest).toHaveLength(11);
    }
    expect(result.statistics.steps).toBeLessThan(150_000);
  });

  it('keeps parts apart that the model gives one name', async () => {
    const twins = { ...slowModel, export: 'twins' };
    const operations = ['a', 'b', 'wrong'].map((input, id) => ({ ...keysWith([])[id]!, input }));
    const result = await checkInWorkers(twins, operations, { workers: 1 });
    expect(result.partitions.map(({ key, outcome }) => [key, outcome])).toEqual([
      ['twin', 'pass'],
      ['twin', 'pass'],
      ['twin', 'violation'],
    ]);
  });

  it('is aborted by its signal', async () => {
    const operations = keysWith([]).map((operation) => ({ ...operation, input: 'hang' }));
    const result = await checkInWorkers(slowModel, operations, { workers: 1, signal: AbortSignal.timeout(300) });
    expect(result.partitions[0]!.unknown!.cause).toBe('aborted');
  });

  it('refuses a number of threads that is none', async () => {
    for (const workers of [0, 1.5, Number.NaN])
      await expect(checkInWorkers(kvModel, [], { workers })).rejects.toThrow(`the number of workers is ${workers}`);
  });

  it('names the reference at which there is no model', async () => {
    await expect(checkInWorkers({ ...kvModel, export: 'nothing' }, keysWith([]))).rejects.toThrow(
      'no model named "nothing"',
    );
  });

  it('refuses a history that makes no sense', async () => {
    const [first] = keysWith([]);
    await expect(checkInWorkers(kvModel, [first!, first!])).rejects.toMatchObject({
      name: 'HistoryError',
    } satisfies Partial<HistoryError>);
  });
});
