import { describe, expect, it } from 'vitest';
import type { NodeState, World } from '../../cluster/world.ts';
import { Losses } from '../../nemesis/losses.ts';
import { resolveTargets, type Target } from '../../nemesis/targets.ts';

/** A world whose first node leads; `voters` of all its nodes are members. */
function worldOf(nodes: number, voters: number, states: { readonly [node: string]: NodeState } = {}): World {
  const names = Array.from({ length: nodes }, (_, at) => `n${at + 1}`);
  const members = names.slice(0, voters);
  const view: World['view'] = (id) => ({
    id,
    state: states[id] ?? 'running',
    status: { role: id === 'n1' ? 'leader' : 'follower', term: 1, voters: members } as never,
  });
  return { nodes: names, view } as unknown as World;
}

const order = ['n5', 'n4', 'n3', 'n2', 'n1', 'n6'];

describe('whom a fault strikes', () => {
  it.each([
    ['one', 5, ['n5']],
    ['minority', 5, ['n5', 'n4']],
    ['majority', 5, ['n5', 'n4', 'n3']],
    ['all', 5, ['n5', 'n4', 'n3', 'n2', 'n1']],
    ['leader', 5, ['n1']],
    ['minority', 3, ['n3']],
    ['majority', 3, ['n3', 'n2']],
    ['minority', 4, ['n4']],
    ['minority', 2, ['n2']],
  ] as const)('"%s" of %i members are %j', (target: Target['target'], members, expected) => {
    expect(resolveTargets(worldOf(6, members), { target, order })).toEqual(expected);
  });

  it('are those only that are in a state for it', () => {
    const world = worldOf(5, 5, { n5: 'killed', n4: 'paused' });
    expect(resolveTargets(world, { target: 'minority', order })).toEqual(['n3', 'n2']);
    expect(resolveTargets(world, { target: 'one', order }, ['paused'])).toEqual(['n4']);
  });
});

describe('the voters that can be spared', () => {
  it('are none of three, unless one waits to take the place', () => {
    expect(new Losses().votersToSpare(worldOf(3, 3))).toBeNull();
    expect(new Losses().votersToSpare(worldOf(4, 3))).toEqual(['n1', 'n2', 'n3']);
    expect(new Losses().votersToSpare(worldOf(4, 4))).toEqual(['n1', 'n2', 'n3', 'n4']);
  });

  it('are none while one of them has ended or is lost, or while nobody leads', () => {
    expect(new Losses().votersToSpare(worldOf(5, 5, { n4: 'exited' }))).toBeNull();
    const losses = new Losses();
    losses.lost.add('n4');
    expect(losses.votersToSpare(worldOf(5, 5))).toBeNull();
    expect(losses.votersToSpare(worldOf(6, 3))).toEqual(['n1', 'n2', 'n3']);
    expect(new Losses().votersToSpare(worldOf(5, 5, { n1: 'killed' }))).toBeNull();
  });

  it('are asked for by one operation on members at a time', () => {
    const losses = new Losses();
    expect([losses.begin(), losses.begin()]).toEqual([true, false]);
    losses.end(true);
    expect(losses.begin()).toBe(true);
  });

  it('are asked for by nobody after a change that was not seen to be done', () => {
    const losses = new Losses();
    losses.begin();
    losses.end(false);
    expect(losses.begin()).toBe(false);
  });
});
