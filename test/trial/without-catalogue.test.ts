import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { CORRECT_RULES } from '../../cluster/raft/rules.ts';
import { CORRECT_REPLICA_RULES } from '../../cluster/replica/rules.ts';
import { simulateTrial } from '../../trial/simulate.ts';
import { swarmSpec } from '../../trial/swarm.ts';

// In this process there is no catalogue of bugs at all: nothing but the correct rules.
vi.mock('../../cluster/bugs/catalogue.ts', () => ({
  BUGS: [],
  findBug: () => {
    throw new RangeError('there is no bug');
  },
  rulesFor: () => ({ raft: CORRECT_RULES, replica: CORRECT_REPLICA_RULES }),
}));

const SEEDS = 12;
const TIME_MS = 500;
const CHILD = fileURLToPath(new URL('./trace-child.ts', import.meta.url));

it(`with all bugs off traces hash as without the catalogue, for ${SEEDS} seeds`, async () => {
  const command = ['--import', 'tsx', CHILD, 'hashes', '0', String(SEEDS), String(TIME_MS)];
  const withCatalogue = JSON.parse(execFileSync(process.execPath, command, { encoding: 'utf8' })) as string[];
  const without: string[] = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    const spec = swarmSpec(seed, { bugs: [], timeMs: TIME_MS });
    without.push((await simulateTrial(spec, { details: false })).traceHash);
  }
  expect(new Set(without).size).toBe(SEEDS);
  expect(without).toEqual(withCatalogue);
});
