/** Sentences about queues, stacks, priority queues and sets: which element, who put it there, who got it or did not find it. */

import type { Json, Operation } from '../history/operation.ts';
import { whereWords } from './circumstances.ts';
import { before, place, possessive, type Telling, when } from './phrases.ts';
import { duration, shownBetween } from './times.ts';
import { ended, otherOf, roleOf } from './witness.ts';
import { asked, client, keyName, listed, shortened, value, verb } from './wording.ts';

/** Without the faults; null for another shape, or facts that do not say enough. */
export function elementSentence(telling: Telling, seen: Operation): string | null {
  const { anomaly } = telling;
  const { facts } = anomaly;
  const other = otherOf(telling);
  const got = gotten(telling, seen);
  const it = `the ${verb(seen.f)}`;
  const what = elementOf(telling, seen);
  switch (anomaly.shape) {
    case 'never-added':
      return `${got}, although nobody ever asked to ${askedFor(telling, seen, what)}${alsoSo(telling, ` ${seen.key === null ? '' : 'there '}either`)}`;
    case 'failed-add-seen':
      if (other === null) return null;
      return `${got}, although ${whose(telling, other)} ${ended(other) <= ended(seen) ? 'had surely failed' : 'surely failed'}${other.error === null ? '' : ` (“${shortened(other.error, 80)}”)`}`;
    case 'added-later': {
      if (other === null) return null;
      const later =
        telling.scale.unit === 'event'
          ? 'later'
          : `${duration(shownBetween(ended(seen), other.invokedAt, telling.scale))} later`;
      const failed = other.outcome === 'fail' ? ', and was told that it failed' : '';
      return `${got}, although ${client(other)} asked for the ${asked(other)}${place(telling, other)} only ${later}${failed}`;
    }
    case 'taken-twice': {
      if (other === null) return null;
      const most = facts.atMost === true ? 'at most' : 'only';
      const times =
        typeof facts.times === 'number' && facts.times > 1 ? `${most} ${facts.times} times` : `${most} once`;
      return isOfSet(telling)
        ? `${got}, and so was ${possessive(other)} ${verb(other.f)} ${when(telling, other)}${place(telling, other)}, although ${what} was added ${times}`
        : `${got}, and so did ${takersOf(telling, other)}, although ${what} was put in ${times}`;
    }
    case 'added-twice':
      if (other === null) return null;
      return `${got}, and so was ${possessive(other)} ${verb(other.f)} ${when(telling, other)}${place(telling, other)}, although nobody can have removed it in between`;
    case 'still-there':
      if (other === null) return null;
      return isOfSet(telling)
        ? `${got}${although(telling, other, seen)}, and nobody can have added it since`
        : `${got}, although ${whose(telling, other)} had taken ${what} out${since(telling, other, seen, it)}`;
    case 'seen-then-gone':
    case 'gone-then-seen': {
      if (other === null) return null;
      const [found, changed] = anomaly.shape === 'seen-then-gone' ? ['found it', 'removed'] : ['not found it', 'added'];
      const isOwn = other.f === seen.f && other.process === seen.process;
      const its = isOwn ? 'this one' : other.f === seen.f ? `${possessive(seen)} ${verb(seen.f)}` : it;
      const whoseSight = isOwn
        ? `an earlier ${verb(other.f)} by the same client`
        : `${possessive(other)} ${verb(other.f)}`;
      return `${got}, although ${whoseSight}${place(telling, other)} had ${found}${since(telling, other, seen, its)}, and nobody can have ${changed} it since`;
    }
    case 'stale-read':
    case 'lost-element':
      if (other === null || (anomaly.shape === 'stale-read' && typeof facts.element !== 'string')) return null;
      return `${got}${although(telling, other, seen)}${anomaly.shape === 'lost-element' ? `; nobody ${isOfSet(telling) ? `found it later${alsoSo(telling, '')}` : `ever got ${what}`}` : ''}`;
    case 'wrongly-empty':
      if (other === null) return null;
      return severalOf(telling) === null
        ? `${got}${although(telling, other, seen)}, and nobody can have taken it out by then`
        : `${got}, although ${severalOf(telling)}`;
    case 'fifo-violation':
    case 'lifo-violation':
    case 'priority-violation':
      return other === null ? null : outOfOrder(telling, seen, other, got);
    case 'contradicting-reads': {
      if (other === null) return null;
      const { has, lacks } = facts;
      return `${got}, with ${has} and without ${lacks}, although ${possessive(other)} ${verb(other.f)} ${when(telling, other)}${place(telling, other)} had ${lacks} and not ${has}, and nobody had removed either`;
    }
    case 'listed-twice':
      return `${got}, with ${what} in it more than once`;
    default:
      return null;
  }
}

