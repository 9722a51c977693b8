/**
 * From a core that is a proof to one that a reader can follow: taken by itself, without the rest of its history, it is a
 * contradiction too, and leaving an operation out of it, with what rests on that (dependence.ts), resolves it.
 *
 * A proof needs neither the writers of what its reads were given nor whatever else its answers rest on: others may take
 * effect in their time. A reader sees a value from nowhere. So first, what was given is shown with one that gave it. Then, what
 * is needless now goes: beside a write that is shown, a read which proved it is. Last, where the core without one of its
 * operations would still be a contradiction, but only for the want of others that were left out, these are added; and what is
 * left for nothing beside them goes. More operations of the history never make its contradiction legal, and what goes is what the
 * proof does not need. Where the end of it is no better than what there was on the way, that is taken.
 */

import { checkInContext } from './context-check.ts';
import { leavesOrder, withoutReaders } from './dependence.ts';
import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { searchWithOptional } from './optional-search.ts';
import type { SearchStatus } from './search.ts';
import { textbookSearch } from './textbook-search.ts';

/** A longer core was not made small; nobody reads it, and to look for its writers would take long. */
const READABLE_MAX = 60;
/** So many operations at most are added that others rest on. */
const HELPERS_MAX = 20;
/** Looked at for these: so many of the latest before the end of the core; more, if there are none among them. */
const CANDIDATES = [16, 64, 256];
/** What is needless beside what was added is looked for in cores of so many operations. */
const REVISED_MAX = 10;
/** So many others at most may take effect where a search must tell whether something is a proof. */
const REST_MAX = 200;
const STEPS_MAX = 10_000;
const ROUNDS_MAX = 4;
/** Between two looks at the clock. */
const ASKED_MAX = 256;

type Operations<I, O> = readonly CheckOperation<I, O>[];

export interface CompleteCore<I, O> {
  readonly operations: Operations<I, O>;
  /** Whether it is certain that without each of its operations, and what rests on that, there is an order. */
  readonly isMinimal: boolean;
}

interface Setting<S, I, O> {
  readonly model: Model<S, I, O>;
  /** The partition, the core among them. */
  readonly operations: Operations<I, O>;
  /** Those of it that may be added to the core. */
  readonly candidates: Operations<I, O>;
  readonly timeLeft: () => number;
  readonly isOver: () => boolean;
}

/**
 * @param operations the partition, the core among them
 * @param core operations that no order explains, whatever the others did
 * @param timeLeft milliseconds that it may still take
 * @param candidates those of the partition that may be added to the core
 */
export const completeCore = <S, I, O>(
  model: Model<S, I, O>,
  operations: Operations<I, O>,
  core: Operations<I, O>,
  timeLeft: () => number,
  candidates = operations,
): CompleteCore<I, O> => {
  const setting = { model, operations, candidates, timeLeft, isOver: () => timeLeft() <= 0 };
  const isMinimal = (whole: Operations<I, O>): boolean => whole.every((one) => isNeeded(setting, whole, one));
  if (core.length > READABLE_MAX) return { operations: core, isMinimal: false };
  const shown = withoutNeedless(setting, addWriters(setting, core));
  const helped = addHelpers(setting, shown, new Set());
  for (const whole of [shown, helped]) if (isMinimal(whole)) return { operations: whole, isMinimal: true };
  // Beside what was added, others may now be there for nothing; and without them what was added for them.
  const needless = new Set<CheckOperation<I, O>>();
  for (let whole = helped, round = 0; round < ROUNDS_MAX && whole.length <= REVISED_MAX; round++) {
    for (let one = needlessOf(setting, whole); one !== undefined; one = needlessOf(setting, whole)) {
      needless.add(one);
      whole = whole.filter((other) => other !== one);
    }
    if (isMinimal(whole)) return { operations: whole, isMinimal: true };
    whole = addHelpers(setting, whole, needless);
    if (isMinimal(whole)) return { operations: whole, isMinimal: true };
  }
  return isMinimal(core) ? { operations: core, isMinimal: true } : { operations: shown, isMinimal: false };
};

