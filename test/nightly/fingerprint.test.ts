import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Anomaly, Verdict } from '../../checker/verdict.ts';
import type { TrialOutcome } from '../../history/trial-records.ts';
import { fingerprintOf, fingerprintOfReason } from '../../trial/nightly/fingerprint.ts';

function verdict(outcome: TrialOutcome, anomaly: Partial<Anomaly> | null, reasons: readonly string[] = []): Verdict {
  const whole: Anomaly = {
    violation: 'linearizability',
    shape: 'stale-read',
    key: 'k1',
    core: [1, 2, 3],
    confirmedBy: null,
    culprit: 3,
    at: 0,
    argument: [],
    facts: {},
    ...anomaly,
  };
  return {
    outcome,
    valid: outcome === 'pass',
    model: 'cas-register',
    reasons,
    anomalies: anomaly === null ? [] : [whole],
    keys: [],
    statistics: {
      operations: 0,
      ok: 0,
      fail: 0,
      info: 0,
      keys: 0,
      concurrencyMax: 0,
      overlappingPairs: 0,
      steps: 0,
      ms: 0,
    },
  };
}

const raft = { system: 'raft' };
const idOf = (anomaly: Partial<Anomaly>): string | undefined => fingerprintOf(verdict('violation', anomaly), raft)?.id;

describe('the fingerprint of a failure', () => {
  it('is none for a pass', () => {
    expect(fingerprintOf(verdict('pass', null), raft)).toBeNull();
  });

  it('stays when only key, times, operations or their number differ', () => {
    const particulars = fc.record({
      key: fc.option(fc.string()),
      core: fc.array(fc.nat(), { maxLength: 9 }),
      at: fc.nat(),
      culprit: fc.option(fc.nat()),
    });
    const same = idOf({});
    fc.assert(fc.property(particulars, (different) => idOf(different) === same));
  });

  it('tells shapes, invariants, systems and outcomes apart', () => {
    const ids = [
      idOf({}),
      idOf({ shape: 'lost-update' }),
      idOf({ violation: 'liveness', shape: 'no-progress' }),
      idOf({ violation: 'invariant', shape: 'invariant', facts: { invariant: 'election safety' } }),
      idOf({ violation: 'invariant', shape: 'invariant', facts: { invariant: 'log matching' } }),
      fingerprintOf(verdict('violation', {}), { system: 'etcd' })?.id,
      fingerprintOfReason('broken', 'node n1 did not start', 'raft').id,
      fingerprintOfReason('unknown', 'node n1 did not start', 'raft').id,
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('of a contradiction without a shape is made of the kinds of operations in it', () => {
    const operation = (index: number) =>
      ({ f: index === 0 ? 'cas' : 'read', outcome: index === 0 ? 'info' : 'ok' }) as never;
    const of = (core: readonly number[]) =>
      fingerprintOf(verdict('violation', { shape: 'no-order', core }), { ...raft, operation });
    expect(of([0, 1, 2])?.title).toBe('No possible order of cas?, read (raft)');
    expect(of([2, 1, 0])?.id).toBe(of([0, 5, 7])?.id);
    expect(of([1, 2])?.id).not.toBe(of([0, 1])?.id);
  });

  it('of an error is made of its words, without numbers, nodes and paths', () => {
    const of = (reason: string) => fingerprintOf(verdict('broken', null, [reason]), raft);
    expect(of('node n1 did not start: /tmp/a/b.mjs, exit code 1')).toEqual(
      of('node n3 did not start: ./data/c.mjs, exit code 137'),
    );
    expect(of('the network process ended')?.id).not.toBe(of('the record could not be written')?.id);
  });
});
