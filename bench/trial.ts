/**
 * Whole trials on real processes without faults: recorded and judged operations per second, latency, the share of time spent
 * recording, and the time to judge against the length of the trial.
 *
 *   npx tsx bench/trial.ts [--clients 64] [--seconds 10] [--rounds 3]
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openStore } from '../history/store.ts';
import { runTrial } from '../trial/run.ts';
import { parseSpec } from '../trial/spec.ts';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
  },
});

const directory = mkdtempSync(join(tmpdir(), 'ordeal-bench-'));
const store = openStore(directory, 'write');
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    const spec = parseSpec({
      seed: round + 1,
      clients: Number(values.clients),
      keys: Math.ceil(Number(values.clients) / 4),
      ratePerSecond: 0,
      timeMs: Number(values.seconds) * 1000,
      faults: [],
    });
    const result = await runTrial(spec, { store });
    const latencies = [...store.readOperations(result.id)]
      .flatMap((operation) =>
        operation.outcome === 'ok' && operation.completedAt !== null
          ? [(operation.completedAt - operation.invokedAt) / 1e6]
          : [],
      )
      .sort((a, b) => a - b);
    const at = (share: number): string => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(1);
    const { operations, ms } = result.verdict.statistics;
    const seconds = result.durationNs / 1e9;
    process.stdout.write(
      `${result.verdict.outcome}: ${Math.round(operations / Number(values.seconds))} ops/s recorded and judged; ` +
        `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; recording ${((result.recordingNs / result.durationNs) * 100).toFixed(2)} % ` +
        `of the trial's time; judging ${((ms / 1000 / seconds) * 100).toFixed(2)} % of its length\n`,
    );
  }
} finally {
  store.close();
  rmSync(directory, { recursive: true, force: true });
}
