/**
 * Of a queue, stack or priority queue in which values repeat: one, two or three values that no order explains, whatever there is
 * beside them.
 *
 * Take an order that explains the history, and of it what put, took or saw these values alone, and what found nothing. That is
 * an order of a smaller queue, stack or priority queue: the others lay between, and made no difference to which of these came
 * first; and where there was nothing at all, there was none of these. A take of unknown answer took one of these, or another
 * or none: it is as if it never returned. So if no order explains that, nothing explains the whole. Where there is no such take
 * each operation says all that it said: what the core needs, it needs of the whole history, too.
 *
 * One value alone is a count: more of it was taken than had been put, or not all that was put was taken when nothing was there. Two
 * are a contradiction if they came out in an order in which they can't have gone in, three seldom alone.
 *
 * And of these only the beginning: up to the first return that no order gets past. What returned later need not have taken effect,
 * but if it did, with its answer.
 *
 * Of several such values those are chosen of which the last few operations are illegal, whatever went before: a count of one takes
 * all that there was of it, while beside another value, that was taken when the one was gone, the same is seen in a few.
 */

import { generalSearch } from './general-search.ts';
import type { Focus, Model, Value } from './model.ts';
import type { CheckOperation } from './operation.ts';
import type { Search } from './search.ts';
import type { Step } from './spans.ts';
import { layOut, type Timeline } from './timeline.ts';
import { Interner, show } from './value.ts';

type Operations<I extends Step> = readonly CheckOperation<I, Value>[];

/** More values at once are not looked at. */
const VALUES_MAX = 3;
/** So many pairs, or triples, are looked at: those of values near the point of failure first. */
const TRIES_MAX = 60;
/** Steps of a search for an order of one part. */
const STEPS_MIN = 2000;
const STEPS_PER_OPERATION = 10;
/** Of so many that are illegal, the best is chosen; none is looked for beyond one that is illegal in so few operations. */
const CHOICE_MAX = 8;
const FEW = 24;

/** What is known of the container. */
export interface Judge<I extends Step> {
  /** A search for an order. */
  searchOf(timeline: Timeline<I, Value>): Search;
  /** Of how many operations a core would be chosen. */
  countSuspects(operations: Operations<I>, isOver: () => boolean): number;
}

/**
 * @param operations in order of call
 * @param stuck position of an operation that has no place: what is near it is looked at first
 * @returns null if there are no such values, if none repeats, or if time is up
 */
export const focusOnValues = <I extends Step>(
  operations: Operations<I>,
  stuck: number,
  { searchOf, countSuspects }: Judge<I>,
  isOver: () => boolean,
): Focus<I, Value> | null => {
  const numbered = numberValues(operations);
  if (numbered === null) return null;
  const { values, names } = numbered;
  const saysLess = values.some((value, at) => value === UNKNOWN && operations[at]!.input.f === 'take');
  const isViolation = (part: Operations<I>, count: number): boolean => {
    const timeline = layOut(part);
    const search = count === 1 ? countSearch(timeline) : searchOf(timeline);
    return search.advance(Math.max(STEPS_MIN, STEPS_PER_OPERATION * part.length), isOver) === 'violation';
  };
  let best: Focus<I, Value> | null = null;
  let [fewest, found] = [Number.POSITIVE_INFINITY, 0];
  for (const chosen of combinations(nearest(values, stuck))) {
    if (isOver() || fewest <= FEW || found === CHOICE_MAX) break;
    const part = ofValues(operations, values, new Set(chosen));
    if (!isViolation(part, chosen.length)) continue;
    found++;
    const beginning = beginningOf(part, (some) => isViolation(some, chosen.length));
    const suspects = countSuspects(beginning, isOver);
    if (suspects >= fewest) continue;
    fewest = suspects;
    const about = saysLess ? `what put, took or saw ${chosen.map((value) => names[value]).join(', ')}` : null;
    best = { operations: beginning, about };
  }
  return best;
};