/** "put 5 in"; "put 5 into q1", where each key is a queue of its own and somebody may have asked to put it into another. */
function askedFor(telling: Telling, { key }: Operation, what: string): string {
  const isSet = isOfSet(telling);
  if (key === null) return isSet ? `add ${what}` : `put ${what} in`;
  return isSet ? `add ${what} to ${keyName(key)}` : `put ${what} into ${keyName(key)}`;
}

/** Others that the same is true of: "; nor z either". */
function alsoSo({ anomaly }: Telling, either: string): string {
  const { more } = anomaly.facts;
  if (!Array.isArray(more) || more.length === 0) return '';
  const names = more.slice(0, ALSO_MAX).map((one) => shortened(String(one), 20));
  if (more.length > ALSO_MAX) names.push(`${more.length - ALSO_MAX} more`);
  return `, nor ${listed(names)}${either}`;
}

/** More elements that the same is true of are only counted. */
const ALSO_MAX = 3;

/** Those that took it out before, or all the same: "client 2's dequeue from 0.002 to 0.006 s". */
function takersOf(telling: Telling, last: Operation): string {
  const { taken } = telling.anomaly.facts;
  const all = (Array.isArray(taken) ? taken : []).flatMap((index) => telling.operation(Number(index)) ?? []);
  const shown = all.length === 0 ? [last] : all;
  if (shown.length > ALSO_MAX) return `${shown.length} others`;
  return listed(shown.map((one) => `${possessive(one)} ${verb(one.f)} ${when(telling, one)}${place(telling, one)}`));
}

function outOfOrder(telling: Telling, seen: Operation, other: Operation, got: string): string {
  const { shape, facts } = telling.anomaly;
  const contrary = roleOf(telling, 'contrary');
  if (contrary !== null)
    return `${got} while ${value(contrary.value)} was there, too, although ${possessive(other)} ${verb(other.f)} ${when(telling, other)}${place(telling, other)} had it the other way round`;
  const passed = value(other.value);
  const put = roleOf(telling, 'put');
  const mine = put === null ? 'that was put in' : `${possessive(put)} ${asked(put)}${place(telling, put)}`;
  const acked = (one: Operation): string => (one.outcome === 'ok' ? 'had been acknowledged' : 'had taken effect');
  const end = facts.isLost === true ? `nobody ever got ${passed}` : `nobody can have taken ${passed} out by then`;
  const several = severalOf(telling);
  switch (shape) {
    case 'fifo-violation':
      return several !== null
        ? `${got}, although what came before it was still there: ${several}`
        : `${got}, although ${passed} came first: ${whose(telling, other)} ${acked(other)} before ${mine} began, and ${end}`;
    case 'lifo-violation':
      return several !== null
        ? `${got}, although something lay above it: ${several}`
        : `${got}, although ${passed} lay above it: ${whose(telling, other)} began only after ${mine} ${put === null ? '' : acked(put)}, and ${end}`;
    default:
      return several !== null
        ? `${got}, although something that comes first by priority was there: ${several}`
        : `${got}, although ${passed} comes first by priority: ${whose(telling, other)} ${acked(other)} ${other.outcome === 'ok' ? before(telling, other, seen, `the ${verb(seen.f)}`) : `before the ${verb(seen.f)} began`}, and ${end}`;
  }
}

/**
 * Where it takes several elements to contradict the answer: one after the other, or all at once beside operations of unknown answer.
 * Null if one does.
 */
