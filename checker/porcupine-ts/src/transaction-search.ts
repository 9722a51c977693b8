/**
 * Transactions over several registers: what holds in every order first (`transaction-saturation.ts`), which mostly shows a violation,
 * or leads to an order (`transaction-schedule.ts`). If neither, the search that it is given goes on.
 */

import { type Decision, decideFirst } from './decision.ts';
import { minimalWitness } from './minimal-witness.ts';
import type { Search } from './search.ts';
import { layOut, type Timeline } from './timeline.ts';
import type { Read, TransactionHistory } from './transaction-history.ts';
import { Saturation } from './transaction-saturation.ts';
import { Schedule } from './transaction-schedule.ts';

/** What is done in one go, and the steps that this counts for. */
const READS_AT_ONCE = 50;
const PLACED_AT_ONCE = 5;
const STEPS = 2;
/** Of more that a contradiction rests on, it is not found out which are needed. */
const SUSPECTS_MAX = 400;
/** What more than so many may have written says nothing there. */
const WRITERS_MAX = 16;

/** How a history is read; with what is optional, as in Relaxation. */
export type ReadAs<I, O> = (timeline: Timeline<I, O>, optional: Uint8Array | null) => TransactionHistory;

/** @param optional as in Relaxation */
export const transactionSearch = <I, O>(
  timeline: Timeline<I, O>,
  optional: Uint8Array | null,
  readAs: ReadAs<I, O>,
  otherwise: () => Search,
): Search => {
  const run = decide(timeline, optional, readAs);
  const goOn = (): Decision | null | 'more' => {
    const { done, value } = run.next();
    return done ? value : 'more';
  };
  return decideFirst('what holds in every order', timeline, goOn, otherwise, STEPS);
};

/** The decision alone: null if it can't tell. */
export const decideTransactions = <I, O>(timeline: Timeline<I, O>, readAs: ReadAs<I, O>): Decision | null => {
  const run = decide(timeline, null, readAs);
  for (;;) {
    const { done, value } = run.next();
    if (done) return value;
  }
};

/** Transactions that no order explains, with the writers of what they found; null if what holds in every order does not show any. */
export const contradictionIn = <I, O>(
  timeline: Timeline<I, O>,
  readAs: ReadAs<I, O>,
  isOver: () => boolean,
): readonly number[] | null => {
  const history = readAs(timeline, null);
  const saturation = new Saturation(history);
  while (!saturation.advance(READS_AT_ONCE)) if (isOver()) return null;
  return saturation.order.contradiction === 0 ? null : witnessOf(timeline, history, readAs, suspectsOf(saturation));
};

function* decide<I, O>(
  timeline: Timeline<I, O>,
  optional: Uint8Array | null,
  readAs: ReadAs<I, O>,
): Generator<'more', Decision | null, void> {
  const history = readAs(timeline, optional);
  const saturation = new Saturation(history);
  while (!saturation.advance(READS_AT_ONCE)) yield 'more';
  if (saturation.order.contradiction !== 0)
    return { outcome: 'violation', witness: witnessOf(timeline, history, readAs, suspectsOf(saturation)) };
  const schedule = new Schedule(history, saturation);
  for (;;) {
    const status = schedule.advance(PLACED_AT_ONCE);
    if (status === 'done') return { outcome: 'pass', order: schedule.placed };
    if (status === 'stuck') return null;
    yield 'more';
  }
}

/** All that the contradiction rests on, in order of call. */
const suspectsOf = ({ order, initial }: Saturation): readonly number[] =>
  [...order.restsOn(order.contradiction)].filter((one) => one !== initial).sort((a, b) => a - b);

/**
 * Of the suspects as few as are a contradiction still where all others are optional: that is, the other suspects, and whoever may have
 * written what these found. Nobody else is needed to find an order of some of them. With them, the writers of what they found.
 */
const witnessOf = <I, O>(
  { operations }: Timeline<I, O>,
  full: TransactionHistory,
  readAs: ReadAs<I, O>,
  suspects: readonly number[],
): readonly number[] => {
  if (suspects.length > SUSPECTS_MAX) return suspects;
  const { reads, initial } = full;
  const isSuspect = new Uint8Array(initial);
  for (const suspect of suspects) isSuspect[suspect] = 1;
  const own = reads.filter(({ reader }) => isSuspect[reader] === 1);
  const isTold = ({ found }: Read): boolean => found.writers.length <= WRITERS_MAX;
  const writers = own.filter(isTold).flatMap(({ found }) => found.writers);
  const all = [...new Set([...suspects, ...writers])].sort((a, b) => a - b);
  const timeline = layOut(all.map((index) => operations[index]!));
  const isContradiction = (part: readonly number[]): boolean => {
    const isNeeded = new Set(part);
    const history = readAs(
      timeline,
      Uint8Array.from(all, (index) => (isNeeded.has(index) ? 0 : 1)),
    );
    // These are the same reads, of fewer readers.
    const inFull = own.filter(({ reader }) => isNeeded.has(reader));
    const saturation = new Saturation({ ...history, reads: history.reads.filter((_, at) => isTold(inFull[at]!)) });
    while (!saturation.advance(READS_AT_ONCE));
    return saturation.order.contradiction !== 0;
  };
  if (!isContradiction(suspects)) return suspects;
  const needed = minimalWitness([...suspects].reverse(), isContradiction);
  return [...new Set([...needed, ...lastWriters(full, needed)])];
};

/** The last that can have written it, of each value that these found. */
const lastWriters = ({ reads, calls, timeline }: TransactionHistory, readers: readonly number[]): readonly number[] =>
  reads
    .filter(({ reader }) => readers.includes(reader))
    .flatMap(({ reader, found: { writers } }) => {
      const inTime = writers.filter((writer) => writer !== reader && calls[writer]! < timeline.returns[reader]!);
      return inTime.slice(-1);
    });
