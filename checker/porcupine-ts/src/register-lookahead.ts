/** What the register search needs to know of the future: whether leaving a write out, or not, can make a difference. */

import type { OpenClasses } from './register-classes.ts';
import { CAS_UNKNOWN, MISMATCH, type RegisterHistory, SILENT, WRITE } from './register-history.ts';

const OBSERVED = 1;
const UNOBSERVED = 2;

/**
 * Whether an operation called after the return of a write, but before another write called after that return must have
 * taken effect, may find its value, or one that open cas make of it. (A mismatch finds every value, to be on the safe side.)
 * Looks no further than to the return of that other write, and once for each write: O(n c) altogether.
 */
export class RegisterLookahead {
  private readonly history: RegisterHistory;
  private readonly classes: OpenClasses;
  private readonly known: Int32Array;
  private madeOf: ReadonlyMap<number, ReadonlySet<number>> | null = null;

  constructor(history: RegisterHistory, classes: OpenClasses) {
    this.history = history;
    this.classes = classes;
    this.known = history.timeline.memory.ints(history.kinds.length);
  }

  isObservableLater(write: number): boolean {
    if (this.known[write] === 0) this.known[write] = this.look(write) ? OBSERVED : UNOBSERVED;
    return this.known[write] === OBSERVED;
  }

  private look(write: number): boolean {
    const { kinds, from, to, optional, timeline } = this.history;
    const { events, returns } = timeline;
    if (this.classes.count > 0) this.madeOf ??= valuesMadeByOpenCas(this.history, this.classes);
    const value = to[write]!;
    const made = this.madeOf?.get(value);
    let end = events.length;
    for (let position = returns[write]! + 1; position < end; position++) {
      const event = events[position]!;
      if (event < 0) continue;
      switch (kinds[event]) {
        case SILENT:
          break;
        case WRITE:
          if (returns[event]! < end && optional?.[event] !== 1) end = returns[event]!;
          break;
        case MISMATCH:
        case CAS_UNKNOWN:
          return true;
        default:
          if (from[event] === value || made?.has(from[event]!)) return true;
      }
    }
    return false;
  }
}

/** For each value that cas which never returned can change: the values that a chain of them can make of it. */
const valuesMadeByOpenCas = (
  { kinds, from, to }: RegisterHistory,
  { members }: OpenClasses,
): ReadonlyMap<number, ReadonlySet<number>> => {
  const changes = new Map<number, number[]>();
  for (const [first] of members) {
    if (kinds[first!] === WRITE) continue;
    const known = changes.get(from[first!]!);
    if (known === undefined) changes.set(from[first!]!, [to[first!]!]);
    else known.push(to[first!]!);
  }
  const made = new Map<number, ReadonlySet<number>>();
  for (const value of changes.keys()) {
    const reached = new Set<number>();
    const left = [value];
    for (let at = left.pop(); at !== undefined; at = left.pop())
      for (const next of changes.get(at) ?? []) {
        if (!reached.has(next)) left.push(next);
        reached.add(next);
      }
    made.set(value, reached);
  }
  return made;
};
