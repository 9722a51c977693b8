/** What the register search needs to know of the future: whether leaving a write out, or not, can make a difference. */

import type { OpenClasses } from './register-classes.ts';
import { CAS_UNKNOWN, MISMATCH, type RegisterHistory, SILENT, WRITE } from './register-history.ts';

/** What is known of a write, in two bits: sixteen writes share a word. */
const OBSERVED = 1;
const UNOBSERVED = 2;
const KNOWN_MASK = 3;

/**
 * Whether an operation called after the return of a write, but before another write called after that return must have
 * taken effect, may find its value, or one that open cas make of it. (A mismatch finds every value, to be on the safe side.)
 * Looks no further than to the return of that other write, and once for each write: O(n c) altogether.
 */
export class RegisterLookahead {
  private readonly history: RegisterHistory;
  private readonly classes: OpenClasses;
  private readonly known: Int32Array;
  private readonly made = new Map<number, Set<number>>();

  constructor(history: RegisterHistory, classes: OpenClasses) {
    this.history = history;
    this.classes = classes;
    this.known = history.timeline.memory.ints((history.kinds.length + 15) >>> 4);
  }

  isObservableLater(write: number): boolean {
    const { known } = this;
    const word = write >>> 4;
    const shift = 2 * (write & 15);
    if (((known[word]! >>> shift) & KNOWN_MASK) === 0)
      known[word]! |= (this.look(write) ? OBSERVED : UNOBSERVED) << shift;
    return ((known[word]! >>> shift) & KNOWN_MASK) === OBSERVED;
  }

  private look(write: number): boolean {
    const { kinds, from, to, optional, timeline } = this.history;
    const { events, returns } = timeline;
    const value = to[write]!;
    const made = this.madeOf(value);
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

  /** The values that a chain of cas which never returned can make of this one; null if there is none. */
  private madeOf(value: number): ReadonlySet<number> | null {
    const { count, firstCas, nextCas, members } = this.classes;
    if (count === 0 || firstCas[value] === 0) return null;
    let made = this.made.get(value);
    if (made === undefined) {
      made = new Set<number>();
      const left = [value];
      for (let found = left.pop(); found !== undefined; found = left.pop())
        for (let id = firstCas[found]! - 1; id >= 0; id = nextCas[id]! - 1) {
          const leaves = this.history.to[members[id]![0]!]!;
          if (!made.has(leaves)) left.push(leaves);
          made.add(leaves);
        }
      this.made.set(value, made);
    }
    return made;
  }
}
