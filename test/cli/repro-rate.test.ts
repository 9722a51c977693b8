import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Json } from '../../history/operation.ts';
import { readReproCounts } from '../../history/repro-counts.ts';
import { openStore } from '../../history/store.ts';
import { simulateTrial } from '../../trial/simulate.ts';
import { nodeNames, parseSpec } from '../../trial/spec.ts';
import { writeReport } from '../../trial/trial-report.ts';
import { ordeal } from './command.ts';

test('repro of a trial on processes keeps how often it happened again, and draws its page anew', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ordeal-rate-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const fields = { seed: 1, nodes: 3, timeMs: 1000, faults: [], check: { invariants: false } };
  // The record of a trial on processes, made quickly: by the simulator.
  const { verdict, batch, virtualNs } = await simulateTrial(parseSpec({ ...fields, world: 'simulator' }));
  const store = openStore(directory, 'write');
  const id = store.createTrial({
    spec: parseSpec({ ...fields, world: 'processes' }) as unknown as Json,
    seed: 1,
    system: 'raft',
    world: 'processes',
    workload: 'register',
    nodes: nodeNames(3),
    startedAt: 0,
    provenance: {},
  });
  store.writeBatch(id, batch());
  store.saveVerdict(id, verdict.outcome, verdict);
  store.finishTrial(id, { durationNs: virtualNs, outcome: verdict.outcome });
  const { reportPath } = writeReport(store, id);
  store.close();
  const page = (): string => readFileSync(reportPath as string, 'utf8');
  expect(page()).not.toContain('in 1 of 1 run');

  const { out } = await ordeal('repro', id, '--tries', '1', '--store', directory, '--quiet');
  // On a machine so slow that the cluster could not even start, the run broke and tells nothing.
  const broke = out.includes('1 more broke');
  expect(out.includes('the rate is kept with the trial')).toBe(!broke);
  expect(readReproCounts(directory, id)).toMatchObject(broke ? [] : [{ tries: 1, oracle: null }]);
  if (!broke) expect(page()).toMatch(/no failure again in [01] of 1 run, /);
});
