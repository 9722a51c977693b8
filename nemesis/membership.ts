/** Membership: the cluster is resized or has members replaced while clients run; the heal brings the founders back. */

import { z } from 'zod';
import type { NodeId } from '../cluster/raft/types.ts';
import { type Draw, pick, shuffled } from '../seed/draw.ts';
import { type AdminAnswer, askLeader } from './admin.ts';
import type { Battlefield, Fault } from './fault.ts';
import { currentLeader, currentMembers, forEachOf } from './targets.ts';

const schema = z.object({
  size: z.number().int().min(1),
  /** Permutation of all nodes: the first `size` of it become the voters. */
  order: z.array(z.string()),
});

const CHANGE_TIMEOUT_NS = 4_000_000_000;
const WAKE_EVERY_NS = 200_000_000;
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
    const before = [...currentMembers(field.world)].sort();
    const voters = order.slice(0, size).sort();
    change(field, voters, CHANGE_TIMEOUT_NS, (answer) =>
      done({
        targets: order.filter((node) => !voters.includes(node)),
        summary: `voters ${group(before)} → ${group(voters)}`,
        evidence: { ...answer, votersBefore: before },
        heal: (healed) => {
          const seen = votersNow(field);
          change(field, field.founders, RESTORE_TIMEOUT_NS, (restored) =>
            healed({
              evidence: { votersSeen: seen, restored: { ...restored } },
              bit: answer.accepted || !sameNodes(seen, before),
            }),
          );
        },
      }),
    );
  },
};

/** Sizes a cluster can shrink to and still survive one failure. */
function sizesBelow(count: number): number[] {
  return Array.from({ length: count - 3 }, (_, at) => at + 3);
}

/**
 * Asks for the change until it is done. New voters that had ended because they were removed are started, also those that end
 * while the change waits for them to catch up.
 */
function change(
  field: Battlefield,
  voters: readonly NodeId[],
  timeoutNs: number,
  done: (answer: AdminAnswer) => void,
): void {
  const { world } = field;
  let over = false;
  const wake = (then: () => void): void => {
    const asleep = voters.filter((node) => world.view(node).state === 'exited');
    forEachOf(asleep, world.restart.bind(world), then);
  };
  const keepAwake = (): void => {
    if (!over) wake(() => void world.clock.after(WAKE_EVERY_NS, keepAwake));
  };
  wake(() => {
    keepAwake();
    askLeader(field, { admin: 'change-members', voters, learners: [] }, timeoutNs, (answer) => {
      over = true;
      done(answer);
    });
  });
}

function sameNodes(some: readonly NodeId[], others: readonly NodeId[]): boolean {
  return some.length === others.length && some.every((node) => others.includes(node));
}

function votersNow(field: Battlefield): readonly NodeId[] {
  const leader = currentLeader(field.world);
  return leader === null ? [] : (field.world.view(leader).status?.voters ?? []);
}

function group(nodes: readonly NodeId[]): string {
  return `{${[...nodes].sort().join(',')}}`;
}
