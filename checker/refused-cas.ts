/**
 * A compare-and-set that was refused although the value it expects was there all the time, of registers and keys: somebody wrote or
 * saw that value before, and nobody can have changed it until the refusal.
 */

import type { Json, Operation } from '../history/operation.ts';
import { named, shown, stepOn } from './accesses.ts';
import { isObservedMismatch } from './models.ts';
import { canonical } from './porcupine-ts/src/value.ts';
import type { Finding } from './shapes.ts';

/** What an operation, if it took effect, left there; null where that is not known. */
function leftBy({ f, value, result, outcome }: Operation): string | null {
  if (f === 'write' || f === 'put') return canonical(value);
  if (f === 'cas') return Array.isArray(value) ? canonical(value[1] ?? null) : null;
  if (outcome !== 'ok') return null;
  if (f === 'read' || f === 'get') return canonical(result);
  return f === 'append' && typeof result === 'string' ? canonical(result) : null;
}

export function* refusedCasFindings(
  operations: readonly Operation[],
  initial: Json,
  isOver: () => boolean,
): Generator<Finding> {
  const refused = operations.filter((one) => isRefused(one) && Array.isArray(one.value) && one.completedAt !== null);
  if (refused.length === 0) return;
  const happened = operations.filter((one) => one.outcome !== 'fail' && !isRefused(one));
  const changes = happened.filter(({ f }) => f !== 'read' && f !== 'get');
  const evidence = happened
    .filter(({ outcome, completedAt }) => outcome === 'ok' && completedAt !== null)
    .sort((a, b) => ended(b) - ended(a));
  for (const cas of refused) {
    if (isOver()) return;
    const expected = canonical((cas.value as readonly unknown[])[0] as null);
    const by = evidence.find((one) => ended(one) < cas.invokedAt && leftBy(one) === expected);
    if (by === undefined) {
      const isUntouched = changes.every((one) => one.invokedAt > ended(cas) || leftBy(one) === expected);
      if (expected === canonical(initial) && isUntouched) yield refusedAtFirst(cas, shown(expected));
      continue;
    }
    const isFree = changes.some(
      (one) =>
        one !== by &&
        leftBy(one) !== expected &&
        one.invokedAt <= ended(cas) &&
        !(one.outcome === 'ok' && one.completedAt !== null && one.completedAt < by.invokedAt),
    );
    if (isFree) continue;
    const value = shown(expected);
    const sees = by.f === 'read' || by.f === 'get';
    // What was seen must have been written, or the sight alone is what can't be.
    const writers = sees ? changes.filter((one) => leftBy(one) === expected && one.invokedAt <= ended(by)) : [];
    yield {
      shape: 'refused-cas',
      culprit: cas,
      rests: [...writers.slice(-WRITERS_MAX), by, cas],
      also: [],
      failed: null,
      facts: { read: cas.index, other: by.index },
      argument: [
        stepOn(
          sees
            ? `${named(by)} returned ${value} before ${named(cas)} began`
            : `${named(by)} was acknowledged before ${named(cas)} began, so ${value} was there`,
          by,
          cas,
        ),
        stepOn('from then until that ended, nothing can have put another value in its place'),
        stepOn(`yet ${named(cas)} was told that another value was there`, cas),
      ],
    };
  }
}

function refusedAtFirst(cas: Operation, value: string): Finding {
  return {
    shape: 'refused-cas',
    culprit: cas,
    rests: [cas],
    also: [],
    failed: null,
    facts: { read: cas.index },
    argument: [
      stepOn(
        `${value} was there at first, and until ${named(cas)} ended nothing can have put another value in its place`,
      ),
      stepOn('yet it was told that another value was there', cas),
    ],
  };
}

/** Writers of the value that are shown beside a read of it. */
const WRITERS_MAX = 3;

function isRefused(operation: Operation): boolean {
  return (
    isObservedMismatch(operation) || (operation.f === 'cas' && operation.outcome === 'ok' && operation.result === false)
  );
}

function ended({ completedAt, invokedAt }: Operation): number {
  return completedAt ?? invokedAt;
}
