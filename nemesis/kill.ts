/**
 * Kill: nodes end at once, lose what they had not synced, and are started again. Three of four kills are a loss of power: for a moment
 * before it no sync comes to its end any more, so that there is something to lose.
 */

import { z } from 'zod';
import type { NodeId } from '../cluster/raft/types.ts';
import type { Evidence, World } from '../cluster/world.ts';
import { between, chance, type Draw } from '../seed/draw.ts';
import type { Fault } from './fault.ts';
import { drawTarget, forEachOf, resolveTargets, targetSchema } from './targets.ts';

const schema = targetSchema.extend({
  /** For so long before the kill syncs do not end. */
  holdNs: z.number().int().min(0).default(0),
});

const MS = 1_000_000;
/** Longer than any hold: what is under way when the kill comes is lost. */
const HELD_NS = 60_000 * MS;

export const kill: Fault = {
  name: 'kill',
  summary:
    'nodes die at once, losing what was not synced, and come back: one, a minority, a majority, all, the leader; mostly while their syncs hang',
  needs: ['kill'],
  asked: schema,
  draw: (draw: Draw, which, nodes) => ({
    ...drawTarget(draw, which, nodes),
    holdNs: chance(draw(which, 2), 750_000) ? between(draw(which, 3), 5, 150) * MS : 0,
  }),
  begin({ world, losses }, asked, done) {
    const { holdNs, ...target } = schema.parse(asked);
    const nodes = resolveTargets(world, target, ['running', 'paused']);
    if (nodes.length === 0) {
      done(null);
      return;
    }
    holdSyncs(world, nodes, holdNs, (letGo) =>
      forEachOf(nodes, world.kill.bind(world), (evidence) =>
        letGo(() =>
          done({
            targets: nodes,
            summary: `${nodes.join(', ')} killed (${target.target})${holdNs > 0 ? ` ${holdNs / MS} ms after their disks hung` : ''}`,
            evidence,
            heal: (healed) => {
              // A node that somebody else has started in the meantime needs nothing.
              const down = losses.sound(nodes).filter((node) => ['killed', 'exited'].includes(world.view(node).state));
              forEachOf(down, world.restart.bind(world), (restarted) =>
                healed({ evidence: { killed: evidence, restarted }, bit: evidence.some(provesKill) }),
              );
            },
          }),
        ),
      ),
    );
  },
};

/** Lets no sync end for a while, then calls `held` with what puts the disks right again. */
function holdSyncs(
  world: World,
  nodes: readonly NodeId[],
  holdNs: number,
  held: (letGo: (then: () => void) => void) => void,
): void {
  if (holdNs === 0 || !world.capabilities.has('disk')) {
    held((then) => then());
    return;
  }
  const setAll = (fault: Parameters<World['setDisk']>[1], then: () => void): void =>
    forEachOf(nodes, (node, set: (evidence: Evidence) => void) => world.setDisk(node, fault, set), then);
  setAll({ disk: 'slow', delayNs: HELD_NS }, () => {});
  world.clock.after(holdNs, () => held((then) => setAll({ disk: 'healthy' }, then)));
}

/** The process is gone (processes), or the node's life has ended (simulator). */
export function provesKill(evidence: Evidence): boolean {
  return evidence.gone === true || evidence.state === 'killed';
}
