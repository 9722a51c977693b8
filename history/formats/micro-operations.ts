/**
 * Transactions by another name. Jepsen's tests of several registers ask for lists of micro-operations, `[[:r 1 nil] [:w 2 3]]`, and
 * not all of them call that :txn: its long-fork test calls them :read and :write. No register holds such lists, so a history whose
 * every value is one is of transactions, whatever their names; so is one of `[key list]` tuples (tuples.ts), behind the key. Of
 * completions those count that are ok: a failed one may carry anything.
 */

import type { Json } from '../operation.ts';
import type { GrowingOperation } from './event.ts';
import { sameJson } from './same-json.ts';

export const TRANSACTIONS_NOTE =
  'all values are lists of micro-operations: operations are read as transactions (txn), whatever they are called';

const KINDS: ReadonlySet<Json> = new Set([':r', ':w', ':append', ':read', ':write']);

/** Whether all values seen are lists of micro-operations, and not all of them empty. */
class AllLists {
  #all = true;
  #some = false;

  see(value: Json): void {
    if (!this.#all || value === null) return;
    if (isMicroOperations(value)) this.#some ||= value.length > 0;
    else this.#all = false;
  }

  refute(): void {
    this.#all = false;
  }

  get sure(): boolean {
    return this.#all && this.#some;
  }
}

export class MicroOperationRecognition {
  readonly #plain = new AllLists();
  readonly #behindKey = new AllLists();

  /** Looks at the value of an invocation, or of a completion that is ok. */
  see(value: Json): void {
    if (value === null) return;
    this.#plain.see(value);
    if (Array.isArray(value) && value.length === 2) this.#behindKey.see(value[1] as Json);
    else this.#behindKey.refute();
  }

  /** Values are lists of micro-operations. */
  get plain(): boolean {
    return this.#plain.sure;
  }

  /** Values are tuples of a key and such a list. */
  get behindKey(): boolean {
    return this.#behindKey.sure;
  }
}

/** Names all operations txn. Returns what to say of that: nothing where they had that name before. */
export function nameTransactions(operations: readonly GrowingOperation[]): string[] {
  let renamed = false;
  for (const operation of operations) {
    if (operation.f === 'txn') continue;
    renamed = true;
    operation.f = 'txn';
    // A completion that repeats the argument says nothing of its own.
    if (sameJson(operation.result, operation.value)) operation.result = null;
  }
  return renamed ? [TRANSACTIONS_NOTE] : [];
}

function isMicroOperations(value: Json): value is readonly Json[] {
  return Array.isArray(value) && value.every(isMicroOperation);
}

/** `[:r key]` says as much as `[:r key nil]`. */
function isMicroOperation(step: Json): boolean {
  if (!Array.isArray(step) || !KINDS.has(step[0] ?? null)) return false;
  return step.length === 3 || (step.length === 2 && (step[0] === ':r' || step[0] === ':read'));
}
