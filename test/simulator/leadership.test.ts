/** Oracles of liveness: each speaks of the bug it is there for, in a situation in which it is silent of the correct replica. */

import { describe, expect, it } from 'vitest';
import { CALM_DISK, CALM_NETWORK, CALM_PROCESS, TRUE_CLOCKS } from '../../cluster/simulator/options.ts';
import { describeOracle, oracleOf } from '../../trial/oracle.ts';
import { simulateTrial } from '../../trial/simulate.ts';
import { parseSpec } from '../../trial/spec.ts';
import { swarmSpec } from '../../trial/swarm.ts';
import { TUNING } from '../../trial/worlds.ts';

const S = 1_000_000_000;
const base = { world: 'simulator', nodes: 3, clients: 3, ratePerSecond: 30, timeMs: 6000 } as const;

async function verdictOf(spec: object, bugs: readonly string[]): Promise<string | null> {
  const { verdict } = await simulateTrial(parseSpec({ ...base, ...spec, bugs }), { details: false });
  const oracle = oracleOf(verdict);
  return oracle === null ? null : describeOracle(oracle);
}

/** A node is cut off for two seconds, in each seed another one leads. */
const partitioned = (seed: number, shape: string) => ({
  seed,
  faults: ['partition'],
  schedule: [
    { kind: 'partition', at: S, durationNs: 2 * S, asked: { shape, mode: 'drop', order: ['n1', 'n2', 'n3'] } },
  ],
});

describe('a leader that is cut off', () => {
  it('and still leads is told of, and a correct one is gone in time', async () => {
    for (const shape of ['leader', 'one-way-in']) {
      expect(await verdictOf(partitioned(1, 'leader'), ['no-check-quorum'])).toBe('liveness cut-off leader');
      for (let seed = 1; seed <= 5; seed++) expect(await verdictOf(partitioned(seed, shape), [])).toBeNull();
    }
  });
});

describe('a leader that a majority hears', () => {
  it.each(['no-prevote', 'removed-server-disrupts'])('and that is deposed for nothing is told of (%s)', async (bug) => {
    const told = [];
    for (let seed = 1; seed <= 5; seed++) told.push(await verdictOf(partitioned(seed, 'one'), [bug]));
    expect(told).toContain('liveness needless election');
    for (let seed = 1; seed <= 5; seed++) expect(await verdictOf(partitioned(seed, 'one'), [])).toBeNull();
  });

  it('may hand over, be killed or paused, or lose its majority', async () => {
    for (const kind of ['transfer', 'kill', 'pause', 'clock', 'slow', 'membership'])
      for (let seed = 1; seed <= 2; seed++) expect(await verdictOf({ seed, spares: 1, faults: [kind] }, [])).toBeNull();
  });
});

describe('a majority that is left in peace', () => {
  it('and has no leader for long is told of, while the fault still stands', async () => {
    const hop = { order: 'none', lagNs: 0, company: 0, turn: 0 };
    const hops = [
      { ...hop, moment: 'appended', patienceNs: S, strike: 'deafen' },
      { ...hop, moment: 'behind', patienceNs: 60 * S, strike: 'spare' },
    ];
    const asked = { order: ['n1', 'n2', 'n3'], lookNs: 1_000_000, hops };
    const schedule = [{ kind: 'chase', at: S, durationNs: 15 * S, asked }];
    const spec = { seed: 2, faults: ['chase'], schedule, timeMs: 16_500, ratePerSecond: 60 };
    // The old leader hears nobody, but what it sends arrives: the next one never passes these entries.
    expect(await verdictOf(spec, ['commit-stops-at-old-term'])).toBe('liveness no leader');
    expect(await verdictOf(spec, [])).toBeNull();
  });
});

describe('a node whose leaders are struck one after the other', () => {
  const hop = { moment: 'committed', patienceNs: S, order: 'none', lagNs: 0, strike: 'isolate', company: 0, turn: 0 };
  const asked = { order: ['n1', 'n2', 'n3'], lookNs: 1_000_000, hops: [hop] };
  /** In which three of ten frames of this type come late. */
  const chased = (seed: number, late: string) => ({
    seed,
    faults: ['chase'],
    schedule: [{ kind: 'chase', at: 0, durationNs: 5 * S, asked }],
    simulation: {
      // Few ticks to choose from, so that two often campaign at once.
      replica: { ...TUNING, heartbeatTicks: 1, electionTicks: 5 },
      network: {
        ...CALM_NETWORK,
        veryLatePpm: 300_000,
        veryLateNs: { min: S / 100, max: S / 2 },
        troubledFrames: [late],
      },
      disk: CALM_DISK,
      process: CALM_PROCESS,
      clock: TRUE_CLOCKS,
    },
  });

  it.each([
    ['timer-reset-on-any-vote', 'read', 'liveness overdue campaign'],
    ['timer-reset-on-stale-append', 'append', 'liveness overdue campaign'],
    ['candidate-ignores-append', 'vote', 'invariant leader followed'],
  ])('campaigns in time, and follows the next one: %s is told of', async (bug, late, oracle) => {
    const told = [];
    for (let seed = 1; seed <= 15; seed++) told.push(await verdictOf(chased(seed, late), [bug]));
    expect(told).toContain(oracle);
    for (let seed = 1; seed <= 5; seed++) expect([seed, await verdictOf(chased(seed, late), [])]).toEqual([seed, null]);
  });
});

it('no oracle of liveness speaks of the correct replica in gentle worlds, where they have most to judge', async () => {
  for (let seed = 1, seen = 0; seen < 6; seed++) {
    const spec = swarmSpec(seed, { bugs: [], timeMs: 3000 });
    if (spec.timeMs !== 1500) continue;
    seen++;
    const { verdict } = await simulateTrial(spec, { details: false });
    expect([seed, oracleOf(verdict)]).toEqual([seed, null]);
  }
});
