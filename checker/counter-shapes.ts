/**
 * Shapes of anomalies of counters. What an operation may have counted lies within bounds: all that was surely counted before it, and
 * of what may have been, the least and the most (as Jepsen's counter checker has it). The same holds for what was counted between
 * two answers, whatever the count was before, so that few operations show it.
 */

import type { Operation } from '../history/operation.ts';
import { named, stepOn } from './accesses.ts';
import { countedLater, orOnlyLate } from './later-counts.ts';
import { type Finding, type Part, RESTS_MAX } from './shapes.ts';
import type { Anomaly, CountShape } from './verdict.ts';

/** An operation that adds, answers the count, or both. */
export interface Counted {
  readonly operation: Operation;
  /** What it adds; 0 for a read. */
  readonly amount: number;
  /** The count after it; null if nobody knows. */
  readonly count: number | null;
  readonly call: number;
  readonly done: number | null;
}

export interface Answered extends Counted {
  readonly count: number;
  readonly done: number;
}

/** Earlier answers that one is compared with, beside what there was at first: those that ended last before it began. */
const EARLIER_MAX = 6;
/** Operations that lie between two answers in time, beyond which they make no short argument. */
const BETWEEN_MAX = 400;

export function* counterFindings(
  part: Part,
  operations: readonly Operation[],
  initial: number,
  isOver: () => boolean,
): Generator<Finding> {
  const all = countedOf(part, operations);
  if (![initial, ...all.flatMap(({ amount, count }) => [amount, count ?? 0])].every(Number.isSafeInteger)) return;
  const answers = all
    .filter((one): one is Answered => one.count !== null && one.done !== null)
    .sort((a, b) => a.done - b.done);
  const failed = operations.filter(({ f, outcome }) => outcome === 'fail' && f !== 'read');
  const isCounted = countedLater(answers, all, initial);
  const adds = addsOf(all.filter(({ amount }) => amount !== 0).sort((a, b) => a.call - b.call));
  for (const [at, answer] of answers.entries()) {
    if (isOver()) return;
    const earlier: Answered[] = [];
    for (let i = at - 1; i >= 0 && earlier.length < EARLIER_MAX; i--) {
      const one = answers[i] as Answered;
      if (one.done < answer.call) earlier.push(one);
    }
    const candidates = [null, ...earlier].flatMap((from) => outOfBounds(from, answer, adds, initial, failed) ?? []);
    for (const [i, one] of candidates.entries())
      if (one.shape === 'lost-increment') candidates[i] = orOnlyLate(one, isCounted(answer));
    yield* candidates.sort(
      (a, b) => a.rests.length - b.rests.length || Number(b.fromAnyState === true) - Number(a.fromAnyState === true),
    );
  }
  const twice = sameCount(answers, adds);
  if (twice !== null) yield twice;
}

/** What adds, in order of call, so that what may have been counted after a moment is found soon. */
interface Adds {
  readonly known: readonly Counted[];
  /** When the last of those up to each place ended. */
  readonly latest: readonly number[];
  /** Of unknown outcome. */
  readonly unknown: readonly Counted[];
}

function addsOf(byCall: readonly Counted[]): Adds {
  const known = byCall.filter(({ done }) => done !== null);
  const latest: number[] = [];
  for (const { done } of known) latest.push(Math.max(latest.at(-1) ?? 0, done ?? 0));
  return { known, latest, unknown: byCall.filter(({ done }) => done === null) };
}

/** Those that began by `to` and, if their end is known, ended no sooner than `from`. */
function* countedBetween({ known, latest, unknown }: Adds, from: number, to: number): Generator<Counted> {
  let low = 0;
  let high = known.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((latest[middle] as number) < from) low = middle + 1;
    else high = middle;
  }
  for (let at = low; at < known.length; at++) {
    const add = known[at] as Counted;
    if (add.call > to) break;
    if ((add.done ?? 0) >= from) yield add;
  }
  for (const add of unknown) {
    if (add.call > to) break;
    yield add;
  }
}

function countedOf(part: Part, operations: readonly Operation[]): Counted[] {
  const byIndex = new Map(operations.map((operation) => [operation.index, operation]));
  return part.flatMap(({ id, input, output, call, return: done }) => {
    const operation = byIndex.get(id);
    const { f, amount } = input as { readonly f: string; readonly amount?: number };
    if (operation === undefined) return [];
    const count = f !== 'add' && done !== null && typeof output === 'number' ? output : null;
    return [{ operation, amount: f === 'read' ? 0 : (amount ?? 0), count, call, done }];
  });
}

