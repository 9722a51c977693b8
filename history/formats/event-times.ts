/** The times of a sequence of events, as integers of nanoseconds that agree with its order. */

import type { EventTime } from './event.ts';
import { HistoryError } from './format.ts';

/** Of a file whose events have an order and no times; their positions, from 0, stand for nanoseconds. */
export const TIMELESS_NOTE = 'the file has no times: the positions of events stand for them';

export class EventTimes {
  #exact = false;
  #events = 0;
  #timed: boolean | null = null;
  #last: number | null = null;
  #lastCompletion: number | null = null;
  #wentBack: number | null = null;
  /** What is subtracted from every time: the first one, if a number can't hold it (nanoseconds since 1970 are such). */
  #base: bigint | null = null;

  /** From now on times are not bent. */
  keepExactly(): void {
    this.#exact = true;
  }

  /** No event had a time. */
  get timeless(): boolean {
    return this.#timed === false;
  }

  of(given: EventTime, invocation: boolean, line: () => number): number {
    const position = this.#events++;
    if (this.#timed === null) this.#timed = given !== null;
    if (this.#timed !== (given !== null))
      throw new HistoryError(`:time is ${given === null ? 'missing' : 'given'}, unlike before in this file`, line());
    if (given === null) return position;
    const time = this.#base === null && typeof given === 'number' ? given : this.#sinceBase(BigInt(given), line);
    return this.#exact ? time : this.#bent(time, invocation, line);
  }

  notes(): string[] {
    const notes: string[] = [];
    if (this.#timed === false) notes.push(TIMELESS_NOTE);
    if (this.#base !== null) notes.push(`times count from the first event of a client, ${this.#base}`);
    if (this.#wentBack !== null)
      notes.push(`times run backwards at line ${this.#wentBack}: the order of the file counts`);
    return notes;
  }

  #sinceBase(given: bigint, line: () => number): number {
    if (this.#base === null && this.#events === 1) this.#base = given;
    const time = Number(given - (this.#base ?? 0n));
    if (!Number.isSafeInteger(time))
      throw new HistoryError(
        `:time ${given} is more than 2^53 nanoseconds (104 days) away from the first event's`,
        line(),
      );
    return time;
  }

  #bent(time: number, invocation: boolean, line: () => number): number {
    let bent = time;
    if (this.#last !== null && bent < this.#last) {
      this.#wentBack ??= line();
      bent = this.#last;
    }
    const completed = this.#lastCompletion;
    if (invocation && completed !== null && bent <= completed) bent = completed + 1;
    this.#last = bent;
    if (!invocation) this.#lastCompletion = bent;
    return bent;
  }
}
