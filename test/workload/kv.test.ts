import { describe, expect, it } from 'vitest';
import { kv } from '../../workload/kv.ts';

const shape = { seed: 3, clients: 6, keys: 3, operationsPerKey: 40 };

describe('the key-value workload', () => {
  it('never puts or appends one value twice, and no value is part of another', () => {
    const generator = kv.generator(shape);
    const written: string[] = [];
    const kinds = new Set<string>();
    for (let count = 0; count < 60; count++)
      for (let client = 0; client < 12; client++) {
        const { f, value } = generator.next(client, count);
        kinds.add(f);
        if (f !== 'get') written.push(String(value));
      }
    expect(kinds).toEqual(new Set(['get', 'put', 'append']));
    expect(new Set(written).size).toBe(written.length);
    const all = written.join('');
    expect(all.split(' ').filter((token) => token !== '')).toEqual(written.map((token) => token.trimEnd()));
  });

  it('retires a key after its quota, and reads all of them at the end', () => {
    const generator = kv.generator(shape);
    const uses = new Map<string, number>();
    for (let count = 0; count < 100; count++)
      for (let client = 0; client < shape.clients; client++) {
        const { key } = generator.next(client, count);
        uses.set(key, (uses.get(key) ?? 0) + 1);
      }
    expect(Math.max(...uses.values())).toBe(shape.operationsPerKey);
    const finals = generator.finalReads().map(({ key }) => key);
    expect([...uses.keys()].filter((key) => !finals.includes(key))).toEqual([]);
  });

  it('records the whole value that an append answers, nothing of a put, and an unknown outcome as unknown', () => {
    const append = { f: 'append', key: 'k1', value: '0.1 ' };
    const put = { f: 'put', key: 'k1', value: '0.2 ' };
    expect(kv.command(append)).toEqual({ f: 'append', key: 'k1', value: '0.1 ' });
    expect(kv.completion(append, { outcome: 'ok', result: '0.0 0.1 ', node: 'n1' }).result).toBe('0.0 0.1 ');
    expect(kv.completion(put, { outcome: 'ok', result: null, node: 'n1' })).toMatchObject({
      outcome: 'ok',
      result: null,
    });
    expect(kv.completion(put, { outcome: 'info', error: 'timeout', node: 'n1' }).outcome).toBe('info');
  });
});
