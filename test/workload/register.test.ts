import { describe, expect, it } from 'vitest';
import type { Json } from '../../history/operation.ts';
import { register } from '../../workload/register.ts';

const shape = { seed: 3, clients: 6, keys: 3, operationsPerKey: 40 };

describe('the register workload', () => {
  it('never writes one value twice to a key, so that a read names its write', () => {
    const generator = register.generator(shape);
    const written = new Set<string>();
    for (let count = 0; count < 400; count++)
      for (let client = 0; client < shape.clients; client++) {
        const { f, key, value } = generator.next(client, count);
        const fresh = f === 'write' ? value : f === 'cas' ? (value as readonly Json[])[1] : null;
        if (f === 'read') continue;
        expect(written.has(`${key}=${fresh}`)).toBe(false);
        written.add(`${key}=${fresh}`);
      }
    expect(written.size).toBeGreaterThan(500);
  });

  it('retires a key after its quota and reads all of them at the end, the newest first', () => {
    const generator = register.generator(shape);
    const uses = new Map<string, number>();
    for (let count = 0; count < 100; count++)
      for (let client = 0; client < shape.clients; client++) {
        const { key } = generator.next(client, count);
        uses.set(key, (uses.get(key) ?? 0) + 1);
      }
    for (const used of uses.values()) expect(used).toBeLessThanOrEqual(shape.operationsPerKey);
    const finals = generator.finalReads().map((read) => read.key);
    expect(new Set(finals)).toEqual(new Set([...uses.keys(), ...finals]));
    expect([...uses.keys()].every((key) => finals.includes(key))).toBe(true);
    expect(new Set(finals).size).toBe(finals.length);
  });

  it('calls a cas that did not match a definite failure, and an unknown outcome unknown', () => {
    const cas = { f: 'cas', key: 'k1', value: [1, 2] };
    expect(register.completion(cas, { outcome: 'ok', result: false, node: 'n1' }).outcome).toBe('fail');
    expect(register.completion(cas, { outcome: 'ok', result: true, node: 'n1' }).outcome).toBe('ok');
    expect(register.completion(cas, { outcome: 'info', error: 'timeout', node: 'n1' }).outcome).toBe('info');
  });

  it('aims compare-and-set at values that somebody saw', () => {
    const generator = register.generator({ ...shape, keys: 1 });
    generator.completed(0, { f: 'read', key: 'k1', value: null }, { outcome: 'ok', result: 77, error: null });
    const expectations: Json[] = [];
    for (let count = 0; count < shape.operationsPerKey; count++) {
      const { f, key, value } = generator.next(0, count);
      if (f === 'cas' && key === 'k1') expectations.push((value as readonly Json[])[0] ?? null);
    }
    expect(expectations.length).toBeGreaterThan(0);
    expect(expectations.every((expected) => expected === 77)).toBe(true);
  });
});
