/**
 * From a core that is a proof to one that a reader can follow: taken by itself, without the rest of its history, it is a
 * contradiction too, and leaving an operation out of it resolves that.
 *
 * A proof needs neither the writers of what its reads were given nor whatever else its answers rest on: others may take
 * effect in their time. A reader sees a value from nowhere. So first, what was given is shown with one that gave it. Then, what
 * is needless now goes: beside a write that is shown, a read which proved it is. Last, where the core without one of its
 * operations would still be a contradiction, but only for the want of others that were left out, these are added. More
 * operations of the history never make its contradiction legal.
 */

import { checkInContext } from './context-check.ts';
import { generalSearch } from './general-search.ts';
import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { textbookSearch } from './textbook-search.ts';
import { layOut } from './timeline.ts';

/** A longer core was not made small; nobody reads it, and to look for its writers would take long. */
const READABLE_MAX = 60;
/** So many operations at most are added that others rest on. */
const HELPERS_MAX = 10;
/** Looked at for these: the latest before the end of the core. */
const CANDIDATES_MAX = 200;
const STEPS_MAX = 10_000;
const ROUNDS_MAX = 4;
/** Between two looks at the clock. */
const ASKED_MAX = 256;

type Operations<I, O> = readonly CheckOperation<I, O>[];

/**
 * @param operations the partition, the core among them
 * @param core operations that no order explains, whatever the others did
 * @param answers as in `checkInContext`
 * @param timeLeft milliseconds that it may still take
 */
export const completeCore = <S, I, O>(
  model: Model<S, I, O>,
  operations: Operations<I, O>,
  core: Operations<I, O>,
  answers: 'kept' | 'any',
  timeLeft: () => number,
): Operations<I, O> => {
  if (core.length > READABLE_MAX) return core;
  const isOver = (): boolean => timeLeft() <= 0;
  /** Whether what is left without the operation is still a proof. */
  const isNeedless = (whole: Operations<I, O>, operation: CheckOperation<I, O>): boolean => {
    const fewer = new Set(without(model, whole, operation));
    if (fewer.size === 0 || isOver()) return false;
    const rest = operations.filter((one) => !fewer.has(one));
    return checkInContext(model, [...fewer], rest, answers, isOver) === 'violation';
  };
  let whole = addWriters(model, operations, core, isOver);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const needed = withoutNeedless(model, whole, isNeedless);
    whole = addHelpers(model, operations, needed, timeLeft);
    // Beside what was added, another may now be needless.
    const needless = needed.find((operation) => whole.length > needed.length && isNeedless(whole, operation));
    if (needless === undefined) break;
    whole = without(model, whole, needless);
  }
  return whole;
};

/** The core without the operation, and without what depends on it. */
const without = <S, I, O>(
  model: Model<S, I, O>,
  core: Operations<I, O>,
  operation: CheckOperation<I, O>,
): Operations<I, O> => {
  const gone = new Set([operation]);
  for (const writer of gone)
    for (const reader of core) if (model.provides?.(writer, reader) !== undefined) gone.add(reader);
  return core.filter((one) => !gone.has(one));
};

const withoutNeedless = <S, I, O>(
  model: Model<S, I, O>,
  core: Operations<I, O>,
  isNeedless: (whole: Operations<I, O>, operation: CheckOperation<I, O>) => boolean,
): Operations<I, O> => {
  const needless = core.find((operation) => isNeedless(core, operation));
  return needless === undefined ? core : withoutNeedless(model, without(model, core, needless), isNeedless);
};

const addHelpers = <S, I, O>(
  model: Model<S, I, O>,
  operations: Operations<I, O>,
  core: Operations<I, O>,
  timeLeft: () => number,
): Operations<I, O> => {
  let whole = core;
  for (let grew = true; grew; ) {
    grew = false;
    for (const operation of core) {
      if (timeLeft() <= 0) return whole;
      const left = without(model, whole, operation);
      if (isLegal(model, left, timeLeft)) continue;
      const helpers = helpersOf(model, operations, whole, left, timeLeft);
      if (helpers.length === 0 || whole.length + helpers.length > core.length + HELPERS_MAX) continue;
      whole = inOrderOfCall([...whole, ...helpers]);
      grew = true;
    }
  }
  return whole;
};

