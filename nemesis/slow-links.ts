/** Slow links: messages take long, vary in how long, and overtake each other; some links are narrow. */

import { z } from 'zod';
import { between, type Draw } from '../seed/draw.ts';
import { linkTrouble } from './link-trouble.ts';

const schema = z.object({
  delayNs: z.number().int(),
  jitterNs: z.number().int(),
  reorderPpm: z.number().int(),
  bytesPerSecond: z.number().int(),
});

export const slow = linkTrouble({
  name: 'slow',
  summary: 'links with 5 to 150 ms of delay, jitter, reordering, sometimes a narrow band',
  draw: (draw: Draw, which) => ({
    delayNs: between(draw(which, 2), 5, 150) * 1_000_000,
    jitterNs: between(draw(which, 3), 0, 100) * 1_000_000,
    reorderPpm: between(draw(which, 4), 0, 300_000),
    bytesPerSecond: draw(which, 5) % 4 === 0 ? between(draw(which, 6), 20_000, 200_000) : 0,
  }),
  parameters: schema,
  describe: (rule) =>
    `${(rule.delayNs ?? 0) / 1e6} ms + up to ${(rule.jitterNs ?? 0) / 1e6} ms` +
    (rule.bytesPerSecond ? `, ${Math.round(rule.bytesPerSecond / 1000)} kB/s` : ''),
  proves: (seen) => seen.delayed + seen.reordered > 0,
});
