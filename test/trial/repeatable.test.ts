import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { firstDifference, type TraceEvent } from '../../cluster/simulator/trace.ts';
import { draws, shuffled } from '../../seed/draw.ts';
import { simulateTrial } from '../../trial/simulate.ts';
import { swarmSpec } from '../../trial/swarm.ts';

const SEEDS = 50;
const TIME_MS = 600;
const CHILD = fileURLToPath(new URL('./trace-child.ts', import.meta.url));

const specOf = (seed: number) => swarmSpec(seed, { bugs: [], timeMs: TIME_MS });
const hashOf = async (seed: number) => (await simulateTrial(specOf(seed), { details: false })).traceHash;

async function traceOf(seed: number): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  await simulateTrial(specOf(seed), { trace: (event) => events.push(event) });
  return events;
}

function inAnotherProcess(...args: readonly (string | number)[]): unknown {
  const command = ['--import', 'tsx', CHILD, ...args.map(String)];
  return JSON.parse(execFileSync(process.execPath, command, { encoding: 'utf8', maxBuffer: 2 ** 30 }));
}

const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);

describe('a simulated trial', () => {
  it(`has one trace hash per seed: twice in a process, in any order, with and without details, for ${SEEDS} seeds`, async () => {
    const first = new Map<number, string>();
    for (const seed of seeds) first.set(seed, await hashOf(seed));
    expect(new Set(first.values()).size).toBe(SEEDS);
    for (const seed of shuffled(draws(1, 'test.order'), 0, seeds)) {
      const again = (await simulateTrial(specOf(seed))).traceHash;
      if (again !== first.get(seed)) expect(firstDifference(await traceOf(seed), await traceOf(seed))).toBeNull();
      expect(again, `seed ${seed}`).toBe(first.get(seed));
    }
  });

  it(`has the same trace hash in another process, for ${SEEDS} seeds`, async () => {
    const elsewhere = inAnotherProcess('hashes', 0, SEEDS, TIME_MS) as string[];
    for (const seed of seeds) {
      const here = await hashOf(seed);
      if (here !== elsewhere[seed]) {
        const there = inAnotherProcess('trace', seed, TIME_MS) as TraceEvent[];
        expect(firstDifference(await traceOf(seed), there), `seed ${seed}`).toBeNull();
      }
      expect(here, `seed ${seed}`).toBe(elsewhere[seed]);
    }
  });

  it('names the first event that differs', async () => {
    const trace = await traceOf(3);
    const other = trace.map((event) => (event.number === 40 ? { ...event, digest: event.digest + 1 } : event));
    expect(firstDifference(trace, trace)).toBeNull();
    expect(firstDifference(trace, other)).toMatch(/^event 40 differs: .* at \d+ ns of node/);
  });
});
