/**
 * Facts about the nodes and the faults around an anomaly, in sentences: on which side of a partition a node was, what a kill came
 * after. Each is proved by the record, by itself; none says that anything was the cause. What is not known is left out.
 */

import type { Operation } from '../history/operation.ts';
import type { FaultRecord } from '../history/trial-records.ts';
import { inOrder, type NodeSpan, nodeStateAt, showsNoEffect } from './circumstances.ts';
import { field, shareOf, sidesAt } from './sides.ts';
import { ended, type Telling, type Witnesses, witnessesOf } from './witness.ts';
import { capital, count, inWords, isRead, listed, moment, shortened, stretch, verb } from './wording.ts';

/** A node's word of a change is heard within this time. */
const WORD_TAKES_NS = 100e6;
/** More facts than this are a text, not a line. */
const FACTS_MAX = 4;

/** At most four sentences; `decimals` as of all times around this anomaly. Empty where nothing is known. */
export function situationOf(telling: Telling, decimals: number): readonly string[] {
  const witnesses = witnessesOf(telling);
  if (witnesses === null) return [];
  return [
    ...sideFacts(telling, witnesses, decimals),
    ...laterFaults(telling, witnesses, decimals),
    ...pauses(telling, witnesses, decimals),
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

function sideFacts(telling: Telling, witnesses: Witnesses, decimals: number): string[] {
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
    const share = `${count(has)} of ${count(of)} ${unit}, ${majority ? 'a majority' : 'no majority'}`;
    const term = nodeStateAt(telling.spans, operation.node, at)?.term ?? null;
    const others = data.trial.nodes.length - 1;
    out.push(
      side.length === 1
        ? `${who} was cut off from the other ${inWords(others)}: its side was ${share}.`
        : `${who} was ${term === null ? 'on' : `in term ${term}, on`} the side {${inOrder(side).join(',')}}: ${share}.`,
    );
    const electedAt = electedWithin(telling, operation.node, split.fault.startedAt, at);
    if (electedAt !== null && !majority)
      out.push(
        `${shortened(operation.node, 24)} became leader${term === null ? '' : ` of term ${term}`} on that side, at ${moment(electedAt, decimals)}, though no majority could hear it.`,
      );
    before = { fault: split.fault, side };
  }
  return out;
}

/** When the node that leads at `to` became leader, if that was after `from`: by its own word. */
function electedWithin({ spans }: Telling, node: string, from: number, to: number): number | null {
  const own = (spans.get(node) ?? []).filter((span) => span.from <= to);
  const now = own.at(-1);
  if (now?.role !== 'leader' || now.paused || now.term === null) return null;
  const first = own.findIndex((span) => span.role === 'leader' && span.term === now.term);
  // What came before has to be known, and a node's word takes a while to be heard.
  const { from: since } = own[first] as NodeSpan;
  return first > 0 && own[first - 1]?.role !== null && since - from > WORD_TAKES_NS ? since : null;
}

/** Kills and partitions that came after what was acknowledged, and before the answer that cannot be. */
function laterFaults({ data }: Telling, { seen, other }: Witnesses, decimals: number): string[] {
  if (other === null || other.outcome !== 'ok' || isRead(other)) return [];
  const acknowledged = ended(other);
  const noun = `the ${verb(other.f)}`;
  const out: string[] = [];
  for (const fault of data.faults) {
    if (showsNoEffect(fault) || fault.startedAt <= acknowledged || fault.startedAt >= ended(seen)) continue;
    const order = `(acknowledged at ${moment(acknowledged, decimals)}, ${fault.kind} at ${moment(fault.startedAt, decimals)})`;
    if (fault.kind === 'partition') {
      if (fault.startedAt <= seen.invokedAt) out.push(`The partition began after ${noun} was acknowledged ${order}.`);
    } else if (fault.kind === 'kill') {
      const all = data.trial.nodes.length > 1 && data.trial.nodes.every((node) => fault.targets.includes(node));
      const met = [seen.node, other.node].some((node) => node !== null && fault.targets.includes(node));
      if (!all && !met) continue;
      const who = all ? `All ${inWords(data.trial.nodes.length)} nodes` : listed(inOrder(fault.targets));
      const were = all || fault.targets.length > 1 ? 'were' : 'was';
      const again = servedAgain(fault) ? `, and served again by ${moment(fault.endedAt as number, decimals)}` : '';
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

function pauses({ data }: Telling, witnesses: Witnesses, decimals: number): string[] {
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
        ? `from ${moment(pause.startedAt, decimals)} on`
        : `from ${stretch(pause.startedAt, pause.endedAt, decimals)}`;
    out.push(`${named(operation, witnesses)} was paused ${when}.`);
  }
  return out;
}
