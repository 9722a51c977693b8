/** What every search offers, so that the driver can give keys their budgets in turns and race searches. */

export type SearchStatus = 'pass' | 'violation' | 'more';

export interface Search {
  /** For people: which method decides. */
  readonly method: string;
  /** Goes on for about this many steps (configurations), or until the interruption asks to stop. */
  advance(steps: number, interrupted: () => boolean): SearchStatus;
  /** After a pass: positions of operations in the timeline, in an order that explains the history. */
  linearization(): Int32Array | readonly number[];
  /** Configurations tried so far. */
  readonly steps: number;
  /** Bytes held by the search's tables. */
  readonly memoryBytes: number;
  /** The furthest event reached: on a violation, no order gets past it. */
  readonly furthestEvent: number;
}

/** How a search may be told to allow more than the history does: for cores, and to refute a history by a part of it. */
export interface Relaxation<S> {
  /** Operations, by position in the timeline, that may take effect in their time with any answer, or not at all. */
  readonly optional?: Uint8Array;
  /** Instead of the model's. */
  readonly initial?: S;
  /** Operations that never returned may take effect any number of times. */
  readonly unlimited?: boolean;
}

/**
 * The event, a return, that a configuration surely can't get past, as far as can be told at once; -1 when in doubt.
 * @param position the event up to which everything has happened
 * @param isOpenOwed whether the operation in a slot is not linearized
 * @param occupants the operation in each slot, -1 for none
 */
export type Viability<S> = (
  state: S,
  position: number,
  isOpenOwed: (slot: number) => boolean,
  occupants: Int32Array,
) => number;
