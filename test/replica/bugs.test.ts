/** Each planted bug of the replica does what its entry says, in a schedule made for it; the correct replica passes the same one. */

import { describe, expect, test } from 'vitest';
import { rulesFor } from '../../cluster/bugs/catalogue.ts';
import type { Snapshot } from '../../cluster/raft/ready.ts';
import type { NodeId } from '../../cluster/raft/types.ts';
import type { ClientResponse } from '../../cluster/replica/client-protocol.ts';
import { EMPTY_BASE, EMPTY_HARD_STATE, recover } from '../../cluster/replica/log-recovery.ts';
import { SnapshotWriter } from '../../cluster/replica/snapshot-writer.ts';
import { Wal } from '../../cluster/replica/wal.ts';
import { MemoryCluster } from './memory-cluster.ts';
import { LOSE_ALL, MemoryDisk, type SectorFate } from './memory-disk.ts';

const SECOND = 1_000_000_000;

interface Witness {
  readonly bug: string;
  /** What the correct replica shows, and what the wrong one does. */
  readonly right: unknown;
  readonly wrong: unknown;
  readonly run: (bugs: readonly string[]) => unknown;
}

function resultOf(response: ClientResponse): unknown {
  return response.ok && 'result' in response ? response.result : response.ok ? null : response.error;
}

function follower(cluster: MemoryCluster): NodeId {
  const leader = cluster.leader();
  return [...cluster.nodes.keys()].find((id) => id !== leader) as NodeId;
}

function isolate(cluster: MemoryCluster, id: NodeId): void {
  cluster.passes = (from, to) => from !== id && to !== id;
}

function heal(cluster: MemoryCluster): void {
  cluster.passes = () => true;
}

/** Kills all nodes at once, starts them again, and reads a key. */
function afterPowerLoss(cluster: MemoryCluster, key: string, fate: SectorFate = LOSE_ALL): unknown {
  for (const id of cluster.nodes.keys()) cluster.kill(id, fate);
  cluster.run(SECOND);
  for (const id of cluster.nodes.keys()) cluster.start(id);
  return resultOf(cluster.read(cluster.leader(), key));
}

/** A log of one node under the rules of the bug: three batches of two entries. */
function syncedDisk(bugs: readonly string[]): MemoryDisk {
  const { replica: rules } = rulesFor(bugs);
  const disk = new MemoryDisk();
  const position = { segment: 0, highestSegment: 0, nextBatch: 1, segmentBytes: 0, obsolete: [] };
  const start = { node: 'n1', hardState: EMPTY_HARD_STATE, base: EMPTY_BASE, entries: [], position, newSegment: true };
  const wal = new Wal(disk, start, rules, () => undefined);
  disk.finishAll();
  for (let n = 0; n < 3; n++) {
    const entries = [1, 2].map((at) => ({ index: 2 * n + at, term: 1, kind: 'command' as const, data: `value ${at}` }));
    wal.save(n + 1, n === 0 ? { term: 1, vote: 'n1', commit: 0 } : null, entries);
    disk.finishAll();
  }
  return disk;
}

function recovered(disk: MemoryDisk, bugs: readonly string[]): unknown {
  const recovery = recover(disk, 'n1', rulesFor(bugs).replica);
  return recovery.kind === 'recovered'
    ? recovery.entries.map((entry) => `${entry.index} ${entry.kind}`)
    : recovery.kind;
}

const SIX = [1, 2, 3, 4, 5, 6].map((index) => `${index} command`);

