/** All planted bugs, and what a replica's rules become when some of them are switched on. */

import { CORRECT_RULES, type RaftRules } from '../raft/rules.ts';
import { CORRECT_REPLICA_RULES, type ReplicaRules } from '../replica/rules.ts';
import type { Bug } from './bug.ts';
import { CLIENT_AND_READ_BUGS } from './clients-and-reads.ts';
import { ELECTION_BUGS } from './elections.ts';
import { MEMBERSHIP_BUGS } from './membership.ts';
import { REPLICATION_BUGS } from './replication.ts';
import { SNAPSHOT_BUGS } from './snapshots.ts';

export const BUGS: readonly Bug[] = [
  ...ELECTION_BUGS,
  ...REPLICATION_BUGS,
  ...SNAPSHOT_BUGS,
  ...CLIENT_AND_READ_BUGS,
  ...MEMBERSHIP_BUGS,
];

/** Before the name of a bug: what it is planted with, without the mistake itself. */
export const AID_OF = 'aid-of-';

/** The bug of that name, or the control of one. Throws RangeError for an unknown one, naming those that are spelled nearly like it. */
export function findBug(name: string): Bug {
  const bug = BUGS.find((candidate) => candidate.name === name);
  if (bug !== undefined) return bug;
  if (name.startsWith(AID_OF)) return controlOf(findBug(name.slice(AID_OF.length)));
  const near = nearTo(name);
  throw new RangeError(
    near.length > 0
      ? `there is no bug called "${name}"; did you mean ${near.join(' or ')}?`
      : `there is no bug called "${name}"; "ordeal bugs" lists all ${BUGS.length}`,
  );
}

function controlOf(bug: Bug): Bug {
  if (bug.aid === undefined) throw new RangeError(`the bug "${bug.name}" needs no aid, so there is no control of one`);
  const { name, aid, ...rest } = bug;
  return { ...rest, name: AID_OF + name, what: `control: ${aid.why}`, breaks: [], raft: aid.raft, replica: {} };
}

export interface Rules {
  readonly raft: RaftRules;
  readonly replica: ReplicaRules;
}

/**
 * The rules with these bugs in them; without any, the correct rules themselves. Throws RangeError for an unknown name, and for two
 * bugs that replace the same rule, of which one would hide the other.
 */
export function rulesFor(names: readonly string[]): Rules {
  if (names.length === 0) return { raft: CORRECT_RULES, replica: CORRECT_REPLICA_RULES };
  let raft: Partial<RaftRules> = {};
  let replica: Partial<ReplicaRules> = {};
  for (const bug of new Set(names.map(findBug))) {
    raft = merged(raft, { ...bug.aid?.raft, ...bug.raft }, bug.name, names);
    replica = merged(replica, bug.replica ?? {}, bug.name, names);
  }
  return { raft: { ...CORRECT_RULES, ...raft }, replica: { ...CORRECT_REPLICA_RULES, ...replica } };
}

function merged<T extends object>(rules: T, patch: T, name: string, names: readonly string[]): T {
  for (const rule of Object.keys(patch) as (keyof T & string)[])
    if (rule in rules && rules[rule] !== patch[rule])
      throw new RangeError(
        `${name} changes the rule ${rule}, as another of ${names.join(', ')} does: switch on one of them at a time`,
      );
  return { ...rules, ...patch };
}

/** Names within a third of their length of the given one, nearest first, at most three. */
function nearTo(name: string): string[] {
  return BUGS.map((bug) => ({ name: bug.name, distance: editDistance(name, bug.name) }))
    .filter(
      ({ name: candidate, distance }) =>
        distance <= Math.max(2, candidate.length / 3) || (name.length >= 4 && candidate.includes(name)),
    )
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name: candidate }) => candidate);
}

/** Insertions, deletions and replacements that turn one word into the other (Levenshtein 1966). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
