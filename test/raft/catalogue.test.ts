import { describe, expect, it } from 'vitest';
import { BUGS, findBug, rulesFor } from '../../cluster/bugs/catalogue.ts';
import { CORRECT_RULES } from '../../cluster/raft/rules.ts';
import { CORRECT_REPLICA_RULES } from '../../cluster/replica/rules.ts';

describe('the catalogue of bugs', () => {
  it('names every bug once and describes it', () => {
    expect(new Set(BUGS.map((bug) => bug.name)).size).toBe(BUGS.length);
    for (const bug of BUGS) {
      expect(bug.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      for (const text of [bug.what, bug.exposedBy, bug.source]) expect(text.length).toBeGreaterThan(5);
      expect(bug.raft ?? bug.replica).toBeDefined();
    }
  });

  it('changes a rule, and only rules that exist', () => {
    for (const bug of BUGS) {
      for (const [rule, value] of Object.entries(bug.raft ?? {})) {
        expect(CORRECT_RULES).toHaveProperty(rule);
        expect(value).not.toBe(CORRECT_RULES[rule as keyof typeof CORRECT_RULES]);
      }
      for (const rule of Object.keys(bug.replica ?? {})) expect(CORRECT_REPLICA_RULES).toHaveProperty(rule);
    }
  });

  it('leaves the correct rules alone without bugs', () => {
    expect(rulesFor([]).raft).toBe(CORRECT_RULES);
    expect(rulesFor([]).replica).toBe(CORRECT_REPLICA_RULES);
  });

  it('merges bugs, and refuses two that change the same rule', () => {
    const both = rulesFor(['vote-volatile', 'quorum-off-by-one']).raft;
    expect(both.majority(4)).toBe(2);
    expect(both.persistedHardState({ term: 1, vote: 'n1', commit: 0 }).vote).toBeNull();
    expect(() => rulesFor(['vote-volatile', 'term-volatile'])).toThrow(/persistedHardState/);
    expect(rulesFor(['lease-ignores-skew', 'lease-survives-transfer']).raft.readMode('read-index')).toBe('lease');
  });

  it('answers an unknown name with those that are spelled nearly like it', () => {
    expect(findBug('vote-volatile').name).toBe('vote-volatile');
    expect(() => findBug('vote-volatil')).toThrow('did you mean vote-volatile');
    expect(() => findBug('zzzzzzzzzzzz')).toThrow('"ordeal bugs" lists all');
  });
});
