import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../checker/verdict.ts';
import { conclude, type Evidence } from '../../trial/conclude.ts';
import { parseSpec } from '../../trial/spec.ts';

const statistics = {
  operations: 500,
  ok: 450,
  fail: 40,
  info: 10,
  keys: 4,
  concurrencyMax: 5,
  overlappingPairs: 300,
  steps: 1000,
  ms: 5,
};
const judged: Verdict = {
  outcome: 'pass',
  valid: true,
  model: 'cas-register',
  reasons: [],
  anomalies: [],
  keys: [],
  statistics,
};
const drive = {
  operations: 500,
  ok: 450,
  recoveredAfterNs: 5,
  ordealBeganAt: 0,
  ordealEndedAt: 100,
  healedAt: 110,
  performed: [],
  neverServed: false,
  abandoned: false,
};
const kill = {
  index: 0,
  kind: 'kill',
  targets: ['n1'],
  startedAt: 1,
  endedAt: 2,
  asked: null,
  effect: null,
  bit: true,
};

function outcomeOf(change: Partial<Evidence>, bugs: string[] = []): Verdict {
  const spec = parseSpec({ seed: 1, faults: ['kill'], bugs });
  const base = { spec, judged, faults: [kill], failures: [], anomalies: [], drive, interrupted: false };
  return conclude({ ...base, ...change });
}

const nodeDied = { at: 5, reason: 'node n1 ended unasked', detail: { node: 'n1' } };
const harnessDied = { at: 5, reason: 'the record could not be written', detail: null };

describe('the outcome of a trial', () => {
  it('is a pass only when everything speaks for it', () => {
    expect(outcomeOf({}).outcome).toBe('pass');
  });

  it('is a finding when a node with a planted bug dies, and broken when a correct one does', () => {
    expect(outcomeOf({ failures: [nodeDied] }, ['no-dedupe'])).toMatchObject({
      outcome: 'violation',
      anomalies: [{ violation: 'crash' }],
    });
    expect(outcomeOf({ failures: [nodeDied] }).outcome).toBe('broken');
  });

  it('is never a finding because the harness failed, planted bug or not', () => {
    expect(outcomeOf({ failures: [harnessDied] }, ['no-dedupe']).outcome).toBe('broken');
    expect(outcomeOf({ failures: [harnessDied] }).reasons).toContain('the record could not be written');
  });

  it('is a violation even if the harness failed too, when the history shows one', () => {
    const violated: Verdict = { ...judged, outcome: 'violation', valid: false, anomalies: [] };
    const anomalies = outcomeOf({ failures: [nodeDied] }, ['no-dedupe']).anomalies;
    expect(outcomeOf({ judged: { ...violated, anomalies }, failures: [harnessDied] }).outcome).toBe('violation');
  });

  it('is vacuous when a kind of fault that was asked for never took effect', () => {
    expect(outcomeOf({ faults: [{ ...kill, bit: false }] }).outcome).toBe('vacuous');
    expect(outcomeOf({ faults: [] }).outcome).toBe('vacuous');
  });

  it('is unknown when the trial was interrupted, whatever passed until then', () => {
    expect(outcomeOf({ interrupted: true }).outcome).toBe('unknown');
  });

  it('is a liveness violation when the healed cluster made no progress in time', () => {
    expect(outcomeOf({ drive: { ...drive, recoveredAfterNs: null } })).toMatchObject({
      outcome: 'violation',
      valid: false,
      anomalies: [{ violation: 'liveness', shape: 'no-progress' }],
    });
  });

  it('is never a pass when the trial was ended before its time', () => {
    const abandoned = { ...drive, recoveredAfterNs: null, abandoned: true };
    expect(outcomeOf({ drive: abandoned }).outcome).toBe('unknown');
  });

  it('is broken when processes never served a client', () => {
    expect(outcomeOf({ drive: { ...drive, neverServed: true, recoveredAfterNs: null } }).outcome).toBe('broken');
  });
});
