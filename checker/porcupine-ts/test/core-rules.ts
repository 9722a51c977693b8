/** What a core must be, by trying: the rules of minimise.ts and dependence.ts once more, for small cores and without any search. */

import type { Model } from '../src/model.ts';
import type { CheckOperation } from '../src/operation.ts';
import type { Violation } from '../src/outcome.ts';
import { textbookSearch } from '../src/textbook-search.ts';

export type AnyModel = Model<unknown, unknown, unknown>;
export type AnyOperation = CheckOperation<unknown, unknown>;
export type Operations = readonly AnyOperation[];

export const isLegal = (model: AnyModel, operations: Operations): boolean =>
  textbookSearch(model, operations).outcome === 'pass';

/** Whether the strict operations have an order in which the others take effect in their time, or not at all: by trying all. */
export const isLegalWith = (model: AnyModel, strict: Operations, others: Operations): boolean => {
  const all = [...strict, ...others];
  const seen = new Set<string>();
  const extend = (state: unknown, since: number, done: number): boolean => {
    const owed = strict.filter((one, at) => one.return !== null && (done & (1 << at)) === 0);
    if (owed.length === 0) return true;
    const key = `${since} ${done} ${model.key(state)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    const until = Math.min(...owed.map((one) => one.return!));
    return all.some(({ input, output, call, return: end }, at) => {
      if ((done & (1 << at)) !== 0 || call > until || (end ?? since) < since) return false;
      const next = model.step(state, input, output);
      return next !== undefined && extend(next, Math.max(since, call), done | (1 << at));
    });
  };
  return extend(model.init(), Number.NEGATIVE_INFINITY, 0);
};

/** What a core is to be judged by: the model from where the core starts, its operations but for who told that, and the rest. */
export interface Judged {
  readonly model: AnyModel;
  readonly core: Operations;
  readonly rest: Operations;
}

/**
 * A core of a partition as it must be judged. Where an answer told the state it starts from there, with what was called after that; what
 * ran with it may have come before: of the core it may or may not take effect, and of the rest, too.
 */
export const judgedFrom = (model: AnyModel, part: Operations, { core, startsFrom }: Violation): Judged => {
  const all = part.filter(({ id }) => core.includes(id));
  if (startsFrom === null) return { model, core: all, rest: part.filter((one) => !all.includes(one)) };
  const teller = all.find(({ id }) => id === startsFrom.operation)!;
  const state = model.stateAfter!(teller.input, teller.output);
  const possible = part.filter((one) => one !== teller && (one.return ?? teller.call) >= teller.call);
  return {
    model: { ...model, init: () => state },
    core: possible
      .filter((one) => all.includes(one))
      .map((one) => (one.call > teller.return! ? one : { ...one, return: null })),
    rest: possible.filter((one) => !all.includes(one)),
  };
};

/** Whether each answer of the core, and what ended by then, can be accounted for by others of it, or by nothing in the history: nothing was made up by leaving out. */
export const isFoundedByTrying = ({ model, core, rest }: Judged): boolean =>
  [
    ...core.map((one) => [one]),
    ...core.map((one) =>
      core.filter((other) => other.return !== null && one.return !== null && other.return <= one.return),
    ),
  ].every((some) => {
    const others = core.filter((one) => !some.includes(one));
    return isLegalWith(model, some, others) || !isLegalWith(model, some, [...others, ...rest]);
  });

/** The positions of a part's operations, as bits. */
type Part = number;

/**
 * The rule of dependence.ts, by looking at all parts of the core: whether without an operation, and without what rests on it, there is
 * an order. What rests on it was given something by it, and so on; or it is one of a bond, operations that have an order in the
 * core and none without that one, of which all others are kept.
 */
export const leavesOrderByTrying = (model: AnyModel, core: Operations): ((at: number) => boolean) => {
  const whole: Part = (1 << core.length) - 1;
  const known = new Map<string, boolean>();
  const of = (part: Part): Operations => core.filter((_, at) => (part & (1 << at)) !== 0);
  const hasOrderIn = (part: Part, pool: Part): boolean => {
    const key = `${part} ${pool}`;
    const found = known.get(key) ?? isLegalWith(model, of(part), of(pool & ~part));
    known.set(key, found);
    return found;
  };
  return (removed) => {
    const others = whole & ~(1 << removed);
    const readers = new Set([removed]);
    for (const writer of readers)
      for (const [at, reader] of core.entries())
        if (model.provides?.(core[writer]!, reader) !== undefined) readers.add(at);
    const bonds: Part[] = [];
    for (let part = others; part > 0; part = (part - 1) & others)
      if (!hasOrderIn(part, others) && hasOrderIn(part, whole)) bonds.push(part);
    const mayGo = (at: number, left: Part): boolean =>
      readers.has(at) || bonds.some((bond) => (bond & (1 << at)) !== 0 && (bond & ~(left | (1 << at))) === 0);
    for (let left = others; ; left = (left - 1) & others) {
      const gone = [...core.keys()].filter((at) => at !== removed && (left & (1 << at)) === 0);
      if (hasOrderIn(left, left) && gone.every((at) => mayGo(at, left))) return true;
      if (left === 0) return false;
    }
  };
};
