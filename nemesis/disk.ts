/** Disk: syncs become slow, or the disk is full and the node has to stop until there is room again. */

import { z } from 'zod';
import type { DiskFault, Evidence } from '../cluster/world.ts';
import { between, chance, type Draw } from '../seed/draw.ts';
import type { Fault } from './fault.ts';
import { drawTarget, forEachOf, resolveTargets, targetSchema } from './targets.ts';

const schema = targetSchema.extend({ syncDelayNs: z.number().int(), full: z.boolean() });

const LOOK_EVERY_NS = 20_000_000;

export const disk: Fault = {
  name: 'disk',
  summary: 'syncs that take 5 to 300 ms longer, or a full disk that stops the node',
  needs: ['disk'],
  asked: schema,
  draw: (draw: Draw, which, nodes) => ({
    ...drawTarget(draw, which, nodes, ['one', 'one', 'minority', 'leader', 'majority']),
    full: chance(draw(which, 2), 300_000),
    syncDelayNs: between(draw(which, 3), 5, 300) * 1_000_000,
  }),
  begin({ world, losses }, asked, done) {
    const { full, syncDelayNs, ...target } = schema.parse(asked);
    const nodes = resolveTargets(world, target);
    if (nodes.length === 0) {
      done(null);
      return;
    }
    const fault: DiskFault = full ? { disk: 'full' } : { disk: 'slow', delayNs: syncDelayNs };
    const setAll = (setting: DiskFault, then: (evidence: Evidence[]) => void): void =>
      forEachOf(nodes, (node, set: (evidence: Evidence) => void) => world.setDisk(node, setting, set), then);
    // A node that stopped may be started again by another fault before this one is healed: remember it when it is seen.
    const stopped = new Set<string>();
    let over = false;
    const look = (): void => {
      for (const node of losses.sound(nodes)) if (world.view(node).state === 'exited') stopped.add(node);
      if (!over) world.clock.after(LOOK_EVERY_NS, look);
    };
    if (full) look();
    setAll(fault, (evidence) => {
      const slowed = evidence.some(({ acknowledged }) => acknowledged !== false);
      done({
        targets: nodes,
        summary: `disk of ${nodes.join(', ')} ${full ? 'full' : `${syncDelayNs / 1e6} ms slower`}`,
        evidence,
        heal: (healed) =>
          setAll({ disk: 'healthy' }, () => {
            over = true;
            const down = losses.sound(nodes).filter((node) => world.view(node).state === 'exited');
            forEachOf(down, world.restart.bind(world), () =>
              healed({ evidence: full ? { stopped: [...stopped] } : {}, bit: full ? stopped.size > 0 : slowed }),
            );
          }),
      });
    });
  },
};
