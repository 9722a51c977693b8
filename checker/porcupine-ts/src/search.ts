/** What every search offers, so that the driver can give keys their budgets in turns and race searches. */

export type SearchStatus = 'pass' | 'violation' | 'more';

export interface Search {
  /** For people: which method decides. */
  readonly method: string;
  /** Goes on for about this many steps (configurations), or until the interruption asks to stop. */
  advance(steps: number, interrupted: () => boolean): SearchStatus;
  /** After a pass: positions of operations in the timeline, in an order that explains the history. */
  linearization(): Int32Array | readonly number[];
  /** After a violation: a few operations that have no order, whatever the others did; null if the search knows none. */
  witness?(): readonly number[] | null;
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

/** What is open in a configuration. */
export interface OpenSlots {
  /** The operation in each slot, -1 for none. */
  readonly occupants: Int32Array;
  /** Whether the operation in a slot is not linearized. */
  isOwed(slot: number): boolean;
}

/** What can be told of a configuration at once, for some kinds of history. */
export interface Outlook<S> {
  /**
   * FINE where nothing can be told; `lostBy(event)` where the state no longer matters, for what happens up to the event
   * shows that it is replaced before anybody sees it; else the event, a return, that the configuration can't get past.
   * @param position the event up to which everything has happened
   */
  of(state: S, position: number, open: OpenSlots): number;
  /** False where an operation that never returned need not be tried at the event: an order has no use for it there. */
  isOfUse?(index: number, position: number): boolean;
  /** The one state that stands for all that are lost, or undefined if states are never lost. */
  readonly lost: S | undefined;
}

export const FINE = -1;

/** Its own inverse. */
export const lostBy = (event: number): number => -2 - event;
