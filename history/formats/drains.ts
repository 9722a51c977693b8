/**
 * A drain takes from a queue until nothing is left, and tells of it as one operation: `:drain` in Jepsen's queue tests. What it did is
 * told here as the dequeues that it stands for. jepsen.checker/expand-queue-drain-ops puts a pair of events for each element where
 * the drain completed, for a checker that only counts what came out; it refuses a drain of unknown outcome. Here orders are
 * judged, so no more is said than a drain says:
 *
 * - ok, with a list: a dequeue of each element at some time of the drain. In which order they came out, the list does not
 *   promise (it may be a set), so they are concurrent: by clients of their own, as one client does one thing at a time.
 * - That the queue was empty at the end is said by a drain that took nothing (`[]`), by a nil in the list, and by
 *   `:exhausted` in place of a list: each a dequeue that found nothing, at some time of the drain. A drain that took
 *   something may have ended for another reason, and says nothing of what is left.
 * - info: it may have taken any elements, now or later: dequeues of unknown outcome. There are as many as can have taken anything,
 *   which is what was put in, without what others are known to have got. The drain that was invoked first stands for all of the
 *   same queue, as its dequeues can happen whenever those of the others can.
 * - fail: it took nothing.
 */

import type { Json, Operation } from '../operation.ts';
import { HistoryError, type ParsedHistory, READ_LIMITS, shortJson } from './format.ts';

const PUTS: ReadonlySet<string> = new Set(['enqueue', 'insert']);
const TAKES: ReadonlySet<string> = new Set(['dequeue', 'delete-min']);
const EXHAUSTED: ReadonlySet<Json> = new Set([':exhausted', 'exhausted']);

/**
 * The history with dequeues in place of its drains. The first of each drain has its index and client, others come after all others.
 * Throws HistoryError for a drain that is ok and does not say what it took.
 */
export function expandDrains(parsed: ParsedHistory): ParsedHistory {
  const drains = parsed.operations.filter(({ f }) => f === 'drain');
  if (drains.length === 0) return parsed;
  const operations = parsed.operations.filter(({ f }) => f !== 'drain');
  const fresh = new FreshNumbers(parsed.operations);
  const add = (drain: Operation, isFirst: boolean, told: Partial<Operation>): void => {
    if (operations.length >= READ_LIMITS.operationsMax)
      throw new HistoryError(`more than ${READ_LIMITS.operationsMax} operations, with what drains took`);
    operations.push({ ...drain, ...(isFirst ? {} : fresh.next()), f: 'dequeue', value: null, result: null, ...told });
  };
  let taken = 0;
  for (const drain of drains) {
    if (drain.outcome === 'fail') add(drain, true, {});
    if (drain.outcome !== 'ok') continue;
    const elements = elementsOf(drain);
    taken += elements.length;
    elements.forEach((result, at) => {
      add(drain, at === 0, { result });
    });
  }
  const unknown = drains.filter(({ outcome }) => outcome === 'info');
  let mayHaveTaken = 0;
  for (const drain of firstOfEachKey(unknown)) {
    const left = leftBy(operations, drain.key);
    mayHaveTaken += left;
    for (let at = 0; at < left; at++) add(drain, at === 0, {});
  }
  operations.sort((a, b) => a.index - b.index);
  const notes = [...parsed.notes];
  const answered = drains.filter(({ outcome }) => outcome === 'ok').length;
  if (answered > 0)
    notes.push(
      `${answered} ${answered === 1 ? 'drain is' : 'drains are'} read as ${taken} ${taken === 1 ? 'dequeue' : 'dequeues'} at some time of the drain, in any order` +
        `${fresh.used ? `, by clients from ${fresh.firstProcess} on` : ''}; only a drain that took nothing, or has nil in its list, says that the queue was empty`,
    );
  if (unknown.length > 0)
    notes.push(
      `${unknown.length} ${unknown.length === 1 ? 'drain' : 'drains'} of unknown outcome can have taken what nobody else got: ` +
        `read as ${mayHaveTaken} ${mayHaveTaken === 1 ? 'dequeue' : 'dequeues'} of unknown outcome`,
    );
  return { ...parsed, operations, notes };
}

/** What was taken, null for each time that nothing was found. */
function elementsOf({ index, process, value, result }: Operation): readonly Json[] {
  // Histories that were completed beforehand give the answer as the argument, too.
  const told = result ?? value;
  if (EXHAUSTED.has(told)) return [null];
  if (!Array.isArray(told))
    throw new HistoryError(
      `operation ${index} (drain, of process ${process}) is ok and answered ${shortJson(told)}; expected the list of elements that it took`,
    );
  const elements = (told as readonly Json[]).map((element) => (EXHAUSTED.has(element) ? null : element));
  return elements.length === 0 ? [null] : elements;
}

function firstOfEachKey(drains: readonly Operation[]): readonly Operation[] {
  const first = new Map<string | null, Operation>();
  for (const drain of drains) {
    const other = first.get(drain.key);
    if (other === undefined || drain.invokedAt < other.invokedAt) first.set(drain.key, drain);
  }
  return [...first.values()];
}

/** How many elements can have been put in that nobody is known to have got. */
function leftBy(operations: readonly Operation[], key: string | null): number {
  let left = 0;
  for (const operation of operations) {
    if (operation.key !== key || operation.outcome === 'fail') continue;
    if (PUTS.has(operation.f)) left++;
    else if (TAKES.has(operation.f) && operation.outcome === 'ok' && (operation.result ?? operation.value) !== null)
      left--;
  }
  return Math.max(0, left);
}

/** Indexes and clients that nobody has. */
class FreshNumbers {
  readonly firstProcess: number;
  #index = -1;
  #process = -1;

  constructor(operations: readonly Operation[]) {
    for (const { index, process } of operations) {
      if (index > this.#index) this.#index = index;
      if (process > this.#process) this.#process = process;
    }
    this.firstProcess = this.#process + 1;
  }

  get used(): boolean {
    return this.#process >= this.firstProcess;
  }

  next(): Pick<Operation, 'index' | 'process'> {
    return { index: ++this.#index, process: ++this.#process };
  }
}
