/**
 * Shapes of anomalies of sets. An element is there from the moment that shows it (somebody added it, or saw it) until somebody may
 * remove it, and it is gone from the moment that shows that until somebody may add it. Each proof is of one element, or of two, and
 * holds whatever became of the others: of reads of the whole set only these are looked at.
 */

import type { Json, Operation } from '../history/operation.ts';
import { named, shown, stepOn } from './accesses.ts';
import { canonical } from './porcupine-ts/src/value.ts';
import { type Change, type Element, onlyAbout, type Read, type Sight, sightsOf, withReads } from './set-accesses.ts';
import { contradictingReads, listedTwice } from './set-reads.ts';
import type { Finding, Part } from './shapes.ts';
import type { AnomalyShape } from './verdict.ts';

/** Evidence that is looked at for one contradiction, the latest first. */
const EVIDENCE_MAX = 8;
/** Other elements that a finding mentions. */
const MORE_MAX = 100;

export function* setFindings(part: Part, operations: readonly Operation[], isOver: () => boolean): Generator<Finding> {
  const { elements, reads } = sightsOf(part, operations);
  for (const read of reads) if (read.twice !== null) yield listedTwice(read, read.twice, elements.get(read.twice));
  const failed = new Map<string, Operation>();
  for (const operation of operations)
    if (operation.f === 'add' && operation.outcome === 'fail') failed.set(canonical(operation.value), operation);
  const fromChanges: Finding[] = [];
  const fromSights: Finding[] = [];
  for (const own of elements.values()) {
    // What has been found by then is told all the same.
    if (isOver()) break;
    if (isPlain(own, reads)) continue;
    const element = withReads(own, reads);
    const early = foundTooEarly(element, failed.get(element.name) ?? null);
    if (early !== null) fromChanges.push(early);
    fromChanges.push(...changedTwice(element));
    for (const isThere of [true, false]) {
      const finding = contradiction(element, isThere, isOver);
      if (finding === null) continue;
      (finding.shape === 'seen-then-gone' || finding.shape === 'gone-then-seen' ? fromSights : fromChanges).push(
        finding,
      );
    }
  }
  const inTime = (a: Finding, b: Finding): number => a.culprit.invokedAt - b.culprit.invokedAt;
  fromChanges.sort(inTime);
  // What comes back later is the lesser evil: what never does must not be hidden behind it.
  yield* withOthers(fromChanges.filter(({ shape }) => shape !== 'stale-read'));
  yield* fromChanges.filter(({ shape }) => shape === 'stale-read');
  yield* fromSights.sort(inTime);
  const between = contradictingReads(elements, reads);
  if (between !== null) yield between;
}

/** Findings with the other elements that the same was found of, where that can be told in passing. */
function withOthers(findings: readonly Finding[]): readonly Finding[] {
  const elementsOf = (shape: AnomalyShape): Json[] =>
    findings.flatMap((one) => (one.shape === shape ? (one.facts.element ?? []) : []));
  const all = { 'lost-element': elementsOf('lost-element'), 'never-added': elementsOf('never-added') };
  return findings.map((one) => {
    if (one.shape !== 'lost-element' && one.shape !== 'never-added') return one;
    const more = all[one.shape].filter((name) => name !== one.facts.element).slice(0, MORE_MAX);
    return more.length === 0 ? one : { ...one, facts: { ...one.facts, more } };
  });
}

/** Whether nothing speaks against an element that was added once and never removed, as most are: quick, as there may be many. */
function isPlain({ name, changes, found }: Element, reads: readonly Read[]): boolean {
  const [add] = changes.true;
  if (add === undefined || changes.true.length > 1 || changes.false.length > 0) return false;
  let shownBy = add.done ?? Number.POSITIVE_INFINITY;
  let lackedAt = Number.NEGATIVE_INFINITY;
  for (const { done } of found.true) shownBy = Math.min(shownBy, done);
  for (const { call } of found.false) lackedAt = Math.max(lackedAt, call);
  for (const { names, call, done } of reads)
    if (names.has(name)) shownBy = Math.min(shownBy, done);
    else lackedAt = Math.max(lackedAt, call);
  return shownBy >= add.call && lackedAt <= shownBy;
}

