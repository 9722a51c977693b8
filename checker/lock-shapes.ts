/**
 * Shapes of anomalies of mutexes. Whoever acquired one holds it from the end of that until a release of the same owner may take
 * effect. Releases of unknown outcome may take effect whenever that helps, acquires of unknown outcome need not.
 */

import type { Operation } from '../history/operation.ts';
import { named, shown, stepOn } from './accesses.ts';
import { canonical } from './porcupine-ts/src/value.ts';
import { type Finding, type Part, RESTS_MAX } from './shapes.ts';
import type { Anomaly } from './verdict.ts';

/** What was asked of a lock, and whether it was granted: null if nobody knows. */
export interface Request {
  readonly operation: Operation;
  readonly acquires: boolean;
  readonly owner: string;
  readonly granted: boolean | null;
  readonly call: number;
  /** Infinite if it never returned. */
  readonly done: number;
}

/** Holders that are looked at for one that comes later. */
const EARLIER_MAX = 64;

export function* mutexFindings(
  part: Part,
  operations: readonly Operation[],
  isOver: () => boolean,
): Generator<Finding> {
  const requests = requestsOf(part, operations, true);
  const findings: Finding[] = [];
  const releases = releasesOf(operations);
  for (const finding of twoHolders(requests, releases, isOver)) findings.push(finding);
  const owners = groupedByOwner(requests);
  for (const own of owners.values()) {
    if (isOver()) break;
    const finding = releasedTooOften(own);
    if (finding !== null) findings.push(finding);
  }
  yield* inTime(findings);
  yield* inTime(refusals(requests, owners, isOver));
}

export function requestsOf(part: Part, operations: readonly Operation[], withOwners: boolean): Request[] {
  const byIndex = new Map(operations.map((operation) => [operation.index, operation]));
  const requests = part.flatMap(({ id, input, output, call, return: done }): Request[] => {
    const operation = byIndex.get(id);
    const { f, owner } = input as { readonly f: string; readonly owner?: string | number };
    if (operation === undefined) return [];
    const granted = typeof output === 'boolean' ? output : null;
    return [
      {
        operation,
        acquires: f === 'acquire',
        owner: withOwners ? canonical(owner ?? null) : '',
        granted,
        call,
        done: done ?? Number.POSITIVE_INFINITY,
      },
    ];
  });
  return requests.sort((a, b) => a.call - b.call);
}

/** Every release that was asked for, whatever became of it, by owner. */
function releasesOf(operations: readonly Operation[]): Map<string, Operation[]> {
  const owners = new Map<string, Operation[]>();
  for (const operation of operations) {
    if (operation.f !== 'release') continue;
    const owner = canonical(operation.value ?? operation.process);
    const own = owners.get(owner);
    if (own === undefined) owners.set(owner, [operation]);
    else own.push(operation);
  }
  return owners;
}

/** Releases that the owner of an acquire asked for in vain before another one was granted. */
function inVain(
  { call, owner }: Request,
  end: Request | null,
  other: Request,
  releases: ReadonlyMap<string, readonly Operation[]>,
): readonly Operation[] {
  return (releases.get(owner) ?? []).filter(
    (one) =>
      one !== end?.operation && one.outcome !== 'info' && (one.completedAt ?? 0) >= call && one.invokedAt <= other.done,
  );
}

function groupedByOwner(requests: readonly Request[]): Map<string, Request[]> {
  const owners = new Map<string, Request[]>();
  for (const request of requests) {
    const own = owners.get(request.owner);
    if (own === undefined) owners.set(request.owner, [request]);
    else own.push(request);
  }
  return owners;
}

export const inTime = (findings: readonly Finding[]): Finding[] =>
  [...findings].sort((a, b) => a.culprit.invokedAt - b.culprit.invokedAt);

