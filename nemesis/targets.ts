/** Which nodes a fault hits: drawn as a kind of target and an order of nodes, resolved when the fault begins. */

import { z } from 'zod';
import type { NodeId } from '../cluster/raft/types.ts';
import type { NodeState, World } from '../cluster/world.ts';
import { type Draw, pick, shuffled } from '../seed/draw.ts';

export const TARGETS = ['one', 'minority', 'majority', 'all', 'leader'] as const;

/** `order` is a permutation of all nodes: the first ones that qualify are taken. */
export const targetSchema = z.object({ target: z.enum(TARGETS), order: z.array(z.string()) });
export type Target = z.infer<typeof targetSchema>;

/** Draws a target. `from` may repeat a kind to make it likelier. */
export function drawTarget(
  draw: Draw,
  which: number,
  nodes: readonly NodeId[],
  from: readonly Target['target'][] = TARGETS,
): Target {
  return { target: pick(draw(which, 0), from), order: shuffled(draw, which * 2 + 1, nodes) };
}

/** The node that most recently said it leads: the leader of the highest term among the nodes that run, or null. */
export function currentLeader(world: World): NodeId | null {
  let leader: NodeId | null = null;
  let term = -1;
  for (const node of world.nodes) {
    const { state, status } = world.view(node);
    if (state === 'running' && status?.role === 'leader' && status.term > term) {
      leader = node;
      term = status.term;
    }
  }
  return leader;
}

/**
 * The nodes meant, among those in one of `states`. Sizes refer to the current members (or all nodes, before the first status). Without a known leader,
 * 'leader' means one node.
 */
export function resolveTargets(world: World, asked: Target, states: readonly NodeState[] = ['running']): NodeId[] {
  const members = currentMembers(world);
  const eligible = asked.order.filter((node) => members.includes(node) && states.includes(world.view(node).state));
  const majority = Math.floor(members.length / 2) + 1;
  switch (asked.target) {
    case 'one':
      return eligible.slice(0, 1);
    case 'minority':
      return eligible.slice(0, Math.max(1, members.length - majority));
    case 'majority':
      return eligible.slice(0, majority);
    case 'all':
      return eligible;
    case 'leader': {
      const leader = currentLeader(world);
      return leader !== null && eligible.includes(leader) ? [leader] : eligible.slice(0, 1);
    }
  }
}

/** Voters as the current leader sees them, else all nodes. */
export function currentMembers(world: World): readonly NodeId[] {
  const leader = currentLeader(world);
  const voters = leader === null ? undefined : world.view(leader).status?.voters;
  return voters !== undefined && voters.length > 0 ? voters : world.nodes;
}

/** Runs `act` on every item at once; `done` gets the results in the items' order. */
export function forEachOf<T, R>(
  items: readonly T[],
  act: (item: T, done: (result: R) => void) => void,
  done: (results: R[]) => void,
): void {
  const results = new Array<R>(items.length);
  let left = items.length;
  if (left === 0) {
    done([]);
    return;
  }
  items.forEach((item, at) => {
    act(item, (result) => {
      results[at] = result;
      if (--left === 0) done(results);
    });
  });
}
