/** The verdict in one sentence of plain text: one wording for each shape of anomaly, one for each other outcome. */

import type { Anomaly } from '../checker/verdict.ts';
import type { Operation } from '../history/operation.ts';
import { anomalyTitle } from './anomaly-kinds.ts';
import { faultClause, faultSentence } from './circumstances.ts';
import { anomaliesInOrder } from './exhibit.ts';
import { modelSentence } from './model-sentences.ts';
import { acknowledged, before, faultsAt, place, possessive, returned, type Telling, when } from './phrases.ts';
import { scaleFor } from './precision.ts';
import { acknowledgedBefore, isWrong, type MissingChange, type StaleAnswer, staleAnswerOf } from './stale-answer.ts';
import { crashSentence, invariantSentence, noProgressSentence } from './system-sentences.ts';
import { duration, moment, scaleOf, shownBetween, stretch, tellingApart } from './times.ts';
import type { TrialData } from './trial-data.ts';
import {
  bothCas,
  coreOperations,
  ended,
  keysTogether,
  lostWrite,
  missedWrite,
  neverSeen,
  newerRead,
  seerOf,
  tellingOf,
  writtenBy,
} from './witness.ts';
import {
  asked,
  capital,
  client,
  count,
  isRead,
  keyName,
  keyWords,
  listed,
  plural,
  shortened,
  value,
  verb,
} from './wording.ts';

/**
 * The verdict of a trial in one sentence, plain text: what happened, and for a violation the first anomaly with who, when,
 * where and which fault was active (never that it was the cause). Used by the page, the pictures and the command line.
 */
