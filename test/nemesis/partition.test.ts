import { describe, expect, it } from 'vitest';
import { allLinks } from '../../nemesis/links.ts';
import { blockedLinks, PARTITION_SHAPES } from '../../nemesis/partition.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `n${at + 1}`);

/** Nodes that `node` can exchange messages with in both directions, itself included. */
function heard(node: string, nodes: readonly string[], shape: (typeof PARTITION_SHAPES)[number]): string[] {
  const blocked = new Set(blockedLinks(shape, nodes).map((link) => `${link.from}>${link.to}`));
  return nodes.filter(
    (other) => other === node || !(blocked.has(`${node}>${other}`) || blocked.has(`${other}>${node}`)),
  );
}

describe('partition shapes', () => {
  it('always block something and never everything, in clusters of 2 to 9', () => {
    for (let count = 3; count <= 9; count++)
      for (const shape of PARTITION_SHAPES) {
        const blocked = blockedLinks(shape, names(count)).length;
        if (count > 3 || shape !== 'ring') expect(blocked, `${shape} of ${count}`).toBeGreaterThan(0);
        expect(blocked).toBeLessThan(allLinks(names(count)).length);
      }
  });

  it('a ring lets every node hear a majority, and no two the same one', () => {
    for (const count of [5, 7, 9]) {
      const nodes = names(count);
      const views = nodes.map((node) => heard(node, nodes, 'ring').sort().join());
      for (const node of nodes) expect(heard(node, nodes, 'ring').length).toBeGreaterThan(count / 2);
      expect(new Set(views).size).toBe(count);
    }
  });

  it('a bridge connects two halves that do not hear each other', () => {
    const nodes = names(5);
    expect(heard('n3', nodes, 'bridge')).toEqual(nodes);
    expect(heard('n1', nodes, 'bridge')).toEqual(['n1', 'n2', 'n3']);
    expect(heard('n5', nodes, 'bridge')).toEqual(['n3', 'n4', 'n5']);
  });

  it('one-way shapes block exactly one direction', () => {
    const nodes = names(4);
    expect(blockedLinks('one-way-in', nodes).map((link) => link.to)).toEqual(['n1', 'n1', 'n1']);
    expect(blockedLinks('one-way-out', nodes).map((link) => link.from)).toEqual(['n1', 'n1', 'n1']);
  });

  it('a minority is one, and the leader is alone or with the rest of a minority', () => {
    for (let count = 3; count <= 9; count++) {
      const nodes = names(count);
      expect(heard('n1', nodes, 'minority').length).toBeLessThan(count / 2);
      expect(heard('n1', nodes, 'leader')).toEqual(['n1']);
      expect(heard(`n${count}`, nodes, 'leader-with-minority').length).toBeGreaterThan(count / 2);
    }
  });
});
