/** Membership: the cluster is resized or has members replaced while clients run; the heal brings the founders back. */

import { z } from 'zod';
import type { NodeId } from '../cluster/raft/types.ts';
import { type Draw, pick, shuffled } from '../seed/draw.ts';
import type { Fault } from './fault.ts';
import { currentMembers } from './targets.ts';
import { changeVoters, group, votersNow } from './voters.ts';

const schema = z.object({
  size: z.number().int().min(1),
  /** Permutation of all nodes: the first `size` of it become the voters. */
  order: z.array(z.string()),
});

const CHANGE_TIMEOUT_NS = 4_000_000_000;
const RESTORE_TIMEOUT_NS = 15_000_000_000;

export const membership: Fault = {
  name: 'membership',
  summary: 'the voters change: members are removed, added, replaced, by joint consensus; afterwards all return',
  needs: ['membership'],
  asked: schema,
  draw: (draw: Draw, which, nodes) => ({
    size: nodes.length <= 3 ? Math.max(1, nodes.length - 1) : pick(draw(which, 0), sizesOf(nodes.length)),
    order: shuffled(draw, which, nodes),
  }),
  begin(field, asked, done) {
    const { size, order } = schema.parse(asked);
    const { losses, world } = field;
    const before = [...currentMembers(world)].sort();
    const able = losses.sound(order);
    const drawn = able.slice(0, size);
    // What is there already would be no change: one less, then.
    const voters = (sameNodes(drawn, before) ? drawn.slice(0, -1) : drawn).sort();
    if (voters.length === 0 || before.some((node) => losses.lost.has(node)) || !losses.begin()) {
      done(null);
      return;
    }
    changeVoters(field, voters, CHANGE_TIMEOUT_NS, (answer) =>
      done({
        targets: order.filter((node) => !voters.includes(node)),
        summary: `voters ${group(before)} → ${group(voters)}`,
        evidence: { ...answer, votersBefore: before },
        heal: (healed) => {
          const seen = votersNow(field);
          changeVoters(field, losses.restored(world, field.founders), RESTORE_TIMEOUT_NS, (restored) => {
            losses.end(restored.accepted);
            healed({
              evidence: { votersSeen: seen, restored: { ...restored } },
              bit: answer.accepted || !sameNodes(seen, before),
            });
          });
        },
      }),
    );
  },
};

/** Sizes that survive one failure, up to all nodes, spares included. */
function sizesOf(count: number): number[] {
  return Array.from({ length: count - 2 }, (_, at) => at + 3);
}

function sameNodes(some: readonly NodeId[], others: readonly NodeId[]): boolean {
  return some.length === others.length && some.every((node) => others.includes(node));
}
