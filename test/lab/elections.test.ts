import { describe, expect, it } from 'vitest';
import { ELECTION_MS } from './cluster.ts';
import { tell } from './tell.ts';

describe('lab A: elections', () => {
  it('InitialElection: one leader is elected; terms agree, and stay as long as nothing fails', () =>
    tell({ nodes: 3 }, (cluster) => {
      const leader = cluster.leader();
      const { terms } = cluster;
      expect(new Set(terms).size).toBe(1);
      expect(terms[0]).toBeGreaterThanOrEqual(1);
      cluster.run(10 * ELECTION_MS);
      expect(cluster.terms).toEqual(terms);
      expect(cluster.leader()).toBe(leader);
    }));

  it('ReElection: who leads is replaced when it is cut off, nobody is elected without a quorum, and the old leader returns as a follower', () =>
    tell({ nodes: 3 }, (cluster) => {
      const first = cluster.leader();
      const firstTerm = cluster.raft(first).term;
      cluster.cut(first);
      const second = cluster.leader();
      expect(cluster.raft(second).term).toBeGreaterThan(firstTerm);

      cluster.rejoin(first);
      cluster.run(2 * ELECTION_MS);
      expect(cluster.leader()).toBe(second);
      expect(cluster.raft(first).role).toBe('follower');

      // Alone, a node must not lead: the old leader steps down, the other one is not elected.
      const [third] = cluster.others(first, second);
      cluster.cut(second, third as string);
      cluster.run(2 * ELECTION_MS);
      expect(cluster.leaders(cluster.nodes)).toEqual([]);
      cluster.run(5 * ELECTION_MS);
      expect(cluster.leaders(cluster.nodes)).toEqual([]);

      cluster.rejoin(third as string);
      const last = cluster.leader();
      cluster.rejoin(second);
      cluster.run(2 * ELECTION_MS);
      expect(cluster.leader()).toBe(last);
    }));

  it('ManyElections: of seven nodes three random ones are cut off, nine times over: there is one leader or, without a quorum, none', () =>
    tell({ nodes: 7 }, (cluster) => {
      cluster.leader();
      for (let round = 0; round < 9; round++) {
        const gone = new Set<string>();
        while (gone.size < 3) gone.add(cluster.nodes[cluster.drawn(7)] as string);
        cluster.cut(...gone);
        const leader = cluster.leader();
        cluster.run(2 * ELECTION_MS);
        expect(cluster.leaders(cluster.nodes)).toEqual([leader]);
        // The fourth takes the quorum away.
        cluster.cut(leader);
        cluster.run(2 * ELECTION_MS);
        expect(cluster.leaders(cluster.nodes)).toEqual([]);
        cluster.heal();
        cluster.leader();
      }
    }));
});
