/** Sentences about locks: who held it, and who got it or was refused all the same. */

import type { Operation } from '../history/operation.ts';
import { whereWords } from './circumstances.ts';
import { before, place, possessive, type Telling, when } from './phrases.ts';
import { ended, otherOf, roleOf } from './witness.ts';
import { asked, client, listed, plural, value, verb } from './wording.ts';

/** Without the faults; null for another shape, or facts that do not say enough. */
export function lockSentence(telling: Telling, seen: Operation): string | null {
  const { anomaly } = telling;
  const { facts } = anomaly;
  const other = otherOf(telling);
  const via = whereWords(telling.spans, seen);
  const what = `${possessive(seen)} ${asked(seen)} ${when(telling, seen)}${via === '' ? '' : ` (via ${via})`}`;
  switch (anomaly.shape) {
    case 'two-holders': {
      if (other === null) return null;
      const whose = `${ownOr(seen, other)}${place(telling, other)}`;
      return ended(other) < seen.invokedAt
        ? `${what} succeeded, although ${whose} had succeeded ${before(telling, other, seen, itOf(seen, other))}, and ${unreleased(telling, seen, other)}`
        : `${what} succeeded, and so did ${possessive(other)} ${asked(other)} ${when(telling, other)}${place(telling, other)}, although neither was released before the other was granted`;
    }
    case 'too-many-holders': {
      const { permits, acquired, released } = facts;
      if (typeof permits !== 'number' || typeof acquired !== 'number' || typeof released !== 'number') return null;
      return `${what} succeeded, so that at least ${acquired - released} held it at once${heldBy(telling, released)}, although it has only ${plural(permits, 'permit')}`;
    }
    case 'release-without-hold': {
      const who = ownerOf(telling, seen);
      if (facts.acquired === 0)
        return `${what} succeeded, although ${who === null ? 'nobody had' : `${who} had never`} acquired it`;
      if (other === null) return null;
      if (facts.acquired !== 1)
        return `${what} succeeded, and so did ${plural(Number(facts.released), 'other release')}, although only ${plural(Number(facts.acquired), 'acquire')} can have succeeded by then`;
      const its = ownOr(seen, other);
      return ended(other) < seen.invokedAt
        ? `${what} succeeded, although ${its}${place(telling, other)} had released it ${before(telling, other, seen, itOf(seen, other))}, and it had been acquired only once`
        : `${what} succeeded, and so did ${its} ${when(telling, other)}${place(telling, other)}, although it had been acquired only once`;
    }
    case 'wrongly-refused': {
      const { isFree, permits, held } = facts;
      if (typeof isFree !== 'boolean') return null;
      if (typeof permits === 'number' && typeof held === 'number')
        return isFree
          ? `${what} was refused, although no more than ${held} of ${plural(permits, 'permit')} can have been taken`
          : `${what} was refused, although at least ${held} of ${plural(permits, 'permit')} ${held === 1 ? 'was' : 'were'} taken`;
      if (isFree) return `${what} was refused, although nobody can have held it then`;
      if (other === null) return null;
      return `${what} was refused, although ${possessive(other)} ${verb(other.f)}${place(telling, other)} had succeeded ${before(telling, other, seen, itOf(seen, other))}, and it had not been released since`;
    }
    default:
      return null;
  }
}

/** Why who got it first still held it when the other got it. */
function unreleased(telling: Telling, seen: Operation, other: Operation): string {
  const vain = roleOf(telling, 'vain');
  if (vain !== null)
    return `${possessive(vain)} ${asked(vain)} ${when(telling, vain)}${place(telling, vain)} ${vain.outcome === 'fail' ? 'failed for sure' : 'was refused'}`;
  return telling.anomaly.facts.isAsked === false
    ? `nobody asked to release it before ${itOf(seen, other)} ended`
    : `${other.value === null ? client(other) : value(other.value)} did not ask to release it before ${itOf(seen, other)} ended`;
}

/** " (clients 0, 1 and 2)", where none of them can have released. */
function heldBy(telling: Telling, released: number): string {
  const { holders } = telling.anomaly.facts;
  if (released > 0 || !Array.isArray(holders) || holders.length > HOLDERS_MAX) return '';
  const clients = new Set(holders.flatMap((index) => telling.operation(Number(index))?.process ?? []));
  if (clients.size < holders.length) return '';
  return ` (clients ${listed([...clients].sort((a, b) => a - b).map(String))})`;
}

/** More than this are only counted. */
const HOLDERS_MAX = 6;

/** "client 4's acquire"; of one client's two, "an earlier acquire of the same client". */
function ownOr(seen: Operation, other: Operation): string {
  return seen.process === other.process && seen.f === other.f
    ? `an earlier ${asked({ ...other, key: null })} by the same client`
    : `${possessive(other)} ${asked({ ...other, key: null })}`;
}

/** "the acquire"; "client 4's acquire" where the sentence tells of two. */
function itOf(seen: Operation, other: Operation): string {
  if (seen.process === other.process && seen.f === other.f) return 'this one';
  return seen.f === other.f ? `${possessive(seen)} ${verb(seen.f)}` : `the ${verb(seen.f)}`;
}

/** Who may release a mutex: the owner that is named, or else the client; null of a semaphore, which anybody may. */
function ownerOf({ data }: Telling, seen: Operation): string | null {
  if (data.verdict.model !== 'mutex') return null;
  return seen.value === null ? client(seen) : value(seen.value);
}
