/** Transfer: the leader is asked to hand over to another node, as an operator does before maintenance. */

import { z } from 'zod';
import type { Draw } from '../seed/draw.ts';
import { shuffled } from '../seed/draw.ts';
import { askNode } from './admin.ts';
import type { Fault } from './fault.ts';
import { currentLeader, currentMembers } from './targets.ts';

const schema = z.object({ order: z.array(z.string()) });
/** How long one heir is waited for, and how long heirs are tried in all. */
const ATTEMPT_NS = 600_000_000;
const TRY_NS = 6_000_000_000;
const PAUSE_NS = 50_000_000;

export const transfer: Fault = {
  name: 'transfer',
  summary: 'leadership is handed over on request',
  needs: ['transfer'],
  asked: schema,
  draw: (draw: Draw, which, nodes) => ({ order: shuffled(draw, which, nodes) }),
  begin(field, asked, done) {
    const { order } = schema.parse(asked);
    const { world } = field;
    const deadline = world.clock.now() + TRY_NS;
    // In the middle of other faults there may be no leader, or an heir that can't be reached: one after the other is tried.
    const attempt = (tries: number): void => {
      const leader = currentLeader(world);
      const members = currentMembers(world);
      const able = order.filter((node) => members.includes(node) && world.view(node).state === 'running');
      const heirs = able.filter((node) => node !== leader);
      const heir = heirs[tries % Math.max(1, heirs.length)];
      const late = world.clock.now() >= deadline;
      if (leader === null || heir === undefined) {
        if (late) done(null);
        else world.clock.after(PAUSE_NS, () => attempt(tries));
        return;
      }
      askNode(field, leader, { admin: 'transfer-leadership', to: heir }, ATTEMPT_NS, (answer) => {
        if (!answer.accepted && !late) {
          world.clock.after(PAUSE_NS, () => attempt(tries + 1));
          return;
        }
        done({
          targets: [leader, heir],
          summary: `leadership ${leader} → ${heir}`,
          evidence: { ...answer, tries: tries + 1 },
          heal: (healed) =>
            healed({ evidence: { leaderBefore: leader, leaderNow: currentLeader(world) }, bit: answer.accepted }),
        });
      });
    };
    attempt(0);
  },
};