/** Two that both acquired, of which neither can have released before the other came. */
function* twoHolders(
  requests: readonly Request[],
  releases: ReadonlyMap<string, readonly Operation[]>,
  isOver: () => boolean,
): Generator<Finding> {
  const owners = groupedByOwner(requests);
  /** The first release of its owner that may have ended its hold. */
  const endOf = ({ owner, call }: Request): Request | null =>
    owners.get(owner)?.find((one) => !one.acquires && one.granted !== false && one.done >= call) ?? null;
  const holders = requests
    .filter(({ acquires, granted }) => acquires && granted === true)
    .sort((a, b) => a.done - b.done)
    .map((request) => ({ request, end: endOf(request) }));
  for (const [at, later] of holders.entries()) {
    if (isOver()) return;
    const laterEnd = later.end?.call ?? Number.POSITIVE_INFINITY;
    for (let i = at - 1; i >= Math.max(0, at - EARLIER_MAX); i--) {
      const earlier = holders[i];
      if (earlier === undefined) break;
      const earlierEnd = earlier.end?.call ?? Number.POSITIVE_INFINITY;
      // Whichever came first must have released before the other was granted.
      if (earlierEnd <= later.request.done) continue;
      const isAfter = earlier.request.done < later.request.call;
      if (!isAfter && laterEnd <= earlier.request.done) continue;
      yield bothHold(earlier.request, earlier.end, later.request, later.end, isAfter, releases);
      break;
    }
  }
}

/** Who holds a mutex by this: the owner that it names, or else the process. */
function ownerOf({ value, process }: Operation): string {
  return value === null ? `process ${process}` : shown(canonical(value));
}

function bothHold(
  first: Request,
  endA: Request | null,
  second: Request,
  endB: Request | null,
  isAfter: boolean,
  releases: ReadonlyMap<string, readonly Operation[]>,
): Finding {
  const [a, b] = [first.operation, second.operation];
  const by = (acquire: Request, end: Request | null, other: Request): Anomaly['argument'][number][] => {
    const vain = inVain(acquire, end, other, releases);
    const steps = vain.map((one) =>
      stepOn(`${named(one)} ${one.outcome === 'fail' ? 'failed for sure' : 'was refused'}`, one),
    );
    if (end !== null)
      return [
        ...steps,
        stepOn(
          `${named(end.operation)} began only after ${named(other.operation)} had ended`,
          end.operation,
          other.operation,
        ),
      ];
    const of = `${acquire.operation.value === null ? 'by' : 'for'} ${ownerOf(acquire.operation)}`;
    const others = vain.length === 0 ? `no release ${of}` : `no other release ${of}`;
    return [...steps, stepOn(`${others} was asked for after that and before ${named(other.operation)} ended`)];
  };
  const [vain] = inVain(first, endA, second, releases);
  const isAsked = [...releases.values()]
    .flat()
    .some((one) => (one.completedAt ?? Number.POSITIVE_INFINITY) >= first.call && one.invokedAt <= second.done);
  return {
    shape: 'two-holders',
    culprit: b,
    // Releases that came too late show that it was held until then.
    rests: [a, b, endA?.operation, isAfter ? undefined : endB?.operation].filter((one) => one !== undefined),
    also: [],
    failed: null,
    facts: {
      read: b.index,
      other: a.index,
      ...(endA === null ? {} : { released: endA.operation.index }),
      ...(vain === undefined ? {} : { vain: vain.index }),
      isAsked,
      ...(first.owner === second.owner ? { sameOwner: true } : {}),
    },
    argument: [
      stepOn(`${named(a)} succeeded${isAfter ? `, and was over before ${named(b)} began` : ''}`, a),
      ...by(first, endA, second),
      stepOn(`${named(b)} succeeded as well`, b),
      ...(isAfter ? [] : by(second, endB, first)),
      stepOn(
        isAfter && first.owner === second.owner
          ? `so ${ownerOf(a)} still held it when it got it again`
          : isAfter
            ? `so ${ownerOf(a)} still held it when ${ownerOf(b)} got it`
            : 'whoever of the two came first still held it when the other got it',
        a,
        b,
      ),
    ],
  };
}

