/** Fills a store with many trials quickly: real ones, simulated once, written many times under other names and with other ends. */

import { batchWriter } from '../../history/batch.ts';
import { openDatabase, openStore, STORE_FILE } from '../../history/store.ts';
import type { TrialOutcome } from '../../history/trial-records.ts';
import { runTrial } from '../../trial/run.ts';
import { simulateTrial } from '../../trial/simulate.ts';
import { parseSpec } from '../../trial/spec.ts';

const OUTCOMES: readonly TrialOutcome[] = ['pass', 'pass', 'pass', 'pass', 'pass', 'vacuous', 'unknown', 'broken'];

/** The first trial is whole, with its report; the others share its record, all but every tenth without its operations. */
export async function fillStore(directory: string, count: number): Promise<string[]> {
  const spec = parseSpec({
    seed: 11,
    world: 'simulator',
    timeMs: 1000,
    nodes: 3,
    faults: ['kill'],
    ratePerSecond: 100,
  });
  const store = openStore(directory, 'write');
  const { id } = await runTrial(spec, { store });
  const first = store.getTrial(id);
  const { batch } = await simulateTrial(spec, { details: false });
  store.close();
  const db = openDatabase(`${directory}/${STORE_FILE}`, 'write');
  const ids = [id];
  try {
    db.pragma('synchronous = OFF');
    const insert = db.prepare(
      `INSERT INTO trials (id, spec, seed, system, world, workload, nodes, started_at, duration_ns, state, outcome, verdict, provenance)
       VALUES (?,?,?,?,?,?,?,?,?,'finished',?,?,?)`,
    );
    for (let done = 1; done < count; done += 500)
      db.transaction(() => {
        for (let n = done; n < Math.min(count, done + 500); n++) {
          const startedAt = Date.UTC(2026, 0, 1) + n * 2_000_000;
          const outcome = OUTCOMES[n % OUTCOMES.length] ?? 'pass';
          const name = `made-${String(n).padStart(6, '0')}-s${n}`;
          const bugs = n % 50 === 0 ? ['no-dedupe'] : [];
          const reasons = outcome === 'pass' ? [] : [`reason ${outcome} of the ${n % 7}th kind`];
          const { lastInsertRowid } = insert.run(
            name,
            JSON.stringify({ ...spec, seed: n, bugs }),
            n,
            'raft',
            n % 3 === 0 ? 'processes' : 'simulator',
            n % 2 === 0 ? 'register' : 'kv',
            '["n1","n2","n3"]',
            startedAt,
            2e9,
            outcome,
            JSON.stringify({
              ...(first.verdict as object),
              outcome,
              valid: outcome === 'pass' ? true : 'unknown',
              reasons,
            }),
            '{}',
          );
          if (n % 10 === 0) batchWriter(db, Number(lastInsertRowid))(batch());
          ids.push(name);
        }
      }).immediate();
  } finally {
    db.close();
  }
  return ids;
}
