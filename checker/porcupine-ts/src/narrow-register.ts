/**
 * A register's history decided straight from its operations, without a timeline and a search that can be interrupted: what
 * these cost is more than a history of a hundred operations does. The method is that of narrow-search.ts; the order that it
 * finds is completed as in register-certificate.ts.
 */

import type { Attempt } from './attempt.ts';
import type { Memory } from './memory.ts';
import type { Value } from './model.ts';
import { IN_TRAIL } from './narrow-candidates.ts';
import { type Encode, FACTS, FROM, KIND_MASK, NarrowHistory, NEVER, OPEN_WRITE, RETURN, TO } from './narrow-history.ts';
import { NarrowSearch } from './narrow-search.ts';
import type { CheckOperation } from './operation.ts';
import { type RegisterEncoder, SILENT, WRITE } from './register-history.ts';

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
    linearization: passes ? completed(history, search) : null,
    stuckAt: passes ? -1 : ~history.events[search.furthestEvent]!,
    concurrencyMax: history.widest(),
    steps: search.steps,
  };
};

/** Ids in order: with what the search left out, put where it does no harm. */
const completed = (
  { operations, isNumbered, facts, events, eventCount, initial, neverReturned }: NarrowHistory,
  { trail, trailLength }: NarrowSearch,
): number[] => {
  let openTaken = 0;
  for (let at = 0; at < trailLength; at += 2) {
    const base = trail[at]! << FACTS;
    facts[base]! |= IN_TRAIL;
    if (facts[base + RETURN] === NEVER) openTaken++;
  }
  const ids = new Array<number>(operations.length - neverReturned + openTaken);
  const waiting: number[] = [];
  let length = 0;
  let state = initial;
  let next = 0;
  let nextMoment = trailLength > 0 ? trail[1]! : eventCount;
  for (let position = 0; position < eventCount; position++) {
    const event = events[position]!;
    if (event >= 0) {
      const base = event << FACTS;
      const code = facts[base]!;
      if ((code & IN_TRAIL) === 0 && facts[base + RETURN] !== NEVER) {
        if ((code & KIND_MASK) === SILENT || agrees(facts, base, state))
          ids[length++] = isNumbered ? event : operations[event]!.id;
        else waiting.push(event);
      }
    }
    while (nextMoment === position) {
      const taken = trail[next]!;
      next += 2;
      nextMoment = next < trailLength ? trail[next + 1]! : eventCount;
      const base = taken << FACTS;
      const kind = facts[base]! & KIND_MASK;
      if (waiting.length > 0 && (kind === WRITE || kind === OPEN_WRITE))
        length = place(operations, facts, waiting, OVERWRITTEN, ids, length);
      ids[length++] = isNumbered ? taken : operations[taken]!.id;
      if (facts[base + TO]! < 0) continue;
      state = facts[base + TO]!;
      if (waiting.length > 0) length = place(operations, facts, waiting, state, ids, length);
    }
  }
  return ids;
};

/** Whether an operation that was left out can take effect while the register has this value, and change nothing. */
const agrees = (facts: Int32Array, base: number, state: number): boolean =>
  (facts[base]! & KIND_MASK) === WRITE ? facts[base + TO] === state : facts[base + FROM] !== state;

/** In place of a value: it is about to be overwritten, so that every write can go before. */
const OVERWRITTEN = -1;

/** Those that waited for nothing but this moment take effect. Returns how many ids there are then. */
const place = (
  operations: NarrowHistory['operations'],
  facts: Int32Array,
  waiting: number[],
  state: number,
  ids: number[],
  count: number,
): number => {
  let length = count;
  let kept = 0;
  for (let i = 0; i < waiting.length; i++) {
    const index = waiting[i]!;
    const base = index << FACTS;
    const fits = state === OVERWRITTEN ? (facts[base]! & KIND_MASK) === WRITE : agrees(facts, base, state);
    if (fits) ids[length++] = operations[index]!.id;
    else waiting[kept++] = index;
  }
  waiting.length = kept;
  return length;
};