interface Numbered {
  /** By operation: the number of the value that it put or saw; of what found nothing, NOTHING; of unknown answers, UNKNOWN. */
  readonly values: Int32Array;
  /** By number. */
  readonly names: readonly string[];
}

const NOTHING = -1;
const UNKNOWN = -2;

const numberValues = <I extends Step>(operations: Operations<I>): Numbered | null => {
  const values = new Int32Array(operations.length);
  const interner = new Interner(operations.length);
  const names: string[] = [];
  const isPut: boolean[] = [];
  let repeats = false;
  for (const [at, { input, output }] of operations.entries()) {
    const value = input.f === 'put' ? (input.value ?? null) : output;
    if (value === undefined || value === null) {
      values[at] = value === undefined ? UNKNOWN : NOTHING;
      continue;
    }
    const id = interner.idOf(value);
    values[at] = id;
    names[id] ??= show(value);
    if (input.f !== 'put') continue;
    repeats ||= isPut[id] === true;
    isPut[id] = true;
  }
  return repeats ? { values, names } : null;
};

/** Values in order of distance from the operation. */
const nearest = (values: Int32Array, stuck: number): number[] => {
  const near = new Set<number>();
  for (let distance = 0; distance < values.length; distance++)
    for (const at of [stuck - distance, stuck + distance])
      if (values[at] !== undefined && values[at]! >= 0) near.add(values[at]!);
  return [...near];
};

/** Each alone, then so many pairs, and so many triples, of those that come first. */
function* combinations(values: readonly number[]): Generator<readonly number[], void, void> {
  for (const value of values) yield [value];
  for (let size = 2; size <= Math.min(VALUES_MAX, values.length); size++) {
    let tries = 0;
    for (const chosen of ofSize(values.length, size)) {
      if (tries++ >= TRIES_MAX) break;
      yield chosen.map((at) => values[at]!);
    }
  }
}

/** Ascending positions, in order of the last of them: those among the first few come first. */
function* ofSize(count: number, size: number): Generator<readonly number[], void, void> {
  if (size === 0) yield [];
  else for (let last = size - 1; last < count; last++) for (const rest of ofSize(last, size - 1)) yield [...rest, last];
}

const ofValues = <I extends Step>(
  operations: Operations<I>,
  values: Int32Array,
  chosen: ReadonlySet<number>,
): Operations<I> => {
  const part: CheckOperation<I, Value>[] = [];
  for (const [at, operation] of operations.entries()) {
    if (values[at] === NOTHING || chosen.has(values[at]!)) part.push(operation);
    else if (values[at] === UNKNOWN && operation.input.f === 'take')
      part.push({ ...operation, output: undefined, return: null });
  }
  return part;
};

/** The shortest beginning that is a violation, found by halving. */
const beginningOf = <I extends Step>(
  operations: Operations<I>,
  isViolation: (operations: Operations<I>) => boolean,
): Operations<I> => {
  const returns = operations.flatMap((one) => (one.return === null ? [] : [one.return])).sort((a, b) => a - b);
  const upTo = (end: number): Operations<I> =>
    operations
      .filter(({ call }) => call <= end)
      .map((one) => (one.return === null || one.return <= end ? one : { ...one, return: null }));
  let [low, high] = [0, returns.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isViolation(upTo(returns[middle]!))) high = middle;
    else low = middle + 1;
  }
  return upTo(returns[high]!);
};

/** Of one value, how many there are says all. */
const COUNT: Model<number, Step, Value> = {
  name: 'count',
  init: () => 0,
  step(count, { f }, output) {
    if (f === 'put') return count + 1;
    if (output !== undefined && (output === null) !== (count === 0)) return undefined;
    return f === 'take' && count > 0 ? count - 1 : count;
  },
  key: (count) => count,
  observes: ({ f }, output) => f === 'peek' || (f === 'take' && output === null),
  effect: ({ f }, output) => `${f} ${output === undefined ? '?' : output === null}`,
};

const countSearch = (timeline: Timeline<Step, Value>): Search => generalSearch(COUNT, timeline);