function severalOf({ anomaly }: Telling): string | null {
  const { there, unknown } = anomaly.facts;
  if (!Array.isArray(there) || there.length < 2) return null;
  const names = there.map((one) => shortened(String(one), 20));
  if (Number(unknown) === 0) return `from its call to its answer there was first ${names.join(', then ')}`;
  const takers =
    Number(unknown) === 1
      ? 'the one operation whose answer is unknown'
      : `the ${unknown} operations whose answers are unknown`;
  return `${listed(names)} had been put in, nobody is known to have got any of them, and ${takers} can't have got all`;
}

const LISTS_READ = ['read'];
const TOLD: { readonly [f: string]: readonly [yes: string, no: string] } = {
  contains: ['found it', 'did not find it'],
  add: ['was told that it was new', 'was told that it was there already'],
  remove: ['was told that it was there', 'was told that it was not there'],
};

/** "client 3's dequeue of q1 from 8.409 to 8.412 s (via n2) returned 5": of a read of a whole set, what matters of it as well. */
function gotten(telling: Telling, seen: Operation): string {
  const via = whereWords(telling.spans, seen);
  const how = `${possessive(seen)} ${asked({ ...seen, value: isOfSet(telling) ? seen.value : null })} ${when(telling, seen)}${via === '' ? '' : ` (via ${via})`}`;
  const { element } = telling.anomaly.facts;
  const told = TOLD[seen.f];
  const answer = answerOf(seen);
  if (isOfSet(telling) && told !== undefined && typeof answer === 'boolean') return `${how} ${told[answer ? 0 : 1]}`;
  if (LISTS_READ.includes(seen.f) && Array.isArray(answer)) {
    const has = typeof element !== 'string' || answer.some((one) => text(one) === element);
    const list = answer.length === 0 ? 'nothing' : value(answer);
    const aside =
      typeof element !== 'string' || telling.anomaly.shape === 'listed-twice'
        ? ''
        : has
          ? answer.length === 1
            ? ''
            : `, with ${element}`
          : answer.length === 0
            ? ''
            : `, without ${element}`;
    return `${how} returned ${list}${aside}`;
  }
  return `${how} ${answer === null ? 'found nothing' : `returned ${value(answer)}`}`;
}

function answerOf({ result, value: given }: Operation): Json {
  // Some histories have the answer in the place of the argument.
  const answer = result ?? given;
  return Array.isArray(answer) && typeof answer.at(-1) === 'boolean' ? (answer.at(-1) ?? null) : answer;
}

function isOfSet({ anomaly, data }: Telling): boolean {
  return typeof anomaly.facts.element === 'string' || data.verdict.model === 'set';
}

/** The element that the anomaly is about, as it is written in a sentence. */
function elementOf({ anomaly, operation }: Telling, seen: Operation): string {
  const { element, other, put } = anomaly.facts;
  if (typeof element === 'string') return element;
  if (anomaly.shape === 'lost-element' || anomaly.shape === 'wrongly-empty')
    return value((typeof other === 'number' ? operation(other)?.value : null) ?? null);
  const by = typeof put === 'number' ? operation(put) : null;
  return value(by?.value ?? answerOf(seen));
}

/** As the checker writes elements of a set. */
function text(recorded: Json): string {
  return recorded === null ? 'nil' : JSON.stringify(recorded);
}

/** "client 1's enqueue of 5 (n1, leader, term 5)". */
function whose(telling: Telling, operation: Operation): string {
  return `${possessive(operation)} ${asked(operation)}${place(telling, operation)}`;
}

/** ", although client 1's enqueue of 5 had been acknowledged 3 ms before the dequeue began". */
function although(telling: Telling, other: Operation, seen: Operation): string {
  const had = other.outcome === 'ok' ? 'been acknowledged' : 'taken effect';
  const when =
    other.outcome === 'ok' ? before(telling, other, seen, `the ${verb(seen.f)}`) : `before the ${verb(seen.f)} began`;
  return `, although ${whose(telling, other)} had ${had} ${when}`;
}

function since(telling: Telling, other: Operation, seen: Operation, it: string): string {
  return ended(other) < seen.invokedAt ? ` ${before(telling, other, seen, it)}` : '';
}
