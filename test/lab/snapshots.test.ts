import { describe, expect, it } from 'vitest';
import { ELECTION_MS, type LabCluster } from './cluster.ts';
import type { LabOptions } from './lab-world.ts';
import { endure, expectFastPuts, type Ordeal } from './load.ts';
import { UNRELIABLE } from './networks.ts';
import { tell } from './tell.ts';

/** The course's own. */
const THRESHOLD_BYTES = 1000;
/** The log may be so many times its threshold, at any moment. */
const BOUND = 8;

const FIVE: LabOptions = { nodes: 5, thresholdBytes: THRESHOLD_BYTES };
const FIVE_UNRELIABLE: LabOptions = { ...FIVE, network: UNRELIABLE };
const FIVE_CLIENTS = { clients: 5, keys: 5, ratePerSecond: 60, atLeast: 300 };
const FIVE_SLOW_CLIENTS = { ...FIVE_CLIENTS, atLeast: 100 };

function expectBoundedLogs(cluster: LabCluster): void {
  expect(cluster.logBytesMax).toBeGreaterThan(THRESHOLD_BYTES);
  expect(cluster.logBytesMax).toBeLessThanOrEqual(BOUND * THRESHOLD_BYTES);
  for (const id of cluster.nodes) expect(cluster.replica(id).durableSnapshotIndex).toBeGreaterThan(0);
}

async function endureBounded(cluster: LabCluster, ordeal: Ordeal): Promise<void> {
  await endure(cluster, ordeal);
  expectBoundedLogs(cluster);
}

describe('lab 4C: the key-value service with snapshots', () => {
  it('SnapshotRPC: a laggard catches up by a snapshot, and then serves without the one that had been there all along', () =>
    tell({ nodes: 3, thresholdBytes: THRESHOLD_BYTES }, (cluster) => {
      const client = cluster.client();
      cluster.done(client, { f: 'put', key: 'a', value: 'A' });
      const leader = cluster.leader();
      const [mate, laggard] = cluster.others(leader) as [string, string];
      cluster.split([leader, mate], [laggard]);
      const both = cluster.client([leader, mate]);
      for (let count = 0; count < 50; count++) cluster.done(both, { f: 'put', key: `${count}`, value: count });
      cluster.run(ELECTION_MS);
      cluster.done(both, { f: 'put', key: 'b', value: 'B' });
      expect(cluster.replica(leader).durableSnapshotIndex).toBeGreaterThan(cluster.raft(laggard).lastIndex);

      // Without the laggard there is no majority now.
      cluster.split([leader, laggard], [mate]);
      const other = cluster.client([leader, laggard]);
      cluster.done(other, { f: 'put', key: 'c', value: 'C' });
      cluster.done(other, { f: 'put', key: 'd', value: 'D' });
      expect(cluster.done(other, { f: 'get', key: 'a' })).toBe('A');
      expect(cluster.done(other, { f: 'get', key: 'b' })).toBe('B');
      for (const key of [1, 49]) expect(cluster.done(other, { f: 'get', key: `${key}` })).toBe(key);
      expect(cluster.mark('snapshot-installed')).toBeGreaterThan(0);
      expect(cluster.raft(laggard).snapshotIndex).toBeGreaterThan(0);

      cluster.heal();
      cluster.done(other, { f: 'put', key: 'e', value: 'E' });
      for (const [key, value] of Object.entries({ a: 'A', c: 'C', e: 'E', 1: 1, 49: 49 }))
        expect(cluster.done(client, { f: 'get', key })).toBe(value);
    }));

  it('SnapshotSize: after 800 puts on one key the snapshot has at most 500 bytes and the log at most eight times its threshold', () =>
    tell({ nodes: 3, thresholdBytes: THRESHOLD_BYTES }, (cluster) => {
      const client = cluster.client();
      for (let count = 0; count < 400; count++)
        for (const value of ['0', '1']) {
          cluster.done(client, { f: 'put', key: 'x', value });
          expect(cluster.done(client, { f: 'get', key: 'x' })).toBe(value);
        }
      expectBoundedLogs(cluster);
      for (const id of cluster.nodes) {
        expect(cluster.snapshotBytes(id)).toBeGreaterThan(0);
        expect(cluster.snapshotBytes(id)).toBeLessThanOrEqual(500);
      }
    }));

  it('Speed: with snapshots too each of a thousand puts takes at most 33 ms', () =>
    tell({ nodes: 3, thresholdBytes: THRESHOLD_BYTES }, (cluster) => {
      expectFastPuts(cluster, 1000, 33);
      expectBoundedLogs(cluster);
    }));

  it('SnapshotRecover: one client while all nodes restart on their snapshots again and again; linearizable', () =>
    tell(FIVE, (cluster) =>
      endureBounded(cluster, { clients: 1, keys: 1, ratePerSecond: 30, restarts: true, atLeast: 150 }),
    ));

  it('SnapshotRecoverManyClients: the same with twenty clients', () =>
    tell(FIVE, (cluster) =>
      endureBounded(cluster, { clients: 20, keys: 20, ratePerSecond: 100, restarts: true, atLeast: 500 }),
    ));

  it('SnapshotUnreliable: five clients on an unreliable network; linearizable', () =>
    tell(FIVE_UNRELIABLE, (cluster) => endureBounded(cluster, FIVE_SLOW_CLIENTS)));

  it('SnapshotUnreliableRecover: the same, and all nodes restart again and again', () =>
    tell(FIVE_UNRELIABLE, (cluster) => endureBounded(cluster, { ...FIVE_SLOW_CLIENTS, restarts: true })));

  it('SnapshotUnreliableRecoverConcurrentPartition: the same, and ever new partitions', () =>
    tell(FIVE_UNRELIABLE, (cluster) =>
      endureBounded(cluster, { ...FIVE_SLOW_CLIENTS, partitions: true, restarts: true, atLeast: 50 }),
    ));

  it('SnapshotUnreliableRecoverConcurrentPartitionLinearizable: the same with 15 clients, 7 servers and many keys', () =>
    tell({ ...FIVE_UNRELIABLE, nodes: 7 }, (cluster) =>
      endureBounded(cluster, {
        clients: 15,
        keys: 100,
        ratePerSecond: 100,
        partitions: true,
        restarts: true,
        atLeast: 100,
      }),
    ));
});
