/**
 * What was special about an anomaly, in the few words that stand behind its title: two of one kind can be very different. Only
 * what was observed, each proved by the record by itself; never said to be the cause.
 */

import type { Operation } from '../history/operation.ts';
import { attendance, showsNoEffect } from './circumstances.ts';
import { killTimes } from './kill-times.ts';
import { shareOf, sidesAt } from './sides.ts';
import { ended, type Telling, witnessesOf } from './witness.ts';
import { isRead } from './wording.ts';

/** "after every node had been killed", "acknowledged by a leader without a majority"; null where nothing of the kind is known. */
export function circumstanceOf(telling: Telling): string | null {
  const witnesses = witnessesOf(telling);
  if (witnesses === null) return null;
  const { seen, other } = witnesses;
  const written = other !== null && other.outcome === 'ok' && !isRead(other) ? other : null;
  if (written !== null && allKilledBetween(telling, written, seen)) return 'after every node had been killed';
  // Of two that both succeeded, one is meant.
  const one = telling.anomaly.shape === 'double-cas' ? 'one ' : '';
  if (written !== null && ledMinority(telling, written)) return `${one}acknowledged by a leader without a majority`;
  if (seen.outcome !== 'ok') return null;
  const verb = `${one}${isRead(seen) ? 'answered' : 'acknowledged'}`;
  if (ledMinority(telling, seen)) return `${verb} by a leader without a majority`;
  const { call, pausedMeanwhile } = attendance(telling.spans, seen);
  if (call?.role === 'leader' && (call.paused || pausedMeanwhile)) return `${verb} by a leader that had been paused`;
  return null;
}

function allKilledBetween({ data }: Telling, written: Operation, seen: Operation): boolean {
  const { nodes } = data.trial;
  return data.faults.some((fault) => {
    if (fault.kind !== 'kill' || showsNoEffect(fault) || nodes.length < 2) return false;
    if (!nodes.every((node) => fault.targets.includes(node))) return false;
    const { killedAt, deadBy } = killTimes(fault, data.nodeEvents);
    return killedAt > ended(written) && (deadBy ?? killedAt) < ended(seen);
  });
}

/** Whether its node led, from the call to the answer, cut off from every majority. */
function ledMinority({ data, spans }: Telling, operation: Operation): boolean {
  const { node, invokedAt } = operation;
  const { call, end, pausedMeanwhile } = attendance(spans, operation);
  if (node === null || call?.role !== 'leader' || end?.role !== 'leader' || call.paused || pausedMeanwhile)
    return false;
  const split = sidesAt(data, ended(operation));
  const side = split?.sides.find((one) => one.includes(node));
  if (split === null || side === undefined || split.fault.startedAt > invokedAt) return false;
  return !shareOf(data, side, ended(operation)).majority;
}
