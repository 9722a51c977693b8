/**
 * Methods that decide a history of some shape outright, without trying orders: by its intervals alone. Such a method gives
 * an order on a pass and a small witness on a violation, or says that it can't tell.
 */

import type { Value } from './model.ts';
import type { Search, SearchStatus } from './search.ts';
import type { Timeline } from './timeline.ts';

/** Operations are positions in the timeline. */
export type Decision =
  | { readonly outcome: 'pass'; readonly order: Int32Array | readonly number[] }
  | {
      readonly outcome: 'violation';
      /** Operations that have no order, whatever the others did; with each, the writer of what it found. */
      readonly witness: readonly number[];
      /** Of what these found, that which is enough. */
      readonly about?: readonly Value[];
    };

/**
 * A search that asks the method first, and goes on as another search if it can't tell.
 * @param decide null if it can't tell, `more` to be asked again
 * @param stepsPerAsk what each time counts for: a step for each operation, if nothing is said
 */
export const decideFirst = (
  method: string,
  timeline: Timeline<unknown, unknown>,
  decide: () => Decision | null | 'more',
  otherwise: () => Search,
  stepsPerAsk = timeline.operations.length,
): Search => {
  let decision: Decision | null = null;
  let search: Search | null = null;
  let asked = 0;
  const advance = (budget: number, interrupted: () => boolean): SearchStatus => {
    if (search !== null) return search.advance(budget, interrupted);
    for (let spent = 0; decision === null; spent += stepsPerAsk) {
      if (interrupted() || spent >= budget) return 'more';
      asked++;
      const answer = decide();
      if (answer === 'more') continue;
      if (answer === null) {
        search = otherwise();
        return search.advance(budget, interrupted);
      }
      decision = answer;
    }
    return decision.outcome;
  };
  return {
    get method() {
      return search?.method ?? method;
    },
    advance,
    linearization: () => (decision?.outcome === 'pass' ? decision.order : search!.linearization()),
    witness: () => (decision?.outcome === 'violation' ? decision.witness : (search?.witness?.() ?? null)),
    get steps() {
      return (search?.steps ?? 0) + asked * stepsPerAsk;
    },
    get memoryBytes() {
      return search?.memoryBytes ?? 0;
    },
    get furthestEvent() {
      return decision?.outcome === 'violation' ? lastReturn(timeline, decision.witness) : (search?.furthestEvent ?? 0);
    },
  };
};

/** No order of the witness gets past the last return in it. */
const lastReturn = ({ returns, events }: Timeline<unknown, unknown>, witness: readonly number[]): number =>
  witness.reduce((last, index) => (returns[index]! < events.length ? Math.max(last, returns[index]!) : last), 0);

/** Position in `events` of each operation's call. */
export const callPositions = ({ events, operations }: Timeline<unknown, unknown>): Int32Array => {
  const calls = new Int32Array(operations.length);
  for (let at = 0; at < events.length; at++) if (events[at]! >= 0) calls[events[at]!] = at;
  return calls;
};
