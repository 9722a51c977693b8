/**
 * Flip: one bit of a node's files changes while it is down. A node must notice by its checksums, and may then neither serve what
 * it read nor forget it silently; if the bit was in a file of no more use, it starts as if nothing had been.
 */

import { z } from 'zod';
import { nodeLoss } from './node-loss.ts';

const draw32 = z.number().int().min(0).max(0xffff_ffff);

export const flip = nodeLoss({
  name: 'flip',
  summary: "one bit of a node's files flips while it is down; it has to notice, and is replaced as after a wipe",
  needs: 'flip',
  draw: (draw, which) => ({ file: draw(which, 2), bit: draw(which, 3) }),
  parameters: z.object({ file: draw32, bit: draw32 }),
  harm: (world, node, choice, done) => world.flipBit(node, choice, done),
  proves: (evidence) => evidence.flipped === true,
  what: 'found a flipped bit',
});
