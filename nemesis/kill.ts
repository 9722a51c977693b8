/** Kill: nodes end at once, lose what they had not synced, and are started again. */

import type { Evidence } from '../cluster/world.ts';
import type { Fault } from './fault.ts';
import { drawTarget, forEachOf, resolveTargets, targetSchema } from './targets.ts';

export const kill: Fault = {
  name: 'kill',
  summary: 'nodes die at once, losing what was not synced, and come back: one, a minority, a majority, all, the leader',
  needs: ['kill'],
  asked: targetSchema,
  draw: (draw, which, nodes) => drawTarget(draw, which, nodes),
  begin({ world, losses }, asked, done) {
    const target = targetSchema.parse(asked);
    const nodes = resolveTargets(world, target, ['running', 'paused']);
    if (nodes.length === 0) {
      done(null);
      return;
    }
    forEachOf(nodes, world.kill.bind(world), (evidence) =>
      done({
        targets: nodes,
        summary: `${nodes.join(', ')} killed (${target.target})`,
        evidence,
        heal: (healed) => {
          // A node that somebody else has started in the meantime needs nothing.
          const down = losses.sound(nodes).filter((node) => ['killed', 'exited'].includes(world.view(node).state));
          forEachOf(down, world.restart.bind(world), (restarted) =>
            healed({ evidence: { killed: evidence, restarted }, bit: evidence.some(proves) }),
          );
        },
      }),
    );
  },
};

/** The process is gone (processes), or the node's life has ended (simulator). */
function proves(evidence: Evidence): boolean {
  return evidence.gone === true || evidence.state === 'killed';
}
