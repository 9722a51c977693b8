/** Wipe: a node loses its disk. It may have voted and acknowledged, so it can't come back under its name. */

import { z } from 'zod';
import { nodeLoss } from './node-loss.ts';

export const wipe = nodeLoss({
  name: 'wipe',
  summary: 'a node loses its disk; it may not rejoin under its name, and is replaced by another or left out',
  needs: 'wipe',
  draw: () => ({}),
  parameters: z.object({}),
  harm: (world, node, _nothing, done) => world.wipe(node, done),
  proves: (evidence) => evidence.wiped === true,
  what: 'lost its disk',
});
