/**
 * A violation that a single operation shows: it answered what nobody can have caused. A read of a value that was never written,
 * a take of one that was never put there, a count beyond all that was ever added.
 *
 * Why it is one: in an order that explains the history, what comes before an operation was called before that operation
 * returned. So walk the events, and note at each call what the operation could cause, whatever became of it and whenever it
 * took effect; at each return, all that has been noted is more than what can have come before. An answer that even so nothing
 * accounts for has no place in any order. Nothing is said of the rest: mostly, answers are accounted for.
 *
 * What is noted only grows, and holds for each family of models for a reason of its own:
 * - What is found was there at first or is the value of some operation that brings values (`Sightings`: registers, keys, sets,
 *   queues, stacks, priority queues): no model makes a value of anything else. Where texts are appended to, any text may come
 *   about, and nothing is said of texts.
 * - A count is what it was at first and the sum of some of the amounts that were called (`counter`): no less than with all
 *   that take away, no more than with all that add. Only for whole numbers that are exact in whatever order they are added.
 */

import type { Model, Value } from './model.ts';
import type { Timeline } from './timeline.ts';
import { canonical } from './value.ts';

/** What the operations called so far can have caused. */
export interface Causes<Input, Output> {
  /** The operation was called: from now on it may have taken effect. */
  note(input: Input, output: Output | undefined): void;
  /** Whether these, in some order, can have led to the answer. When in doubt, true. */
  accountFor(input: Input, output: Output): boolean;
}

/** Position of the first operation to return with an answer that nothing accounts for; -1 if there is none. O(n). */
export const impossibleResult = <S, I, O>(model: Model<S, I, O>, { operations, events }: Timeline<I, O>): number => {
  const causes = model.causes?.();
  if (causes === undefined) return -1;
  for (let at = 0; at < events.length; at++) {
    const event = events[at]!;
    const { input, output } = operations[event < 0 ? ~event : event]!;
    if (event >= 0) causes.note(input, output);
    else if (output !== undefined && !causes.accountFor(input, output)) return ~event;
  }
  return -1;
};

/** Values that were brought. */
export class Sightings {
  private readonly plain = new Set<Value>();
  private readonly structures = new Set<string>();

  add(value: Value): void {
    if (typeof value === 'object' && value !== null) this.structures.add(canonical(value));
    else this.plain.add(value);
  }

  has(value: Value): boolean {
    return typeof value === 'object' && value !== null ? this.structures.has(canonical(value)) : this.plain.has(value);
  }
}

/** The same of several keys, each of which holds `initial` at first. */
export class SightingsByKey {
  private readonly byKey = new Map<string, Sightings>();
  private readonly initial: Value;

  constructor(initial: Value) {
    this.initial = initial;
  }

  at(key: string): Sightings {
    let own = this.byKey.get(key);
    if (own === undefined) {
      own = new Sightings();
      own.add(this.initial);
      this.byKey.set(key, own);
    }
    return own;
  }
}
