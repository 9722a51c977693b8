import { expect, it } from 'vitest';
import { CLEAR_LINK, type LinkRule, type World } from '../../cluster/world.ts';
import { LinkTable } from '../../nemesis/links.ts';

/** A table over links that remember the rule they were given last. */
function table(): { links: LinkTable; ruleOf: (from: string, to: string) => LinkRule } {
  const rules = new Map<string, LinkRule>();
  const world: Pick<World, 'setLinks' | 'clock'> = {
    clock: {
      now: () => 0,
      after: (_, fire) => {
        fire();
        return () => {};
      },
    },
    setLinks: (changes, done) => {
      for (const { from, to, rule } of changes) rules.set(`${from}>${to}`, rule);
      done();
    },
  };
  return { links: new LinkTable(world as World), ruleOf: (from, to) => rules.get(`${from}>${to}`) ?? CLEAR_LINK };
}

const MS = 1_000_000;
const link = { from: 'a', to: 'b' };

it('two faults on one link add up, and the healing of one leaves the other in force', () => {
  const { links, ruleOf } = table();
  const done = (): void => {};
  const slow = links.add([{ ...link, rule: { delayNs: 50 * MS, jitterNs: 5 * MS, bytesPerSecond: 9000 } }], done);
  const slower = links.add([{ ...link, rule: { delayNs: 30 * MS, lossPpm: 1000, bytesPerSecond: 4000 } }], done);
  const cut = links.add([{ ...link, rule: { cut: true, lossPpm: 500 } }], done);
  expect(ruleOf('a', 'b')).toEqual({
    ...CLEAR_LINK,
    cut: true,
    delayNs: 80 * MS,
    jitterNs: 5 * MS,
    lossPpm: 1000,
    bytesPerSecond: 4000,
  });
  expect(ruleOf('b', 'a')).toEqual(CLEAR_LINK);
  links.remove(slower, done);
  expect(ruleOf('a', 'b')).toMatchObject({ cut: true, delayNs: 50 * MS, lossPpm: 500, bytesPerSecond: 9000 });
  links.remove(cut, done);
  links.remove(slow, done);
  expect(ruleOf('a', 'b')).toEqual(CLEAR_LINK);
});

it('nobody waits for a fault on no link', () => {
  const { links } = table();
  let called = 0;
  const id = links.add([], () => called++);
  links.remove(id, () => called++);
  expect(called).toBe(2);
});
