/**
 * A process is a single-threaded client: it has at most one operation under way, and one whose outcome is unknown retires it.
 * Files of events can't say otherwise; files of whole operations can.
 *
 * An operation without an end is not in the way of the next: its client gave it up at a time that nobody recorded.
 */

import type { Operation } from '../operation.ts';

export interface ClientsAtWork {
  /** Positions, in the list, of an operation and of one of the same process invoked before its end; null if there are none. */
  readonly overlap: readonly [earlier: number, later: number] | null;
  /** How many operations a process invoked after one of unknown outcome. */
  readonly reused: number;
}

/** Looks at operations in any order. Linear where they are in order of invocation, as nearly all files are. */
export function clientsAtWork(operations: readonly Operation[]): ClientsAtWork {
  let sorted = true;
  for (let at = 1; at < operations.length && sorted; at++)
    sorted = (operations[at - 1] as Operation).invokedAt <= (operations[at] as Operation).invokedAt;
  const order = sorted ? null : operations.map((_, at) => at);
  order?.sort((a, b) => (operations[a] as Operation).invokedAt - (operations[b] as Operation).invokedAt || a - b);
  const latest = new Map<number, number>();
  const retired = new Set<number>();
  let reused = 0;
  for (let i = 0; i < operations.length; i++) {
    const at = order === null ? i : (order[i] as number);
    const operation = operations[at] as Operation;
    const { process, outcome } = operation;
    const before = latest.get(process);
    if (before !== undefined) {
      if (overlaps(operations[before] as Operation, operation)) return { overlap: [before, at], reused };
      if (retired.has(process)) reused++;
    }
    if (outcome === 'info') retired.add(process);
    // One that began and ended in the moment in which the other began was over before it.
    if (before === undefined || endOf(operation) >= endOf(operations[before] as Operation)) latest.set(process, at);
  }
  return { overlap: null, reused };
}

/** `later` was not invoked earlier. A client may go on in the moment of its last answer. */
function overlaps(earlier: Operation, later: Operation): boolean {
  const instant = endOf(later) === later.invokedAt && later.invokedAt === earlier.invokedAt;
  return later.invokedAt < endOf(earlier) && !instant;
}

/** An operation without an end lasts no time here. */
function endOf({ invokedAt, completedAt }: Operation): number {
  return completedAt ?? invokedAt;
}

/** What to say of processes that went on after an operation of unknown outcome. */
export function reuseNotes(reused: number): string[] {
  if (reused === 0) return [];
  const were = reused === 1 ? 'operation was' : 'operations were';
  return [`${reused} ${were} invoked by a process after one of unknown outcome (info), which retires a process`];
}
