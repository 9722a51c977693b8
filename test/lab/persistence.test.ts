import { describe, expect, it } from 'vitest';
import { CALM_NETWORK, type NetworkOptions } from '../../cluster/simulator/options.ts';
import { ELECTION_MS, type LabCluster } from './cluster.ts';
import { AGREEMENT_MS } from './moves.ts';
import { REORDERING, UNRELIABLE } from './networks.ts';
import { tell } from './tell.ts';

/** A message takes about as long as a leader lives in Figure8. */
const SLOW: NetworkOptions = { ...CALM_NETWORK, latencyNs: { min: 1_000_000, max: 12_000_000 } };

/** Half of a second now and then, else at most 13 ms: often enough, a leader's entries get no further than to some. */
function passSomeTime(cluster: LabCluster): void {
  cluster.run(cluster.drawn(10) === 0 ? cluster.drawn(500) : cluster.drawn(13));
}

/** Proposes a value to each node that thinks it leads, and names them. */
function proposeToLeaders(cluster: LabCluster): readonly string[] {
  const leaders = cluster.leaders(cluster.nodes);
  for (const id of leaders) cluster.propose(id);
  return leaders;
}

const quorum = (cluster: LabCluster): number => Math.floor(cluster.nodes.length / 2) + 1;

/** Three clients propose while nodes are cut off, crash and come back; what they were told stays so. */
function churn(cluster: LabCluster): void {
  let over = false;
  const clients = [0, 1, 2].map(() => {
    const client = { proposal: cluster.insist() };
    const look = (): void => {
      if (over) return;
      if (client.proposal.over) client.proposal = cluster.insist();
      cluster.world.clock.after(20_000_000, look);
    };
    look();
    return client;
  });
  const anyone = () => cluster.nodes[cluster.drawn(5)] as string;
  for (let round = 0; round < 20; round++) {
    if (cluster.drawn(1000) < 200) cluster.cut(anyone());
    if (cluster.drawn(1000) < 500) {
      const id = anyone();
      cluster.startSoon(id);
      cluster.rejoin(id);
    }
    if (cluster.drawn(1000) < 200) cluster.kill(anyone());
    cluster.run(0.7 * ELECTION_MS);
  }
  cluster.run(ELECTION_MS);
  over = true;
  cluster.heal();
  cluster.start(...cluster.nodes);
  for (const { proposal } of clients) proposal.over = true;
  cluster.run(ELECTION_MS);
  expect(cluster.agreed.size).toBeGreaterThan(5);
  const last = cluster.agree({ by: 5 });
  expect(Math.max(...cluster.agreed.values())).toBe(last);
  cluster.expectAgreedInLogs();
}

