import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../checker/verdict.ts';
import { openStore } from '../../history/store.ts';
import { judgeRecord } from '../../trial/judge-record.ts';
import { runTrial } from '../../trial/run.ts';
import { parseSpec } from '../../trial/spec.ts';
import { scratchDirectory } from '../history/scratch.ts';

const SPEC = { seed: 3, world: 'simulator', timeMs: 1500, faults: [], nodes: 3 } as const;

describe('judging a record again', () => {
  it('gives a passing trial the same verdict', async () => {
    const store = openStore(scratchDirectory(), 'write');
    const { id, verdict } = await runTrial(parseSpec(SPEC), { store });
    const again = await judgeRecord(store, store.getTrial(id));
    store.close();
    const timeless = (v: Verdict) => ({ ...v, statistics: { ...v.statistics, ms: 0 } });
    expect(timeless(again)).toEqual(timeless(verdict));
    expect(again.outcome).toBe('pass');
  });

  it.each([
    ['a broken invariant', 'violation', { anomalies: [{ violation: 'invariant', shape: 'invariant' }] }],
    ['a harness that failed', 'broken', { outcome: 'broken', reasons: ['a node ended by itself'] }],
    ['an interrupted trial', 'unknown', { outcome: 'unknown', reasons: ['the trial was interrupted before its end'] }],
  ])('does not turn %s green', async (_, outcome, first) => {
    const store = openStore(scratchDirectory(), 'write');
    const { id, verdict } = await runTrial(parseSpec(SPEC), { store });
    store.saveVerdict(id, outcome as Verdict['outcome'], { ...verdict, outcome, ...first });
    const again = await judgeRecord(store, store.getTrial(id));
    store.close();
    expect(again).toMatchObject({ ...first, outcome });
  });
});
