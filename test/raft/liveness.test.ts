/** Bugs that break nothing but liveness: each with a situation from which the correct core recovers, or by which it is not disturbed. */

import { describe, expect, it } from 'vitest';
import { BUGS, rulesFor } from '../../cluster/bugs/catalogue.ts';
import { CORRECT_RULES, type RaftRules } from '../../cluster/raft/rules.ts';
import type { NodeId } from '../../cluster/raft/types.ts';
import { Cluster, type ClusterOptions, UNITS_PER_TICK } from './cluster.ts';

const TICKS = UNITS_PER_TICK;

/** A situation; answers whether all is well at its end. */
interface Situation {
  readonly bug: string;
  readonly story: string;
  /** What else is missing, from the correct core too, so that the harm lasts: alone it does none here. */
  readonly without?: Partial<RaftRules>;
  readonly isWell: (start: (options: ClusterOptions) => Cluster) => boolean;
}

function commits(cluster: Cluster, nodes: readonly NodeId[], units: number): boolean {
  const before = cluster.invariants.committed;
  for (let i = 0; i < units / 20; i++) {
    for (const node of nodes) cluster.propose(node);
    cluster.run(20);
  }
  return cluster.invariants.committed > before + 1;
}

const SITUATIONS: readonly Situation[] = [
  {
    bug: 'timer-reset-on-any-vote',
    story: 'a candidate with a poor log does not keep the only possible leader from campaigning',
    isWell: (start) => {
      const cluster = start({ founders: ['A', 'B', 'C'], timeoutTicks: { A: 15, B: 10, C: 10 } });
      cluster.crash('C');
      cluster.elect(['B']);
      cluster.run(10 * TICKS);
      cluster.crash('B');
      cluster.restart('C');
      // C is impatient, but lacks what A and B committed.
      cluster.run(200 * TICKS);
      return cluster.leader() === 'A';
    },
  },
  {
    bug: 'timer-reset-on-stale-append',
    // A deposed leader that checks its quorum falls silent too soon to hold up an election for good.
    without: { checkQuorum: false },
    story: 'a deposed leader that hears nothing and goes on talking does not keep the others from an election',
    isWell: (start) => {
      const cluster = start({
        founders: ['A', 'B', 'C', 'D', 'E'],
        timeoutTicks: { A: 12, C: 14, B: 20, D: 24, E: 28 },
      });
      cluster.elect(['A']);
      cluster.partition(['A'], ['B', 'C', 'D', 'E']);
      cluster.until(() => cluster.leader() === 'C', 3000, 'the election of C');
      cluster.run(10 * TICKS);
      cluster.crash('C');
      cluster.blocked = (_from, to) => to === 'A';
      cluster.run(100 * TICKS);
      return cluster.leader() === 'B';
    },
  },
  {
    bug: 'fixed-timeouts',
    story: 'nodes that start at the same instant elect a leader all the same',
    isWell: (start) => {
      const cluster = start({ founders: ['A', 'B', 'C'] });
      cluster.run(200 * TICKS);
      return cluster.leader() !== null;
    },
  },
  {
    bug: 'no-prevote',
    story: 'a node that was cut off for long returns without a change of term',
    isWell: (start) => {
      const cluster = start({ founders: ['A', 'B', 'C'], timeoutTicks: { A: 11, B: 60, C: 15 } });
      const leader = cluster.elect();
      const { term } = cluster.raft(leader).inspect();
      cluster.partition(['A', 'B'], ['C']);
      cluster.run(100 * TICKS);
      cluster.heal();
      cluster.run(50 * TICKS);
      return cluster.raft(leader).inspect().term === term && cluster.leader() === leader;
    },
  },
  {
    bug: 'no-check-quorum',
    story: 'a leader that is heard but hears nobody gives way',
    isWell: (start) => {
      const cluster = start({ founders: ['A', 'B', 'C'], timeoutTicks: { A: 11, B: 15, C: 20 } });
      cluster.elect(['A']);
      cluster.blocked = (_from, to) => to === 'A';
      return commits(cluster, ['B', 'C'], 100 * TICKS);
    },
  },
  {
    bug: 'candidate-ignores-append',
    // With PreVote its next attempt fails quietly, and it follows after all.
    without: { preVote: false },
    story: 'the loser of two candidates follows the winner',
    isWell: (start) => {
      const cluster = start({ founders: ['A', 'B', 'C'], timeoutTicks: { A: 12, B: 60, C: 12 } });
      // A's request reaches B first; C's is late.
      cluster.blocked = (from, to, message) => message.type === 'vote' && (from === 'C' || to === 'C');
      cluster.until(() => cluster.leader() === 'A', 1000, 'the election of A');
      cluster.heal();
      cluster.run(100 * TICKS);
      return cluster.leader() === 'A' && cluster.raft('A').inspect().term === 1;
    },
  },
  {
    bug: 'commit-stops-at-old-term',
    story: 'a new leader commits the uncommitted tail of its log',
    isWell: (start) => {
      const cluster = start({ founders: ['A', 'B', 'C'], timeoutTicks: { A: 11, B: 20, C: 40 } });
      cluster.elect(['A']);
      cluster.blocked = (_from, to) => to === 'A';
      cluster.propose('A');
      cluster.run(5 * TICKS);
      cluster.crash('A');
      cluster.heal();
      cluster.run(60 * TICKS);
      return commits(cluster, ['B'], 50 * TICKS);
    },
  },
  {
    bug: 'removed-server-disrupts',
    story: 'a removed node that goes on campaigning deposes nobody',
    isWell: (start) => {
      const cluster = start({ founders: ['A', 'B', 'C'], timeoutTicks: { A: 11, B: 60, C: 15 } });
      cluster.elect(['A']);
      cluster.partition(['A', 'B'], ['C']);
      cluster.after('A', (raft) => raft.proposeMembership({ voters: ['A', 'B'], learners: [] }));
      cluster.run(20 * TICKS);
      cluster.heal();
      cluster.run(100 * TICKS);
      return cluster.leader() === 'A' && cluster.raft('A').inspect().term === 1;
    },
  },
];

