/** Everything that is known about registers, for a model that is one (or whose partition is): search, refuter, cut states. */

import type { Attempt } from './attempt.ts';
import { decideFirst } from './decision.ts';
import type { Memory } from './memory.ts';
import type { Value } from './model.ts';
import { attemptNarrow } from './narrow-register.ts';
import type { CheckOperation } from './operation.ts';
import { withRefuter } from './refuter.ts';
import { encodeRegister, type RegisterEncoder } from './register-history.ts';
import { registerSearch } from './register-search.ts';
import type { Relaxation, Search } from './search.ts';
import { attemptShort } from './short-register.ts';
import type { Timeline } from './timeline.ts';
import { uniqueWriters, zones } from './unique-writes.ts';
import { canonical } from './value.ts';

export interface RegisterPath<I, O> {
  /** As in Model. */
  attempt(operations: readonly CheckOperation<I, O>[], memory: Memory, interrupted: () => boolean): Attempt | null;
  search(timeline: Timeline<I, O>, relaxation?: Relaxation<Value>): Search;
  /** As in Model: the values that the operations find, the initial one, and one that stands for all others. */
  cutStates(operations: readonly CheckOperation<I, O>[]): readonly Value[];
}

/** Stands for any value that no operation finds. */
const OTHER: Value = { 'a value that nothing finds': true };

/** @param encode tells the encoder what an operation does to the register */
export const registerPath = <I, O>(
  initial: Value,
  encode: (operation: CheckOperation<I, O>, encoder: RegisterEncoder) => void,
): RegisterPath<I, O> => {
  const searchPart = (part: Timeline<I, O>, relaxation: Relaxation<Value>): Search =>
    registerSearch(
      encodeRegister(part, relaxation.initial === undefined ? initial : relaxation.initial, encode, relaxation),
    );
  const cutStates = (operations: readonly CheckOperation<I, O>[]): readonly Value[] => {
    const found = new Map<string, Value>([['', OTHER]]);
    const find = (value: Value): void => {
      found.set(canonical(value), value);
    };
    find(initial);
    const encoder: RegisterEncoder = { read: find, write: () => {}, cas: find };
    for (const operation of operations) encode(operation, encoder);
    return [...found.values()];
  };
  const windows = { cutStates, searchPart };
  return {
    attempt: (operations, memory, interrupted) =>
      attemptShort(operations, initial, encode) ?? attemptNarrow(operations, initial, encode, memory, interrupted),
    cutStates,
    search(timeline, relaxation) {
      if (relaxation !== undefined) return searchPart(timeline, relaxation);
      const history = encodeRegister(timeline, initial, encode);
      const search = (): Search => withRefuter(timeline, registerSearch(history), windows);
      const writers = uniqueWriters(history);
      return writers === null
        ? search()
        : decideFirst('zones of unique writes', timeline, () => zones(history, writers), search);
    },
  };
};