describe('lab C: persistence', () => {
  it('Persist1: agreement goes on after a restart of all, of the leader, and of a follower', () =>
    tell({ nodes: 3 }, (cluster) => {
      cluster.agree();
      cluster.restart(...cluster.nodes);
      cluster.agree({ by: 3 });

      cluster.restart(cluster.leader());
      cluster.agree({ by: 3 });

      const leader = cluster.leader();
      cluster.kill(leader);
      cluster.agree({ by: 2 });
      cluster.start(leader);
      cluster.agree({ by: 3 });

      const [follower] = cluster.others(cluster.leader()) as [string];
      cluster.kill(follower);
      cluster.agree({ by: 2 });
      cluster.start(follower);
      cluster.agree({ by: 3 });
      cluster.expectAgreedInLogs();
    }));

  it('Persist2: five times over two nodes and then the other three go down, and any three that come back carry on', () =>
    tell({ nodes: 5 }, (cluster) => {
      for (let round = 0; round < 5; round++) {
        cluster.agree({ by: 5 });
        const leader = cluster.leader();
        const [a, b, c, d] = cluster.others(leader) as [string, string, string, string];
        cluster.kill(a, b);
        cluster.agree({ by: 3 });
        cluster.kill(leader, c, d);
        // Two of these three missed the last value, so only the third may lead.
        cluster.start(a, b);
        cluster.run(ELECTION_MS);
        expect(cluster.leaders(cluster.nodes)).toEqual([]);
        cluster.start(c);
        cluster.agree({ by: 3 });
        cluster.start(leader, d);
      }
      cluster.agree({ by: 5 });
      cluster.expectAgreedInLogs();
    }));

  it('Persist3: a leader and a follower crash while the third is cut off, and come back one after the other', () =>
    tell({ nodes: 3 }, (cluster) => {
      cluster.agree({ by: 3 });
      const leader = cluster.leader();
      const [follower, away] = cluster.others(leader) as [string, string];
      cluster.cut(away);
      const kept = cluster.agree({ by: 2 });
      cluster.kill(leader, follower);
      cluster.rejoin(away);
      cluster.start(leader);
      cluster.agree({ by: 2 });
      expect(cluster.valueAt(away, kept)).toBe(cluster.valueAt(leader, kept));
      cluster.start(follower);
      cluster.agree({ by: 3 });
      cluster.expectAgreedInLogs();
    }));

  it('Figure8: a thousand times the leader takes a value and crashes, soon or late, and no commit is ever lost', () =>
    tell({ nodes: 5, network: SLOW, entriesAtOnce: 1 }, (cluster) => {
      cluster.agree();
      for (let round = 0; round < 1000; round++) {
        const leaders = proposeToLeaders(cluster);
        passSomeTime(cluster);
        cluster.kill(...leaders);
        const down = cluster.nodes.filter((id) => cluster.world.node(id).state === 'killed');
        if (cluster.nodes.length - down.length < quorum(cluster))
          cluster.startSoon(down[cluster.drawn(down.length)] as string);
      }
      cluster.start(...cluster.nodes);
      cluster.agree({ by: 5 });
      expect(cluster.mark('figure-8')).toBeGreaterThan(0);
      cluster.expectAgreedInLogs();
    }));

  it('UnreliableAgree: on an unreliable network fifty times five values at once are agreed on', () =>
    tell({ nodes: 5, network: UNRELIABLE }, (cluster) => {
      for (let round = 1; round < 50; round++) {
        const atOnce = Array.from({ length: 4 }, () => cluster.insist());
        cluster.agree({ by: 1 });
        cluster.until('the other four are answered', () => atOnce.every(({ index }) => index !== null));
      }
      cluster.agree({ by: 5 });
      expect(cluster.agreed.size).toBe(49 * 5 + 1);
      cluster.expectAgreedInLogs();
    }));

  it('Figure8Unreliable: a thousand times leaders are cut off or not while calls are lost, late and out of order; then all agree within 30 s', () =>
    tell({ nodes: 5, network: REORDERING }, (cluster) => {
      for (let round = 0; round < 1000; round++) {
        const leaders = proposeToLeaders(cluster);
        passSomeTime(cluster);
        if (cluster.drawn(1000) < 500) cluster.cut(...leaders);
        const away = cluster.nodes.filter((id) => !cluster.isConnected(id));
        if (cluster.nodes.length - away.length < quorum(cluster))
          cluster.rejoin(away[cluster.drawn(away.length)] as string);
      }
      cluster.heal();
      // Requests are late as well as replies, and a leader takes two rounds of votes, not one: that may take a while.
      cluster.agree({ by: 5, withinMs: 3 * AGREEMENT_MS });
      expect(cluster.mark('message-from-earlier-term')).toBeGreaterThan(0);
      cluster.expectAgreedInLogs();
    }));

  it('ReliableChurn: nodes are cut off, crash and come back; every commit that a client saw stays in every log', () =>
    tell({ nodes: 5 }, churn));

  it('UnreliableChurn: the same while messages are lost and out of order', () =>
    tell({ nodes: 5, network: UNRELIABLE }, churn));
});
