/** Phrases that sentences about anomalies are made of: who did what and when, via which node, and what had been acknowledged by then. */

import type { Operation } from '../history/operation.ts';
import { faultSentence, whereWords } from './circumstances.ts';
import { duration, moment, shownBetween, stretch, type TimeScale } from './times.ts';
import { type Telling as Evidence, ended, witnessesOf } from './witness.ts';
import { asked, client, isRead, value, verb } from './wording.ts';

/** What one wording needs: the anomaly with its operations by role, and how exact its times have to be. */
export interface Telling extends Evidence {
  readonly scale: TimeScale;
}

/** "client 3's read of k7 from 8.409 to 8.412 s (via n2, follower, term 4) returned 12". */
export function returned(telling: Telling, seen: Operation): string {
  const via = whereWords(telling.spans, seen);
  const did = isRead(seen)
    ? seen.result === null
      ? 'found nothing'
      : `returned ${value(seen.result)}`
    : seen.f === 'cas'
      ? `succeeded on ${value(Array.isArray(seen.value) ? (seen.value[0] ?? null) : null)}`
      : `returned ${value(seen.result)}`;
  return `${possessive(seen)} ${asked(seen)} ${when(telling, seen)}${via === '' ? '' : ` (via ${via})`} ${did}`;
}

/** "from 8.409 to 8.412 s". */
export function when({ scale }: Telling, operation: Operation): string {
  const { invokedAt } = operation;
  if (ended(operation) === invokedAt) return `at ${moment(invokedAt, scale)}`;
  return `from ${stretch(invokedAt, ended(operation), scale)}`;
}

/** ", although client 1's write of 15 (n1, leader, term 5) had been acknowledged 310 ms before the read began". */
export function acknowledged(telling: Telling, write: Operation | null, seen: Operation): string {
  const it = `the ${verb(seen.f)}`;
  if (write === null) return `, although a newer value had been acknowledged before ${it} began`;
  const what = write.f === 'write' || write.f === 'put' ? `${verb(write.f)} of ${value(write.value)}` : asked(write);
  const whose = `, although ${possessive(write)} ${what}${place(telling, write)} had`;
  if (write.outcome !== 'ok') return `${whose} taken effect before ${it} began`;
  return `${whose} been acknowledged ${before(telling, write, seen, it)}`;
}

/** How long before `seen` began `earlier` had ended, as the times shown tell it: "310 ms before the read began". */
export function before({ scale }: Telling, earlier: Operation, seen: Operation, it: string): string {
  if (scale.unit === 'event') return `before ${it} began`;
  return `${duration(Math.max(0, shownBetween(ended(earlier), seen.invokedAt, scale)))} before ${it} began`;
}

export function place(telling: Telling, operation: Operation): string {
  const where = whereWords(telling.spans, operation);
  return where === '' ? '' : ` (${where})`;
}

/** Which faults were active while an operation ran, as a sentence of its own; `what` names it where a noun does not. */
export function faultsAt(telling: Telling, operation: Operation, what = nameOf(telling, operation)): string {
  const over = operation.outcome === 'ok' ? 'was answered' : 'was over';
  return faultSentence(telling.data.faults, [operation.invokedAt, ended(operation)], what, over);
}

/** "the read"; "client 4's read" where the sentence tells of two. */
export function nameOf(telling: Telling, operation: Operation): string {
  const other = witnessesOf(telling)?.other ?? null;
  const noun = verb(operation.f);
  return other !== null && verb(other.f) === noun ? `${possessive(operation)} ${noun}` : `the ${noun}`;
}

export function possessive(operation: Operation): string {
  return `${client(operation)}'s`;
}
