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
  const values: number[] = [];
  for (const voter of voters) {
    const value = reached(voter);
    let at = values.length;
    for (; at > 0 && (values[at - 1] as number) < value; at--) values[at] = values[at - 1] as number;
    values[at] = value;
  }
  return values[majority(voters.length) - 1] ?? Number.NEGATIVE_INFINITY;
}

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
