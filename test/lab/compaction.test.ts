import { describe, expect, it } from 'vitest';
import type { LabCluster, Proposal } from './cluster.ts';
import type { LabOptions } from './lab-world.ts';
import { UNRELIABLE } from './networks.ts';
import { tell } from './tell.ts';

const THRESHOLD_BYTES = 1500;
/** Of the course: a log may be so many times its threshold. */
const BOUND_BYTES = 8 * THRESHOLD_BYTES;
/** Enough for a snapshot or two. */
const MANY = 30;

const THREE: LabOptions = { nodes: 3, thresholdBytes: THRESHOLD_BYTES, sessionsMax: 10 };

function agreeMany(cluster: LabCluster, by: number): number {
  let index = 0;
  for (let count = 0; count < MANY; count++) index = cluster.agree({ by });
  return index;
}

function expectBoundedAndEqual(cluster: LabCluster): void {
  expect(cluster.logBytesMax).toBeGreaterThan(THRESHOLD_BYTES);
  expect(cluster.logBytesMax).toBeLessThanOrEqual(BOUND_BYTES);
  cluster.agree({ by: 3 });
  const applied = () => new Set(cluster.nodes.map((id) => cluster.replica(id).appliedIndex));
  cluster.until('all have applied the same', () => applied().size === 1);
  expect(new Set(cluster.nodes.map((id) => cluster.replica(id).machine.hash())).size).toBe(1);
  for (const id of cluster.nodes) {
    expect(cluster.replica(id).durableSnapshotIndex).toBeGreaterThan(0);
    // In memory too: the log begins where the snapshot ends, but for a few entries.
    const { lastIndex, baseIndex } = cluster.raft(id);
    expect(lastIndex - baseIndex).toBeLessThan(MANY);
  }
}

/** One of three misses so much that only a snapshot helps, again and again; sometimes it is the leader. */
function lagAndInstall(cluster: LabCluster, rounds: number, missing: 'cut off' | 'crashed'): void {
  cluster.agree({ by: 3 });
  const lost: Proposal[] = [];
  for (let round = 0; round < rounds; round++) {
    const leader = cluster.leader();
    const victim = round % 3 === 1 ? leader : (cluster.others(leader)[round % 2] as string);
    if (missing === 'cut off') {
      cluster.cut(victim);
      // A leader goes on taking values for a while: its log reaches beyond the snapshot that will replace it.
      if (victim === leader) for (let count = 0; count < MANY + 10; count++) lost.push(cluster.propose(victim));
    } else cluster.kill(victim);
    const index = agreeMany(cluster, 2);
    const installed = cluster.mark('snapshot-installed');
    if (missing === 'cut off') cluster.rejoin(victim);
    else cluster.start(victim);
    cluster.until(`${victim} installs a snapshot`, () => cluster.mark('snapshot-installed') > installed);
    // What it took for itself conflicts with the snapshot, all of it, and goes with the rest at once: until the next entries
    // come, nothing else would clear it away.
    const stale = lost.filter(({ value }) => cluster.indexOf(victim, value) !== null);
    expect(stale.map(({ value }) => value)).toEqual([]);
    cluster.until(`${victim} catches up`, () => cluster.holders(index).length === 3);
  }
  expect(lost.filter(({ index }) => index !== null)).toEqual([]);
  expectBoundedAndEqual(cluster);
}

describe('lab D: log compaction', () => {
  it('SnapshotBasic: while values come and come, every log stays under its bound and all nodes hold one state', () =>
    tell(THREE, (cluster) => {
      for (let round = 0; round < 10; round++) agreeMany(cluster, 3);
      expectBoundedAndEqual(cluster);
    }));

  it('SnapshotInstall: a node that was cut off for too long catches up by a snapshot, ten times over', () =>
    tell(THREE, (cluster) => lagAndInstall(cluster, 10, 'cut off')));

  it('SnapshotInstallUnreliable: the same on an unreliable network', () =>
    tell({ ...THREE, network: UNRELIABLE }, (cluster) => lagAndInstall(cluster, 6, 'cut off')));

  it('SnapshotInstallCrash: a node that was down for too long catches up by a snapshot, ten times over', () =>
    tell(THREE, (cluster) => lagAndInstall(cluster, 10, 'crashed')));

  it('SnapshotInstallUnCrash: the same on an unreliable network', () =>
    tell({ ...THREE, network: UNRELIABLE }, (cluster) => lagAndInstall(cluster, 6, 'crashed')));

  it('SnapshotAllCrash: when all crash and come back, indexes never fall', () =>
    tell(THREE, (cluster) => {
      for (let round = 0; round < 5; round++) {
        const before = agreeMany(cluster, 3);
        const snapshots = cluster.nodes.map((id) => cluster.replica(id).durableSnapshotIndex);
        cluster.restart(...cluster.nodes);
        for (const [at, id] of cluster.nodes.entries()) {
          expect(snapshots[at]).toBeGreaterThan(0);
          expect(cluster.replica(id).durableSnapshotIndex).toBeGreaterThanOrEqual(snapshots[at] as number);
        }
        expect(cluster.agree({ by: 3 })).toBeGreaterThan(before);
      }
      expectBoundedAndEqual(cluster);
    }));

  it('SnapshotInit: the state survives two restarts of all, with hardly anything in the log after the snapshot', () =>
    tell(THREE, (cluster) => {
      agreeMany(cluster, 3);
      const states = () => cluster.nodes.map((id) => cluster.replica(id).machine.hash());
      for (let restarts = 0; restarts < 2; restarts++) {
        const last = cluster.agree({ by: 3 });
        const before = states();
        expect(new Set(before).size).toBe(1);
        cluster.restart(...cluster.nodes);
        cluster.leader();
        cluster.until('all have applied what they had before', () => cluster.holders(last).length === 3);
        expect(states()).toEqual(before);
      }
      expectBoundedAndEqual(cluster);
    }));
});
