/** Partitions: messages between groups of nodes stop arriving, in both directions or in one. */

import { z } from 'zod';
import type { NodeId } from '../cluster/raft/types.ts';
import type { DirectedLink } from '../cluster/world.ts';
import { type Draw, pick, shuffled } from '../seed/draw.ts';
import type { Fault } from './fault.ts';
import { allLinks, difference } from './links.ts';
import { currentLeader, currentMembers } from './targets.ts';

export const PARTITION_SHAPES = [
  'one',
  'minority',
  'halves',
  'ring',
  'bridge',
  'one-way-in',
  'one-way-out',
  'leader',
  'leader-with-minority',
] as const;
export type PartitionShape = (typeof PARTITION_SHAPES)[number];

const schema = z.object({
  shape: z.enum(PARTITION_SHAPES),
  /** drop: messages vanish and connections stay. cut: connections are closed and refused. */
  mode: z.enum(['drop', 'cut']),
  order: z.array(z.string()),
});

export const partition: Fault = {
  name: 'partition',
  summary:
    'groups of nodes that cannot hear each other: one, a minority, halves, a ring, a bridge, one direction, the leader',
  needs: ['links'],
  asked: schema,
  draw: (draw: Draw, which, nodes) => ({
    // A ring of three nodes would leave every link open.
    shape: pick(
      draw(which, 0),
      nodes.length > 3 ? PARTITION_SHAPES : PARTITION_SHAPES.filter((shape) => shape !== 'ring'),
    ),
    mode: pick(draw(which, 1), ['drop', 'drop', 'cut'] as const),
    order: shuffled(draw, which, nodes),
  }),
  begin(field, asked, done) {
    const { shape, mode, order } = schema.parse(asked);
    const { world } = field;
    const known = membersFirst(order, currentMembers(world));
    const arranged = shape.startsWith('leader') ? leaderFirst(known, currentLeader(world)) : known;
    const blocked = blockedLinks(shape, arranged);
    const rule = mode === 'drop' ? { drop: true } : { cut: true };
    field.links.counts(blocked, (before) => {
      const id = field.links.add(
        blocked.map((link) => ({ ...link, rule })),
        () =>
          done({
            targets: isolated(shape, arranged),
            summary: `${describe(shape, arranged)}${mode === 'cut' ? ' (connections cut)' : ''}`,
            evidence: { blockedLinks: blocked.map((link) => `${link.from}>${link.to}`) },
            heal: (healed) =>
              field.links.counts(blocked, (after) =>
                field.links.remove(id, () => {
                  const seen = difference(after, before);
                  healed({ evidence: { dropped: seen.dropped, delivered: seen.delivered }, bit: seen.dropped > 0 });
                }),
              ),
          }),
      );
    });
  },
};

/** Nobody talks to a node that is no member: to cut it off alone would do nothing. */
function membersFirst(order: readonly NodeId[], members: readonly NodeId[]): readonly NodeId[] {
  const isMember = (node: NodeId): boolean => members.includes(node);
  return [...order.filter(isMember), ...order.filter((node) => !isMember(node))];
}

function leaderFirst(order: readonly NodeId[], leader: NodeId | null): readonly NodeId[] {
  return leader === null ? order : [leader, ...order.filter((node) => node !== leader)];
}

/** How many nodes of `order`, from its start, are on the smaller side. */
function sideSize(shape: PartitionShape, count: number): number {
  const minority = count - (Math.floor(count / 2) + 1);
  switch (shape) {
    case 'minority':
    case 'leader-with-minority':
      return Math.max(1, minority);
    case 'halves':
      return Math.max(1, Math.floor(count / 2));
    default:
      return 1;
  }
}

/** The directed links that are closed under a shape, for nodes in the given order. */
export function blockedLinks(shape: PartitionShape, order: readonly NodeId[]): DirectedLink[] {
  const position = new Map(order.map((node, at) => [node, at]));
  const at = (node: NodeId): number => position.get(node) ?? 0;
  const links = allLinks(order);
  switch (shape) {
    case 'one-way-in':
      return links.filter((link) => at(link.to) === 0);
    case 'one-way-out':
      return links.filter((link) => at(link.from) === 0);
    case 'bridge': {
      // The middle node hears both halves, which do not hear each other (Jepsen's bridge).
      const middle = Math.floor(order.length / 2);
      const side = (node: NodeId): number => Math.sign(at(node) - middle);
      return links.filter((link) => side(link.from) * side(link.to) === -1);
    }
    case 'ring': {
      // Everyone hears a majority, no two hear the same one (Jepsen's majorities-ring).
      const reach = Math.ceil(Math.floor(order.length / 2) / 2);
      const distance = (link: DirectedLink): number => {
        const apart = Math.abs(at(link.from) - at(link.to));
        return Math.min(apart, order.length - apart);
      };
      return links.filter((link) => distance(link) > reach);
    }
    default: {
      const size = sideSize(shape, order.length);
      return links.filter((link) => at(link.from) < size !== at(link.to) < size);
    }
  }
}

function isolated(shape: PartitionShape, order: readonly NodeId[]): readonly NodeId[] {
  return shape === 'ring' || shape === 'bridge' ? order : order.slice(0, sideSize(shape, order.length));
}

function describe(shape: PartitionShape, order: readonly NodeId[]): string {
  const group = (nodes: readonly NodeId[]): string => `{${[...nodes].sort().join(',')}}`;
  const middle = Math.floor(order.length / 2);
  switch (shape) {
    case 'ring':
      return `ring ${order.join('-')}: each hears a majority only`;
    case 'bridge':
      return `${group(order.slice(0, middle))} | ${group(order.slice(middle + 1))} with bridge ${order[middle] ?? ''}`;
    case 'one-way-in':
      return `${order[0] ?? ''} hears nobody, others hear it`;
    case 'one-way-out':
      return `nobody hears ${order[0] ?? ''}, it hears the others`;
    default: {
      const size = sideSize(shape, order.length);
      return `${group(order.slice(0, size))} | ${group(order.slice(size))}`;
    }
  }
}
