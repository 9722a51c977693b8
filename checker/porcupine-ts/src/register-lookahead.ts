/** What the register search needs to know of the future: whether leaving a write out, or not, can make a difference. */

import type { OpenClasses } from './register-classes.ts';
import { CAS, READ, type RegisterHistory, SILENT, WRITE } from './register-history.ts';

/**
 * Whether an operation called after the return of a write, but before another write called after that return must have
 * taken effect, may find its value, or one that open cas make of it. (A mismatch finds every value, to be on the safe side.)
 *
 * One walk from the end to the beginning tells it of all writes: O(n), and as much again for each value that open cas make.
 */
export class RegisterLookahead {
  private readonly history: RegisterHistory;
  private readonly classes: OpenClasses;
  /** A bit for each operation: of a write, whether its value may be found after its return. Null as long as nobody asked. */
  private observable: Int32Array | null = null;
  private readonly made = new Map<number, readonly number[]>();

  constructor(history: RegisterHistory, classes: OpenClasses) {
    this.history = history;
    this.classes = classes;
  }

  isObservableLater(write: number): boolean {
    this.observable ??= this.walk();
    return (this.observable[write >>> 5]! & (1 << (write & 31))) !== 0;
  }

  private walk(): Int32Array {
    const { kinds, from, to, optional, timeline, valueCount } = this.history;
    const { events, returns, memory } = timeline;
    const observable = memory.ints((kinds.length + 31) >>> 5);
    /** Of what is called after the present event: the first return of a write, and the first call that finds each value, or any. */
    let firstReturn = events.length;
    let firstOfAny = events.length;
    const firstOf = memory.unset(valueCount).fill(events.length);
    for (let position = events.length - 1; position >= 0; position--) {
      const event = events[position]!;
      const kind = kinds[event < 0 ? ~event : event]!;
      if (event >= 0) {
        if (kind === READ || kind === CAS) firstOf[from[event]!] = position;
        else if (kind === WRITE) {
          if (returns[event]! < firstReturn && optional?.[event] !== 1) firstReturn = returns[event]!;
        } else if (kind !== SILENT) firstOfAny = position;
      } else if (kind === WRITE) {
        const value = to[~event]!;
        if (firstOfAny < firstReturn || firstOf[value]! < firstReturn || this.isMade(value, firstOf, firstReturn))
          observable[~event >>> 5]! |= 1 << (~event & 31);
      }
    }
    return observable;
  }

  private isMade(value: number, firstOf: Int32Array, firstReturn: number): boolean {
    if (this.classes.count === 0 || this.classes.firstCas[value] === 0) return false;
    return this.madeOf(value).some((made) => firstOf[made]! < firstReturn);
  }

  /** The values that a chain of cas which never returned can make of this one. */
  private madeOf(value: number): readonly number[] {
    const known = this.made.get(value);
    if (known !== undefined) return known;
    const { firstCas, nextCas, members } = this.classes;
    const made = new Set<number>();
    const left = [value];
    for (let found = left.pop(); found !== undefined; found = left.pop())
      for (let id = firstCas[found]! - 1; id >= 0; id = nextCas[id]! - 1) {
        const leaves = this.history.to[members[id]![0]!]!;
        if (!made.has(leaves)) left.push(leaves);
        made.add(leaves);
      }
    const values = [...made];
    this.made.set(value, values);
    return values;
  }
}
