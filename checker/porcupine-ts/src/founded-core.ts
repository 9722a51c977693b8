/**
 * Whether a core can be followed by itself, and what must be shown with it for that. A core proves that its history is a violation
 * whatever the others did; but where an answer of it needs some of the others (a count, who counted), it would, taken by itself, be
 * rejected for the want of these: a contradiction still, but one that was made by leaving out.
 *
 * So each answer of it must be possible with some of the core's other operations; or with none in the history.
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

const thatMayActBefore = <I, O>(operations: Operations<I, O>, one: CheckOperation<I, O>): Operations<I, O> =>
  operations.filter((other) => other !== one && other.call <= (one.return ?? one.call));

/** Those whose answers are possible in the history, but not with the core's operations alone. */
const unfounded = <S, I, O>(
  model: Model<S, I, O>,
  core: Operations<I, O>,
  operations: Operations<I, O>,
  isOver: () => boolean,
): CheckOperation<I, O> | undefined =>
  core.find((one) => {
    if (one.return === null) return false;
    const statusWith = (all: Operations<I, O>): SearchStatus =>
      searchWithOptional(model, [one], thatMayActBefore(all, one), isOver).status;
    if (statusWith(core) !== 'violation') return false;
    const status = statusWith(operations);
    // Where answers are given by single operations, these are shown; where they count all that went before, they may lack some.
    return status === 'pass' || (status === 'more' && model.stateAfter !== undefined);
  });

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
    const one = unfounded(model, whole, operations, isOver);
    if (one === undefined) return whole;
    const founders = foundersOf(model, one, whole, candidates, isOver);
    if (founders.length === 0 || whole.length + founders.length > core.length + ADDED_MAX || isOver()) return null;
    const members = new Set([...whole, ...founders]);
    whole = candidates.filter((candidate) => members.has(candidate));
  }
};

/** A few of the candidates with which, and with those of the core, the answer is possible. */
const foundersOf = <S, I, O>(
  model: Model<S, I, O>,
  one: CheckOperation<I, O>,
  core: Operations<I, O>,
  candidates: Operations<I, O>,
  isOver: () => boolean,
): Operations<I, O> => {
  const able = thatMayActBefore(core, one);
  const others = thatMayActBefore(candidates, one).filter((other) => !core.includes(other));
  const isPossibleWith = (added: Operations<I, O>): boolean =>
    searchWithOptional(model, [one], [...able, ...added], isOver).status === 'pass';
  for (const [at, count] of CANDIDATES.entries()) {
    if (at > 0 && others.length <= CANDIDATES[at - 1]!) break;
    const { status, used } = searchWithOptional(model, [one], [...able, ...others.slice(-count)], isOver);
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
