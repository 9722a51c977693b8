/** The moves that the simulated and the real cluster of the lab have in common. */

import { Client } from '../../cluster/client.ts';
import type { NodeId } from '../../cluster/raft/types.ts';
import { CLEAR_LINK, type DirectedLink, type LinkRule, type World } from '../../cluster/world.ts';
import { allLinks } from '../../nemesis/links.ts';
import { draws } from '../../seed/draw.ts';

export const MS = 1_000_000;
/** An agreement may take so long, elections included. */
export const AGREEMENT_MS = 10_000;
/** A proposal whose request or answer was lost is repeated after this time. */
export const ATTEMPT_MS = 500;

/** Rules under which messages pass within each group only; nodes in none of the groups are one group more. */
export function groupRules(
  nodes: readonly NodeId[],
  groups: readonly (readonly NodeId[])[],
): (DirectedLink & { readonly rule: LinkRule })[] {
  const groupOf = (id: NodeId): number => groups.findIndex((group) => group.includes(id));
  return allLinks(nodes).map((link) => ({
    ...link,
    rule: { ...CLEAR_LINK, drop: groupOf(link.from) !== groupOf(link.to) },
  }));
}

/** A client that reaches only the nodes of a list, which may change later. Its first home is the first of them. */
export function clientWithin(
  world: World,
  reach: readonly NodeId[],
  options: { readonly seed: number; readonly number: number; readonly nextRequestId: () => number },
): Client {
  const { seed, number, nextRequestId } = options;
  const view: Pick<World, 'clock' | 'nodes' | 'request'> = {
    clock: world.clock,
    nodes: reach,
    request: (node, request, timeoutNs, done) => {
      if (reach.includes(node)) world.request(node, request, timeoutNs, done);
      else world.clock.after(MS, () => done({ kind: 'not-sent', reason: `${node} is out of reach` }));
    },
  };
  return new Client({
    world: view as World,
    home: reach[0] as NodeId,
    nonce: `client-${number}`,
    nextRequestId,
    jitter: draws(seed, `lab.client ${number}`),
    attemptTimeoutNs: ATTEMPT_MS * MS,
  });
}
