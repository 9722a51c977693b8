/**
 * Shapes of anomalies of a key that is read and appended to. While nobody puts a whole new text there, its text only grows, so
 * what is read must begin with whatever was read before, and hold everything that had been acknowledged.
 */

import type { Operation } from '../history/operation.ts';
import { named, shown, stepOn } from './accesses.ts';
import type { Finding } from './shapes.ts';
import type { AnomalyShape } from './verdict.ts';

interface Get {
  readonly operation: Operation;
  readonly text: string;
  readonly start: number;
  readonly done: number;
}

/**
 * A proof that one of the suspects can't have read what it did, or null.
 * @param isOver whether time has run out: then none is found
 */
export function findAppendShape(
  operations: readonly Operation[],
  suspects: readonly number[],
  isOver: () => boolean = () => false,
): Finding | null {
  const happened = operations.filter((operation) => operation.outcome !== 'fail');
  if (!happened.some(({ f }) => f === 'append') || happened.some(({ f }) => f === 'txn')) return null;
  const gets = happened.flatMap((operation) => getOf(operation));
  const replacements = happened.filter(({ f }) => f !== 'get' && f !== 'append');
  const onlyGrows: OnlyGrows = (from, to, except) => !isOver() && nothingReplaces(replacements, from, to, except);
  for (const suspect of suspects) {
    const get = gets.find(({ operation }) => operation.index === suspect);
    if (get === undefined) continue;
    const finding =
      replaced(get, replacements, onlyGrows) ??
      notGrown(get, gets, onlyGrows) ??
      missing(get, gets, happened, onlyGrows);
    if (finding !== null) return finding;
  }
  return null;
}

function getOf(operation: Operation): Get[] {
  const { f, outcome, result, completedAt, invokedAt } = operation;
  if (f !== 'get' || outcome !== 'ok' || completedAt === null) return [];
  if (result !== null && typeof result !== 'string') return [];
  return [{ operation, text: result ?? '', start: invokedAt, done: completedAt }];
}

/** Whether no put or the like, but for one that is known, can have taken effect between the two moments. */
type OnlyGrows = (from: number, to: number, except?: Operation) => boolean;

function nothingReplaces(
  replacements: readonly Operation[],
  from: number,
  to: number,
  except: Operation | undefined,
): boolean {
  return replacements.every(
    (one) =>
      one === except ||
      one.invokedAt > to ||
      (one.outcome === 'ok' && one.completedAt !== null && one.completedAt < from),
  );
}

/** A put had been acknowledged, after which nothing but appends can have come; what was read does not begin with its text. */
function replaced(get: Get, replacements: readonly Operation[], onlyGrows: OnlyGrows): Finding | null {
  const put = replacements.find(
    (one) =>
      one.f === 'put' &&
      one.outcome === 'ok' &&
      one.completedAt !== null &&
      one.completedAt < get.start &&
      typeof one.value === 'string' &&
      !get.text.startsWith(one.value) &&
      onlyGrows(one.invokedAt, get.done, one),
  );
  if (put === undefined || put.completedAt === null) return null;
  return {
    shape: 'stale-read',
    culprit: get.operation,
    rests: [put, get.operation],
    also: [],
    failed: null,
    facts: { read: get.operation.index, overwrittenBy: put.index, staleByNs: get.start - put.completedAt },
    argument: [
      stepOn(`${named(put)} was acknowledged before ${named(get.operation)} began`, put, get.operation),
      stepOn('until that read ended the key was only appended to, so its text begins with what was written'),
      stepOn(`${named(get.operation)} returned ${quoted(get.text)}, which begins otherwise`, get.operation),
    ],
  };
}

/** An earlier get had read something that this one does not begin with. */
function notGrown(get: Get, gets: readonly Get[], onlyGrows: OnlyGrows): Finding | null {
  const earlier = gets.filter(
    (other) => other.done < get.start && !get.text.startsWith(other.text) && onlyGrows(other.start, get.done),
  );
  const newer = earlier.sort((a, b) => b.done - a.done)[0];
  if (newer === undefined) return null;
  return {
    shape: 'newer-then-older',
    culprit: get.operation,
    rests: [newer.operation, get.operation],
    also: [],
    failed: null,
    // Where neither text begins with the other, none of them is the older one.
    facts: {
      read: get.operation.index,
      newer: newer.operation.index,
      staleByNs: get.start - newer.done,
      ...(newer.text.startsWith(get.text) ? {} : { diverged: true }),
    },
    argument: [
      stepOn(`process ${newer.operation.process} read ${quoted(newer.text)}`, newer.operation),
      stepOn('from then until the next read ended the key was only appended to, so its text begins with that'),
      stepOn(
        `${named(get.operation)} began after that; yet it returned ${quoted(get.text)}, which does not begin with it`,
        newer.operation,
        get.operation,
      ),
    ],
  };
}

/** An append that had been acknowledged is not in what was read. */
function missing(
  get: Get,
  gets: readonly Get[],
  operations: readonly Operation[],
  onlyGrows: OnlyGrows,
): Finding | null {
  const lost = operations.find(
    ({ f, outcome, invokedAt, completedAt, value }) =>
      f === 'append' &&
      outcome === 'ok' &&
      completedAt !== null &&
      completedAt < get.start &&
      typeof value === 'string' &&
      !get.text.includes(value) &&
      onlyGrows(invokedAt, get.done),
  );
  if (lost === undefined) return null;
  const text = lost.value as string;
  const seenLater = gets.some((other) => other !== get && other.text.includes(text));
  // Where nobody looked again, nobody knows whether it was lost.
  const isLost = !seenLater && gets.some(({ start, done }) => start > get.done && onlyGrows(lost.invokedAt, done));
  const shape: AnomalyShape = isLost ? 'lost-update' : 'stale-read';
  const facts = { read: get.operation.index, staleByNs: get.start - (lost.completedAt ?? get.start) };
  return {
    shape,
    culprit: get.operation,
    rests: [lost, get.operation],
    also: [],
    failed: null,
    facts: isLost ? { ...facts, lost: lost.index } : { ...facts, overwrittenBy: lost.index },
    argument: [
      stepOn(`${named(lost)} was acknowledged before ${named(get.operation)} began`, lost, get.operation),
      stepOn('until that read ended the key was only appended to, so what was appended is in its text'),
      stepOn(
        `${named(get.operation)} returned ${quoted(get.text)}, in which ${quoted(text)} is missing`,
        get.operation,
      ),
    ],
  };
}

/** The end of a long text is what differs. */
function quoted(text: string): string {
  return text.length > 48 ? `"…${text.slice(-45)}"` : shown(JSON.stringify(text));
}
