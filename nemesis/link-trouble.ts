/** What slow and lossy links have in common: a rule on all links, or on those of some nodes. */

import { z } from 'zod';
import type { NodeId } from '../cluster/raft/types.ts';
import type { DirectedLink, LinkRule } from '../cluster/world.ts';
import type { Json } from '../history/operation.ts';
import type { Draw } from '../seed/draw.ts';
import type { Fault } from './fault.ts';
import { allLinks, difference, type LinkSums } from './links.ts';
import { drawTarget, resolveTargets, targetSchema } from './targets.ts';

interface LinkTrouble {
  readonly name: string;
  readonly summary: string;
  /** Parameters of one occurrence. Components 0 and 1 of the draw are taken by the target. */
  draw(draw: Draw, which: number): { readonly [name: string]: Json };
  readonly parameters: z.ZodType<Partial<LinkRule>>;
  describe(rule: Partial<LinkRule>): string;
  /** Whether what happened on the links shows that the rule worked. */
  proves(seen: LinkSums): boolean;
}

/** Makes a fault of it. */
export function linkTrouble(trouble: LinkTrouble): Fault {
  const askedSchema = z.object({ target: targetSchema, parameters: trouble.parameters });
  return {
    name: trouble.name,
    summary: trouble.summary,
    needs: ['links'],
    asked: askedSchema,
    draw: (draw, which, nodes) => ({
      target: drawTarget(draw, which, nodes, ['one', 'minority', 'leader', 'all', 'all']),
      parameters: trouble.draw(draw, which),
    }),
    begin(field, asked, done) {
      const { target, parameters } = askedSchema.parse(asked);
      const rule = parameters;
      const nodes = resolveTargets(field.world, target);
      const touched = linksOf(field.world.nodes, nodes);
      if (touched.length === 0) {
        done(null);
        return;
      }
      field.links.counts(touched, (before) => {
        const id = field.links.add(
          touched.map((link) => ({ ...link, rule })),
          () =>
            done({
              targets: nodes,
              summary: `links of ${nodes.join(', ')}: ${trouble.describe(rule)}`,
              evidence: { links: touched.length },
              heal: (healed) =>
                field.links.counts(touched, (after) =>
                  field.links.remove(id, () => {
                    const seen = difference(after, before);
                    healed({ evidence: { ...seen }, bit: trouble.proves(seen) });
                  }),
                ),
            }),
        );
      });
    },
  };
}

/** Links that begin or end at one of the nodes. */
function linksOf(all: readonly NodeId[], nodes: readonly NodeId[]): DirectedLink[] {
  return allLinks(all).filter((link) => nodes.includes(link.from) || nodes.includes(link.to));
}
