import { describe, expect, it } from 'vitest';
import { RAFT_MARKS, type RaftMark } from '../../cluster/raft/marks.ts';
import { storm } from './chaos.ts';
import { Cluster } from './cluster.ts';

/** Marks that need more than these storms have, each reached by a test of its own. */
const ELSEWHERE: readonly RaftMark[] = ['change-abandoned'];

describe('the Raft core', () => {
  it('keeps every safety property in 300 storms of faults, and recovers after each', () => {
    const reached = new Set<RaftMark>();
    for (let seed = 0; seed < 300; seed++) for (const mark of storm(seed).marks.keys()) reached.add(mark);
    const missed = (Object.keys(RAFT_MARKS) as RaftMark[]).filter((mark) => !reached.has(mark));
    expect(missed.filter((mark) => !ELSEWHERE.includes(mark))).toEqual([]);
  });

  it('does the same in every run of a seed', () => {
    for (const seed of [4, 42, 75]) {
      const first = storm(seed, { trace: true });
      const second = storm(seed, { trace: true });
      expect(second.trace).toEqual(first.trace);
      expect(first.trace?.length).toBeGreaterThan(100);
    }
  });

  it('never adds to a batch that was handed out', () => {
    const cluster = new Cluster({ founders: ['A', 'B', 'C'] });
    const leader = cluster.elect();
    const follower = leader === 'A' ? 'B' : 'A';
    const raft = cluster.raft(follower);
    const earlier = raft.takeReady();
    const sizes = (): number[] =>
      [earlier.messages, earlier.promises, earlier.reads, earlier.entries].map((l) => l.length);
    const before = sizes();
    cluster.propose(leader);
    cluster.read(leader);
    cluster.read(follower);
    cluster.run(30);
    expect(cluster.member(follower).machine.index).toBeGreaterThan(0);
    expect(sizes()).toEqual(before);
  });
});
