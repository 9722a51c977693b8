/**
 * The decisions of Raft that people get wrong, each a named rule which the core reads. A planted bug (cluster/bugs) replaces
 * some of them; the core itself never knows.
 */
export interface RaftRules {
  /** Smallest number of members that is a majority of n (n >= 1). */
  readonly majority: (n: number) => number;
}

export const CORRECT_RULES: RaftRules = {
  majority: (n) => Math.floor(n / 2) + 1,
};
