/**
 * A register's history decided straight from its operations, without a timeline and a search that can be interrupted: what
 * these cost is more than a history of a hundred operations does. The method is that of narrow-search.ts; the order that it
 * finds is completed as in register-certificate.ts.
 */

import type { Attempt } from './attempt.ts';
import type { Memory } from './memory.ts';
import type { Value } from './model.ts';
import { type Encode, FACTS, FROM, NarrowHistory, RETURN, TO } from './narrow-history.ts';
import { NarrowSearch } from './narrow-search.ts';
import type { CheckOperation } from './operation.ts';
import { certificate } from './register-certificate.ts';
import type { RegisterEncoder } from './register-history.ts';

/** A violation in a longer history is better told by a method that names the few operations to blame: unique-writes.ts. */
const EXPLAINED_MAX = 10_000;

/** Null if the history is too wide, not in order of call, or too hard. */
export const attemptNarrow = <I, O>(
  operations: readonly CheckOperation<I, O>[],
  initial: Value,
  encode: (operation: CheckOperation<I, O>, encoder: RegisterEncoder) => void,
  memory: Memory,
  interrupted: () => boolean,
): Attempt | null => {
  const history = new NarrowHistory(operations, initial, encode as Encode, memory);
  const search = new NarrowSearch(history, memory);
  const outcome = search.run(interrupted);
  if (outcome === null || (outcome === 'violation' && operations.length > EXPLAINED_MAX)) return null;
  const passes = outcome === 'pass';
  return {
    outcome,
    method: 'narrow register search',
    linearization: passes ? linearization(history, search) : null,
    stuckAt: passes ? -1 : ~history.events[search.furthestEvent]!,
    concurrencyMax: history.widest(),
    steps: search.steps,
  };
};

/** Ids in order. */
const linearization = (history: NarrowHistory, { trail, moments, trailLength }: NarrowSearch): number[] => {
  const { operations, isNumbered, facts, events } = history;
  const from = facts.subarray(FROM);
  const to = facts.subarray(TO);
  const returns = facts.subarray(RETURN);
  const encoded = { kinds: facts, from, to, returns, shift: FACTS, events };
  const order = certificate(encoded, trail, moments, trailLength);
  if (!isNumbered) for (let at = 0; at < order.length; at++) order[at] = operations[order[at]!]!.id;
  return order;
};