/** An answer that no choice of what may have been counted since `from` (or since the beginning) explains. */
function outOfBounds(
  from: Answered | null,
  answer: Answered,
  adds: Adds,
  initial: number,
  allFailed: readonly Operation[],
): Finding | null {
  const start = from?.count ?? initial;
  const sure: Counted[] = answer.amount === 0 ? [] : [answer];
  const maybe: Counted[] = [];
  for (const add of countedBetween(adds, from?.call ?? Number.NEGATIVE_INFINITY, answer.done)) {
    if (add === answer || add === from) continue;
    const isBefore = add.done !== null && add.done < answer.call;
    const isAfter = from === null || add.call > from.done;
    (isBefore && isAfter ? sure : maybe).push(add);
    if (sure.length + maybe.length > BETWEEN_MAX) return null;
  }
  const counted = sum(sure);
  const least = start + counted + sum(maybe.filter(({ amount }) => amount < 0));
  const most = start + counted + sum(maybe.filter(({ amount }) => amount > 0));
  if (answer.count >= least && answer.count <= most)
    return noSum(from, answer, sure, maybe, start, allFailed.length > 0);
  const failed = allFailed.filter(
    ({ invokedAt, completedAt }) => invokedAt <= answer.done && (completedAt ?? 0) >= (from?.call ?? 0),
  );
  const isLow = answer.count < least;
  const onlyUp = [...sure, ...maybe].every(({ amount }) => amount > 0);
  // Below what surely was added, some of it shows it: none of the rest can take anything away.
  const shown = isLow && onlyUp ? enough(sure, answer.count - start) : sure;
  const told = maybe.filter(({ amount }) => (isLow ? amount < 0 : amount > 0));
  const rests = [from, ...shown, ...told, answer].flatMap((one) => (one === null ? [] : [one.operation]));
  if (new Set(rests).size > RESTS_MAX) return null;
  const [first] = shown.filter((add) => add !== answer);
  const off = isLow ? answer.count - least : answer.count - most;
  // A failed one that accounts for the difference.
  const wrongly = failed.find((one) => failedAmount(one) === off) ?? null;
  const shape: CountShape = isLow
    ? onlyUp
      ? 'lost-increment'
      : 'count-too-low'
    : wrongly === null
      ? 'count-too-high'
      : 'failed-add-counted';
  // One that was acknowledged and without which the count would be as it was answered.
  const without = isLow || wrongly !== null ? undefined : others(sure, answer).find(({ amount }) => amount === -off);
  return {
    shape,
    culprit: answer.operation,
    rests: [...new Set(rests)],
    also: [],
    failed: isLow ? null : wrongly,
    facts: {
      read: answer.operation.index,
      someFailed: failed.length > 0,
      ...(wrongly === null || isLow ? {} : { wrongly: wrongly.index }),
      ...(without === undefined ? {} : { without: without.operation.index }),
      ...(from === null
        ? first === undefined
          ? {}
          : { other: first.operation.index }
        : { other: from.operation.index }),
      ...(first === undefined ? {} : { lost: first.operation.index }),
      from: start,
      fromRead: from?.operation.index ?? null,
      count: answer.count,
      [isLow ? 'least' : 'most']: isLow ? least : most,
    },
    argument: [
      ...(isLow || wrongly === null ? [] : [stepOn(`${named(wrongly)} failed for sure`, wrongly)]),
      ...boundSteps({ from, answer, initial, shown, told, isLow, onlyUp, bound: isLow ? least : most }),
    ],
    ...(from === null ? {} : { fromAnyState: true }),
  };
}

const others = (list: readonly Counted[], answer: Counted): Counted[] => list.filter((one) => one !== answer);

/** What a failed operation would have added. */
function failedAmount({ f, value }: Operation): number {
  const amount = typeof value === 'number' ? value : f === 'inc' || f === 'dec' ? 1 : 0;
  return f === 'dec' ? -amount : amount;
}

/** More that may have been counted make too many sums. */
const MAYBE_MAX = 8;

/** A count between the bounds that is the sum of nothing that can have been counted. */
function noSum(
  from: Answered | null,
  answer: Answered,
  sure: readonly Counted[],
  maybe: readonly Counted[],
  start: number,
  someFailed: boolean,
): Finding | null {
  if (maybe.length > MAYBE_MAX) return null;
  let sums = new Set([start + sum(sure)]);
  for (const { amount } of maybe) sums = new Set([...sums].flatMap((each) => [each, each + amount]));
  if (sums.has(answer.count)) return null;
  const rests = [...new Set([from, ...sure, ...maybe, answer].flatMap((one) => (one === null ? [] : [one.operation])))];
  if (rests.length > RESTS_MAX) return null;
  const possible = [...sums].sort((a, b) => a - b);
  const told = possible.length > 8 ? `${possible.length} numbers` : possible.join(', ').replace(/, (\d+)$/, ' or $1');
  const last = answer.operation;
  return {
    shape: 'impossible-count',
    culprit: last,
    rests,
    also: [],
    failed: null,
    facts: {
      read: last.index,
      ...(from === null ? {} : { other: from.operation.index }),
      from: start,
      fromRead: from?.operation.index ?? null,
      count: answer.count,
      possible: possible.slice(0, 8),
      someFailed,
    },
    argument: [
      from === null
        ? stepOn(`the count was ${start} at first`)
        : stepOn(
            `${named(from.operation)} returned ${start}, and was over before ${named(last)} began`,
            from.operation,
          ),
      ...(sure.length === 0
        ? []
        : [
            stepOn(
              `since then ${sum(sure)} was surely added in all by the time of ${named(last)}`,
              ...sure.map(({ operation }) => operation),
            ),
          ]),
      ...(maybe.length === 0
        ? []
        : [
            stepOn(
              `${maybe.length === 1 ? 'one operation' : `${maybe.length} operations`} may have been counted by then or not: ${maybe.map(({ amount }) => `${amount < 0 ? '−' : '+'}${Math.abs(amount)}`).join(', ')}`,
              ...maybe.map(({ operation }) => operation),
            ),
          ]),
      stepOn(`so ${named(last)} can return ${told}; yet it returned ${answer.count}`, last),
    ],
    ...(from === null ? {} : { fromAnyState: true }),
  };
}

