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
    const inputs = ['a', 'a', 'a', 'a', 'a', 'a', 'b', 'hang', 'c', 'c'];
    const operations = keysWith([]).map((operation, at) => ({ ...operation, input: inputs[at % inputs.length]! }));
    const stop = new AbortController();
    const result = await checkInWorkers(slowModel, operations, {
      workers: 1,
      signal: stop.signal,
      onProgress: ({ decided }) => decided === 2 && stop.abort(),
    });
    expect(result.partitions.map(({ key, outcome }) => [key, outcome])).toEqual([
      ['a', 'pass'],
      ['b', 'pass'],
      ['hang', 'unknown'],
      ['c', 'unknown'],
    ]);
  });

  it('is aborted by its signal', async () => {
    const operations = keysWith([]).map((operation) => ({ ...operation, input: 'hang' }));
    const result = await checkInWorkers(slowModel, operations, { workers: 1, signal: AbortSignal.timeout(300) });
    expect(result.partitions[0]!.unknown!.cause).toBe('aborted');
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
