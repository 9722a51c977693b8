import { describe, expect, it } from 'vitest';
import type { Client } from '../../cluster/client.ts';
import { ELECTION_MS, type LabCluster } from './cluster.ts';
import { tell } from './tell.ts';

const KEY = 'log';

/** An operation that leaves its own mark, once: the machine's value is the list of all that were carried out. */
const append = (token: string) => ({ f: 'append', key: KEY, value: `${token} ` }) as const;

function expectAppliedOnce(cluster: LabCluster, tokens: readonly string[]): void {
  const count = cluster.nodes.filter((id) => cluster.isUp(id)).length;
  const settled = () => {
    const values = new Set(cluster.stored(KEY));
    return values.size === 1 && String([...values][0]).split(' ').length > tokens.length;
  };
  cluster.until(`all ${count} replicas hold ${tokens.length} operations`, settled);
  const held = String(cluster.stored(KEY)[0]).trimEnd().split(' ');
  expect([...held].sort()).toEqual([...tokens].sort());
}

/** Ten operations in order; each answers everything before it, and itself. */
function appendInOrder(cluster: LabCluster, client: Client, prefix: string, tokens: string[]): void {
  for (let count = 0; count < 10; count++) {
    const token = `${prefix}${count}`;
    tokens.push(token);
    expect(cluster.done(client, append(token))).toBe(`${tokens.join(' ')} `);
  }
}

describe('lab 4A: the replicated state machine', () => {
  it('Basic: operations are carried out in order, and all replicas carry out all of them', () =>
    tell({ nodes: 3 }, (cluster) => {
      const tokens: string[] = [];
      appendInOrder(cluster, cluster.client(), 'a', tokens);
      expectAppliedOnce(cluster, tokens);
    }));

  it('Concurrent: fifty clients at once, and all replicas carry out all of their operations, each once', () =>
    tell({ nodes: 3 }, (cluster) => {
      const tokens = Array.from({ length: 50 }, (_, at) => `c${at}`);
      const calls = tokens.map((token) => cluster.call(cluster.client(), append(token)));
      for (const call of calls) cluster.answer(call);
      expectAppliedOnce(cluster, tokens);
    }));

  it('LeaderFailure: when the leader dies, operations go on, and it has carried out the same when it is back', () =>
    tell({ nodes: 3 }, (cluster) => {
      const client = cluster.client();
      const tokens: string[] = [];
      appendInOrder(cluster, client, 'before', tokens);
      const leader = cluster.leader();
      cluster.kill(leader);
      appendInOrder(cluster, client, 'after', tokens);
      cluster.start(leader);
      appendInOrder(cluster, client, 'back', tokens);
      expectAppliedOnce(cluster, tokens);
    }));

  it('LeaderPartition: an operation given to a leader in the minority never completes there, those of the majority do', () =>
    tell({ nodes: 5 }, (cluster) => {
      cluster.done(cluster.client(), append('first'));
      const leader = cluster.leader();
      const reach = [leader];
      const stuck = cluster.client(reach);
      cluster.done(stuck, append('second'));
      const [mate, ...majority] = cluster.others(leader) as [string, ...string[]];
      cluster.split([leader, mate], majority);

      const call = cluster.call(stuck, append('stuck'));
      const tokens = ['first', 'second'];
      appendInOrder(cluster, cluster.client(majority), 'majority', tokens);
      cluster.run(5 * ELECTION_MS);
      expect(call.outcome).toBeNull();

      // Healed, it completes, and was carried out once.
      cluster.heal();
      reach.push(mate, ...majority);
      cluster.answer(call);
      expectAppliedOnce(cluster, [...tokens, 'stuck']);
    }));

  it('RestartReplay: after a restart of all, every replica has replayed to the state it had', () =>
    tell({ nodes: 3 }, (cluster) => {
      const client = cluster.client();
      const tokens: string[] = [];
      for (let round = 0; round < 10; round++) appendInOrder(cluster, client, `r${round}.`, tokens);
      cluster.restart(...cluster.nodes);
      cluster.done(client, append('last'));
      expectAppliedOnce(cluster, [...tokens, 'last']);
    }));

  it('Shutdown: operations that are pending when the nodes go down return, without an answer', () =>
    tell({ nodes: 3 }, (cluster) => {
      const leader = cluster.leader();
      cluster.cut(leader);
      const pending = Array.from({ length: 10 }, () => cluster.propose(leader));
      cluster.run(20);
      expect(cluster.replica(leader).pending).toBe(10);
      expect(pending.some(({ over }) => over)).toBe(false);
      cluster.kill(...cluster.nodes);
      cluster.until('all pending operations return', () => pending.every(({ over }) => over), 100);
      expect(pending.every(({ index }) => index === null)).toBe(true);
    }));

  it('RestartSubmit: operations after a restart are not taken for those before, which are not carried out again', () =>
    tell({ nodes: 3 }, (cluster) => {
      const old = cluster.client();
      const tokens: string[] = [];
      appendInOrder(cluster, old, 'old', tokens);
      cluster.restart(...cluster.nodes);
      // A new client, an old one in its old session, and both again after another restart.
      const fresh = cluster.client();
      appendInOrder(cluster, fresh, 'fresh', tokens);
      appendInOrder(cluster, old, 'again', tokens);
      cluster.restart(...cluster.nodes);
      appendInOrder(cluster, old, 'oldest', tokens);
      appendInOrder(cluster, fresh, 'freshest', tokens);
      expectAppliedOnce(cluster, tokens);
    }));

  it('Snapshot: with snapshots the log stays under eight times its threshold, and the state survives a restart of all', () =>
    tell({ nodes: 3, thresholdBytes: 3000 }, (cluster) => {
      const client = cluster.client();
      const tokens: string[] = [];
      for (let round = 0; round < 20; round++) appendInOrder(cluster, client, `s${round}.`, tokens);
      for (const id of cluster.nodes) expect(cluster.replica(id).durableSnapshotIndex).toBeGreaterThan(100);
      expect(cluster.logBytesMax).toBeLessThanOrEqual(8 * 3000);
      cluster.restart(...cluster.nodes);
      cluster.done(client, append('last'));
      expectAppliedOnce(cluster, [...tokens, 'last']);
    }));
});
