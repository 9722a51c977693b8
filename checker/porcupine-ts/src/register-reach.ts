/**
 * Whether the value that a returning operation must find can still come about, and which operation begins a shortest way there.
 *
 * Only operations that are open and not done can take effect before the return. A value can come about only if a chain of
 * open cas leads to it from the value that is there, or from one that an open write leaves. (Each as often as one likes: that
 * is more than is allowed, so a value that is out of reach here is out of reach.) Where a hundred operations never
 * returned, their sequences are without number, and this is quicker than to try them all in vain. The shortest way is a
 * matter of luck only: it spends few of them.
 */

import type { RegisterConfiguration } from './register-configuration.ts';
import { WRITE } from './register-history.ts';

/** Instead of an operation: nothing leads to the value. */
export const OUT_OF_REACH = -3;

export class RegisterReach {
  private readonly at: RegisterConfiguration;
  private readonly to: Int32Array;
  /** Per value: the last walk that reached it, and the operation that begins the way there. */
  private readonly reached: Int32Array;
  private readonly beginnings: Int32Array;
  /** Values in the order in which they are reached. */
  private readonly queue: Int32Array;
  private length = 0;
  private walk = 0;
  /** Per value: the last walk in which it led to the goal. */
  private readonly leading: Int32Array;

  constructor(at: RegisterConfiguration) {
    const { valueCount, timeline, to } = at.history;
    this.at = at;
    this.to = to;
    this.reached = timeline.memory.ints(valueCount);
    this.beginnings = timeline.memory.unset(valueCount);
    this.queue = timeline.memory.unset(valueCount);
    this.leading = timeline.memory.ints(valueCount);
  }

  /** The operation that begins a shortest way from the present value to another, or OUT_OF_REACH. */
  beginning(goal: number): number {
    const { at, queue, reached, beginnings } = this;
    const { words, state, writes, classes } = at;
    this.walk++;
    this.length = 0;
    reached[state] = this.walk;
    this.followReturning(state, -1);
    for (let word = 0; word < words; word++) this.reachAll(word, writes[word]!, -1);
    this.followOpen(state, -1);
    for (const id of classes.writes) this.reachOpen(id, -1);
    for (let next = 0; next < this.length && reached[goal] !== this.walk; next++) {
      const value = queue[next]!;
      this.followReturning(value, beginnings[value]!);
      this.followOpen(value, beginnings[value]!);
    }
    return reached[goal] === this.walk ? beginnings[goal]! : OUT_OF_REACH;
  }

  /**
   * How far to go back where a value is out of reach: nothing that was chosen later could have brought it about.
   *
   * Call a value leading if a chain of cas that are open now and not done makes the goal of it; the goal itself is. Let u be
   * the latest operation that took effect while the value was a leading one, so that it is none since. Whatever else had
   * been chosen after u: for the goal to come about, some operation that leaves a leading value must take effect after u. It
   * was not done at u, has not taken effect since (the value would have been a leading one), and if it was not left out
   * since, it is open now; then, if it is a cas, what it finds is leading in turn, and so on back to a write: with that, the
   * goal would be within reach.
   */
  lastChance(goal: number): { readonly trail: number; readonly event: number } {
    const { to, leading, walk } = this;
    const { trail, history } = this.at;
    this.markLeading(goal);
    let last = -1;
    /** Of a leading value, left out while the present one was what is before it in the trail. */
    let leftOut = -1;
    for (let at = trail.length - 1; at >= -1; at--) {
      const index = at < 0 ? 0 : trail.indexes[at]!;
      const value = at < 0 ? history.initial : to[index < 0 ? ~index : index]!;
      const isLeading = value >= 0 && leading[value] === walk;
      if (index < 0) {
        if (isLeading && leftOut < 0) leftOut = at;
      } else if (isLeading) break;
      else if (value >= 0) {
        last = leftOut < 0 ? at : leftOut;
        if (leftOut >= 0) break;
      }
    }
    return { trail: last, event: last < 0 ? -1 : trail.positions[last]! };
  }

  /** Marks the values of which open cas can make the goal. */
  private markLeading(goal: number): void {
    const { leading, walk, at, to } = this;
    const { words, cas, done, occupants, classes, used, called } = at;
    const { from, kinds } = at.history;
    leading[goal] = walk;
    const marks = (index: number): boolean => {
      if (leading[to[index]!] !== walk || leading[from[index]!] === walk) return false;
      leading[from[index]!] = walk;
      return true;
    };
    for (let isMore = true; isMore; ) {
      isMore = false;
      for (let id = 0; id < classes.count; id++) {
        const index = classes.members[id]![0]!;
        if (used[id]! < called[id]! && kinds[index] !== WRITE && marks(index)) isMore = true;
      }
      for (let word = 0; word < words; word++)
        for (let rest = cas[word]! & ~done[word]!; rest !== 0; rest &= rest - 1)
          if (marks(occupants[(word << 5) | (31 - Math.clz32(rest & -rest))]!)) isMore = true;
    }
  }

  private reach(value: number, beginning: number): void {
    if (this.reached[value] === this.walk) return;
    this.reached[value] = this.walk;
    this.beginnings[value] = beginning;
    this.queue[this.length++] = value;
  }

  /** @param beginning of the way to the value; -1 if it is there */
  private followReturning(value: number, beginning: number): void {
    const { words, finders, observers } = this.at;
    for (let word = 0; word < words; word++)
      this.reachAll(word, finders[value * words + word]! & ~observers[word]!, beginning);
  }

  private reachAll(word: number, slots: number, beginning: number): void {
    const { done, occupants } = this.at;
    for (let rest = slots & ~done[word]!; rest !== 0; rest &= rest - 1) {
      const index = occupants[(word << 5) | (31 - Math.clz32(rest & -rest))]!;
      this.reach(this.to[index]!, beginning < 0 ? index : beginning);
    }
  }

  private followOpen(value: number, beginning: number): void {
    const { classes } = this.at;
    if (classes.count === 0) return;
    for (let id = classes.firstCas[value]! - 1; id >= 0; id = classes.nextCas[id]! - 1) this.reachOpen(id, beginning);
  }

  private reachOpen(id: number, beginning: number): void {
    const { classes, used, called } = this.at;
    if (used[id]! >= called[id]!) return;
    const index = classes.members[id]![used[id]!]!;
    this.reach(this.to[index]!, beginning < 0 ? index : beginning);
  }
}
