/** Pause: nodes stop in the middle of whatever they do, as under a stalled hypervisor or a long collection of garbage. */

import type { Evidence } from '../cluster/world.ts';
import type { Fault } from './fault.ts';
import { drawTarget, forEachOf, resolveTargets, targetSchema } from './targets.ts';

export const pause: Fault = {
  name: 'pause',
  summary: 'nodes freeze and go on later, unaware of it: one, a minority, a majority, all, the leader',
  needs: ['pause'],
  asked: targetSchema,
  draw: (draw, which, nodes) => drawTarget(draw, which, nodes),
  begin({ world }, asked, done) {
    const target = targetSchema.parse(asked);
    const nodes = resolveTargets(world, target);
    if (nodes.length === 0) {
      done(null);
      return;
    }
    forEachOf(nodes, world.pause.bind(world), (evidence) =>
      done({
        targets: nodes,
        summary: `${nodes.join(', ')} paused (${target.target})`,
        evidence,
        heal: (healed) => {
          const still = nodes.filter((node) => world.view(node).state === 'paused');
          forEachOf(still, world.resume.bind(world), (resumed) =>
            healed({ evidence: { paused: evidence, resumed }, bit: evidence.some(provesPause) }),
          );
        },
      }),
    );
  },
};

/** The kernel says the process is stopped (where it says so at all), or the simulated node is paused. */
export function provesPause(evidence: Evidence): boolean {
  return evidence.state === 'paused' || evidence.processState === 'T' || evidence.processState === null;
}
