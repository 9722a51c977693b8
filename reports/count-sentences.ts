/** Sentences about counters: what was answered, and what was possible. */

import type { Operation } from '../history/operation.ts';
import { whereWords } from './circumstances.ts';
import { place, possessive, type Telling, when } from './phrases.ts';
import { otherOf, roleOf } from './witness.ts';
import { asked, listed, shortened, value, verb } from './wording.ts';

/** Without the faults; null for another shape, or facts that do not say enough. */
export function countSentence(telling: Telling, seen: Operation): string | null {
  const { anomaly } = telling;
  const { facts } = anomaly;
  const via = whereWords(telling.spans, seen);
  const got = `${possessive(seen)} ${asked(seen)} ${when(telling, seen)}${via === '' ? '' : ` (via ${via})`} returned ${value(seen.result)}`;
  const from = roleOf(telling, 'fromRead');
  const lost = roleOf(telling, 'lost');
  const after =
    from === null
      ? ''
      : `${from.process === seen.process && from.f === seen.f ? `an earlier ${verb(from.f)} by the same client` : `${possessive(from)} ${verb(from.f)}`}${place(telling, from)} had already returned ${facts.from}`;
  const askedFor = (since: string): string =>
    `what was asked for ${since}${facts.someFailed === true ? ' and did not surely fail' : ''}`;
  const laterOne = roleOf(telling, 'later');
  const later =
    laterOne === null
      ? ''
      : `; ${possessive(laterOne)} ${verb(laterOne.f)} ${when(telling, laterOne)}${place(telling, laterOne)} returned ${value(laterOne.result)}`;
  const isIncrement = anomaly.shape === 'count-too-low' && facts.isIncrement === true;
  switch (isIncrement ? 'lost-increment' : anomaly.shape) {
    case 'stale-count':
    case 'lost-increment': {
      const least = facts.least;
      if (from !== null && lost === null)
        return `${got}, although ${after}, and nothing can have been taken away since${later}`;
      if (from !== null && lost !== null)
        return `${got}, although ${after}, and ${possessive(lost)} ${asked(lost)}${place(telling, lost)} was acknowledged between these two${later}`;
      return least === undefined
        ? null
        : `${got}, although increments acknowledged before it began make it at least ${least}${later}`;
    }
    case 'count-too-low':
    case 'failed-add-counted':
    case 'count-too-high': {
      const bound = facts.least ?? facts.most;
      if (bound === undefined) return null;
      const side = facts.least === undefined ? 'at most' : 'at least';
      const [wrongly, without] = [roleOf(telling, 'wrongly'), roleOf(telling, 'without')];
      const failed =
        wrongly === null
          ? ''
          : `, and ${possessive(wrongly)} ${asked(wrongly)}${place(telling, wrongly)} surely failed${wrongly.error === null ? '' : ` (“${shortened(wrongly.error, 80)}”)`}`;
      const lacking =
        without === null
          ? ''
          : `, which is without ${possessive(without)} ${asked(without)}${place(telling, without)}, acknowledged before it began`;
      return from === null
        ? `${got}${lacking}, although all ${askedFor('by then').replace(/^what/, 'that')} makes it ${side} ${bound}${failed}`
        : `${got}${lacking}, although ${after}, and ${askedFor('since')} makes it ${side} ${bound}${failed}`;
    }
    case 'impossible-count': {
      if (!Array.isArray(facts.possible)) return null;
      const [only, ...more] = facts.possible.map(String);
      const can = more.length === 0 ? only : listed([only ?? '', ...more]).replace(/ and (?=[^ ]*$)/, ' or ');
      return from === null
        ? `${got}, although all ${askedFor('by then').replace(/^what/, 'that')} can only make it ${can}`
        : `${got}, although ${after}, and ${askedFor('since')} can only make it ${can}`;
    }
    case 'same-count-twice': {
      const other = otherOf(telling);
      if (other === null) return null;
      return `${got}, and so did ${possessive(other)} ${asked(other)} ${when(telling, other)}${place(telling, other)}, although each of them added to it`;
    }
    default:
      return null;
  }
}
