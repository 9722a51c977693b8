import { describe, expect, it } from 'vitest';
import { ForwardedReads, LeaderReads } from '../../cluster/raft/reads.ts';

// What is counted here is what limits how many reads may wait: a count that only grew would end in a node that refuses all reads.
describe('the count of reads that wait', () => {
  it('at a follower falls again with the answer, with the end of patience, and with the loss of the leader', () => {
    const reads = new ForwardedReads();
    const ask = (...contexts: number[]): number => {
      for (const context of contexts) reads.add(context);
      return reads.ask();
    };
    const first = ask(1, 2);
    ask(3);
    reads.add(4);
    expect(reads.size).toBe(4);
    expect(reads.answered(first)).toEqual([1, 2]);
    expect(reads.answered(first)).toEqual([]);
    expect(reads.size).toBe(2);
    expect(reads.tick(10, 5, 10, () => {})).toEqual([3]);
    expect(reads.size).toBe(1);
    expect(reads.close()).toEqual([4]);
    expect(reads.size).toBe(0);
  });

  it('at a leader falls again with the round that confirms them', () => {
    const reads = new LeaderReads();
    const read = (context: number) => ({ from: null, context }) as const;
    reads.waiting.push(read(1), read(2));
    reads.begin(0, 7);
    reads.waiting.push(read(3));
    expect(reads.size).toBe(3);
    const released: number[] = [];
    reads.confirm(reads.round, (one) => released.push('context' in one ? one.context : -1));
    expect([released, reads.size]).toEqual([[1, 2], 1]);
    expect(reads.close()).toHaveLength(1);
    expect(reads.size).toBe(0);
  });
});
