import { describe, expect, it } from 'vitest';
import { RAFT_MARKS, type RaftMark } from '../../cluster/raft/marks.ts';
import { storm } from './chaos.ts';

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
});
