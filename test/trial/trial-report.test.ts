import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { judge } from '../../checker/judge.ts';
import type { Anomaly, Verdict, ViolationKind } from '../../checker/verdict.ts';
import { readBundle, writeBundle } from '../../history/bundle.ts';
import type { Json } from '../../history/operation.ts';
import { type ReproCount, readReproCounts, saveReproCount } from '../../history/repro-counts.ts';
import { openStore, type Store } from '../../history/store.ts';
import { renderReport } from '../../reports/report.ts';
import { checkCommandLine } from '../../trial/check-command-line.ts';
import { describeReproRate, ratesOf } from '../../trial/rate.ts';
import { keepRate } from '../../trial/repeat.ts';
import type { TrialResult } from '../../trial/run.ts';
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
    provenance: { commit: 'c0ffee' },
  });
  store.saveVerdict(id, verdict.outcome, verdict);
  store.finishTrial(id, { durationNs: 1e9, outcome: verdict.outcome });
  return id;
}

describe('how often a trial fails again', () => {
  const count: ReproCount = {
    at: Date.UTC(2026, 10, 21),
    commit: 'c0ffee',
    oracle: 'linearizability',
    tries: 20,
    same: 3,
    other: 0,
  };
  const toldOf = (of: Store, id: string): string => trialData(of, id).repeat[0]?.expect ?? '';

  test('is kept with the trial, told beside the command, and carried by a bundle', async () => {
    const id = await trialOf({ workload: 'register', spec: {} });
    const another = await trialOf({ workload: 'register', spec: {} });
    saveReproCount(store.directory, id, count);
    expect(toldOf(store, id)).toBe('failed again in 3 of 20 runs, 15 %, 95 % CI 5–36 % (at commit c0ffee, 2026-11-21)');
    expect(renderReport(trialData(store, id)).split('failed again in 3 of 20 runs')).toHaveLength(3);
    expect(toldOf(store, another)).toContain('not counted yet');

    const there = openStore(join(directory, 'there'), 'write');
    writeBundle(store, id, join(directory, 'a.ordeal'));
    const copy = readBundle(join(directory, 'a.ordeal'), there);
    expect(readReproCounts(there.directory, copy)).toEqual([count]);
    expect(toldOf(there, copy)).toBe(toldOf(store, id));
    there.deleteTrial(copy);
    there.close();
    store.deleteTrial(id);
    expect(await trialOf({ workload: 'register', spec: {} })).toBe(id);
    expect(readReproCounts(store.directory, id)).toEqual([]);
  });

  test('is not known from a store of an earlier version, which is upgraded when it is written to', async () => {
    const id = await trialOf({ workload: 'register', spec: {} });
    const db = new BetterSqlite(store.file);
    db.exec('DROP TABLE repro_counts; ALTER TABLE trials DROP COLUMN history_digest');
    db.pragma('user_version = 2');
    db.close();
    expect(toldOf(store, id)).toContain('not counted yet');
    saveReproCount(store.directory, id, count);
    expect(toldOf(store, id)).toContain('3 of 20');
  });

  test('is taken from a bundle only where it makes sense', async () => {
    const id = await trialOf({ workload: 'register', spec: {} });
    const file = join(directory, 'b.ordeal');
    const there = openStore(join(directory, 'there'), 'write');
    saveReproCount(store.directory, id, { ...count, same: 19, other: 2 });
    writeBundle(store, id, file);
    expect(() => readBundle(file, there)).toThrow(/a row of repro_counts/);
    there.close();
  });

  test('is added up over runs of the same code alone', () => {
    const more = { ...count, tries: 30, same: 2, other: 1, at: count.at + 1 };
    expect(ratesOf([count, more])).toEqual([{ ...more, tries: 50, same: 5 }]);
    const dirty = { ...count, commit: 'c0ffee-dirty' };
    const apart = [count, dirty, dirty, { ...count, commit: null }, { ...count, oracle: null }];
    expect(ratesOf(apart)).toEqual(apart.toReversed());
    expect(apart.map(describeReproRate).at(-1)).toBe('no failure again in 3 of 20 runs, 15 %, 95 % CI 5–36 %');
    expect(describeReproRate(more)).toContain('; 1 failed otherwise');
  });

  test('is kept of trials on processes as they were, with the code that ran them', async () => {
    const id = await trialOf({ workload: 'register', spec: {} });
    const oracle = { violation: 'linearizability', invariant: null } as const;
    const trials = [{ id } as TrialResult];
    const whole = { without: [], tries: 1, broken: 0, same: 1, other: 0, sameTrace: null, trials };
    const trial = store.getTrial(id);
    expect(keepRate(store, trial, oracle, whole)).toMatchObject({ commit: 'c0ffee', oracle: 'linearizability' });
    expect(keepRate(store, trial, oracle, { ...whole, without: ['kill'] })).toBeNull();
    expect(keepRate(store, trial, oracle, { ...whole, tries: 0, trials: [] })).toBeNull();
    expect(keepRate(store, trial, oracle, { ...whole, tries: 0, broken: 1, same: 0 })).toBeNull();
    expect(keepRate(store, { ...trial, world: 'simulator' }, oracle, whole)).toBeNull();
    expect(readReproCounts(store.directory, id)).toHaveLength(1);
  });
});

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
    expect(repeat[0]?.expect).toContain('not counted yet');
  });

  test('name the file of a history from elsewhere, since its format says more than an export of it', async () => {
    const id = await trialOf({
      workload: null,
      spec: { history: 'c10.txt', format: 'porcupine-kv', model: 'auto', notes: [], operations: 1 },
    });
    expect(trialData(store, id).trial.id).toBe('c10.txt');
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
