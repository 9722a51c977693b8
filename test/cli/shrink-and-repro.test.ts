import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../history/operation.ts';
import { openStore } from '../../history/store.ts';
import { runTrial } from '../../trial/run.ts';
import { simulateTrial } from '../../trial/simulate.ts';
import { nodeNames, parseSpec } from '../../trial/spec.ts';
import { type Ended, ordeal } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'ordeal-shrink-'));
const store = join(directory, 'store');
const inStore = ['--store', store, '--quiet', '--json'];
const fields = { seed: 1, bugs: ['ack-at-append'], timeMs: 10_000, ratePerSecond: 150, check: { invariants: false } };
let recorded: string;

function json<T>({ out }: Ended): T {
  return JSON.parse(out) as T;
}

beforeAll(async () => {
  // The record of a trial on processes, made quickly: by the simulator.
  const { verdict, batch, virtualNs } = await simulateTrial(parseSpec({ ...fields, world: 'simulator' }));
  const spec = parseSpec({ ...fields, world: 'processes' });
  const made = openStore(store, 'write');
  recorded = made.createTrial({
    spec: spec as unknown as Json,
    seed: 1,
    system: 'raft',
    world: 'processes',
    workload: 'register',
    nodes: nodeNames(5),
    startedAt: 0,
    provenance: { commit: 'c0ffee' },
  });
  made.writeBatch(recorded, batch());
  made.saveVerdict(recorded, verdict.outcome, verdict);
  made.finishTrial(recorded, { durationNs: virtualNs, outcome: verdict.outcome });
  made.close();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('shrink and repro', () => {
  it('make of a trial on processes a small history, and a small simulated trial that repeats exactly', async () => {
    const shrunk = await ordeal('shrink', recorded, '--budget', '150s', ...inStore);
    expect(shrunk.err).toBe('');
    expect(shrunk.code).toBe(1);
    const result = json<{
      history: { before: number; after: number };
      search: { tried: number; how: string };
      simulated: { trial: string; traceHash: string; before: { operations: number }; after: { operations: number } };
    }>(shrunk);
    expect(result.history.before).toBeGreaterThan(500);
    expect(result.history.after).toBeLessThan(10);
    expect(result.simulated.after.operations).toBeLessThan(result.simulated.before.operations);

    const again = await ordeal('repro', result.simulated.trial, ...inStore);
    expect(again.code).toBe(1);
    expect(json(again)).toMatchObject({
      oracle: 'linearizability',
      record: 'violation',
      runs: [{ tries: 1, same: 1, sameTrace: true }],
    });
  });

  it('take a history: judge it again, and write its core as a file that is judged the same', async () => {
    const file = join(directory, 'history.ndjson');
    writeFileSync(file, (await ordeal('export', recorded, '--store', store)).out);
    const core = join(directory, 'new', 'core.ndjson');
    const shrunk = await ordeal('shrink', file, '--out', core, ...inStore);
    expect(shrunk.code).toBe(1);
    expect(json<{ after: number }>(shrunk).after).toBe(readFileSync(core, 'utf8').trim().split('\n').length);
    const again = await ordeal('repro', core, ...inStore);
    expect(again.code).toBe(1);
    expect(json(again)).toMatchObject({ valid: false });
  });

  it('take a spec: run it, and run it once more to compare', async () => {
    const file = join(directory, 'spec.json');
    writeFileSync(file, JSON.stringify({ ...fields, world: 'simulator', timeMs: 3_000 }));
    const { code, out } = await ordeal('repro', file, '--without', 'each', ...inStore);
    expect([0, 1]).toContain(code);
    const { runs } = JSON.parse(out) as { runs: { without: string[]; sameTrace: boolean | null }[] };
    expect(runs[0]).toMatchObject({ without: [], sameTrace: true });
    expect(runs.slice(1).map(({ without }) => without.length)).toEqual(runs.slice(1).map(() => 1));
    writeFileSync(file, JSON.stringify({ ...fields, timeMs: 1 }));
    const wrong = await ordeal('shrink', file, ...inStore);
    expect(wrong.code).toBe(64);
    expect(wrong.err).toContain('spec.json: the trial');
  });

  it('say loudly that a record is judged otherwise than it was, and run nothing', async () => {
    const made = openStore(store, 'write');
    const { spec, verdict, ...trial } = made.getTrial(recorded);
    const forged = made.createTrial({ ...trial, spec });
    made.writeOperations(forged, []);
    made.saveVerdict(forged, 'violation', verdict as never);
    made.finishTrial(forged, { durationNs: 1, outcome: 'violation' });
    made.close();
    const { code, err, out } = await ordeal('repro', forged, ...inStore);
    expect(code).toBe(4);
    expect(out).toBe('');
    expect(err).toMatch(/JUDGED OTHERWISE THAN IT WAS: violation then/);
  });

  it('say loudly that the same simulated trial fails, although its record says that it passed', async () => {
    const made = openStore(store, 'write');
    const spec = parseSpec({ seed: 1, world: 'simulator', bugs: ['term-volatile'], timeMs: 500, nodes: 3 });
    const { id, verdict } = await runTrial(spec, { store: made });
    expect(verdict.outcome).toBe('violation');
    made.saveVerdict(id, 'pass', { ...verdict, outcome: 'pass', valid: true, anomalies: [] });
    made.close();
    const { code, err } = await ordeal('repro', id, ...inStore);
    expect(err).toMatch(/THE SAME TRIAL, EVENT BY EVENT, IS JUDGED OTHERWISE THAN IT WAS: no failure then, invariant/);
    expect(code).toBe(4);
  });
});