describe.each(SITUATIONS)('$bug', ({ bug, story, without, isWell }) => {
  it(`is a mistake, for ${story}`, () => {
    const under = (rules: RaftRules): boolean =>
      isWell((options) => new Cluster({ ...options, rules: { ...rules, ...without } }));
    expect(under(CORRECT_RULES)).toBe(true);
    expect(under(rulesFor([bug]).raft)).toBe(false);
  });
});

it('every bug of the core that breaks liveness alone has such a situation', () => {
  const expected = BUGS.filter((bug) => bug.raft !== undefined && bug.breaks.join() === 'liveness');
  expect(SITUATIONS.map(({ bug }) => bug).sort()).toEqual(expected.map((bug) => bug.name).sort());
});

describe('a change of members', () => {
  it('is given up when a new voter never catches up, which stays a learner', () => {
    const cluster = new Cluster({ founders: ['A', 'B', 'C'], joiners: ['D'] });
    const leader = cluster.elect();
    cluster.crash('D');
    cluster.after(leader, (raft) => raft.proposeMembership({ voters: ['A', 'B', 'C', 'D'], learners: [] }));
    const again = (): unknown =>
      cluster.after(leader, (raft) => raft.proposeMembership({ voters: ['A', 'B', 'C'], learners: [] }));
    cluster.run(100 * TICKS);
    expect(again()).toMatchObject({ accepted: false, refusal: 'change-in-progress' });
    cluster.run(300 * TICKS);
    expect(cluster.marks.get('change-abandoned')).toBe(1);
    expect(cluster.raft(leader).inspect().membership).toMatchObject({ learners: ['D'] });
    expect(again()).toMatchObject({ accepted: true });
    cluster.run(20 * TICKS);
    expect(cluster.raft(leader).inspect().membership).toEqual({
      voters: ['A', 'B', 'C'],
      outgoing: null,
      learners: [],
    });
  });
});
