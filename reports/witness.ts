/** The operations that an anomaly is about: the answer that cannot be, and the one it contradicts, found by the roles its facts name. */

import type { Anomaly } from '../checker/verdict.ts';
import type { Json, Operation } from '../history/operation.ts';
import { type NodeSpan, nodeSpans } from './circumstances.ts';
import { acknowledgedBefore, staleAnswerOf } from './stale-answer.ts';
import type { TrialData } from './trial-data.ts';
import { isRead, keyNames, value } from './wording.ts';

/** Operations by index and by key, and what nodes were when: looked up for every sentence of a trial, built once. */
interface Lookup {
  readonly byIndex: ReadonlyMap<number, Operation>;
  readonly byKey: ReadonlyMap<string | null, readonly Operation[]>;
  readonly spans: ReadonlyMap<string, readonly NodeSpan[]>;
}

const lookups = new WeakMap<TrialData, Lookup>();

export function lookupOf(data: TrialData): Lookup {
  const known = lookups.get(data);
  if (known !== undefined) return known;
  const byKey = new Map<string | null, Operation[]>();
  for (const operation of data.operations) {
    const list = byKey.get(operation.key);
    if (list === undefined) byKey.set(operation.key, [operation]);
    else list.push(operation);
  }
  const lookup = {
    byIndex: new Map(data.operations.map((operation) => [operation.index, operation])),
    byKey,
    spans: nodeSpans(data.nodeEvents, data.trial.durationNs),
  };
  lookups.set(data, lookup);
  return lookup;
}

/** What one wording needs: the anomaly, its operations by role, and where and when they happened. */
export interface Telling extends Lookup {
  readonly data: TrialData;
  readonly anomaly: Anomaly;
  readonly operation: (index: number) => Operation | null;
}

/** Whether the acknowledged write that an answer lacks was seen by nobody at all: lost, by the look of it, not merely late. */
export function writeLooksLost(data: TrialData, anomaly: Anomaly): boolean {
  if (anomaly.shape !== 'stale-read' && anomaly.shape !== 'nil-after-write') return false;
  const telling = tellingOf(data, anomaly);
  const seen = seerOf(telling);
  if (otherOf(telling) !== null) return false;
  return seen !== null && neverSeen(telling, missedWrite(telling, seen), seen) !== '';
}

export function tellingOf(data: TrialData, anomaly: Anomaly): Telling {
  const lookup = lookupOf(data);
  return { ...lookup, data, anomaly, operation: (index) => lookup.byIndex.get(index) ?? null };
}

/** The operation that gives the contradiction away. */
export function seerOf(telling: Telling): Operation | null {
  return named(telling, ['read', 'later', 'second']) ?? culprit(telling);
}

/** The acknowledged write that a stale or empty answer lacks. */
export function missedWrite(telling: Telling, seen: Operation): Operation | null {
  const roles =
    telling.anomaly.shape === 'stale-read' ? ['overwrittenBy', 'newer', 'write'] : ['write', 'overwrittenBy'];
  return named(telling, roles) ?? otherWrite(telling, seen);
}

/** The two operations whose contradiction a sentence tells; `other` is null where the answer contradicts all of them. */
export interface Witnesses {
  readonly seen: Operation;
  readonly other: Operation | null;
}

/** Null for what has no operations, and for shapes that no single pair explains. */
export function witnessesOf(telling: Telling): Witnesses | null {
  const { shape } = telling.anomaly;
  if (shape === 'invariant') return staleWitnesses(telling);
  const seen = seerOf(telling);
  if (seen === null || shape === 'no-order' || telling.anomaly.core.length === 0) return null;
  const contradicted = otherOf(telling);
  if (contradicted !== null) return { seen, other: contradicted };
  switch (shape) {
    case 'stale-read':
    case 'nil-after-write':
      return { seen, other: missedWrite(telling, seen) };
    case 'newer-then-older':
      return { seen, other: newerRead(telling, seen) };
    case 'lost-update':
      return { seen, other: lostWrite(telling, seen) };
    case 'double-cas': {
      const both = bothCas(telling, seen);
      return both === null ? null : { seen: both[1], other: both[0] };
    }
    case 'from-the-future':
    case 'failed-write-read':
      return { seen, other: writtenBy(telling, seen) };
    default:
      return { seen, other: null };
  }
}

/** A stale answer that was seen inside a node: the record has not its operation as it was answered, but it can be told. */
function staleWitnesses({ data, anomaly }: Telling): Witnesses | null {
  const stale = staleAnswerOf(data, anomaly);
  return stale === null || stale.read === null ? null : { seen: stale.read, other: acknowledgedBefore(stale) };
}

/** What the answer contradicts, of models that are more than a register. */
export function otherOf(telling: Telling): Operation | null {
  return named(telling, ['other']);
}

/** An operation by the role that the facts give it. */
export function roleOf(telling: Telling, role: string): Operation | null {
  return named(telling, [role]);
}