/** The latest of these that by themselves are more than so much. */
function enough(sure: readonly Counted[], most: number): readonly Counted[] {
  const own = sure.filter(({ count }) => count !== null);
  const chosen: Counted[] = [];
  let total = 0;
  for (const add of [...own, ...sure.filter((one) => !own.includes(one)).reverse()]) {
    if (total > most && chosen.length > 0) break;
    chosen.push(add);
    total += add.amount;
  }
  return chosen;
}

interface Bound {
  readonly from: Answered | null;
  readonly answer: Answered;
  readonly initial: number;
  /** Surely counted. */
  readonly shown: readonly Counted[];
  /** Perhaps counted, and then to the answer's favour. */
  readonly told: readonly Counted[];
  readonly isLow: boolean;
  /** Whether nothing that may have been counted takes anything away. */
  readonly onlyUp: boolean;
  readonly bound: number;
}

function boundSteps({ from, answer, initial, shown, told, isLow, onlyUp, bound }: Bound): Anomaly['argument'] {
  const steps: Anomaly['argument'][number][] = [];
  const last = named(answer.operation);
  steps.push(
    from === null
      ? stepOn(`the count was ${initial} at first`)
      : stepOn(`${named(from.operation)} returned ${from.count}, and was over before ${last} began`, from.operation),
  );
  const others = shown.filter((one) => one !== answer);
  const operationsOf = (list: readonly Counted[]): Operation[] => list.map(({ operation }) => operation);
  const [one] = others;
  if (one !== undefined)
    steps.push(
      others.length === 1
        ? stepOn(
            `${named(one.operation)}${from === null ? '' : ' began after that, and'} was acknowledged before ${last} began`,
            one.operation,
            answer.operation,
          )
        : stepOn(
            `${others.length} operations that ${from === null ? '' : 'began after that and '}were acknowledged before ${last} began ${others.every(({ amount }) => amount > 0) ? `added ${sum(others)}` : `added ${others.map(({ amount }) => `${amount < 0 ? '−' : ''}${Math.abs(amount)}`).join(', ')}`}`,
            ...operationsOf(others),
          ),
    );
  if (answer.amount !== 0) steps.push(stepOn(`${last} itself added ${answer.amount}`, answer.operation));
  const [other] = told;
  if (other !== undefined)
    steps.push(
      stepOn(
        `${told.length === 1 ? `${named(other.operation)} may have been counted by then, too` : `${told.length} others may have been counted by then, too`}: ${sum(told) < 0 ? '−' : '+'}${Math.abs(sum(told))}${told.length === 1 ? '' : ' at most'}`,
        ...operationsOf(told),
      ),
    );
  else if (isLow && onlyUp) steps.push(stepOn('nothing that can have been counted by then took anything away'));
  else if (others.length === 0 && answer.amount === 0) steps.push(stepOn('nothing else can have been counted by then'));
  const must = isLow
    ? onlyUp
      ? `must return more than ${answer.count}`
      : `must return ${bound} or more`
    : `can return ${bound} at most`;
  steps.push(stepOn(`so ${last} ${must}; yet it returned ${answer.count}`, answer.operation));
  return steps;
}

/** Two that each add and answer the same count, where nothing can take away what the first added. */
function sameCount(answers: readonly Answered[], adds: Adds): Finding | null {
  const byCount = new Map<number, Answered>();
  for (const answer of answers) {
    if (answer.amount <= 0) continue;
    const first = byCount.get(answer.count);
    byCount.set(answer.count, answer);
    if (first === undefined) continue;
    const [from, to] = [Math.min(first.call, answer.call), Math.max(first.done, answer.done)];
    if ([...countedBetween(adds, from, to)].some(({ amount }) => amount < 0)) continue;
    const [one, other] = [first.operation, answer.operation];
    return {
      shape: 'same-count-twice',
      culprit: other,
      rests: [one, other],
      also: [],
      failed: null,
      facts: { read: other.index, other: one.index, count: answer.count },
      argument: [
        stepOn(`${named(one)} returned ${first.count}`, one),
        stepOn(`${named(other)} returned ${answer.count}, too`, other),
        stepOn(
          'one of them came first; from then on nothing can have been taken away, and the other added to it',
          one,
          other,
        ),
      ],
      fromAnyState: true,
    };
  }
  return null;
}

function sum(list: readonly Counted[]): number {
  return list.reduce((total, { amount }) => total + amount, 0);
}
