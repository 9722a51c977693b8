/** A partition while it is checked: how far it has got, and what it holds. */

import type { Attempt } from './attempt.ts';
import type { Limits } from './limits.ts';
import type { Focus } from './model.ts';
import type { CheckOperation } from './operation.ts';
import type { CheckOptions, PartitionResult, UnknownReason } from './outcome.ts';
import type { Search } from './search.ts';
import type { Timeline } from './timeline.ts';
import { undecidedPart } from './undecided.ts';

/** About what the tables of an attempt, or of a timeline, take: they do not ask for leave. */
export const BYTES_PER_OPERATION = 64;

/** A partition, and how far it has got. */
export interface Part<I, O> {
  readonly key: string;
  readonly operations: readonly CheckOperation<I, O>[];
  timeline: Timeline<I, O> | null;
  search: Search | null;
  result: PartitionResult | null;
  /** Of a violation: the return that no order gets past and, maybe, operations that are to blame. */
  found: Pick<Search, 'furthestEvent' | 'witness'> | null;
  /** The same of one found by an attempt: the position of that operation. */
  stuckAt: number;
  /** Of a search that had to give its memory back: it starts over when no other key needs any. */
  isParked: boolean;
  /** Whether it was gone through for a violation that a single operation shows. */
  isLookedThrough: boolean;
  /** A part of what it says that is a violation by itself; undefined as long as nobody looked for one. */
  focus: Focus<I, O> | null | undefined;
  /** Bytes that it keeps between its turns. */
  held: number;
  /** What it can't be decided for; null as long as that is open, or as it is the same for all. */
  cause: UnknownReason['cause'] | null;
  /** Of searches that were given up. */
  stepsBefore: number;
  method: string;
  ms: number;
}

export const partOf = <I, O>(key: string, operations: readonly CheckOperation<I, O>[]): Part<I, O> => ({
  key,
  operations,
  timeline: null,
  search: null,
  result: null,
  found: null,
  stuckAt: -1,
  isParked: false,
  isLookedThrough: false,
  focus: undefined,
  held: 0,
  cause: null,
  stepsBefore: 0,
  method: 'none',
  ms: 0,
});

/** The search is given up, and its tables with it. */
export const giveUp = (part: Part<unknown, unknown>, limits: Limits): void => {
  part.stepsBefore += part.search?.steps ?? 0;
  part.method = part.search?.method ?? part.method;
  part.search = null;
  hold(part, limits);
};

/** Counts the memory that the part keeps between its turns. */
export const hold = (part: Part<unknown, unknown>, limits: Limits): void => {
  const held = part.search === null ? 0 : part.operations.length * BYTES_PER_OPERATION + part.search.memoryBytes;
  limits.memory += held - part.held;
  part.held = held;
};

/** Keeps the parts within the limit of memory: those that hold most give theirs back. */
export const makeRoom = <I, O>(parts: readonly Part<I, O>[], limits: Limits): void => {
  if (limits.memory <= limits.memoryMax) return;
  for (const holder of [...parts].sort((a, b) => b.held - a.held)) {
    if (limits.memory <= limits.memoryMax) return;
    // What needs more by itself will not be decided later either.
    if (holder.held > limits.memoryMax) holder.cause = 'memory';
    else holder.isParked = true;
    giveUp(holder, limits);
  }
};

export const blame = (part: Part<unknown, unknown>, furthestEvent: number, witness: readonly number[] | null): void => {
  part.found = { furthestEvent, witness: () => witness };
};

export const decided = <I, O>(
  { key, operations, stepsBefore, ms }: Part<I, O>,
  { outcome, method, linearization, concurrencyMax, steps }: Omit<Attempt, 'stuckAt'>,
): PartitionResult => ({
  key,
  outcome,
  method,
  operations: operations.length,
  linearization,
  violation: null,
  unknown: null,
  concurrencyMax,
  steps: stepsBefore + steps,
  ms,
});

export const undecidedResult = <I, O>(
  part: Part<I, O>,
  cause: UnknownReason['cause'],
  options: CheckOptions,
): PartitionResult => ({
  ...undecidedPart(part, cause, options, part.timeline ?? undefined),
  method: part.search?.method ?? part.method,
  steps: stepsOf(part),
  ms: part.ms,
});

export const stepsOf = ({ result, stepsBefore, search }: Part<unknown, unknown>): number =>
  result?.steps ?? stepsBefore + (search?.steps ?? 0);
