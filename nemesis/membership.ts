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
    size: nodes.length <= 3 ? Math.max(1, nodes.length - 1) : pick(draw(which, 0), sizesBelow(nodes.length)),
    order: shuffled(draw, which, nodes),
  }),
  begin(field, asked, done) {
    const { size, order } = schema.parse(asked);
    const { losses, world } = field;
    const before = [...currentMembers(world)].sort();
    const voters = losses.sound(order).slice(0, size).sort();
    if (voters.length < size || before.some((node) => losses.lost.has(node)) || !losses.begin()) {
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
            losses.end();
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

/** Sizes a cluster can shrink to and still survive one failure. */
function sizesBelow(count: number): number[] {
  return Array.from({ length: count - 3 }, (_, at) => at + 3);
}

function sameNodes(some: readonly NodeId[], others: readonly NodeId[]): boolean {
  return some.length === others.length && some.every((node) => others.includes(node));
}
