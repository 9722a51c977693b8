/** Compact: nodes are told to replace their log by a snapshot now, whatever its size. */

import type { ReplicaStatus } from '../cluster/raft/types.ts';
import { askNode } from './admin.ts';
import type { Fault } from './fault.ts';
import { drawTarget, forEachOf, resolveTargets, targetSchema } from './targets.ts';

const TIMEOUT_NS = 2_000_000_000;

export const compact: Fault = {
  name: 'compact',
  summary: 'nodes compact their log into a snapshot at an awkward moment',
  needs: ['compact'],
  asked: targetSchema,
  draw: (draw, which, nodes) => drawTarget(draw, which, nodes, ['one', 'leader', 'majority', 'all']),
  begin(field, asked, done) {
    const nodes = resolveTargets(field.world, targetSchema.parse(asked));
    if (nodes.length === 0) {
      done(null);
      return;
    }
    const firstIndexOf = (status: ReplicaStatus | null): number => status?.firstIndex ?? 0;
    const before = nodes.map((node) => firstIndexOf(field.world.view(node).status));
    forEachOf(
      nodes,
      (node, answered: (accepted: boolean) => void) =>
        askNode(field, node, { admin: 'compact' }, TIMEOUT_NS, ({ accepted }) => answered(accepted)),
      (accepted) =>
        done({
          targets: nodes,
          summary: `${nodes.join(', ')} compact their log`,
          evidence: { accepted },
          heal: (healed) => {
            const after = nodes.map((node) => firstIndexOf(field.world.view(node).status));
            healed({ evidence: { firstIndexBefore: before, firstIndexAfter: after }, bit: accepted.includes(true) });
          },
        }),
    );
  },
};
