import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countVotes, reachedByQuorum } from '../../cluster/raft/quorum.ts';

const majority = (n: number): number => Math.floor(n / 2) + 1;
const node = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
const voters = fc.uniqueArray(node, { minLength: 1, maxLength: 7 });
const sets = fc.array(voters, { minLength: 1, maxLength: 2 });

/** All subsets of a set that have more than half of its members. */
function majorities(set: readonly string[]): string[][] {
  const found: string[][] = [];
  for (let mask = 0; mask < 1 << set.length; mask++) {
    const subset = set.filter((_, i) => (mask >> i) & 1);
    if (subset.length * 2 > set.length) found.push(subset);
  }
  return found;
}

/** The naive twin: the best that any choice of majorities, one from each set, has reached. */
function naiveReached(votingSets: readonly string[][], values: Record<string, number>): number {
  const best = (set: readonly string[]): number =>
    Math.max(...majorities(set).map((subset) => Math.min(...subset.map((id) => values[id] ?? 0))));
  return Math.min(...votingSets.map(best));
}

describe('a quorum', () => {
  it('has reached what the best choice of majorities has reached', () => {
    fc.assert(
      fc.property(sets, fc.dictionary(node, fc.nat(9)), (votingSets, values) => {
        expect(reachedByQuorum(votingSets, (id) => values[id] ?? 0, majority)).toBe(naiveReached(votingSets, values));
      }),
      { numRuns: 500 },
    );
  });

  it('decides an election exactly when all votes still to come can no longer change it', () => {
    const vote = fc.constantFrom(true, false, undefined);
    fc.assert(
      fc.property(sets, fc.dictionary(node, vote), (votingSets, votes) => {
        const has = (yes: (id: string) => boolean): boolean =>
          votingSets.every((set) => majorities(set).some((subset) => subset.every(yes)));
        const wonAnyway = has((id) => votes[id] === true);
        const couldWin = has((id) => votes[id] !== false);
        const expected = wonAnyway ? 'won' : couldWin ? 'open' : 'lost';
        expect(countVotes(votingSets, (id) => votes[id], majority)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('is never reached by nobody', () => {
    expect(reachedByQuorum([[]], () => 5, majority)).toBe(Number.NEGATIVE_INFINITY);
    expect(countVotes([[]], () => true, majority)).not.toBe('won');
    expect(countVotes([], () => true, majority)).toBe('lost');
  });
});
