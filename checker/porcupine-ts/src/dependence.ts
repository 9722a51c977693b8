/**
 * What rests on an operation of a core, and whether an order is left without the operation and all that rests on it.
 *
 * For two reasons an operation rests on another. That may have given it something (the model tells, `provides`): a read rests on
 * the write of its value. Or, for much rests on what nobody sees (that a lock was free, that an element came first), there are
 * operations, a bond, that have an order in the core, in which its others may take effect or not, and none without the other: of these
 * one must go when that goes. No more is left out than that: what is left out has a bond with operations that are kept.
 *
 * The contradiction of the core itself is no bond, for the core has no order with the operation either. So where an operation
 * changes nothing, nothing rests on it, and the contradiction is still there without it.
 */

import { minimalWitness } from './minimal-witness.ts';
import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { searchWithOptional } from './optional-search.ts';

type Operations<I, O> = readonly CheckOperation<I, O>[];

/** Searches for the bonds of one operation, in cores of up to so many operations. */
const SEARCHES_MAX = 600;
const FEW = 10;
/**
 * In larger ones so many for each operation of the core: where there is a bond, it mostly is found in two or three, and where there
 * is none, there are too many parts to look at them all.
 */
const SEARCHES_PER_OPERATION = 12;

/** The core without the operation, and without what it gave something to, and so on. */
export const withoutReaders = <S, I, O>(
  model: Model<S, I, O>,
  core: Operations<I, O>,
  operation: CheckOperation<I, O>,
): Operations<I, O> => {
  const gone = new Set([operation]);
  for (const writer of gone)
    for (const reader of core) if (model.provides?.(writer, reader) !== undefined) gone.add(reader);
  return core.filter((one) => !gone.has(one));
};

/**
 * Whether there is an order without the operation and what rests on it. False where it can't be told, too: if there are too many
 * bonds to look for, or if time has run out.
 */
export const leavesOrder = <S, I, O>(
  model: Model<S, I, O>,
  core: Operations<I, O>,
  operation: CheckOperation<I, O>,
  isOver: () => boolean,
): boolean => {
  const others = core.filter((one) => one !== operation);
  const hasOrder = orderWith(model, isOver, core.length > FEW ? SEARCHES_PER_OPERATION * core.length : SEARCHES_MAX);
  const beginnings = [withoutReaders(model, core, operation), others];
  if (beginnings.some((left) => hasOrder(left, []))) return true;
  const search = bondSearch(core, operation, hasOrder);
  return beginnings.some((left) => search.leaveOut(left, []));
};

/** Whether operations have an order in which others of a pool may take effect, or not. */
type HasOrder<I, O> = (operations: Operations<I, O>, pool: Operations<I, O>) => boolean;

const orderWith = <S, I, O>(model: Model<S, I, O>, isOver: () => boolean, searchesMax: number): HasOrder<I, O> => {
  let searches = 0;
  return (operations, pool) => {
    if (searches++ > searchesMax || isOver()) return false;
    const rest = pool.filter((one) => !operations.includes(one));
    return searchWithOptional(model, operations, rest, isOver).status === 'pass';
  };
};

const bondSearch = <I, O>(core: Operations<I, O>, operation: CheckOperation<I, O>, hasOrder: HasOrder<I, O>) => {
  const others = core.filter((one) => one !== operation);
  const bonds: Operations<I, O>[] = [];

  /** A bond among these, if one is found: a smallest part without an order of a largest that has one with the operation. */
  const bondIn = (left: Operations<I, O>): Operations<I, O> | undefined => {
    const known = bonds.find((bond) => bond.every((member) => left.includes(member)));
    if (known !== undefined) return known;
    for (const last of [undefined, ...left]) {
      const inTurn = last === undefined ? left : [...left.filter((one) => one !== last), last];
      let possible: Operations<I, O> = [];
      for (const one of inTurn) if (hasOrder([...possible, one], core)) possible = [...possible, one];
      if (hasOrder(possible, others)) continue;
      const bond = minimalWitness(possible, (part) => !hasOrder(part, others));
      bonds.push(bond);
      return bond;
    }
    return undefined;
  };
  const isBound = (one: CheckOperation<I, O>, left: Operations<I, O>): boolean =>
    bonds.some((bond) => bond.includes(one) && bond.every((member) => member === one || left.includes(member)));
  const leaveOut = (left: Operations<I, O>, gone: Operations<I, O>): boolean => {
    if (gone.length > 0 && hasOrder(left, [])) return gone.every((one) => isBound(one, left));
    return (bondIn(left) ?? []).some((one) =>
      leaveOut(
        left.filter((other) => other !== one),
        [...gone, one],
      ),
    );
  };
  return { leaveOut };
};
