/** The verdict in one sentence of plain text: one wording for each shape of anomaly, one for each other outcome. */

import type { Anomaly } from '../checker/verdict.ts';
import type { Json, Operation } from '../history/operation.ts';
import { anomalyTitle } from './anomaly-kinds.ts';
import { faultClause, type NodeSpan, nodeSpans, whereWords } from './circumstances.ts';
import { crashSentence, invariantSentence, noProgressSentence } from './system-sentences.ts';
import type { TrialData } from './trial-data.ts';
import {
  asked,
  capital,
  client,
  count,
  duration,
  isRead,
  keyName,
  listed,
  moment,
  plural,
  shortened,
  value,
} from './wording.ts';

/** Operations by index and by key, and what nodes were when: looked up for every sentence of a trial, built once. */
interface Lookup {
  readonly byIndex: ReadonlyMap<number, Operation>;
  readonly byKey: ReadonlyMap<string | null, readonly Operation[]>;
  readonly spans: ReadonlyMap<string, readonly NodeSpan[]>;
}

const lookups = new WeakMap<TrialData, Lookup>();

function lookupOf(data: TrialData): Lookup {
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
interface Telling extends Lookup {
  readonly data: TrialData;
  readonly anomaly: Anomaly;
  readonly operation: (index: number) => Operation | null;
}

/**
 * The verdict of a trial in one sentence, plain text: what happened, and for a violation the first anomaly with who, when,
 * where and which fault was active (never that it was the cause). Used by the page, the pictures and the command line.
 */
export function verdictSentence(data: TrialData): string {
  const { verdict } = data;
  switch (data.trial.outcome) {
    case 'violation': {
      const first = verdict.anomalies[0];
      return first === undefined
        ? `Violation: ${reasonsOr(verdict.reasons, 'the record was rejected, without an anomaly that explains it')}`
        : anomalySentence(data, first);
    }
    case 'pass':
      return passSentence(data);
    case 'unknown':
      return unknownSentence(data);
    case 'vacuous':
      return `Vacuous: nothing was found, but nothing was proved either: ${reasonsOr(verdict.reasons, 'too little happened')}`;
    case 'broken':
      return `Broken: the harness failed, so this says nothing about the system: ${reasonsOr(verdict.reasons, 'no reason was recorded')}`;
  }
}

function reasonsOr(reasons: readonly string[], otherwise: string): string {
  const text =
    reasons.length === 0
      ? otherwise
      : reasons.map((reason) => shortened(reason, 300).replace(/[.\s]+$/, '')).join('; ');
  return `${text}.`;
}

function passSentence(data: TrialData): string {
  const { statistics, model } = data.verdict;
  const keys = statistics.keys > 1 ? ` on ${count(statistics.keys)} keys` : '';
  const bit = data.faults.filter((fault) => fault.bit).length;
  const faults = data.faults.length === 0 ? '' : `, through ${plural(bit, 'fault')} that took effect`;
  return `Pass: the ${plural(statistics.operations, 'operation')}${keys} can be put in one order that explains every answer (${model})${faults}.`;
}

function unknownSentence(data: TrialData): string {
  const { verdict } = data;
  const open = verdict.keys.filter((key) => key.valid === 'unknown');
  if (open.length === 0 && verdict.valid === true)
    return `Unknown: what was recorded can be explained, but proves little: ${reasonsOr(verdict.reasons, 'no reason was recorded')}`;
  if (open.length === 0)
    return `Unknown: the checker could not decide: ${reasonsOr(verdict.reasons, 'no reason was recorded')}`;
  const names = open.slice(0, 3).map((key) => keyName(key.key));
  if (open.length > 3) names.push(`${open.length - 3} more`);
  const why = open[0]?.reason ?? verdict.reasons[0] ?? 'no reason was recorded';
  const decided = verdict.statistics.keys - open.length;
  const rest = decided > 0 ? ` The other ${plural(decided, 'key')} ${decided === 1 ? 'is' : 'are'} linearizable.` : '';
  return `Unknown: the checker could not decide ${listed(names)}: ${shortened(why, 300).replace(/[.\s]+$/, '')}.${rest}`;
}

/** One anomaly in one sentence; the first of a violation is also its verdict sentence. */
export function anomalySentence(data: TrialData, anomaly: Anomaly): string {
  return `${anomalyTitle(anomaly)}: ${told(tellingOf(data, anomaly))}.`;
}

/** Whether the acknowledged write that an answer lacks was seen by nobody at all: lost, by the look of it, not merely late. */
export function writeLooksLost(data: TrialData, anomaly: Anomaly): boolean {
  if (anomaly.shape !== 'stale-read' && anomaly.shape !== 'nil-after-write') return false;
  const telling = tellingOf(data, anomaly);
  const seen = seerOf(telling);
  return seen !== null && neverSeen(telling, missedWrite(telling, seen), seen) !== '';
}

function tellingOf(data: TrialData, anomaly: Anomaly): Telling {
  const lookup = lookupOf(data);
  return { ...lookup, data, anomaly, operation: (index) => lookup.byIndex.get(index) ?? null };
}

/** The operation that gives the contradiction away. */
function seerOf(telling: Telling): Operation | null {
  return named(telling, ['read', 'later', 'second']) ?? culprit(telling);
}

/** The acknowledged write that a stale or empty answer lacks. */
function missedWrite(telling: Telling, seen: Operation): Operation | null {
  const roles =
    telling.anomaly.shape === 'stale-read' ? ['overwrittenBy', 'newer', 'write'] : ['write', 'overwrittenBy'];
  return named(telling, roles) ?? otherWrite(telling, seen);
}

function told(telling: Telling): string {
  const { anomaly, data } = telling;
  switch (anomaly.shape) {
    case 'invariant':
      return invariantSentence(anomaly, data.faults);
    case 'needless-election':
    case 'cut-off-leader':
    case 'no-leader':
    case 'no-progress':
      return noProgressSentence(anomaly, data.faults);
    case 'crash':
      return crashSentence(anomaly, data.faults);
    case 'no-order':
      return noOrder(telling);
  }
  const seen = seerOf(telling);
  if (seen === null) return noOrder(telling);
  switch (anomaly.shape) {
    case 'never-written':
      return `${returned(telling, seen)}, which nobody ever asked to write${anomaly.key === null ? '' : ` to ${keyName(anomaly.key)}`}${faultsAt(telling, seen)}`;
    case 'from-the-future': {
      const write = named(telling, ['write']) ?? writeOf(telling, seen);
      const later =
        write === null ? 'only later' : `${duration(write.invokedAt - ended(seen))} later${place(telling, write)}`;
      const who = write === null ? 'it was asked for' : `${client(write)} asked for the ${asked(write)}`;
      return `${returned(telling, seen)}, although ${who} ${later.startsWith('only') ? later : `only ${later}`}${faultsAt(telling, seen)}`;
    }
    case 'failed-write-read': {
      const write = named(telling, ['write']) ?? writeOf(telling, seen);
      const why = write?.error ? ` (“${shortened(write.error, 80)}”)` : '';
      const what =
        write === null ? 'the write of that value' : `${possessive(write)} ${asked(write)}${place(telling, write)}`;
      return `${returned(telling, seen)}, although ${what} had surely failed${why}${faultsAt(telling, seen)}`;
    }
    case 'stale-read':
    case 'nil-after-write': {
      const missed = missedWrite(telling, seen);
      return `${returned(telling, seen)}${acknowledged(telling, missed, seen)}${faultsAt(telling, seen)}${neverSeen(telling, missed, seen)}`;
    }
    case 'newer-then-older': {
      const newer = named(telling, ['newer', 'newerRead', 'earlier', 'first']) ?? otherRead(telling, seen);
      const ago =
        newer === null
          ? ''
          : `, although ${possessive(newer)} read had already returned ${value(newer.result)}, the newer value, ${before(newer, seen)}${place(telling, newer)}`;
      return `${returned(telling, seen)}${ago}${faultsAt(telling, seen)}`;
    }
    case 'lost-update':
      return lostUpdate(telling, seen);
    case 'double-cas':
      return doubleCas(telling, seen);
  }
}

function lostUpdate(telling: Telling, seen: Operation): string {
  const lost = named(telling, ['lost', 'write', 'update', 'overwrittenBy']) ?? otherWrite(telling, seen);
  if (lost === null || lost.index === seen.index) return noOrder(telling);
  const how = lost.outcome === 'ok' ? `was acknowledged at ${moment(ended(lost))}` : `was seen to take effect`;
  const shows = isRead(seen)
    ? `${gap(lost, seen)} ${possessive(seen)} ${asked(seen)} returned ${value(seen.result)}`
    : `${gap(lost, seen)} ${possessive(seen)} ${asked(seen)} succeeded as if it had never happened`;
  return `${possessive(lost)} ${asked(lost)} ${how}${place(telling, lost)}, yet ${shows}${place(telling, seen)}${faultsAt(telling, seen)}`;
}

function doubleCas(telling: Telling, seen: Operation): string {
  const first =
    named(telling, ['first', 'a', 'other']) ??
    core(telling).find((operation) => operation.f === 'cas' && operation.index !== seen.index) ??
    null;
  const second = first?.index === seen.index ? (named(telling, ['second', 'b']) ?? culprit(telling)) : seen;
  if (first === null || second === null || first.index === second.index) return noOrder(telling);
  const expected = Array.isArray(first.value) ? (first.value[0] ?? null) : undefined;
  const once =
    expected === null
      ? 'only the first of them can have found no value'
      : `the value${expected === undefined ? '' : ` ${value(expected)}`} was there only once`;
  return `${possessive(first)} ${asked(first)} at ${moment(ended(first))}${place(telling, first)} and ${possessive(second)} ${asked(second)} at ${moment(ended(second))}${place(telling, second)} both succeeded, although ${once}${faultsAt(telling, second)}`;
}

function noOrder(telling: Telling): string {
  const { anomaly } = telling;
  const operations = core(telling);
  const key = anomaly.key === null ? '' : ` on ${keyName(anomaly.key)}`;
  if (operations.length === 0)
    return `no order of the operations${key} explains what they returned${faultClause(telling.data.faults, anomaly.at)}`;
  const from = Math.min(...operations.map((operation) => operation.invokedAt));
  const to = Math.max(...operations.map(ended));
  const what = operations.length === 1 ? 'one operation' : `these ${plural(operations.length, 'operation')}`;
  const returned = operations.length === 1 ? 'what it returned, whatever the others did' : 'what they returned';
  return `no order of ${what}${key}, from ${moment(from)} to ${moment(to)}, explains ${returned}${faultClause(telling.data.faults, anomaly.at)}`;
}

const LONG_NS = 50_000_000;

/** "client 3's read of k7 at 8.412 s (via n2, follower, term 4) returned 12". */
function returned(telling: Telling, seen: Operation): string {
  const via = whereWords(telling.spans, seen);
  const did = isRead(seen)
    ? seen.result === null
      ? 'found nothing'
      : `returned ${value(seen.result)}`
    : seen.f === 'cas'
      ? `succeeded on ${value(Array.isArray(seen.value) ? (seen.value[0] ?? null) : null)}`
      : `returned ${value(seen.result)}`;
  // A long one is told with its beginning, from which "before it began" counts.
  const long = ended(seen) - seen.invokedAt >= LONG_NS;
  const when = long ? `from ${moment(seen.invokedAt)} to ${moment(ended(seen))}` : `at ${moment(ended(seen))}`;
  return `${possessive(seen)} ${asked(seen)} ${when}${via === '' ? '' : ` (via ${via})`} ${did}`;
}

/** ", although client 1's write of 15 had been acknowledged 310 ms earlier (n1, leader, term 5)". */
function acknowledged(telling: Telling, write: Operation | null, seen: Operation): string {
  if (write === null) return ', although a newer value had been acknowledged before it began';
  const what = write.f === 'write' || write.f === 'put' ? `${write.f} of ${value(write.value)}` : asked(write);
  if (write.outcome !== 'ok')
    return `, although ${possessive(write)} ${what} had taken effect before it began${place(telling, write)}`;
  return `, although ${possessive(write)} ${what} had been acknowledged ${before(write, seen)}${place(telling, write)}`;
}

/**
 * "; no operation ever saw 32": a hint that the write is lost, not merely late. Only for plain writes of unique values, and only
 * if somebody else looked as well, after it was acknowledged and before anybody began to change the value again.
 */
function neverSeen(telling: Telling, write: Operation | null, seen: Operation): string {
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

/** How long before `seen` began `earlier` had ended: "310 ms earlier". */
function before(earlier: Operation, seen: Operation): string {
  return `${duration(Math.max(0, seen.invokedAt - ended(earlier)))} before it began`;
}

function gap(earlier: Operation, seen: Operation): string {
  return seen.invokedAt >= ended(earlier)
    ? `${duration(seen.invokedAt - ended(earlier))} later`
    : `at ${moment(ended(seen))}`;
}

function place(telling: Telling, operation: Operation): string {
  const where = whereWords(telling.spans, operation);
  return where === '' ? '' : ` (${where})`;
}

function faultsAt(telling: Telling, operation: Operation): string {
  return faultClause(telling.data.faults, ended(operation), operation.invokedAt);
}

function possessive(operation: Operation): string {
  return `${client(operation)}'s`;
}

function ended(operation: Operation): number {
  return operation.completedAt ?? operation.invokedAt;
}

function core(telling: Telling): readonly Operation[] {
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
    core(telling).find(
      (operation) => !isRead(operation) && operation.index !== seen.index && writes(operation, seen.result),
    ) ?? null
  );
}

/** The last acknowledged change of the core that wrote something else and was over before `seen` began. */
function otherWrite(telling: Telling, seen: Operation): Operation | null {
  const earlier = core(telling).filter(
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
  const earlier = core(telling).filter(
    (operation) => isRead(operation) && operation.index !== seen.index && ended(operation) <= seen.invokedAt,
  );
  return earlier.sort((a, b) => ended(a) - ended(b)).at(-1) ?? null;
}

function writes(operation: Operation, result: Json): boolean {
  const written = operation.f === 'cas' && Array.isArray(operation.value) ? operation.value[1] : operation.value;
  return JSON.stringify(written) === JSON.stringify(result);
}

/** The sentence without its heading, with a capital letter: for a place where the heading stands apart. */
export function sentenceBody(sentence: string): string {
  const colon = sentence.indexOf(': ');
  return colon < 0 ? sentence : capital(sentence.slice(colon + 2));
}
