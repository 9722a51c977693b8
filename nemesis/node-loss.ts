/**
 * What wiped disks and flipped bits have in common. A voter is killed, its disk is harmed, and it is started again under its own
 * name, as somebody would who does not know better. A correct replica notices and refuses: the node is lost, and the heal
 * replaces it by a node of another name through a change of members, or leaves it out where there is none. Only one is lost at
 * a time, and only while a majority is left (see losses.ts). A replica that serves again stays where it is.
 */

import type { z } from 'zod';
import type { NodeId } from '../cluster/raft/types.ts';
import type { Capability, Evidence, World } from '../cluster/world.ts';
import type { Json } from '../history/operation.ts';
import type { Draw } from '../seed/draw.ts';
import type { Battlefield, Fault } from './fault.ts';
import { drawTarget, resolveTargets, targetSchema } from './targets.ts';
import { changeVoters, group, votersNow } from './voters.ts';

interface NodeLoss<Harm extends { readonly [name: string]: Json }> {
  readonly name: string;
  readonly summary: string;
  readonly needs: Capability;
  /** How the disk is harmed, beside the target. Components 0 and 1 of the draw are taken by the target. */
  draw(draw: Draw, which: number): Harm;
  readonly parameters: z.ZodType<Harm>;
  /** Does it to a node that is down. */
  harm(world: World, node: NodeId, parameters: Harm, done: (evidence: Evidence) => void): void;
  /** Whether that evidence shows harm. */
  proves(evidence: Evidence): boolean;
  readonly what: string;
}

const REPLACE_TIMEOUT_NS = 15_000_000_000;

/** Makes a fault of it. */
export function nodeLoss<Harm extends { readonly [name: string]: Json }>(loss: NodeLoss<Harm>): Fault {
  const schema = targetSchema.and(loss.parameters);
  return {
    name: loss.name,
    summary: loss.summary,
    needs: ['kill', 'membership', loss.needs],
    asked: schema,
    draw: (draw, which, nodes) => ({
      ...drawTarget(draw, which, nodes, ['one', 'leader']),
      ...loss.draw(draw, which),
    }),
    begin(field, asked, done) {
      const { world, losses } = field;
      const { target, order, ...rest } = schema.parse(asked);
      const voters = losses.votersToSpare(world);
      const [node] = voters === null ? [] : resolveTargets(world, { target, order });
      if (node === undefined || !losses.begin()) {
        done(null);
        return;
      }
      world.kill(node, (killed) =>
        loss.harm(world, node, rest as unknown as Harm, (harmed) =>
          world.restart(node, (restarted) => {
            const serves = restarted.served === true || restarted.serving === true;
            if (!serves) losses.lost.add(node);
            done({
              targets: [node],
              summary: `${node} ${loss.what}, and ${serves ? 'serves again' : 'refuses to start'}`,
              evidence: { killed, harmed, restarted, refused: !serves },
              heal: (healed) =>
                replace(field, node, (replaced) => {
                  losses.end(replaced.settled === true);
                  healed({ evidence: replaced, bit: loss.proves(harmed) });
                }),
            });
          }),
        ),
      );
    },
  };
}

/** Puts a sound node in the place of a lost one, if it still has a place. */
function replace(field: Battlefield, node: NodeId, done: (evidence: Evidence) => void): void {
  const { world, losses } = field;
  const voters = votersNow(field);
  if (!losses.lost.has(node)) {
    done({ replaced: false, settled: true, note: 'it is back' });
    return;
  }
  if (voters.length > 0 && !voters.includes(node)) {
    done({ replaced: false, settled: true, note: 'it is no voter any more' });
    return;
  }
  // Without a leader in sight, whoever is elected is asked for what there should be.
  const before = voters.length > 0 ? voters : losses.restored(world, field.founders);
  const kept = before.filter((voter) => voter !== node);
  const heir = losses.replacement(world, before);
  const wanted = heir === null ? kept : [...kept, heir];
  changeVoters(field, wanted, REPLACE_TIMEOUT_NS, (answer) =>
    done({
      replaced: answer.accepted,
      settled: answer.accepted,
      by: heir,
      voters: group(wanted),
      answer: answer.message,
    }),
  );
}
