/** When a kill killed: a fault may begin with disks that hang, and end its nodes a while later. */

import type { Json } from '../history/operation.ts';
import type { FaultRecord, NodeEvent } from '../history/trial-records.ts';
import { field } from './json-field.ts';

export interface KillTimes {
  /** From when on the disks of its nodes hung; null if they did not. */
  readonly hungAt: number | null;
  /** No node was killed before. */
  readonly killedAt: number;
  /** When the last of its nodes was seen to have ended; null if the record does not tell. */
  readonly deadBy: number | null;
}

/** By the exits that the record holds within the fault; without these a kill began with the fault. */
export function killTimes(
  { targets, startedAt, endedAt, asked }: FaultRecord,
  events: readonly NodeEvent[],
): KillTimes {
  const exits = events
    .filter(
      ({ kind, node, at }) =>
        kind === 'exited' && targets.includes(node) && at >= startedAt && (endedAt === null || at <= endedAt),
    )
    .map(({ at }) => at);
  const hold = numberOf(field(field(asked, 'drawn'), 'holdNs')) ?? numberOf(field(asked, 'holdNs')) ?? 0;
  const hung = hold > 0 && exits.length > 0 && exits.every((at) => at >= startedAt + hold);
  return {
    hungAt: hung ? startedAt : null,
    killedAt: hung ? startedAt + hold : startedAt,
    deadBy: exits.length === 0 ? null : Math.max(...exits),
  };
}

function numberOf(json: Json): number | null {
  return typeof json === 'number' ? json : null;
}