/** An element that was found before anybody asked to add it. */
function foundTooEarly({ name, changes, found }: Element, failed: Operation | null): Finding | null {
  const first = found.true[0];
  if (first === undefined || changes.true.some(({ call }) => call <= first.done)) return null;
  const what = shown(name);
  const saw = stepOn(`${named(first.operation)} ${did(first, true)} ${what}`, first.operation);
  const common = { culprit: first.operation, also: [], ...onlyAbout([name]) };
  const read = first.operation.index;
  const [add] = [...changes.true].sort((a, b) => a.call - b.call);
  if (add !== undefined)
    return {
      ...common,
      shape: 'added-later',
      rests: [first.operation, add.operation],
      failed: null,
      facts: { read, other: add.operation.index, element: what },
      argument: [
        saw,
        stepOn(`${named(add.operation)} was the first, and began only after that`, first.operation, add.operation),
      ],
    };
  const { key } = first.operation;
  const nobody = `operation added ${what}${key === null ? '' : ` to ${shown(key)}`}, and there was nothing at first`;
  const facts = { read, element: what };
  if (failed === null)
    return {
      ...common,
      shape: 'never-added',
      rests: [first.operation],
      failed,
      facts,
      argument: [saw, stepOn(`no ${nobody}`)],
    };
  const why = failed.error === null ? '' : ` (${failed.error})`;
  // That it failed says nothing of an answer that was over before it began.
  const isLater = failed.invokedAt > first.done;
  return {
    ...common,
    shape: isLater ? 'added-later' : 'failed-add-seen',
    rests: [first.operation],
    failed,
    facts: { ...facts, other: failed.index },
    argument: [
      saw,
      stepOn(`${named(failed)} ${isLater ? 'began only after that, and failed' : 'failed'} for sure${why}`, failed),
      stepOn(`no other ${nobody}`),
    ],
  };
}

/** Something shows that the element is there (or gone); a later operation finds the reverse, and nobody can have changed it. */
function contradiction(element: Element, isThere: boolean, isOver: () => boolean): Finding | null {
  const { changes, found } = element;
  const own = changes[`${isThere}`].flatMap((one): Sight[] =>
    one.done === null ? [] : [{ ...one, done: one.done, isChange: true }],
  );
  // What found it and took it away shows nothing of what came after.
  const lasting = found[`${isThere}`].filter(({ operation }) => changesNothing(operation));
  const evidence = [...own, ...lasting].sort((a, b) => a.done - b.done);
  const against = changes[`${!isThere}`];
  for (const sight of found[`${!isThere}`]) {
    if (isOver()) return null;
    const before = endedBefore(evidence, sight.call);
    for (let at = before - 1; at >= Math.max(0, before - EVIDENCE_MAX); at--) {
      const one = evidence[at] as Sight;
      const isFree = against.every(
        ({ operation, call, done }) =>
          operation === sight.operation ||
          call > sight.done ||
          (done !== null && done < one.call) ||
          (against.length === 1 && tookAway(one)),
      );
      if (isFree) return contradicted(element, isThere, firstOf(evidence, one, against), sight);
    }
  }
  return null;
}

/** How many of these, which are in order of their end, ended before the moment. */
function endedBefore(sights: readonly Sight[], moment: number): number {
  let low = 0;
  let high = sights.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sights[middle] as Sight).done < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of the evidence that nothing comes between, an acknowledged change says more than a sight. */
function firstOf(evidence: readonly Sight[], last: Sight, against: readonly Change[]): Sight {
  if (last.isChange) return last;
  const change = [...evidence]
    .reverse()
    .find(
      (one) =>
        one.isChange &&
        one.done < last.call &&
        against.every(({ call, done }) => call > last.done || (done !== null && done < one.call)),
    );
  return change ?? last;
}

/** A removal that answered that the element was there: if it was added once only, that was before. */
function tookAway({ operation, isChange }: Sight): boolean {
  return isChange && operation.f === 'remove' && operation.result === true;
}

