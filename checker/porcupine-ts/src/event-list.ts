/** Events that are still to come, in a list from which a search takes them, and puts them back when it goes back. */

import type { Memory } from './memory.ts';

/** Some of the events from 0 to before `end`, in order. What leaves comes back in the reverse order. `end` itself never does. */
export class EventList {
  /** The event after each; `end` comes after the last and before the first. */
  readonly next: Int32Array;
  private readonly before: Int32Array;
  private readonly end: number;

  constructor(end: number, memory: Memory) {
    this.end = end;
    this.next = memory.ints(end + 1);
    this.before = memory.ints(end + 1);
    this.next[end] = end;
    this.before[end] = end;
  }

  append(event: number): void {
    const { next, before, end } = this;
    const last = before[end]!;
    next[last] = event;
    before[event] = last;
    next[event] = end;
    before[end] = event;
  }

  first(): number {
    return this.next[this.end]!;
  }

  leave(event: number): void {
    if (event === this.end) return;
    const { next, before } = this;
    next[before[event]!] = next[event]!;
    before[next[event]!] = before[event]!;
  }

  comeBack(event: number): void {
    if (event === this.end) return;
    const { next, before } = this;
    next[before[event]!] = event;
    before[next[event]!] = event;
  }
}