/** Operations outside the whole with which the others have an order; none if that can't be had. */
const helpersOf = <S, I, O>(
  model: Model<S, I, O>,
  operations: Operations<I, O>,
  whole: Operations<I, O>,
  left: Operations<I, O>,
  timeLeft: () => number,
): Operations<I, O> => {
  const isOver = (): boolean => timeLeft() <= 0;
  const members = new Set(whole);
  const strict = new Set(left);
  const end = left.reduce((last, { call, return: own }) => Math.max(last, own ?? call), Number.NEGATIVE_INFINITY);
  const candidates = operations.filter(
    (one) => !members.has(one) && one.call <= end && !model.observes?.(one.input, one.output),
  );
  const timeline = layOut(inOrderOfCall([...left, ...candidates.slice(-CANDIDATES_MAX)]));
  const optional = Uint8Array.from(timeline.operations, (one) => (strict.has(one) ? 0 : 1));
  const search = generalSearch(model, timeline, { optional });
  while (search.steps < STEPS_MAX && !isOver()) {
    const status = search.advance(1000, isOver);
    if (status === 'violation') return [];
    if (status === 'more') continue;
    let helpers = Array.from(search.linearization(), (index) => timeline.operations[index]!).filter(
      (one) => !strict.has(one),
    );
    for (const one of helpers) {
      const fewer = helpers.filter((other) => other !== one);
      if (isLegal(model, [...left, ...fewer], timeLeft)) helpers = fewer;
    }
    return isLegal(model, [...left, ...helpers], timeLeft) ? helpers : [];
  }
  return [];
};

const isLegal = <S, I, O>(model: Model<S, I, O>, operations: Operations<I, O>, timeLeft: () => number): boolean =>
  textbookSearch(model, operations, { stepsMax: STEPS_MAX, timeMs: timeLeft() }).outcome === 'pass';

const inOrderOfCall = <I, O>(operations: Operations<I, O>): Operations<I, O> =>
  [...operations].sort((a, b) => a.call - b.call);

/**
 * Adds to a core, for each thing that a read in it was given, a writer of it, where the history has one and the core has
 * none: one that is shown for another read, else the latest that was called before the read returned, or the earliest of those that
 * came too late.
 */
const addWriters = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  core: readonly CheckOperation<I, O>[],
  isOver: () => boolean,
): readonly CheckOperation<I, O>[] => {
  if (model.provides === undefined) return core;
  const complete = new Set(core);
  let asked = 0;
  for (const reader of core) {
    const writers = new Map<string, CheckOperation<I, O>>();
    for (const writer of operations) {
      if (writer === reader) continue;
      if (++asked % ASKED_MAX === 0 && isOver()) return core;
      const given = model.provides(writer, reader);
      if (given === undefined) continue;
      const known = writers.get(given);
      // One that is shown already is enough, if it came in time.
      const [isShown, isKnownShown] = [writer, known].map(
        (one) => one !== undefined && complete.has(one) && one.call <= (reader.return ?? one.call),
      );
      if (known === undefined || isShown || (!isKnownShown && isBetter(writer, known, reader)))
        writers.set(given, writer);
    }
    for (const writer of writers.values()) complete.add(writer);
  }
  return inOrderOfCall([...complete]);
};

const isBetter = (
  writer: CheckOperation<unknown, unknown>,
  known: CheckOperation<unknown, unknown>,
  reader: CheckOperation<unknown, unknown>,
): boolean => {
  const end = reader.return ?? Number.POSITIVE_INFINITY;
  if (writer.call > end) return known.call > end && writer.call < known.call;
  return known.call > end || writer.call > known.call;
};