function changesNothing({ f, result }: Operation): boolean {
  return f === 'read' || f === 'contains' || result === false;
}

function contradicted(element: Element, isThere: boolean, evidence: Sight, sight: Sight): Finding {
  const { name, found, changes } = element;
  const what = shown(name);
  // What must be there for the evidence itself to be possible.
  const earlier = [...changes.true, ...(isThere ? [] : changes.false)].filter(({ call }) => call <= sight.done);
  const needed = earlier.length <= EVIDENCE_MAX ? earlier.map(({ operation }) => operation) : [];
  const [first, later] = [evidence.operation, sight.operation];
  const seenLater = found[`${isThere}`].some(({ done }) => done > sight.done);
  const shape: AnomalyShape = isThere
    ? evidence.isChange
      ? seenLater
        ? 'stale-read'
        : 'lost-element'
      : 'seen-then-gone'
    : evidence.isChange
      ? 'still-there'
      : 'gone-then-seen';
  const changed = isThere ? 'removed' : 'added';
  return {
    shape,
    culprit: later,
    rests: evidence.isChange && isThere ? [first, later] : [...new Set([...needed, first, later])],
    also: [],
    failed: null,
    facts: {
      read: later.index,
      other: first.index,
      element: what,
      isThere,
      staleByNs: sight.call - evidence.done,
    },
    argument: [
      evidence.isChange
        ? stepOn(`${named(first)} was acknowledged before ${named(later)} began`, first, later)
        : stepOn(
            `${named(first)} ${did(evidence, isThere)} ${what}, and was over before ${named(later)} began`,
            first,
            later,
          ),
      isThere || !tookAway(evidence) || changes.true.length > 1
        ? stepOn(`no operation can have ${changed} it between these two`)
        : stepOn(
            `it was added once, and that before, as there was something to take away`,
            ...changes.true.map(({ operation }) => operation),
          ),
      stepOn(
        `so ${what} ${isThere ? 'was there' : 'was gone'} when ${named(later)} began; yet that ${did(sight, !isThere)} it`,
        later,
      ),
    ],
    ...onlyAbout([name]),
  };
}

/** Two operations that each say to have changed the element the same way, where nobody can have changed it back in between. */
function changedTwice({ name, changes }: Element): Finding[] {
  for (const adds of [true, false]) {
    const [first, second] = changes[`${adds}`]
      .filter(({ operation, done }) => operation.result === true && done !== null)
      .sort((a, b) => (a.done ?? 0) - (b.done ?? 0));
    if (first === undefined || second === undefined) continue;
    const back = changes[`${!adds}`].filter(({ call }) => call <= (second.done ?? 0));
    // What is removed twice was added twice; what is added twice was removed once.
    if (back.length > (adds ? 0 : 1)) continue;
    const [one, other, what] = [first.operation, second.operation, shown(name)];
    const added = back.map(({ operation }) => operation);
    return [
      {
        shape: adds ? 'added-twice' : 'taken-twice',
        culprit: other,
        rests: [...added, one, other],
        also: [],
        failed: null,
        facts: { read: other.index, other: one.index, element: what, times: 1 },
        argument: [
          stepOn(`${named(one)} says that ${what} was ${adds ? 'not there yet' : 'there'}`, one),
          stepOn(`${named(other)} says so, too`, other),
          stepOn(
            adds
              ? `no operation that began before ${named(other)} ended removed it`
              : `only one operation that began before ${named(other)} ended added it`,
            ...added,
          ),
          stepOn(`so whichever came second must have found it ${adds ? 'there' : 'gone'}`, one, other),
        ],
        ...onlyAbout([name]),
      },
    ];
  }
  return [];
}

/** What a sight says of the element. */
function did({ operation }: Pick<Sight, 'operation'>, isThere: boolean): string {
  switch (operation.f) {
    case 'read':
    case 'contains':
      return isThere ? 'found' : 'did not find';
    default:
      return isThere ? 'says that there was' : 'says that there was no';
  }
}
