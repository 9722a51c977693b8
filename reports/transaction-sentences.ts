/** Sentences about transactions: what one of them read and wrote, and which other it should have seen. */

import type { Json, Operation } from '../history/operation.ts';
import { whereWords } from './circumstances.ts';
import { before, place, possessive, type Telling, when } from './phrases.ts';
import { duration, shownBetween } from './times.ts';
import { ended, otherOf, roleOf } from './witness.ts';
import { asked, client, keyWords, listed, plural, shortened, verb } from './wording.ts';

/** More transactions of a circle are only counted. */
const CIRCLE_MAX = 4;

/** Without the faults; null for another shape, or facts that do not say enough. */
export function transactionSentence(telling: Telling, seen: Operation): string | null {
  const { facts, shape } = telling.anomaly;
  if (Array.isArray(facts.circle)) return inCircle(telling, facts.circle, shape === 'circular-reads');
  const of = textOf(facts.of);
  if (of === null) return null;
  const key = keyWords(of);
  const found = shownValue(facts.found);
  const via = whereWords(telling.spans, seen);
  const who = `${possessive(seen)} ${asked(seen)} ${when(telling, seen)}${via === '' ? '' : ` (via ${via})`}`;
  const read = `${who} ${found === 'nothing' ? `found nothing at ${key}` : `read ${key} = ${found}`}`;
  const other = otherOf(telling);
  switch (shape) {
    case 'never-written':
      return `${read}, which nobody ever asked to write`;
    case 'internal-inconsistency':
      return `${who} wrote ${key} := ${shownValue(facts.expected)}, and then ${found === 'nothing' ? `found nothing at ${key}` : `read ${key} = ${found}`}`;
    case 'non-repeatable-read':
      return `${who} read ${key} = ${shownValue(facts.expected)}, and then ${key} = ${found}`;
  }
  if (other === null) return null;
  const its = `${possessive(other)} ${asked(other)}${place(telling, other)}`;
  const it = other.f === seen.f ? `${possessive(seen)} ${verb(seen.f)}` : `the ${verb(seen.f)}`;
  // Of a write by itself that is told already.
  const left = shortened(textOf(facts.wrote) ?? 'something');
  const wrote = other.f === 'txn' ? `, which wrote ${key} := ${left},` : '';
  switch (shape) {
    case 'aborted-read':
      return `${read}, although ${its}, which was to write that, ${ended(other) <= ended(seen) ? 'had surely failed' : 'surely failed'}${other.error === null ? '' : ` (“${shortened(other.error, 80)}”)`}`;
    case 'intermediate-read':
      return `${read}, which ${its} had written and replaced by ${shownValue(facts.left)} itself`;
    case 'from-the-future': {
      const later =
        telling.scale.unit === 'event'
          ? 'later'
          : `${duration(shownBetween(ended(seen), other.invokedAt, telling.scale))} later`;
      const failed = other.outcome === 'fail' ? ', and was told that it failed' : '';
      return `${read}, although ${client(other)} asked for the ${asked(other)} that was to write it only ${later}${failed}`;
    }
    case 'stale-read':
      return `${read}, although ${its}${wrote} had been acknowledged ${before(telling, other, seen, it)}`;
    case 'newer-then-older': {
      const newer = roleOf(telling, 'newer');
      if (newer === null) return null;
      return `${read}, although ${possessive(newer)} ${asked(newer)}${place(telling, newer)} had already seen ${saw(telling, its)}${facts.sawOf === of ? '' : `, which wrote ${key} := ${left}`}, ${before(telling, newer, seen, it)}`;
    }
    case 'lost-update':
      return ended(other) < seen.invokedAt
        ? `${read} and replaced it, although ${its}${wrote} had been acknowledged ${before(telling, other, seen, it)}: that update is lost`
        : `${read} and replaced it, and so did ${its}: whichever came first, the other went on as if it had never been`;
    case 'fractured-read':
      return `${read}, although it saw ${saw(telling, its)}, which wrote ${key} := ${left} as well`;
    case 'cause-unseen':
      return `${read}, although it saw what came after ${its}${wrote.replace(/,$/, '')}`;
    case 'write-skew': {
      const otherKey = textOf(facts.otherOf);
      if (otherKey === null) return null;
      return `${read}, which ${its} replaced; and ${client(other)} read ${keyWords(otherKey)} = ${shownValue(facts.otherFound)}, which ${client(seen)} replaced: neither saw the other`;
    }
    case 'long-fork': {
      const [newer, newest] = [roleOf(telling, 'newer'), roleOf(telling, 'newest')];
      if (newer === null || newest === null) return null;
      return `${who} saw ${possessive(newest)} ${asked(newest)}${place(telling, newest)}, but not ${its}; ${possessive(newer)} ${asked(newer)}${place(telling, newer)} saw them the other way round`;
    }
    default:
      return null;
  }
}

/** "y = 5 of client 1's transaction (w x 4; w y 5)". */
function saw({ anomaly }: Telling, its: string): string {
  const of = textOf(anomaly.facts.sawOf);
  return of === null ? its : `${keyWords(of)} = ${shownValue(anomaly.facts.saw)} of ${its}`;
}

function inCircle(telling: Telling, circle: readonly Json[], byReads: boolean): string | null {
  const operations = circle.flatMap((index) => (typeof index === 'number' ? (telling.operation(index) ?? []) : []));
  if (operations.length < 2) return null;
  const names = operations.slice(0, CIRCLE_MAX).map((one) => `${possessive(one)} ${asked(one)}${place(telling, one)}`);
  const rest = operations.length - names.length;
  const by =
    telling.anomaly.facts.byTime === true ? 'what was read and by which was over before which began' : 'what was read';
  const all = listed(rest > 0 ? [...names, `${rest} more`] : names);
  if (operations.length === 2)
    return byReads ? `${all} each read what the other wrote` : `by ${by}, ${all} must each come before the other`;
  return byReads
    ? `${plural(operations.length, 'transaction')} read what the one before wrote, and the first what the last wrote: ${all}`
    : `by ${by}, ${plural(operations.length, 'transaction')} must come one before the next, and the last before the first: ${all}`;
}

function textOf(fact: Json | undefined): string | null {
  return typeof fact === 'string' ? fact : null;
}

function shownValue(fact: Json | undefined): string {
  const text = textOf(fact);
  return text === null ? 'something' : text === 'nil' ? 'nothing' : shortened(text);
}
