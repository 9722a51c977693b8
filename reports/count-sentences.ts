/** Sentences about counters: what was answered, and what was possible. */

import type { Operation } from '../history/operation.ts';
import { whereWords } from './circumstances.ts';
import { place, possessive, type Telling, when } from './phrases.ts';
import { otherOf, roleOf } from './witness.ts';
import { asked, listed, value, verb } from './wording.ts';

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
      : `${possessive(from)} ${verb(from.f)}${place(telling, from)} had already returned ${facts.from}`;
  switch (anomaly.shape) {
    case 'lost-increment': {
      const least = facts.least;
      if (from !== null && lost === null)
        return `${got}, although ${after}, and nothing can have been taken away since`;
      if (from !== null && lost !== null)
        return `${got}, although ${after}, and ${possessive(lost)} ${asked(lost)}${place(telling, lost)} was acknowledged between these two`;
      return least === undefined
        ? null
        : `${got}, although increments acknowledged before it began make it at least ${least}`;
    }
    case 'count-too-low':
    case 'count-too-high': {
      const bound = facts.least ?? facts.most;
      if (bound === undefined) return null;
      const side = facts.least === undefined ? 'at most' : 'at least';
      return from === null
        ? `${got}, although all that was asked for by then makes it ${side} ${bound}`
        : `${got}, although ${after}, and what was asked for since makes it ${side} ${bound}`;
    }
    case 'impossible-count': {
      if (!Array.isArray(facts.possible)) return null;
      const [only, ...more] = facts.possible.map(String);
      const can = more.length === 0 ? only : listed([only ?? '', ...more]).replace(/ and (?=[^ ]*$)/, ' or ');
      return from === null
        ? `${got}, although all that was asked for by then can only make it ${can}`
        : `${got}, although ${after}, and what was asked for since can only make it ${can}`;
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
