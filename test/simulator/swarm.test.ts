import { expect, test } from 'vitest';
import { drawSwarm } from '../../cluster/simulator/swarm.ts';
import { FAULTS } from '../../nemesis/registry.ts';

const MS = 1_000_000;

test('clients of a swarm seed wait long enough for a write that finds both its disks busy', () => {
  const names = [...FAULTS.keys()];
  for (let seed = 1; seed <= 3000; seed++) {
    const { attemptTimeoutMs, network, disk } = drawSwarm(seed, names);
    const commitMs = (4 * disk.syncNs.max + 2 * network.latencyNs.max) / MS;
    expect(attemptTimeoutMs, `seed ${seed}`).toBeGreaterThanOrEqual(commitMs);
  }
});
