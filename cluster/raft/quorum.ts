/** Majorities, of one set of voters or of several at once (joint consensus: the paper, section 6). */

import type { NodeId } from './types.ts';

type Majority = (n: number) => number;

/**
 * The highest value that a majority of every set has reached, where `reached` says what each voter has reached. For match
 * indexes this is the index a leader may commit; for acknowledged rounds, the round that is confirmed. No sets or an empty
 * set: -Infinity, for nobody can decide.
 */
export function reachedByQuorum(
  votingSets: readonly (readonly NodeId[])[],
  reached: (node: NodeId) => number,
  majority: Majority,
): number {
  if (votingSets.length === 0) return Number.NEGATIVE_INFINITY;
  let slowest = Number.POSITIVE_INFINITY;
  for (const voters of votingSets) slowest = Math.min(slowest, reachedByMajority(voters, reached, majority));
  return slowest;
}

function reachedByMajority(voters: readonly NodeId[], reached: (node: NodeId) => number, majority: Majority): number {
  if (voters.length === 0) return Number.NEGATIVE_INFINITY;
  // In falling order, by insertion: this runs with every acknowledgement, and a handful is sorted faster so.
  let count = 0;
  for (const voter of voters) {
    const value = reached(voter);
    let at = count++;
    for (; at > 0 && (falling[at - 1] as number) < value; at--) falling[at] = falling[at - 1] as number;
    falling[at] = value;
  }
  const last = majority(count) - 1;
  return last >= 0 && last < count ? (falling[last] as number) : Number.NEGATIVE_INFINITY;
}

/** Used again with each call. */
const falling: number[] = [];

export type Election = 'won' | 'lost' | 'open';

/** How an election stands: `voteOf` is true, false, or undefined for a voter that has not answered. */
export function countVotes(
  votingSets: readonly (readonly NodeId[])[],
  voteOf: (node: NodeId) => boolean | undefined,
  majority: Majority,
): Election {
  let all: Election = 'won';
  if (votingSets.length === 0) return 'lost';
  for (const voters of votingSets) {
    let granted = 0;
    let refused = 0;
    for (const voter of voters) {
      const vote = voteOf(voter);
      if (vote === true) granted++;
      else if (vote === false) refused++;
    }
    const needed = Math.max(1, majority(voters.length));
    if (granted >= needed) continue;
    if (voters.length - refused < needed) return 'lost';
    all = 'open';
  }
  return all;
}
