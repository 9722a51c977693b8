import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../cli/main.ts';
import { openStore, STORE_FILE, type Store } from '../../history/store.ts';
import { judgeRecord } from '../../trial/judge-record.ts';
import { oracleOf } from '../../trial/oracle.ts';
import { differingOperation, rejudge } from '../../trial/rejudge.ts';
import { repeat, storedSpec, storedVerdict } from '../../trial/repeat.ts';
import { runTrial, type TrialResult } from '../../trial/run.ts';
import { parseSpec } from '../../trial/spec.ts';

const directory = mkdtempSync(join(tmpdir(), 'ordeal-rejudge-'));
const original = join(directory, 'original');
let recorded: TrialResult;

beforeAll(async () => {
  const store = openStore(original, 'write');
  const spec = { seed: 1, world: 'simulator', bugs: ['ack-at-append'], timeMs: 10_000, ratePerSecond: 150 };
  recorded = await runTrial(parseSpec({ ...spec, check: { invariants: false } }), { store });
  store.close();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let copies = 0;

/** A copy of the store, changed by hand. */
function tampered(sql: string): string {
  const copy = join(directory, `copy-${++copies}`);
  cpSync(original, copy, { recursive: true });
  const db = new BetterSqlite(join(copy, STORE_FILE));
  expect(db.prepare(sql).run().changes).toBe(1);
  db.close();
  return copy;
}

async function inStore<T>(path: string, work: (store: Store) => T | Promise<T>): Promise<T> {
  const store = openStore(path, 'write');
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

describe('a record', () => {
  it('that nobody touched is judged as it was', async () => {
    expect(recorded.verdict.outcome).toBe('violation');
    const judged = await inStore(original, (store) => rejudge(store, store.getTrial(recorded.id), true));
    expect(judged).toEqual({ agrees: true, recorded: 'violation', now: 'violation' });
  });

  it('that was changed is noticed although it stays a violation', async () => {
    const [read] = recorded.verdict.anomalies[0]?.core ?? [];
    for (const sql of [
      `DELETE FROM operations WHERE position = ${read}`,
      `UPDATE operations SET result = '999', outcome = 'ok' WHERE position = (SELECT min(position) FROM operations WHERE f = 'read' AND outcome = 'ok')`,
      "UPDATE trials SET outcome = 'pass'",
      "UPDATE trials SET outcome = 'pass', verdict = json_set(verdict, '$.outcome', 'pass')",
      "UPDATE trials SET verdict = json_set(verdict, '$.anomalies[0].core[0]', 100000)",
      "UPDATE trials SET verdict = json_set(verdict, '$.anomalies[0].shape', 'no-order')",
    ]) {
      const judged = await inStore(tampered(sql), (store) => rejudge(store, store.getTrial('latest'), true));
      expect(judged.agrees, sql).toBe(false);
      expect(judged.recorded, sql).not.toBe(judged.now);
    }
  });

  // Contradicts nothing.
  const unseen = 'UPDATE operations SET invoked_at = invoked_at + 1 WHERE position = 0';

  it('that was changed unseen is told by its digest: it is neither judged nor run again', async () => {
    const changed = tampered(unseen);
    expect(await main(['repro', 'latest', '--quiet', '--json', '--store', changed])).toBe(4);
    await inStore(changed, async (store) => {
      expect(store.listTrials()).toHaveLength(1);
      await expect(judgeRecord(store, store.getTrial('latest'))).rejects.toThrow('is not the one that was recorded');
    });
    for (const [path, told] of [
      [changed, /^ {2}CHANGED {4}the history of /m],
      [original, /^(?!.*CHANGED)/s],
    ] as const) {
      const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      await main(['show', 'latest', '--store', path]);
      const text = out.mock.calls.join('');
      out.mockRestore();
      expect(text).toMatch(told);
    }
  });

  it('that holds what no clients saw is noticed once the trial ran again event by event', async () => {
    const changed = tampered(unseen);
    // As one of a version that kept no digest: only the trial itself can tell.
    const db = new BetterSqlite(join(changed, STORE_FILE));
    db.exec('UPDATE trials SET history_digest = NULL');
    db.close();
    await inStore(changed, async (store) => {
      const trial = store.getTrial('latest');
      const options = { tries: 1, traceHash: trial.traceHash, without: [], of: trial.id };
      const again = await repeat(store, storedSpec(trial), oracleOf(storedVerdict(trial)), options);
      expect(again).toMatchObject({ sameTrace: true, same: 1 });
      expect(differingOperation(store, trial.id, again.trials[0]?.id ?? '')).toMatch(/^operation 0 is recorded as/);
      // What repeats a trial is not the latest one.
      expect(store.listTrials()).toHaveLength(2);
      expect(store.getTrial('latest').id).toBe(trial.id);
    });
    expect(await main(['repro', 'latest', '--quiet', '--json', '--store', changed])).toBe(4);
    const same = tampered('UPDATE trials SET seed = seed');
    expect(await main(['repro', 'latest', '--quiet', '--json', '--store', same])).toBe(1);
  });

  it('whose spec or verdict is no such thing is named, in one line', async () => {
    const broken = tampered("UPDATE trials SET spec = '{bad'");
    await expect(inStore(broken, (store) => store.getTrial('latest'))).rejects.toThrow(
      `the row of trial ${recorded.id} holds "{bad" where JSON is expected`,
    );
    const empty = tampered("UPDATE trials SET verdict = '{}'");
    await expect(inStore(empty, (store) => storedVerdict(store.getTrial('latest')))).rejects.toThrow(
      `the stored verdict of trial ${recorded.id} is none`,
    );
  });
});
