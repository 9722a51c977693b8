/** Sentences about texts that grow by append: which piece of the text, who appended it, and who saw or missed it. */

import type { Operation } from '../history/operation.ts';
import { whereWords } from './circumstances.ts';
import { before, place, possessive, type Telling, when } from './phrases.ts';
import { duration, shownBetween } from './times.ts';
import { ended, otherOf, roleOf } from './witness.ts';
import { asked, client, count, isRead, keyName, plural, shortened, value, verb } from './wording.ts';

/** Texts that are longer are not written out: their pieces are told of. */
const TEXT_CHARACTERS_MAX = 40;

/** Without the faults; null for another shape, or facts that do not say enough. */
export function appendSentence(telling: Telling, seen: Operation): string | null {
  const { anomaly } = telling;
  const { piece } = anomaly.facts;
  if (anomaly.shape === 'refused-cas') return refused(telling, seen);
  if (typeof piece !== 'string') return null;
  const it = value(piece);
  const other = otherOf(telling);
  const by = roleOf(telling, 'by');
  const to = anomaly.key === null ? '' : ` to ${keyName(anomaly.key)}`;
  switch (anomaly.shape) {
    case 'never-appended':
      return `${got(telling, seen, `with ${it} in it`)}, although nobody ever asked to append ${it}${to}`;
    case 'failed-write-read': {
      const writer = roleOf(telling, 'write');
      if (writer === null) return null;
      const why = writer.error === null ? '' : ` (“${shortened(writer.error, 80)}”)`;
      const isOver = ended(writer) <= ended(seen);
      const refused = isOver ? 'had not matched' : 'did not match';
      const failed = isOver ? 'had surely failed' : 'surely failed';
      const had = writer.outcome === 'ok' ? refused : failed;
      return `${got(telling, seen, `with ${it} in it`)}, although ${whose(telling, writer)} ${had}${why}`;
    }
    case 'from-the-future': {
      const writer = roleOf(telling, 'write');
      if (writer === null) return null;
      const later =
        telling.scale.unit === 'event'
          ? 'later'
          : `${duration(shownBetween(ended(seen), writer.invokedAt, telling.scale))} later`;
      const failed = writer.outcome === 'fail' ? ', and was told that it failed' : '';
      return `${got(telling, seen, `with ${it} in it`)}, although ${client(writer)} asked for the ${asked(writer)}${place(telling, writer)} only ${later}${failed}`;
    }
    case 'internal-inconsistency':
      return `${got(telling, seen)}, which does not end with what it appended itself`;
    case 'appended-twice': {
      if (by !== null)
        return other === null
          ? null
          : `${got(telling, seen, `with ${it} in it`)}, although ${possessive(other)} ${verb(other.f)} ${when(telling, other)}${place(telling, other)} had ${it} too, in a text that was replaced in between, and only ${whose(telling, by)} can have appended it, once at most`;
      const { times, writers } = anomaly.facts;
      const often = times === 2 ? 'twice' : `${count(Number(times))} times`;
      const who =
        Number(writers) > 1
          ? `${plural(Number(writers), 'operation')} can have appended it, each once at most`
          : other === null
            ? 'it was this one that appended it, once'
            : `only ${whose(telling, other)} can have appended it, once at most`;
      return `${got(telling, seen, `with ${it} in it ${often}`)}, although ${who}`;
    }
    case 'append-out-of-order': {
      const { behind } = anomaly.facts;
      if (other === null || by === null || typeof behind !== 'string') return null;
      return `${got(telling, seen, `with ${it} before ${value(behind)}`)}, although ${whose(telling, other)} had been acknowledged ${before(telling, other, by, `${possessive(by)} ${asked(by)}`)}`;
    }
    case 'contradicting-reads': {
      const { mine } = anomaly.facts;
      if (other === null || typeof mine !== 'string') return null;
      const text = isShort(other)
        ? `${other.f === 'cas' ? 'succeeded on' : 'returned'} ${value(textSeenBy(other))}, with`
        : 'had';
      return `${got(telling, seen)}, although ${possessive(other)} ${verb(other.f)} ${when(telling, other)}${place(telling, other)} ${text} ${it} where this one has ${value(mine)}`;
    }
    case 'newer-then-older': {
      const newer = roleOf(telling, 'newer');
      if (newer === null) return null;
      return `${got(telling, seen, `without ${it}`)}, although ${possessive(newer)} ${verb(newer.f)}${place(telling, newer)} had already returned ${it} as well, ${before(telling, newer, seen, `${possessive(seen)} ${verb(seen.f)}`)}`;
    }
    case 'stale-read':
    case 'nil-after-write':
    case 'lost-update': {
      const missed = roleOf(telling, 'overwrittenBy') ?? roleOf(telling, 'write') ?? roleOf(telling, 'lost');
      if (missed === null) return null;
      const seenBy = roleOf(telling, 'seenBy');
      const known =
        seenBy === null
          ? `had been acknowledged ${before(telling, missed, seen, `the ${verb(seen.f)}`)}`
          : `had been seen by ${possessive(seenBy)} ${verb(seenBy.f)} ${before(telling, seenBy, seen, `${possessive(seen)} ${verb(seen.f)}`)}`;
      return `${got(telling, seen, `without ${it}`)}, although ${whose(telling, missed)} ${known}${anomaly.shape === 'lost-update' ? `; nobody saw ${it} later` : ''}`;
    }
    default:
      return null;
  }
}

/** A compare-and-set that did not match although it should have. */
function refused(telling: Telling, seen: Operation): string | null {
  const other = otherOf(telling);
  const via = whereWords(telling.spans, seen);
  const did = `${possessive(seen)} ${asked(seen)} ${when(telling, seen)}${via === '' ? '' : ` (via ${via})`} did not match`;
  if (other === null)
    return `${did}, although what it expects was there at first, and nothing can have changed it by then`;
  const had =
    isRead(other) || other.f === 'append'
      ? `${possessive(other)} ${verb(other.f)}${place(telling, other)} had returned that value`
      : `${whose(telling, other)} had been acknowledged`;
  return `${did}, although ${had} ${before(telling, other, seen, `the ${verb(seen.f)}`)}, and nothing can have changed it since`;
}

/** "client 3's read of k7 from 8.409 to 8.412 s (via n2) returned abb, with b in it twice"; a long text is told by its length. */
function got(telling: Telling, seen: Operation, aside?: string): string {
  const via = whereWords(telling.spans, seen);
  const how = `${possessive(seen)} ${asked(seen)} ${when(telling, seen)}${via === '' ? '' : ` (via ${via})`}`;
  const text = textSeenBy(seen);
  const did = seen.f === 'cas' ? 'succeeded on' : 'returned';
  if (text === '') return `${how} ${seen.f === 'cas' ? `${did} nothing` : 'found nothing'}`;
  const told = isShort(seen) ? value(text) : `a text of ${plural(text.length, 'character')}`;
  return `${how} ${did} ${told}${aside === undefined ? '' : `${isShort(seen) ? ',' : ''} ${aside}`}`;
}

function isShort(operation: Operation): boolean {
  return value(textSeenBy(operation)).length <= TEXT_CHARACTERS_MAX;
}

/** Of a compare-and-set that matched, what it expected; "" for nothing. */
function textSeenBy({ f, value: given, result }: Operation): string {
  const seen = f === 'cas' && Array.isArray(given) ? given[0] : result;
  return typeof seen === 'string' ? seen : '';
}

function whose(telling: Telling, operation: Operation): string {
  return `${possessive(operation)} ${asked(operation)}${place(telling, operation)}`;
}