export function verdictSentence(data: TrialData): string {
  const { verdict } = data;
  switch (data.trial.outcome) {
    case 'violation': {
      const first = anomaliesInOrder(data)[0];
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
  const names = open.slice(0, 3).map(({ key }) => keysTogether(data, key) ?? keyName(key));
  if (open.length > 3) names.push(`${open.length - 3} more`);
  const bare = open[0]?.key === null || keysTogether(data, open[0]?.key ?? null) !== null;
  const what = bare ? listed(names) : `${open.length === 1 ? 'key' : 'keys'} ${listed(names)}`;
  const why = open[0]?.reason ?? verdict.reasons[0] ?? 'no reason was recorded';
  const decided = verdict.statistics.keys - open.length;
  const rest = decided > 0 ? ` The other ${plural(decided, 'key')} ${decided === 1 ? 'is' : 'are'} linearizable.` : '';
  return `Unknown: the checker could not decide ${what}: ${shortened(why, 300).replace(/[.\s]+$/, '')}.${rest}`;
}

/** One anomaly in one sentence; the first of a violation is also its verdict sentence. */
export function anomalySentence(data: TrialData, anomaly: Anomaly): string {
  return `${anomalyTitle(anomaly)}: ${told({ ...tellingOf(data, anomaly), scale: scaleFor(data, anomaly) })}.`;
}

function told(telling: Telling): string {
  const { anomaly, data } = telling;
  const ofModel = modelSentence(telling);
  if (ofModel !== null) return ofModel;
  switch (anomaly.shape) {
    case 'invariant': {
      const stale = staleAnswerOf(data, anomaly);
      return stale === null ? invariantSentence(anomaly, data.faults) : staleAnswer(telling, stale);
    }
    case 'needless-election':
    case 'disrupted-leader':
    case 'cut-off-leader':
    case 'no-leader':
    case 'overdue-campaign':
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
      return `${returned(telling, seen)}, which nobody ever asked to write${anomaly.key === null ? '' : ` to ${keyWords(anomaly.key)}`}${faultsAt(telling, seen)}`;
    case 'from-the-future': {
      const write = writtenBy(telling, seen);
      const later =
        write === null || telling.scale.unit === 'event'
          ? 'later'
          : `${duration(shownBetween(ended(seen), write.invokedAt, telling.scale))} later`;
      const who =
        write === null ? 'it was asked for' : `${client(write)} asked for the ${asked(write)}${place(telling, write)}`;
      const failed = write?.outcome === 'fail' ? ', and was told that it failed' : '';
      return `${returned(telling, seen)}, although ${who} only ${later}${failed}${faultsAt(telling, seen)}`;
    }
    case 'failed-write-read': {
      const write = writtenBy(telling, seen);
      const why = write?.error ? ` (“${shortened(write.error, 80)}”)` : '';
      const what =
        write === null ? 'the write of that value' : `${possessive(write)} ${asked(write)}${place(telling, write)}`;
      // What failed only afterwards had not failed yet; it must not have been seen all the same.
      const had = write === null || ended(write) <= ended(seen) ? 'had surely failed' : 'surely failed';
      return `${returned(telling, seen)}, although ${what} ${had}${why}${faultsAt(telling, seen)}`;
    }
    case 'stale-read':
    case 'nil-after-write': {
      const missed = missedWrite(telling, seen);
      return `${returned(telling, seen)}${acknowledged(telling, missed, seen)}${neverSeen(telling, missed, seen)}${faultsAt(telling, seen)}`;
    }
    case 'newer-then-older': {
      const newer = newerRead(telling, seen);
      const ago =
        newer === null
          ? ''
          : `, although ${possessive(newer)} read${place(telling, newer)} had already returned ${value(newer.result)}, ${anomaly.facts.diverged === true ? 'with which this does not begin' : 'the newer value'}, ${before(telling, newer, seen, `${possessive(seen)} read`)}`;
      return `${returned(telling, seen)}${ago}${faultsAt(telling, seen)}`;
    }
    case 'lost-update':
      return lostUpdate(telling, seen);
    case 'double-cas':
      return doubleCas(telling, seen);
    default:
      return noOrder(telling);
  }
}

/** A read that a node answered from an old state, as the simulator saw it inside: told as a stale read is, with what is known of it. */
function staleAnswer(telling: Telling, stale: StaleAnswer): string {
  const { data, anomaly } = telling;
  const { read, node, role, term, key, answer, lacks, change } = stale;
  const was = [role, term === null ? null : `term ${term}`].filter((part) => part !== null).join(', ');
  const told =
    read === null
      ? `a read of ${keyWords(key)} at ${moment(anomaly.at)} (via ${node}${was === '' ? '' : `, ${was}`}) returned ${value(answer)}`
      : returned(telling, read);
  const during = faultSentence(
    data.faults,
    [read?.invokedAt ?? anomaly.at, anomaly.at],
    read === null ? 'that' : 'the read',
    read === null ? 'was' : 'was answered',
  );
  if (change !== null && isWrong(stale)) {
    const write = acknowledgedBefore(stale);
    if (write !== null && read !== null) return `${told}${acknowledged(telling, write, read)}${during}`;
    return `${told}, although ${changeWords(telling, change)} had been committed before ${node} was asked${during}`;
  }
  const from = `${told}, from an old state: ${plural(lacks, 'entry', 'entries')} of the log had been committed before ${node} was asked, and ${lacks === 1 ? 'was' : 'were'} missing`;
  if (stale.wouldBe === undefined) return `${from}${during}`;
  return `${from}; ${lacks === 1 ? 'it does' : 'they do'} not change ${keyWords(key)}, so the answer happens to be right${during}`;
}

/** "client 9's write of 96, not yet acknowledged,": whose change it is, as far as the record tells. */
function changeWords(telling: Telling, { operation, f, value: given, by, term }: MissingChange): string {
  const where = by === null ? '' : ` (${by}${term === null ? '' : `, term ${term}`})`;
  if (operation === null) return `a ${verb(f)}${f === 'cas' || f === 'delete' ? '' : ` of ${value(given)}`}${where}`;
  const when =
    operation.outcome === 'ok' && operation.completedAt !== null
      ? `, acknowledged at ${moment(operation.completedAt, telling.scale)},`
      : ', which nobody had acknowledged yet,';
  return `${possessive(operation)} ${asked(operation)}${where}${when}`;
}

function lostUpdate(telling: Telling, seen: Operation): string {
  const { scale } = telling;
  const lost = lostWrite(telling, seen);
  if (lost === null) return noOrder(telling);
  const how = lost.outcome === 'ok' ? `was acknowledged at ${moment(ended(lost), scale)}` : `was seen to take effect`;
  const after =
    seen.invokedAt >= ended(lost)
      ? `${scale.unit === 'event' ? '' : `${duration(shownBetween(ended(lost), seen.invokedAt, scale))} `}later, ${when(telling, seen)},`
      : when(telling, seen);
  const shows = `${possessive(seen)} ${asked(seen)}${place(telling, seen)} ${isRead(seen) ? `returned ${value(seen.result)}` : 'succeeded as if it had never happened'}`;
  return `${possessive(lost)} ${asked(lost)}${place(telling, lost)} ${how}, yet ${after} ${shows}${faultsAt(telling, seen)}`;
}

function doubleCas(telling: Telling, seen: Operation): string {
  const both = bothCas(telling, seen);
  if (both === null) return noOrder(telling);
  const [first, second] = both;
  const expected = Array.isArray(first.value) ? (first.value[0] ?? null) : undefined;
  const once =
    expected === null
      ? 'only the first of them can have found no value'
      : `the value${expected === undefined ? '' : ` ${value(expected)}`} was there only once`;
  const one = (cas: Operation): string =>
    `${possessive(cas)} ${asked(cas)}${place(telling, cas)}, ${when(telling, cas)},`;
  return `${one(first)} and ${one(second)} both succeeded, although ${once}${faultsAt(telling, second, 'the second')}`;
}

function noOrder(telling: Telling): string {
  const { anomaly } = telling;
  const operations = coreOperations(telling);
  const words = telling.data.verdict.model === 'set' ? keyName : keyWords;
  const key = anomaly.key === null ? '' : ` on ${keysTogether(telling.data, anomaly.key) ?? words(anomaly.key)}`;
  if (operations.length === 0) return `no order of the operations${key} explains what they returned${shownAt(telling)}`;
  const from = Math.min(...operations.map((operation) => operation.invokedAt));
  const to = Math.max(...operations.map(ended));
  const what = operations.length === 1 ? 'one operation' : `these ${plural(operations.length, 'operation')}`;
  const { about } = anomaly.facts;
  const returned =
    typeof about === 'string'
      ? `what they say of ${about}`
      : operations.length === 1
        ? 'what it returned, whatever the others did'
        : 'what they returned';
  const { trial, timeless } = telling.data;
  const roughly = tellingApart(scaleOf(trial.durationNs, timeless === true), from, to);
  const then = from === to ? `at ${moment(from, roughly)}` : `from ${stretch(from, to, roughly)}`;
  return `no order of ${what}${key}, ${then}, explains ${returned}${knownFrom(telling)}${shownAt(telling)}`;
}

/** The state that an answer told, where the others of the core have no order from there, and only from there. */
function knownFrom(telling: Telling): string {
  const { startsFrom } = telling.anomaly.facts as { startsFrom?: { operation: number; state: string } };
  const teller = coreOperations(telling).find(({ index }) => index === startsFrom?.operation);
  if (startsFrom === undefined || teller === undefined) return '';
  return `, the state being ${startsFrom.state} after ${possessive(teller)} ${asked(teller)}`;
}

/** Where no single operation is to blame, the moment at which it comes to light. */
function shownAt({ anomaly, data, scale }: Telling): string {
  const clause = faultClause(data.faults, anomaly.at);
  return clause === '' ? '' : `. It shows at ${moment(anomaly.at, scale)}${clause}`;
}

/** The sentence without its heading, with a capital letter: for a place where the heading stands apart. */
export function sentenceBody(sentence: string): string {
  const colon = sentence.indexOf(': ');
  return colon < 0 ? sentence : capital(sentence.slice(colon + 2));
}
