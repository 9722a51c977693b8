/** Lossy links: some messages vanish, some arrive twice. */

import { z } from 'zod';
import { between, type Draw } from '../seed/draw.ts';
import { linkTrouble } from './link-trouble.ts';

const schema = z.object({ lossPpm: z.number().int(), duplicatePpm: z.number().int() });

export const lossy = linkTrouble({
  name: 'lossy',
  summary: 'links that lose 1 to 40 % of the messages and deliver up to 20 % twice',
  draw: (draw: Draw, which) => ({
    lossPpm: between(draw(which, 2), 10_000, 400_000),
    duplicatePpm: between(draw(which, 3), 0, 200_000),
  }),
  parameters: schema,
  describe: (rule) => `lose ${percent(rule.lossPpm)}, repeat ${percent(rule.duplicatePpm)}`,
  proves: (seen) => seen.dropped + seen.duplicated > 0,
});

function percent(ppm = 0): string {
  return `${(ppm / 10_000).toFixed(0)} %`;
}
