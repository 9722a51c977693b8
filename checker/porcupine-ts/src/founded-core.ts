/**
 * Whether a core can be followed by itself, and what must be shown with it for that. A core proves that its history is a violation
 * whatever the others did; but where an answer of it needs some of the others (a count, who counted), it would, taken by itself, be
 * rejected for the want of these: a contradiction still, but one that was made by leaving out.
 *
 * So each answer of it must be possible with some of the core's other operations; or with none in the history. And so must its
 * beginning, up to any return: it becomes impossible where the history does, and not before.
 */

import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { searchWithOptional } from './optional-search.ts';
import type { SearchStatus } from './search.ts';

type Operations<I, O> = readonly CheckOperation<I, O>[];

/** So many operations at most are added. */
const ADDED_MAX = 24;
/** Looked at for these: so many of the latest before the return of what needs them; more, if there is nothing among them. */
const CANDIDATES = [8, 32, 128];

const thatMayActBefore = <I, O>(operations: Operations<I, O>, some: Operations<I, O>): Operations<I, O> => {
  const end = some.reduce(
    (last, { call, return: returned }) => Math.max(last, returned ?? call),
    Number.NEGATIVE_INFINITY,
  );
  const ids = new Set(some.map(({ id }) => id));
  return operations.filter(({ id, call }) => !ids.has(id) && call <= end);
};

/** Some whose answers are possible in the history, but not with the core's operations alone. Null if there is no time to tell. */
const unfounded = <S, I, O>(
  model: Model<S, I, O>,
  core: Operations<I, O>,
  operations: Operations<I, O>,
  isOver: () => boolean,
): Operations<I, O> | undefined | null => {
  const statusOf = (some: Operations<I, O>, all: Operations<I, O>): SearchStatus =>
    searchWithOptional(model, some, thatMayActBefore(all, some), isOver).status;
  const isPossible = (some: Operations<I, O>): boolean => {
    const status = statusOf(some, operations);
    // Where answers are given by single operations, these are shown; where they count all that went before, they may lack some.
    return status === 'pass' || (status === 'more' && model.stateAfter !== undefined);
  };
  const ended = core.filter((one) => one.return !== null).sort((a, b) => a.return! - b.return!);
  for (const one of ended) {
    if (isOver()) return null;
    if (statusOf([one], core) === 'violation' && isPossible([one])) return [one];
  }
  if (model.stateAfter === undefined) return undefined;
  // The whole of it is impossible: that is what it is shown for.
  for (let length = 1; length < ended.length; length++) {
    if (isOver()) return null;
    const beginning = ended.slice(0, length);
    if (statusOf(beginning, core) === 'violation') return isPossible(beginning) ? beginning : undefined;
  }
  return undefined;
};

export const isFounded = <S, I, O>(
  model: Model<S, I, O>,
  core: Operations<I, O>,
  operations: Operations<I, O>,
  isOver: () => boolean,
): boolean => unfounded(model, core, operations, isOver) === undefined;

/**
 * The core, with others that its answers need. Null if these can't be had.
 * @param operations that might have had an effect on it
 * @param candidates those of them that may be added
 */
export const withFounders = <S, I, O>(
  model: Model<S, I, O>,
  core: Operations<I, O>,
  operations: Operations<I, O>,
  candidates: Operations<I, O>,
  isOver: () => boolean,
): Operations<I, O> | null => {
  let whole = core;
  for (;;) {
    const some = unfounded(model, whole, operations, isOver);
    if (some === undefined) return whole;
    if (some === null) return null;
    const founders = foundersOf(model, some, whole, candidates, isOver);
    if (founders.length === 0 || whole.length + founders.length > core.length + ADDED_MAX || isOver()) return null;
    const members = new Set([...whole, ...founders]);
    whole = candidates.filter((candidate) => members.has(candidate));
  }
};

/** A few of the candidates with which, and with those of the core, the answers are possible. */
const foundersOf = <S, I, O>(
  model: Model<S, I, O>,
  some: Operations<I, O>,
  core: Operations<I, O>,
  candidates: Operations<I, O>,
  isOver: () => boolean,
): Operations<I, O> => {
  const able = thatMayActBefore(core, some);
  const others = thatMayActBefore(candidates, some).filter((other) => !core.includes(other));
  const isPossibleWith = (added: Operations<I, O>): boolean =>
    searchWithOptional(model, some, [...able, ...added], isOver).status === 'pass';
  for (const [at, count] of CANDIDATES.entries()) {
    if (at > 0 && others.length <= CANDIDATES[at - 1]!) break;
    const { status, used } = searchWithOptional(model, some, [...able, ...others.slice(-count)], isOver);
    if (status !== 'pass') continue;
    let founders = used.filter((other) => !core.includes(other));
    for (const founder of founders) {
      const fewer = founders.filter((other) => other !== founder);
      if (isPossibleWith(fewer)) founders = fewer;
    }
    return founders;
  }
  return [];
};
