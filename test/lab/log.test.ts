import { describe, expect, it } from 'vitest';
import { ELECTION_MS, type LabCluster } from './cluster.ts';
import { MS } from './moves.ts';
import { tell } from './tell.ts';

/** Proposes values to a node and lets them reach its log; nobody else need hear of them. */
function proposeMany(cluster: LabCluster, id: string, count: number): readonly string[] {
  const proposals = Array.from({ length: count }, () => cluster.propose(id));
  cluster.run(20);
  return proposals.map(({ value }) => value);
}

const inLog = (cluster: LabCluster, id: string, values: readonly string[]): number =>
  values.filter((value) => cluster.indexOf(id, value) !== null).length;

describe('lab B: the log', () => {
  it('BasicAgree: each of three values is applied by all at exactly the next index, and nothing before it was proposed', () =>
    tell({ nodes: 3 }, (cluster) => {
      cluster.leader();
      cluster.run(ELECTION_MS);
      // Only the no-op with which the leader began its term.
      expect(cluster.nodes.map((id) => cluster.raft(id).lastIndex)).toEqual([1, 1, 1]);
      for (const expected of [2, 3, 4]) {
        expect(cluster.commitMax).toBe(expected - 1);
        expect(cluster.agree()).toBe(expected);
      }
    }));

  it('RPCBytes: ten commands of 5000 bytes cost the network no more than once each peer, and 50 kB', () =>
    tell({ nodes: 3 }, (cluster) => {
      const client = cluster.client([cluster.leader()]);
      let done = 0;
      const put = (): void =>
        client.execute({ f: 'put', key: `k${done}`, value: 'x'.repeat(5000) }, 5000 * MS, ({ outcome }) => {
          expect(outcome).toBe('ok');
          if (++done < 10) put();
        });
      const bytes = cluster.bytesSent(() => {
        put();
        cluster.until('ten commands done', () => done === 10);
        cluster.run(100);
      });
      expect(bytes).toBeGreaterThanOrEqual(2 * 10 * 5000);
      expect(bytes).toBeLessThanOrEqual(2 * 10 * 5000 + 50_000);
    }));

  it('FollowerFailure: one follower less commits still; with both cut off nothing commits', () =>
    tell({ nodes: 3 }, (cluster) => {
      cluster.agree();
      const leader = cluster.leader();
      const [one, other] = cluster.others(leader) as [string, string];
      cluster.cut(one);
      cluster.agree({ by: 2 });
      cluster.run(ELECTION_MS);
      cluster.agree({ by: 2 });
      expect(cluster.leader()).toBe(leader);

      cluster.cut(other);
      const committed = cluster.commitMax;
      const proposal = cluster.propose(leader);
      cluster.run(20);
      expect(cluster.indexOf(leader, proposal.value)).toBe(committed + 1);
      cluster.run(2 * ELECTION_MS);
      expect(proposal.index).toBeNull();
      expect(cluster.commitMax).toBe(committed);
    }));

  it('LeaderFailure: without the first leader a second one commits; without both nothing commits', () =>
    tell({ nodes: 3 }, (cluster) => {
      cluster.agree();
      const first = cluster.leader();
      cluster.cut(first);
      cluster.agree({ by: 2 });
      cluster.run(ELECTION_MS);
      cluster.agree({ by: 2 });
      const second = cluster.leader();

      cluster.cut(second);
      const committed = cluster.commitMax;
      const proposals = cluster.nodes.map((id) => cluster.propose(id));
      cluster.run(2 * ELECTION_MS);
      expect(proposals.map(({ index }) => index)).toEqual([null, null, null]);
      expect(cluster.commitMax).toBe(committed);
    }));

  it('FailAgree: a follower that was cut off catches up when it rejoins, and all agree on', () =>
    tell({ nodes: 3 }, (cluster) => {
      cluster.agree();
      const leader = cluster.leader();
      const [away] = cluster.others(leader) as [string];
      cluster.cut(away);
      cluster.agree({ by: 2 });
      cluster.agree({ by: 2 });
      cluster.run(ELECTION_MS);
      cluster.agree({ by: 2 });
      const missed = cluster.agree({ by: 2 });
      expect(cluster.holders(missed)).not.toContain(away);

      cluster.rejoin(away);
      const joint = cluster.agree({ by: 3 });
      cluster.run(ELECTION_MS);
      expect(cluster.agree({ by: 3 })).toBe(joint + 1);
      cluster.expectAgreedInLogs();
    }));

  it('FailNoAgree: with three of five followers cut off nothing commits; healed, the cluster agrees again', () =>
    tell({ nodes: 5 }, (cluster) => {
      cluster.agree();
      const leader = cluster.leader();
      const away = cluster.others(leader).slice(0, 3);
      cluster.cut(...away);
      const committed = cluster.commitMax;
      const proposal = cluster.propose(leader);
      cluster.run(20);
      expect(cluster.indexOf(leader, proposal.value)).toBe(committed + 1);
      cluster.run(2 * ELECTION_MS);
      expect(proposal.index).toBeNull();
      expect(cluster.commitMax).toBe(committed);

      cluster.rejoin(...away);
      cluster.leader();
      // At the place of the lost entry or after it, and after the no-op of a new leader.
      const next = cluster.agree({ by: 5 });
      expect(next).toBeGreaterThan(committed);
      expect(next).toBeLessThanOrEqual(committed + 4);
      expect(cluster.agree({ by: 5 })).toBe(next + 1);
    }));

  it('ConcurrentStarts: five values proposed at once all commit, in one term, at indexes in a row', () =>
    tell({ nodes: 3 }, (cluster) => {
      const leader = cluster.leader();
      const { term } = cluster.raft(leader);
      const proposals = Array.from({ length: 5 }, () => cluster.propose(leader));
      cluster.until('all five are answered', () => proposals.every(({ over }) => over));
      const indexes = proposals.map(({ index }) => index as number).sort((a, b) => a - b);
      expect(indexes).toEqual([2, 3, 4, 5, 6]);
      cluster.until('all apply them', () => cluster.holders(6).length === 3);
      for (const id of cluster.nodes) {
        expect(cluster.raft(id).term).toBe(term);
        for (const { value, index } of proposals) expect(cluster.valueAt(id, index as number)).toBe(value);
      }
    }));

  it('Rejoin: what an old leader took while it was cut off is discarded when it comes back', () =>
    tell({ nodes: 3 }, (cluster) => {
      cluster.agree();
      const first = cluster.leader();
      cluster.cut(first);
      const lost = proposeMany(cluster, first, 3);
      expect(inLog(cluster, first, lost)).toBe(3);

      const kept = cluster.agree({ by: 2 });
      const second = cluster.leader();
      cluster.cut(second);
      cluster.rejoin(first);
      cluster.agree({ by: 2 });
      cluster.rejoin(second);
      const last = cluster.agree({ by: 3 });
      expect(cluster.holders(last)).toHaveLength(3);
      for (const id of cluster.nodes) expect(inLog(cluster, id, lost)).toBe(0);
      expect(cluster.valueAt(first, kept)).toBe(cluster.valueAt(second, kept));
      expect(cluster.mark('truncation')).toBeGreaterThan(0);
      cluster.expectAgreedInLogs();
    }));

  it('Backup: logs that went apart by fifty entries, three times over, agree again within a few rejections each', () =>
    tell({ nodes: 5 }, (cluster) => {
      cluster.agree();
      const first = cluster.leader();
      const [mate, ...three] = cluster.others(first) as [string, ...string[]];
      // Fifty entries that two of five hold.
      cluster.cut(...three);
      const lostFirst = proposeMany(cluster, first, 50);
      expect(inLog(cluster, mate, lostFirst)).toBe(50);
      cluster.cut(first, mate);

      // Fifty that the other three agree on.
      cluster.rejoin(...three);
      for (let count = 0; count < 50; count++) cluster.agree({ by: 3 });
      const second = cluster.leader();
      const [away, with2] = three.filter((id) => id !== second) as [string, string];
      // And fifty that only two of these three hold.
      cluster.cut(away);
      const lostSecond = proposeMany(cluster, second, 50);
      expect(inLog(cluster, with2, lostSecond)).toBe(50);
      cluster.cut(second, with2);

      // The first two, with the one that holds most of what was agreed.
      const before = cluster.rejections;
      cluster.rejoin(first, mate, away);
      for (let count = 0; count < 50; count++) cluster.agree({ by: 3 });
      expect(cluster.leader()).toBe(away);
      expect(cluster.rejections - before).toBeLessThanOrEqual(2 * 3);

      const healing = cluster.rejections;
      cluster.heal();
      cluster.agree({ by: 5 });
      expect(cluster.rejections - healing).toBeLessThanOrEqual(2 * 3);
      for (const id of cluster.nodes) expect(inLog(cluster, id, [...lostFirst, ...lostSecond])).toBe(0);
      expect(cluster.mark('fast-backtrack')).toBeGreaterThan(0);
      cluster.expectAgreedInLogs();
    }));

  it('Count: an election costs 1 to 30 requests, ten values at most 42, and a second of idleness at most 60', () =>
    tell({ nodes: 3 }, (cluster) => {
      const leader = cluster.leader();
      expect(cluster.rpcs).toBeGreaterThanOrEqual(1);
      expect(cluster.rpcs).toBeLessThanOrEqual(30);

      cluster.run(ELECTION_MS);
      const before = cluster.rpcs;
      const proposals = Array.from({ length: 10 }, () => cluster.propose(leader));
      cluster.until('ten values applied by all', () =>
        proposals.every(({ index }) => index !== null && cluster.holders(index).length === 3),
      );
      expect(cluster.rpcs - before).toBeLessThanOrEqual(42);

      cluster.run(100);
      const idle = cluster.rpcs;
      cluster.run(1000);
      expect(cluster.rpcs - idle).toBeGreaterThan(0);
      expect(cluster.rpcs - idle).toBeLessThanOrEqual(60);
    }));
});
