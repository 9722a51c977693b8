/**
 * Shapes of anomalies of queues, stacks and priority queues: by counting (by any moment a value can't have come out more often than
 * somebody had asked to put it in), and by what an answer passed over. Each is a proof by itself, whatever else happened.
 */

import type { Operation } from '../history/operation.ts';
import { named, shown, stepOn } from './accesses.ts';
import { type Answer, type Collection, collectionOf, type Element } from './collection-accesses.ts';
import { contraryOrders } from './contrary-orders.ts';
import { type CollectionKind, passedOverBy } from './passed-over.ts';
import { type Finding, type Part, RESTS_MAX } from './shapes.ts';
import type { Anomaly, ElementShape } from './verdict.ts';

/** Contradictions of a queue, stack or priority queue, those that are told most plainly first, then by time. */
export function* collectionFindings(
  kind: CollectionKind,
  part: Part,
  operations: readonly Operation[],
  isOver: () => boolean,
): Generator<Finding> {
  const collection = collectionOf(part, operations);
  yield* [...collection.elements.values()]
    .flatMap((element) => miscounted(element, collection))
    .sort((a, b) => a.culprit.invokedAt - b.culprit.invokedAt);
  const answers = [...collection.elements.values()]
    .flatMap(({ takes, peeks }) => [...takes, ...peeks])
    .sort((a, b) => a.done - b.done);
  const blockedBy = passedOverBy(kind, collection);
  const later: Finding[] = [];
  for (const empty of [...collection.empties].sort((a, b) => a.done - b.done)) {
    if (isOver()) break;
    const finding = blockedBy(empty);
    if (finding?.shape === 'lost-element') yield finding;
    else if (finding !== null) later.push(finding);
  }
  for (const answer of answers) {
    if (isOver()) break;
    const finding = blockedBy(answer);
    if (finding !== null) yield finding;
  }
  yield* later;
  const contrary = kind === 'priority-queue' ? null : contraryOrders(kind, collection, answers, isOver);
  if (contrary !== null) yield contrary;
}

/** The first answer by which a value had come out more often than anybody had put it in. */
function miscounted(element: Element, { failed }: Collection): Finding[] {
  const { puts, takes, peeks, name } = element;
  const putsBy = (moment: number): number => puts.filter(({ call }) => call <= moment).length;
  for (const [before, take] of takes.entries()) {
    if (putsBy(take.done) > before) continue;
    return before === 0 && putsBy(take.done) === 0
      ? [cameFromNowhere(element, take, failed.get(name) ?? null)]
      : takenTooOften(element, takes.slice(0, before + 1), take);
  }
  for (const peek of peeks) {
    const before = takes.filter(({ done }) => done < peek.call);
    if (putsBy(peek.done) === 0) return [cameFromNowhere(element, peek, failed.get(name) ?? null)];
    if (putsBy(peek.done) <= before.length) return takenTooOften(element, [...before, peek], peek);
  }
  return [];
}

function cameFromNowhere({ puts, name }: Element, seen: Answer, failed: Operation | null): Finding {
  const came = stepOn(`${named(seen.operation)} returned ${shown(name)}`, seen.operation);
  const [first] = puts;
  const own = { culprit: seen.operation, also: [] };
  const read = seen.operation.index;
  if (first !== undefined)
    return {
      ...own,
      shape: 'added-later',
      rests: [seen.operation, first.operation],
      failed: null,
      facts: { read, other: first.operation.index, earlyByNs: first.call - seen.done },
      argument: [
        came,
        stepOn(
          `${named(first.operation)} was the first to put it in, and began only after that`,
          seen.operation,
          first.operation,
        ),
      ],
    };
  const { key } = seen.operation;
  const nobody = `operation put ${shown(name)} in${key === null ? '' : `to ${shown(key)}`}`;
  if (failed === null)
    return {
      ...own,
      shape: 'never-added',
      rests: [seen.operation],
      failed,
      facts: { read },
      argument: [came, stepOn(`no ${nobody}, and there was nothing at first`)],
    };
  const why = failed.error === null ? '' : ` (${failed.error})`;
  // That it failed says nothing of an answer that was over before it began.
  const isLater = failed.invokedAt > seen.done;
  return {
    ...own,
    shape: isLater ? 'added-later' : 'failed-add-seen',
    rests: [seen.operation],
    failed,
    facts: { read, other: failed.index },
    argument: [
      came,
      stepOn(`${named(failed)} ${isLater ? 'began only after that, and failed' : 'failed'} for sure${why}`, failed),
      stepOn(`no other ${nobody}`),
    ],
  };
}

/** Where another of the same words was told already: "another dequeue of 5 by process 2". */
function namedAgain(operation: Operation, told: readonly Operation[]): string {
  const name = named(operation);
  return told.some((one) => named(one) === name) ? name.replace(/^the /, 'another ') : name;
}

function takenTooOften({ puts, name }: Element, answers: readonly Answer[], last: Answer): Finding[] {
  const before = puts.filter(({ call }) => call <= last.done);
  if (before.length + answers.length > RESTS_MAX) return [];
  const taken = answers.filter((answer) => answer !== last).map(({ operation }) => operation);
  const put = before.map(({ operation }) => operation);
  const what = shown(name);
  const [one] = put;
  const steps: Anomaly['argument'][number][] = [
    put.length === 1 && one !== undefined
      ? stepOn(
          `${named(one)} was the only operation that had begun to put ${what} in when ${named(last.operation)} ended`,
          one,
          last.operation,
        )
      : stepOn(
          `until ${named(last.operation)} ended only ${put.length} operations had begun to put ${what} in`,
          ...put,
          last.operation,
        ),
    ...taken.map((take, at) => stepOn(`${namedAgain(take, taken.slice(0, at))} took ${what} out`, take)),
    last.takes
      ? stepOn(
          `${namedAgain(last.operation, taken)} took it out as well, so it came out more often than it was put in`,
          last.operation,
        )
      : stepOn(
          `so it was gone when ${named(last.operation)} began; yet that returned ${what}`,
          ...taken.slice(-1),
          last.operation,
        ),
  ];
  const shape: ElementShape = last.takes ? 'taken-twice' : 'still-there';
  return [
    {
      shape,
      culprit: last.operation,
      rests: [...put, ...taken, last.operation],
      also: [],
      failed: null,
      facts: {
        read: last.operation.index,
        other: (taken.at(-1) ?? last.operation).index,
        ...(one === undefined ? {} : { put: one.index }),
        times: put.length,
        taken: taken.map(({ index }) => index),
        // One of unknown outcome may not have put it there.
        atMost: put.some(({ outcome }) => outcome === 'info'),
      },
      argument: steps,
    },
  ];
}