const witnesses: readonly Witness[] = [
  {
    bug: 'no-dedupe',
    right: 'x',
    wrong: 'xx',
    run: (bugs) => {
      const cluster = new MemoryCluster(3, { bugs });
      const session = cluster.openSession('s');
      cluster.command(cluster.leader(), session, 1, { f: 'append', key: 'k', value: 'x' });
      cluster.command(cluster.leader(), session, 1, { f: 'append', key: 'k', value: 'x' });
      return resultOf(cluster.read(cluster.leader(), 'k'));
    },
  },
  {
    bug: 'ack-at-append',
    right: ['lost-leadership', 1],
    wrong: [null, 1],
    run: (bugs) => {
      const cluster = new MemoryCluster(3, { bugs });
      const session = cluster.openSession('s');
      const old = cluster.leader();
      cluster.command(old, session, 1, { f: 'put', key: 'k', value: 1 });
      isolate(cluster, old);
      const answer = cluster.command(old, session, 2, { f: 'put', key: 'k', value: 2 });
      cluster.until(() => cluster.leader() !== old, 'another leads');
      heal(cluster);
      cluster.run(SECOND);
      return [resultOf(answer), resultOf(cluster.read(cluster.leader(), 'k'))];
    },
  },
  {
    bug: 'follower-read',
    right: 'unavailable',
    wrong: 1,
    run: (bugs) => {
      const cluster = new MemoryCluster(3, { bugs });
      const session = cluster.openSession('s');
      const lagging = follower(cluster);
      cluster.command(cluster.leader(), session, 1, { f: 'put', key: 'k', value: 1 });
      cluster.run(SECOND);
      isolate(cluster, lagging);
      cluster.command(cluster.leader(), session, 2, { f: 'put', key: 'k', value: 2 });
      return resultOf(cluster.read(lagging, 'k'));
    },
  },
  {
    bug: 'timeout-as-failure',
    right: { definite: false, read: 2 },
    wrong: { definite: true, read: 2 },
    run: (bugs) => {
      const cluster = new MemoryCluster(3, { bugs });
      const session = cluster.openSession('s');
      const old = cluster.leader();
      // Followers get the entry, but the leader hears nothing of it any more.
      cluster.passes = (_from, to) => to !== old;
      const answer = cluster.command(old, session, 1, { f: 'put', key: 'k', value: 2 });
      heal(cluster);
      cluster.run(SECOND);
      const read = resultOf(cluster.read(cluster.leader(), 'k'));
      return { definite: !answer.ok && answer.definite, read };
    },
  },
  {
    bug: 'ack-before-fsync',
    right: 1,
    wrong: 'power loss: null',
    run: (bugs) => {
      const cluster = new MemoryCluster(3, { bugs });
      const session = cluster.openSession('s');
      cluster.syncNs = 50_000_000;
      cluster.command(cluster.leader(), session, 1, { f: 'put', key: 'k', value: 1 });
      const read = afterPowerLoss(cluster, 'k');
      return read === 1 ? 1 : `power loss: ${read}`;
    },
  },
  {
    bug: 'torn-tail-accepted',
    right: SIX.slice(0, 4),
    wrong: [...SIX.slice(0, 5), '6 noop'],
    run: (bugs) => {
      const disk = syncedDisk([]);
      const name = disk.list()[0] as string;
      const bytes = disk.read(name) as Uint8Array;
      return recovered(MemoryDisk.holding(new Map([[name, bytes.slice(0, -5)]])), bugs);
    },
  },
  {
    bug: 'corrupt-middle-truncates',
    right: 'unusable',
    wrong: SIX.slice(0, 2),
    run: (bugs) => {
      const disk = syncedDisk([]);
      const name = disk.list()[0] as string;
      const bytes = disk.read(name) as Uint8Array;
      const at = new TextDecoder().decode(bytes).indexOf('"index":3');
      bytes[at] = (bytes[at] as number) ^ 1;
      return recovered(MemoryDisk.holding(new Map([[name, bytes]])), bugs);
    },
  },
  {
    bug: 'truncate-append-not-atomic',
    right: SIX.slice(0, 4),
    wrong: SIX.slice(0, 3),
    run: (bugs) => {
      const { replica: rules } = rulesFor(bugs);
      const disk = new MemoryDisk();
      const position = { segment: 0, highestSegment: 0, nextBatch: 1, segmentBytes: 0, obsolete: [] };
      const start = {
        node: 'n1',
        hardState: EMPTY_HARD_STATE,
        base: EMPTY_BASE,
        entries: [],
        position,
        newSegment: true,
      };
      let durable = 0;
      const wal = new Wal(disk, start, rules, (upTo) => {
        durable = upTo;
      });
      disk.finishAll();
      const pair = (n: number) =>
        [1, 2].map((at) => ({ index: 2 * n + at, term: 1, kind: 'command' as const, data: 'v' }));
      wal.save(1, null, pair(0));
      wal.save(2, null, pair(1));
      disk.finishAll();
      expect(durable).toBe(2);
      wal.save(3, null, pair(2));
      // The first of its operations is done, then the node dies.
      if (bugs.length > 0) disk.finishNext();
      return recovered(disk.afterCrash(LOSE_ALL), []);
    },
  },
  {
    bug: 'snapshot-and-log-not-atomic',
    right: 5,
    wrong: null,
    run: (bugs) => {
      const cluster = new MemoryCluster(1, { bugs });
      const session = cluster.openSession('s');
      for (let n = 1; n <= 5; n++) cluster.command('n1', session, n, { f: 'put', key: 'k', value: n });
      const { disk } = cluster.node('n1');
      const compacted = cluster.send('n1', { kind: 'admin', request: { admin: 'compact' } });
      const begun = (): boolean => disk.pending.some(({ name }) => name === 'snapshot');
      cluster.until(begun, 'the snapshot is being written');
      // The node dies when the log is durable but the snapshot is not.
      const log = disk.pending.find(({ name }) => name !== 'snapshot');
      log?.finish();
      expect(cluster.responses.has(compacted)).toBe(false);
      return afterPowerLoss(cluster, 'k');
    },
  },
  {
    bug: 'saved-without-snapshot',
    right: 5,
    wrong: null,
    run: (bugs) => {
      const cluster = new MemoryCluster(1, { bugs });
      const session = cluster.openSession('s');
      for (let n = 1; n <= 5; n++) cluster.command('n1', session, n, { f: 'put', key: 'k', value: n });
      cluster.ask('n1', { kind: 'admin', request: { admin: 'compact' } });
      cluster.run(SECOND);
      // The first restart brings an election: term and vote are saved.
      afterPowerLoss(cluster, 'k');
      cluster.run(SECOND);
      return afterPowerLoss(cluster, 'k');
    },
  },
  {
    bug: 'snapshot-index-regresses',
    right: 9,
    wrong: 4,
    run: (bugs) => {
      const disk = new MemoryDisk();
      const writer = new SnapshotWriter(disk, rulesFor(bugs).replica, null, 0);
      const snapshot = (index: number): Snapshot => ({ ...EMPTY_BASE, index, term: 1, data: '' });
      writer.write(snapshot(9), () => undefined);
      writer.write(snapshot(4), () => undefined);
      disk.finishAll();
      return writer.durable?.index;
    },
  },
  {
    bug: 'wiped-disk-same-id',
    right: 'unsupported',
    wrong: 'runs',
    run: (bugs) => {
      const cluster = new MemoryCluster(3, { bugs });
      const victim = follower(cluster);
      cluster.kill(victim, LOSE_ALL);
      cluster.node(victim).disk.files.clear();
      cluster.start(victim);
      return cluster.node(victim).halted?.code ?? 'runs';
    },
  },
];

describe.each(witnesses)('$bug', ({ bug, right, wrong, run }) => {
  test('is visible in a schedule made for it', () => {
    expect(run([bug])).toEqual(wrong);
  });

  test('does not show in the correct replica under the same schedule', () => {
    expect(run([])).toEqual(right);
  });
});
