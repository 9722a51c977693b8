/** Each planted bug that breaks safety has a schedule under which it does, and under which the correct core does not. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUGS, findBug, rulesFor } from '../../cluster/bugs/catalogue.ts';
import { CORRECT_RULES } from '../../cluster/raft/rules.ts';
import { play } from './scenario.ts';

const folder = new URL('./witnesses/', import.meta.url);
const names = readdirSync(folder).map((file) => file.replace(/\.txt$/, ''));

describe('a planted bug', () => {
  for (const name of names) {
    const script = readFileSync(new URL(`${name}.txt`, folder), 'utf8');

    it(`${name} is exposed by its witness, which the correct core passes`, () => {
      // What the bug needs beside the mistake itself is granted to the correct core, too.
      expect(play(script, { ...CORRECT_RULES, ...findBug(name).aid?.raft }).violation).toBeNull();
      expect(play(script, rulesFor([name]).raft).violation).not.toBeNull();
    });
  }

  it('of the core has a witness here, unless it breaks nothing but liveness', () => {
    // Those that change the replica's rules, too, have theirs in test/replica.
    const missing = BUGS.filter((bug) => bug.raft !== undefined && bug.replica === undefined)
      .filter((bug) => bug.breaks.some((property) => property !== 'liveness'))
      .filter((bug) => !existsSync(new URL(`${bug.name}.txt`, folder)));
    expect(missing.map((bug) => bug.name)).toEqual([]);
  });
});
