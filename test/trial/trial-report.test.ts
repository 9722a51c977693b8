import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { judge } from '../../checker/judge.ts';
import type { Anomaly, Verdict, ViolationKind } from '../../checker/verdict.ts';
import type { Json } from '../../history/operation.ts';
import { openStore, type Store } from '../../history/store.ts';
import { renderReport } from '../../reports/report.ts';
import { checkCommandLine } from '../../trial/check-command-line.ts';
import { expectedOfCheck, trialData } from '../../trial/trial-report.ts';

const SEEN_OF_NODES: Anomaly = {
  violation: 'invariant',
  shape: 'invariant',
  key: null,
  core: [],
  confirmedBy: null,
  culprit: null,
  at: 0,
  argument: [],
  facts: { invariant: 'log matching' },
};

let directory: string;
let store: Store;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ordeal-report-'));
  store = openStore(join(directory, 'stores', 'nightly store'), 'write');
});

afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true, force: true });
});

async function verdictWith(...kinds: ViolationKind[]): Promise<Verdict> {
  const anomalies = kinds.map((violation) => ({ ...SEEN_OF_NODES, violation }));
  return { ...(await judge([], {})), outcome: kinds.length === 0 ? 'pass' : 'violation', anomalies };
}

async function trialOf(of: { readonly workload: string | null; readonly spec: Json }): Promise<string> {
  const verdict = await verdictWith('invariant');
  const id = store.createTrial({
    ...of,
    seed: 1,
    system: 'raft',
    world: 'processes',
    nodes: ['n1'],
    startedAt: 0,
    provenance: {},
  });
  store.saveVerdict(id, verdict.outcome, verdict);
  store.finishTrial(id, { durationNs: 1e9, outcome: verdict.outcome });
  return id;
}

describe('the commands beside a trial', () => {
  test('are the same wherever the page is written, and say where to run them', async () => {
    const id = await trialOf({ workload: 'register', spec: { check: { timeMs: 60_000, memoryMb: 2000 } } });
    const here = process.cwd();
    const pages = [here, directory, dirname(here)].map((cwd) => {
      process.chdir(cwd);
      try {
        return renderReport(trialData(store, id));
      } finally {
        process.chdir(here);
      }
    });
    expect(new Set(pages).size).toBe(1);
    const { repeat, repeatIn } = trialData(store, id);
    expect(repeat.map(({ command }) => command)).toEqual([
      `npx ordeal repro ${id} --store 'nightly store'`,
      `npx ordeal shrink ${id} --store 'nightly store'`,
      `npx ordeal export ${id} --store 'nightly store' > history.ndjson; npx ordeal check --model ${trialData(store, id).verdict.model} --memory 2000 history.ndjson`,
    ]);
    expect(repeatIn).toContain(basename(store.directory));
    expect(pages[0]).not.toContain(directory);
    expect(repeat[0]?.expect).toContain('not known from one trial');
  });

  test('name the file of a history from elsewhere, since its format says more than an export of it', async () => {
    const id = await trialOf({ workload: null, spec: { history: 'c10.txt', format: 'porcupine-kv' } });
    expect(trialData(store, id).repeat.map(({ command }) => command)).toEqual([
      expect.stringMatching(/^npx ordeal check --model \S+ --format porcupine-kv c10\.txt$/),
    ]);
  });

  test('promise of `check` no verdict that a history cannot show', async () => {
    expect(expectedOfCheck(await verdictWith('linearizability'))).toContain('the same verdict');
    for (const kind of ['invariant', 'liveness', 'crash'] as const) {
      expect(expectedOfCheck(await verdictWith(kind))).toContain('may pass');
      expect(expectedOfCheck(await verdictWith(kind, 'linearizability'))).not.toContain('the same verdict');
    }
  });
});

test('a `check` command carries what the file was judged with, as words of a shell', () => {
  expect(checkCommandLine('h.edn', { model: 'auto', format: 'auto', timeMs: 60_000, memoryMb: 1024 })).toBe(
    'npx ordeal check --model auto h.edn',
  );
  const all = { model: 'register', format: 'jepsen-edn', initial: "it's", timeMs: 1500, memoryMb: 64 };
  expect(checkCommandLine('-my file', all)).toBe(
    `npx ordeal check --model register --format jepsen-edn --initial '"it'\\''s"' --time 1500ms --memory 64 './-my file'`,
  );
});
