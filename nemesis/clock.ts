/** Clock: the clocks of some nodes jump, or run too fast or too slow. */

import { z } from 'zod';
import type { NodeId } from '../cluster/raft/types.ts';
import type { Evidence, World } from '../cluster/world.ts';
import type { Json } from '../history/operation.ts';
import { between, type Draw, pick } from '../seed/draw.ts';
import type { Fault } from './fault.ts';
import { drawTarget, forEachOf, resolveTargets, targetSchema } from './targets.ts';

const schema = targetSchema.extend({
  offsetNs: z.number().int(),
  ratePpm: z.number().int(),
});

const JUMPS_MS = [50, 200, 1000, 5000] as const;
/** A clock at half speed is far beyond any hardware; it is here to find code that trusts clocks. */
const RATES_PPM = [-500_000, -100_000, -10_000, 10_000, 100_000, 1_000_000] as const;

export const clock: Fault = {
  name: 'clock',
  summary: 'clocks jump by up to 5 s either way, or run at half to double speed',
  needs: ['clock'],
  asked: schema,
  draw: (draw: Draw, which, nodes) => {
    const jumps = draw(which, 2) % 2 === 0;
    const sign = draw(which, 3) % 2 === 0 ? 1 : -1;
    const jumpMs = between(draw(which, 5), 1, pick(draw(which, 4), JUMPS_MS));
    return {
      ...drawTarget(draw, which, nodes, ['one', 'one', 'minority', 'majority', 'leader', 'leader']),
      offsetNs: jumps ? sign * jumpMs * 1_000_000 : 0,
      ratePpm: jumps ? 0 : pick(draw(which, 6), RATES_PPM),
    };
  },
  begin({ world }, asked, done) {
    const { offsetNs, ratePpm, ...target } = schema.parse(asked);
    const nodes = resolveTargets(world, target);
    if (nodes.length === 0) {
      done(null);
      return;
    }
    forEachOf(
      nodes,
      (node, set: (evidence: Evidence) => void) => world.setClock(node, { offsetNs, ratePpm }, set),
      (evidence) =>
        done({
          targets: nodes,
          summary: `clock of ${nodes.join(', ')} ${describe(offsetNs, ratePpm)}`,
          evidence,
          heal: (healed) => {
            // Only what jumped jumps back: leases rest on clocks that never do.
            const right = offsetNs === 0 ? setSteady(world) : world.resetClock.bind(world);
            forEachOf(nodes, right, (after) =>
              healed({ evidence: { reset: after }, bit: evidence.some(({ acknowledged }) => acknowledged !== false) }),
            );
          },
        }),
    );
  },
};

/** Lets a clock run at its true speed again, and keep what it has gained or lost. */
export function setSteady(world: World): (node: NodeId, done: (evidence: Evidence) => void) => void {
  return (node, done) => world.setClock(node, { offsetNs: 0, ratePpm: 0 }, done);
}

function describe(offsetNs: number, ratePpm: number): string {
  if (ratePpm !== 0) return `runs at ${(1 + ratePpm / 1_000_000).toFixed(2)} times the speed`;
  return `jumps by ${offsetNs > 0 ? '+' : ''}${(offsetNs / 1e9).toFixed(3)} s`;
}

/**
 * The same fault for a cluster whose leases rest on clocks that drift by at most `boundPpm`: no jump, and a rate at the bound at
 * most, towards the side that was drawn.
 */
export function withinDrift(asked: Json, boundPpm: number): Json {
  const { offsetNs, ratePpm, ...target } = schema.parse(asked);
  const drift = ratePpm === 0 ? Math.sign(offsetNs) * boundPpm : ratePpm;
  return { ...target, offsetNs: 0, ratePpm: Math.max(-boundPpm, Math.min(boundPpm, drift)) };
}

/** Whether a clock fault stays within that bound. */
export function isWithinDrift(asked: Json, boundPpm: number): boolean {
  const { offsetNs, ratePpm } = schema.parse(asked);
  return offsetNs === 0 && Math.abs(ratePpm) <= boundPpm;
}
