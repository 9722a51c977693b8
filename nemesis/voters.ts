/** Changes of members as an operator makes them: asked for until they are done, with the nodes they need awake. */

import type { NodeId } from '../cluster/raft/types.ts';
import { type AdminAnswer, askLeader } from './admin.ts';
import type { Battlefield } from './fault.ts';
import { currentLeader, forEachOf } from './targets.ts';

const WAKE_EVERY_NS = 200_000_000;

/**
 * Asks for the change until it is done, for at most `timeoutNs`. New voters that had ended because they were removed are
 * started, also those that end while the change waits for them to catch up.
 */
export function changeVoters(
  field: Battlefield,
  voters: readonly NodeId[],
  timeoutNs: number,
  done: (answer: AdminAnswer) => void,
): void {
  const { world } = field;
  let over = false;
  const wake = (then: () => void): void => {
    const asleep = voters.filter((node) => world.view(node).state === 'exited');
    forEachOf(asleep, world.restart.bind(world), then);
  };
  const keepAwake = (): void => {
    if (!over) wake(() => void world.clock.after(WAKE_EVERY_NS, keepAwake));
  };
  wake(() => {
    keepAwake();
    askLeader(field, { admin: 'change-members', voters, learners: [] }, timeoutNs, (answer) => {
      over = true;
      done(answer);
    });
  });
}

/** Voters as the leader says; none without a leader. */
export function votersNow(field: Battlefield): readonly NodeId[] {
  const leader = currentLeader(field.world);
  return leader === null ? [] : (field.world.view(leader).status?.voters ?? []);
}

/** "{n1,n2,n3}" */
export function group(nodes: readonly NodeId[]): string {
  return `{${[...nodes].sort().join(',')}}`;
}
