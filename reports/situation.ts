/**
 * Facts about the nodes and the faults around an anomaly, in sentences: on which side of a partition a node was, what a kill came
 * after. Each is proved by the record, by itself; none says that anything was the cause. What is not known is left out.
 */

import type { Operation } from '../history/operation.ts';
import type { FaultRecord } from '../history/trial-records.ts';
import { attendance, inOrder, nodeStateAt, showsNoEffect } from './circumstances.ts';
import { field } from './json-field.ts';
import { killTimes } from './kill-times.ts';
import { shareOf, sidesAt } from './sides.ts';
import { moment, stretch, type TimeScale } from './times.ts';
import { ended, type Telling, type Witnesses, witnessesOf } from './witness.ts';
import { capital, count, inWords, isRead, listed, shortened, verb } from './wording.ts';

/** More facts than this are a text, not a line. */
const FACTS_MAX = 4;

/** At most four sentences; `scale` as of all times around this anomaly. Empty where nothing is known. */
export function situationOf(telling: Telling, scale: TimeScale): readonly string[] {
  const witnesses = witnessesOf(telling);
  if (witnesses === null) return [];
  return [
    ...sideFacts(telling, witnesses),
    ...laterFaults(telling, witnesses, scale),
    ...pauses(telling, witnesses, scale),
  ].slice(0, FACTS_MAX);
}

/** "acknowledged the write", "answered client 3's read": what the node of an operation did, told apart from that of the other. */
export function deedOf(operation: Operation, { seen, other }: Witnesses): string {
  const alike = other !== null && isRead(other) === isRead(seen) && (isRead(seen) || other.f === seen.f);
  const noun = verb(operation.f);
  const what = alike ? `client ${operation.process}'s ${noun}` : `the ${noun}`;
  if (operation.outcome !== 'ok') return `was asked for ${what}`;
  return `${isRead(operation) ? 'answered' : 'acknowledged'} ${what}`;
}

function named(operation: Operation, witnesses: Witnesses): string {
  return `${shortened(operation.node ?? '', 24)}, which ${deedOf(operation, witnesses)},`;
}

function sideFacts(telling: Telling, witnesses: Witnesses): string[] {
  const { data } = telling;
  const { seen, other } = witnesses;
  const out: string[] = [];
  let before: { readonly fault: FaultRecord; readonly side: readonly string[] } | null = null;
  for (const operation of [other, seen]) {
    if (operation === null || operation.node === null || operation.outcome !== 'ok') continue;
    const at = ended(operation);
    const split = sidesAt(data, at);
    const side = split?.sides.find((one) => one.includes(operation.node as string));
    // It has to have held while a read was under way: else the answer may be from before.
    if (split === null || side === undefined || (isRead(operation) && split.fault.startedAt > operation.invokedAt))
      continue;
    const who = named(operation, witnesses);
    if (before !== null && before.fault === split.fault && before.side.join() === side.join()) {
      out.push(`${who} was on the same side.`);
      continue;
    }
    const { has, of, unit, majority } = shareOf(data, side, at);
    const { call, end } = attendance(telling.spans, operation);
    // One that had been something else when the call came is not excused by a majority on its side.
    const changed = call !== null && end !== null && (call.role !== end.role || call.term !== end.term);
    const counted = majority ? (changed ? '' : ', a majority') : ', no majority';
    const share = `${count(has)} of ${count(of)} ${unit}${counted}`;
    const term = end?.term ?? null;
    const then = changed ? ` when it ${isRead(operation) ? 'answered' : 'acknowledged'}` : '';
    const others = data.trial.nodes.length - 1;
    out.push(
      side.length === 1
        ? `${who} was cut off from the other ${inWords(others)}: its side was ${share}.`
        : `${who} was ${term === null ? 'on' : `in term ${term}${then}, on`} the side {${inOrder(side).join(',')}}: ${share}.`,
    );
    before = { fault: split.fault, side };
  }
  return out;
}

/** Kills and partitions that came after what was acknowledged, and before the answer that cannot be. */
function laterFaults({ data }: Telling, { seen, other }: Witnesses, scale: TimeScale): string[] {
  if (other === null || other.outcome !== 'ok' || isRead(other)) return [];
  const acknowledged = ended(other);
  const noun = `the ${verb(other.f)}`;
  const out: string[] = [];
  const ack = `acknowledged at ${moment(acknowledged, scale)}`;
  for (const fault of data.faults) {
    if (showsNoEffect(fault)) continue;
    const { hungAt, killedAt, deadBy } = killTimes(fault, data.nodeEvents);
    if (killedAt <= acknowledged || killedAt >= ended(seen)) continue;
    if (fault.kind === 'partition') {
      if (fault.startedAt <= seen.invokedAt)
        out.push(
          `The partition began after ${noun} was acknowledged (${ack}, partition at ${moment(fault.startedAt, scale)}).`,
        );
    } else if (fault.kind === 'kill') {
      const all = data.trial.nodes.length > 1 && data.trial.nodes.every((node) => fault.targets.includes(node));
      const met = [seen.node, other.node].some((node) => node !== null && fault.targets.includes(node));
      if (!all && !met) continue;
      const who = all ? `All ${inWords(data.trial.nodes.length)} nodes` : listed(inOrder(fault.targets));
      const were = all || fault.targets.length > 1 ? 'were' : 'was';
      const order =
        hungAt === null || deadBy === null
          ? `(${ack}, kill at ${moment(killedAt, scale)})`
          : `(${ack}; disks hung from ${moment(hungAt, scale)}, dead by ${moment(deadBy, scale)})`;
      const again = servedAgain(fault) ? `, and served again by ${moment(fault.endedAt as number, scale)}` : '';
      out.push(`${capital(shortened(who, 80))} ${were} killed after ${noun} was acknowledged ${order}${again}.`);
    }
  }
  return out;
}

/** Whether the evidence says that every node of a kill answered again; `endedAt` is when the last of them did. */
export function servedAgain(fault: FaultRecord): boolean {
  if (fault.kind !== 'kill' || fault.endedAt === null) return false;
  const restarted = field(field(fault.effect, 'whileItLasted'), 'restarted');
  return (
    Array.isArray(restarted) &&
    restarted.length >= fault.targets.length &&
    restarted.every((one) => field(one, 'served') === true || field(one, 'serving') === true)
  );
}

function pauses({ data, spans }: Telling, witnesses: Witnesses, scale: TimeScale): string[] {
  const out: string[] = [];
  for (const operation of [witnesses.other, witnesses.seen]) {
    if (operation === null || operation.node === null) continue;
    const { node } = operation;
    const pause = data.faults.find(
      (fault) =>
        fault.kind === 'pause' &&
        !showsNoEffect(fault) &&
        fault.targets.includes(node) &&
        fault.startedAt < ended(operation) &&
        (fault.endedAt === null || fault.endedAt > operation.invokedAt),
    );
    if (pause === undefined) continue;
    const when =
      pause.endedAt === null
        ? `from ${moment(pause.startedAt, scale)} on`
        : `from ${stretch(pause.startedAt, pause.endedAt, scale)}`;
    const before = nodeStateAt(spans, node, pause.startedAt);
    const as = before?.role === 'leader' ? `, as leader${before.term === null ? '' : ` of term ${before.term}`}` : '';
    out.push(`${named(operation, witnesses)} was paused ${when}${as}.`);
  }
  return out;
}
