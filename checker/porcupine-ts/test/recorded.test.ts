import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import type { Model } from '../src/model.ts';
import { kv } from '../src/models/kv.ts';
import { casRegister } from '../src/models/register.ts';
import type { CheckOperation } from '../src/operation.ts';
import { verify } from '../src/verify.ts';

interface Recorded {
  readonly name: string;
  readonly model: 'cas-register' | 'kv';
  readonly valid: boolean;
  readonly operations: readonly CheckOperation<unknown, unknown>[];
}

const recorded = JSON.parse(
  gunzipSync(readFileSync(new URL('./data/recorded.json.gz', import.meta.url))).toString(),
) as readonly Recorded[];

/** Cores are made small, and confirmed, within the time of the check: so much that no machine is too busy for it. */
const PATIENCE_MS = 1_000_000;

const models = { 'cas-register': casRegister(), kv: kv({ initial: '' }) };

describe('histories recorded by others (Jepsen against etcd, MIT key-value servers)', () => {
  it(
    'have the verdict that Porcupine gives them, with a certificate',
    () => {
      expect(recorded).toHaveLength(54);
      for (const { name, model: modelName, valid, operations } of recorded) {
        const model = models[modelName] as Model<unknown, unknown, unknown>;
        const result = check(model, operations, { timeMs: PATIENCE_MS });
        expect(result.outcome, name).toBe(valid ? 'pass' : 'violation');
        const parts = new Map(
          (model.partition?.(operations) ?? [{ key: '', operations }]).map((part) => [part.key, part]),
        );
        for (const { key, linearization, violation } of result.partitions) {
          if (linearization !== null) expect(verify(model, parts.get(key)!.operations, linearization), name).toBeNull();
          if (violation === null) continue;
          expect(violation.confirmedBy, name).not.toBeNull();
          expect(violation.minimal, name).toBe(true);
          expect(violation.core.length, name).toBeLessThanOrEqual(modelName === 'kv' ? 20 : 9);
        }
      }
    },
    PATIENCE_MS,
  );
});