const isNeeded = <S, I, O>(
  { model, isOver }: Setting<S, I, O>,
  core: Operations<I, O>,
  operation: CheckOperation<I, O>,
): boolean => leavesOrder(model, core, operation, isOver);

const isProof = <S, I, O>({ model, operations, isOver }: Setting<S, I, O>, part: Operations<I, O>): boolean => {
  if (part.length === 0 || isOver()) return false;
  const members = new Set(part.map(({ id }) => id));
  const rest = operations.filter(({ id }) => !members.has(id));
  const able = thatMayActBefore(model, endOf(part), rest);
  const search = (): SearchStatus =>
    able.length > REST_MAX ? 'more' : searchWithOptional(model, part, able, isOver).status;
  // A search made for the model is the quicker.
  const found = model.recallsAnswers ? search() : 'more';
  if (found !== 'more') return found === 'violation';
  const verdict = checkInContext(model, part, rest, isOver);
  return verdict === 'unknown' ? search() === 'violation' : verdict === 'violation';
};

const endOf = (operations: Operations<unknown, unknown>): number =>
  operations.reduce((last, { call, return: end }) => Math.max(last, end ?? call), Number.NEGATIVE_INFINITY);

const thatMayActBefore = <S, I, O>(
  model: Model<S, I, O>,
  end: number,
  operations: Operations<I, O>,
): Operations<I, O> => operations.filter((one) => one.call <= end && !model.observes?.(one.input, one.output));

const withoutNeedless = <S, I, O>(setting: Setting<S, I, O>, core: Operations<I, O>): Operations<I, O> => {
  for (const operation of core) {
    const fewer = withoutReaders(setting.model, core, operation);
    if (isProof(setting, fewer)) return withoutNeedless(setting, fewer);
  }
  return core;
};

/** One without which there is no order, for a reason in which it plays no part. */
const needlessOf = <S, I, O>(setting: Setting<S, I, O>, core: Operations<I, O>): CheckOperation<I, O> | undefined =>
  core.find((operation) => {
    const others = core.filter((one) => one !== operation);
    return !isNeeded(setting, core, operation) && isProof(setting, others);
  });

const addHelpers = <S, I, O>(
  setting: Setting<S, I, O>,
  core: Operations<I, O>,
  needless: ReadonlySet<CheckOperation<I, O>>,
): Operations<I, O> => {
  let whole = core;
  for (let grew = true; grew; ) {
    grew = false;
    for (const operation of core) {
      if (setting.isOver()) return whole;
      if (isNeeded(setting, whole, operation)) continue;
      const beginnings = [withoutReaders(setting.model, whole, operation), whole.filter((one) => one !== operation)];
      const tried = new Set([...whole, ...needless]);
      const found = beginnings.map((left) => helpersOf(setting, tried, left)).find((helpers) => helpers.length > 0);
      if (found === undefined || whole.length + found.length > core.length + HELPERS_MAX) continue;
      whole = inOrderOfCall([...whole, ...found]);
      grew = true;
    }
  }
  return whole;
};

/** Other operations than those tried with which what is left of a core has an order; none if that can't be had. */
const helpersOf = <S, I, O>(
  { model, candidates: all, timeLeft, isOver }: Setting<S, I, O>,
  tried: ReadonlySet<CheckOperation<I, O>>,
  left: Operations<I, O>,
): Operations<I, O> => {
  const candidates = thatMayActBefore(model, endOf(left), all).filter((one) => !tried.has(one));
  for (const [at, count] of CANDIDATES.entries()) {
    if (at > 0 && candidates.length <= CANDIDATES[at - 1]!) break;
    const { status, used } = searchWithOptional(model, left, candidates.slice(-count), isOver);
    if (status !== 'pass') continue;
    let helpers = used;
    for (const one of used) {
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
  { model, candidates, isOver }: Setting<S, I, O>,
  core: Operations<I, O>,
): Operations<I, O> => {
  if (model.provides === undefined) return core;
  const complete = new Set(core);
  let asked = 0;
  for (const reader of core) {
    const writers = new Map<string, CheckOperation<I, O>>();
    for (const writer of candidates) {
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
