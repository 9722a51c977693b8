/**
 * Shapes of anomalies of semaphores, of which only numbers are known: how many surely acquired, and how many may have released by
 * then. Releases of unknown outcome may take effect whenever that helps, acquires of unknown outcome need not.
 */

import type { Operation } from '../history/operation.ts';
import { named, stepOn } from './accesses.ts';
import { inTime, type Request, releasedTooOften, requestsOf } from './lock-shapes.ts';
import { type Finding, type Part, RESTS_MAX } from './shapes.ts';
import type { Anomaly } from './verdict.ts';

export function* semaphoreFindings(
  part: Part,
  operations: readonly Operation[],
  permits: number,
  isOver: () => boolean,
): Generator<Finding> {
  const requests = requestsOf(part, operations, false);
  const released = releasedTooOften(requests);
  yield* inTime([...tooManyHolders(requests, permits, isOver), ...(released === null ? [] : [released])]);
  yield* refusedWithPermits(requests, permits, isOver);
}

/** Within some stretch of time more surely acquired than there are permits, even if all that may have been released was. */
function tooManyHolders(requests: readonly Request[], permits: number, isOver: () => boolean): Finding[] {
  const acquired = requests.filter(({ acquires, granted }) => acquires && granted === true);
  const releases = requests.filter(({ acquires, granted }) => !acquires && granted !== false);
  const ends = [...acquired].sort((a, b) => a.done - b.done);
  for (const last of ends) {
    if (isOver()) return [];
    const to = last.done;
    const inside: Request[] = [];
    for (const acquire of acquired.filter(({ done }) => done <= to).reverse()) {
      if (inside.length > RESTS_MAX) break;
      inside.push(acquire);
      const from = acquire.call;
      const surely = inside.filter(({ call }) => call >= from);
      const may = releases.filter(({ call, done }) => call <= to && done >= from);
      if (surely.length <= permits + may.length || surely.length + may.length > RESTS_MAX) continue;
      const hold = surely.map(({ operation }) => operation);
      const gave = may.map(({ operation }) => operation);
      const first = surely.reduce((one, other) => (other.done < one.done ? other : one)).operation;
      return [
        {
          shape: 'too-many-holders',
          culprit: last.operation,
          rests: [...hold, ...gave],
          also: [],
          failed: null,
          facts: {
            read: last.operation.index,
            other: first.index,
            permits,
            acquired: hold.length,
            released: gave.length,
            holders: hold.map(({ index }) => index),
          },
          argument: [
            stepOn(`these ${hold.length} acquires succeeded, all by the end of ${named(last.operation)}`, ...hold),
            gave.length === 0
              ? stepOn('from the call of the first to that end no release can have taken effect')
              : stepOn(
                  `from the call of the first to that end ${gave.length === 1 ? 'one release' : `${gave.length} releases`} at most can have taken effect`,
                  ...gave,
                ),
            stepOn(
              `so at least ${hold.length - gave.length} held it at once; it has ${permits} ${permits === 1 ? 'permit' : 'permits'}`,
              last.operation,
            ),
          ],
        },
      ];
    }
  }
  return [];
}

/** A refused acquire during which some permit was surely free; a refused release while some permit was surely held. */
function* refusedWithPermits(requests: readonly Request[], permits: number, isOver: () => boolean): Generator<Finding> {
  for (const { operation, acquires, granted, call, done } of requests) {
    if (isOver()) return;
    if (granted !== false) continue;
    const may = requests.filter((one) => one.acquires === acquires && one.granted !== false && one.call <= done);
    const surely = requests.filter((one) => one.acquires !== acquires && one.granted === true && one.done < call);
    const most = may.length - surely.length;
    const needed = acquires ? permits : 0;
    if (most >= needed || may.length + surely.length > RESTS_MAX) continue;
    const list = [...may, ...surely].map((one) => one.operation);
    yield {
      shape: 'wrongly-refused',
      culprit: operation,
      rests: [...list, operation],
      also: [],
      failed: null,
      facts: { read: operation.index, isFree: acquires, ...(acquires ? { held: most } : { held: -most }), permits },
      argument: [
        counted(may, acquires ? 'acquire' : 'release', `can have succeeded before ${named(operation)} ended`),
        counted(surely, acquires ? 'release' : 'acquire', 'succeeded before it began'),
        stepOn(
          acquires
            ? `so at most ${most} of ${permits} permits were taken; yet ${named(operation)} was refused`
            : `so at least ${-most} of ${permits} permits were taken; yet ${named(operation)} was refused`,
          operation,
        ),
      ],
    };
  }
}

function counted(list: readonly Request[], what: string, did: string): Anomaly['argument'][number] {
  const number = list.length === 0 ? 'no' : list.length === 1 ? 'one' : String(list.length);
  return stepOn(`${number} ${what}${list.length > 1 ? 's' : ''} ${did}`, ...list.map(({ operation }) => operation));
}