/** Releases that succeeded, more by some moment than may have been acquired. */
export function releasedTooOften(requests: readonly Request[]): Finding | null {
  const releases = requests
    .filter(({ acquires, granted }) => !acquires && granted === true)
    .sort((a, b) => a.done - b.done);
  const acquires = requests.filter(({ acquires, granted }) => acquires && granted !== false);
  for (const [before, release] of releases.entries()) {
    const may = acquires.filter(({ call }) => call <= release.done);
    if (may.length > before) continue;
    const earlier = releases.slice(0, before);
    const rests = [...may, ...earlier, release].map(({ operation }) => operation);
    if (rests.length > RESTS_MAX) return null;
    const own = release.owner === '' ? 'acquire' : `acquire by ${ownerOf(release.operation)}`;
    const last = release.operation;
    const held = may.at(-1)?.operation;
    const released = earlier.at(-1)?.operation;
    return {
      shape: 'release-without-hold',
      culprit: last,
      rests,
      also: [],
      failed: null,
      facts: {
        read: last.index,
        acquired: may.length,
        released: earlier.length,
        ...(released === undefined ? {} : { other: released.index }),
        ...(held === undefined ? {} : { held: held.index }),
      },
      argument: [
        may.length === 0
          ? stepOn(`no ${own} that can have succeeded began before ${named(last)} ended`, last)
          : stepOn(
              `until ${named(last)} ended, only ${may.length === 1 ? `one ${own} had begun that can` : `${may.length} acquires had begun that can`} have succeeded`,
              ...may.map(({ operation }) => operation),
            ),
        ...earlier.map(({ operation, done }) =>
          stepOn(`${named(operation)} succeeded${done < release.call ? ' before that' : ' as well'}`, operation),
        ),
        earlier.every(({ done }) => done < release.call)
          ? stepOn(`so nothing was left to release; yet ${named(last)} succeeded`, last)
          : stepOn(`so for one of these ${earlier.length + 1} releases nothing was left; yet all succeeded`, last),
      ],
    };
  }
  return null;
}

/** Refusals of a mutex that nobody held at any moment of the request, or that its owner surely held. */
function refusals(
  requests: readonly Request[],
  owners: ReadonlyMap<string, readonly Request[]>,
  isOver: () => boolean,
): Finding[] {
  const findings: Finding[] = [];
  const taken = requests.filter(({ acquires, granted }) => acquires && granted !== false);
  const isSurelyOver = ({ owner, done, granted }: Request, call: number): boolean =>
    granted === true &&
    (owners.get(owner) ?? []).some(
      (one) => !one.acquires && one.granted === true && one.call > done && one.done < call,
    );
  for (const refused of requests) {
    if (isOver() || findings.length >= EARLIER_MAX) break;
    if (refused.granted !== false) continue;
    const { operation, call, done } = refused;
    if (refused.acquires) {
      if (taken.some((one) => one.call <= done && !isSurelyOver(one, call))) continue;
      const last = taken.filter((one) => one.call <= done).at(-1);
      const release = last === undefined ? undefined : releaseOf(last, owners, call);
      findings.push(refusedFree(operation, last?.operation ?? null, release?.operation ?? null));
      continue;
    }
    const held = taken.find(
      (one) =>
        one.owner === refused.owner &&
        one.granted === true &&
        one.done < call &&
        !(owners.get(one.owner) ?? []).some(
          (other) => !other.acquires && other.granted !== false && other.done >= one.call && other.call <= done,
        ),
    );
    if (held !== undefined) findings.push(refusedHolder(operation, held.operation));
  }
  return findings;
}

function releaseOf(
  { owner, done }: Request,
  owners: ReadonlyMap<string, readonly Request[]>,
  before: number,
): Request | undefined {
  return owners
    .get(owner)
    ?.find((one) => !one.acquires && one.granted === true && one.call > done && one.done < before);
}

function refusedFree(refused: Operation, last: Operation | null, release: Operation | null): Finding {
  return {
    shape: 'wrongly-refused',
    culprit: refused,
    rests: [last, release, refused].filter((one) => one !== null),
    also: [],
    failed: null,
    facts: { read: refused.index, ...(release === null ? {} : { other: release.index }), isFree: true },
    argument: [
      last === null || release === null
        ? stepOn(`no acquire that can have succeeded began before ${named(refused)} ended`, refused)
        : stepOn(`${named(last)} was the last that can have succeeded before ${named(refused)} ended`, last, refused),
      ...(release === null
        ? []
        : [
            stepOn(
              `${named(release)} was acknowledged before ${named(refused)} began, and so were all others`,
              release,
              refused,
            ),
          ]),
      stepOn(`so nobody held it at any moment of ${named(refused)}; yet it was refused`, refused),
    ],
  };
}

function refusedHolder(refused: Operation, held: Operation): Finding {
  return {
    shape: 'wrongly-refused',
    culprit: refused,
    rests: [held, refused],
    also: [],
    failed: null,
    facts: { read: refused.index, other: held.index, isFree: false },
    argument: [
      stepOn(`${named(held)} succeeded, and was over before ${named(refused)} began`, held, refused),
      stepOn('no other release by the same owner can have come between'),
      stepOn(`so it still held the lock; yet ${named(refused)} was refused`, refused),
    ],
  };
}
