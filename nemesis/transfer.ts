/** Transfer: the leader is asked to hand over to another node, as an operator does before maintenance. */

import { z } from 'zod';
import type { Draw } from '../seed/draw.ts';
import { shuffled } from '../seed/draw.ts';
import { askNode } from './admin.ts';
import type { Fault } from './fault.ts';
import { currentLeader, currentMembers } from './targets.ts';

const schema = z.object({ order: z.array(z.string()) });
const TIMEOUT_NS = 2_000_000_000;

export const transfer: Fault = {
  name: 'transfer',
  summary: 'leadership is handed over on request',
  needs: ['transfer'],
  draw: (draw: Draw, which, nodes) => ({ order: shuffled(draw, which, nodes) }),
  begin(field, asked, done) {
    const { order } = schema.parse(asked);
    const leader = currentLeader(field.world);
    const members = currentMembers(field.world);
    const heir = order.find((node) => node !== leader && members.includes(node));
    if (leader === null || heir === undefined) {
      done(null);
      return;
    }
    askNode(field, leader, { admin: 'transfer-leadership', to: heir }, TIMEOUT_NS, (answer) =>
      done({
        targets: [leader, heir],
        summary: `leadership ${leader} → ${heir}`,
        evidence: { ...answer },
        heal: (healed) =>
          healed({ evidence: { leaderBefore: leader, leaderAfter: currentLeader(field.world) }, bit: answer.accepted }),
      }),
    );
  },
};