/** The read that had already returned the newer value. */
export function newerRead(telling: Telling, seen: Operation): Operation | null {
  return named(telling, ['newer', 'newerRead', 'earlier', 'first']) ?? otherRead(telling, seen);
}

/** The change that `seen` went on without; null if there is none but itself. */
export function lostWrite(telling: Telling, seen: Operation): Operation | null {
  const lost = named(telling, ['lost', 'write', 'update', 'overwrittenBy']) ?? otherWrite(telling, seen);
  return lost?.index === seen.index ? null : lost;
}

/** The operation that wrote what `seen` returned. */
export function writtenBy(telling: Telling, seen: Operation): Operation | null {
  return named(telling, ['write']) ?? writeOf(telling, seen);
}

/** The two compare-and-sets of one value, in the order in which the sentence tells them. */
export function bothCas(telling: Telling, seen: Operation): readonly [Operation, Operation] | null {
  const first =
    named(telling, ['first', 'a', 'other']) ??
    coreOperations(telling).find((operation) => operation.f === 'cas' && operation.index !== seen.index) ??
    null;
  const second = first?.index === seen.index ? (named(telling, ['second', 'b']) ?? culprit(telling)) : seen;
  return first === null || second === null || first.index === second.index ? null : [first, second];
}

/**
 * "; no operation ever saw 32": a hint that the write is lost, not merely late. Only for plain writes of unique values, and only
 * if somebody else looked as well, after it was acknowledged and before anybody began to change the value again.
 */
export function neverSeen(telling: Telling, write: Operation | null, seen: Operation): string {
  if (write === null || write.outcome !== 'ok') return '';
  if ((write.f !== 'write' && write.f !== 'put') || write.value === null) return '';
  const written = JSON.stringify(write.value);
  let changedAt = Number.POSITIVE_INFINITY;
  const reads: Operation[] = [];
  for (const operation of telling.byKey.get(write.key) ?? []) {
    if (operation.index === write.index) continue;
    if (writes(operation, write.value)) return '';
    if (operation.outcome === 'ok' && isRead(operation)) {
      if (JSON.stringify(operation.result) === written) return '';
      if (operation.index !== seen.index && operation.invokedAt >= ended(write)) reads.push(operation);
    } else if (!isRead(operation) && operation.outcome !== 'fail') {
      if (operation.f === 'cas' && Array.isArray(operation.value) && JSON.stringify(operation.value[0]) === written)
        return '';
      if (!['write', 'put', 'cas', 'delete'].includes(operation.f)) return '';
      if (operation.outcome === 'info' || ended(operation) > write.invokedAt)
        changedAt = Math.min(changedAt, operation.invokedAt);
    }
  }
  return reads.some((read) => ended(read) <= changedAt) ? `; no operation ever saw ${value(write.value)}` : '';
}

/** Keys that transactions touch together, in words; null for the name of a single key, comma and all. */
export function keysTogether(data: TrialData, key: string | null): string | null {
  return key === null || !key.includes(', ') || lookupOf(data).byKey.has(key) ? null : keyNames(key);
}

export function ended(operation: Operation): number {
  return operation.completedAt ?? operation.invokedAt;
}

export function coreOperations(telling: Telling): readonly Operation[] {
  return telling.anomaly.core.map(telling.operation).filter((operation) => operation !== null);
}

function culprit(telling: Telling): Operation | null {
  return telling.anomaly.culprit === null ? null : telling.operation(telling.anomaly.culprit);
}

/** The operation that the facts name under one of these roles. */
function named(telling: Telling, roles: readonly string[]): Operation | null {
  for (const role of roles) {
    const index = telling.anomaly.facts[role];
    if (typeof index !== 'number') continue;
    const operation = telling.operation(index);
    if (operation !== null) return operation;
  }
  return null;
}

/** The operation of the core that wrote what was seen. */
function writeOf(telling: Telling, seen: Operation): Operation | null {
  return (
    coreOperations(telling).find(
      (operation) => !isRead(operation) && operation.index !== seen.index && writes(operation, seen.result),
    ) ?? null
  );
}

/** The last acknowledged change of the core that wrote something else and was over before `seen` began. */
function otherWrite(telling: Telling, seen: Operation): Operation | null {
  const earlier = coreOperations(telling).filter(
    (operation) =>
      !isRead(operation) &&
      operation.index !== seen.index &&
      operation.outcome !== 'fail' &&
      !writes(operation, seen.result) &&
      ended(operation) <= seen.invokedAt,
  );
  return earlier.sort((a, b) => ended(a) - ended(b)).at(-1) ?? null;
}

function otherRead(telling: Telling, seen: Operation): Operation | null {
  const earlier = coreOperations(telling).filter(
    (operation) => isRead(operation) && operation.index !== seen.index && ended(operation) <= seen.invokedAt,
  );
  return earlier.sort((a, b) => ended(a) - ended(b)).at(-1) ?? null;
}

function writes(operation: Operation, result: Json): boolean {
  const written = operation.f === 'cas' && Array.isArray(operation.value) ? operation.value[1] : operation.value;
  return JSON.stringify(written) === JSON.stringify(result);
}
