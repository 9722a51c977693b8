/**
 * What completions say of writes and compare-and-sets once more. Jepsen prints the value that was asked for again with :ok: a
 * different one is a contradiction in the record, which readers resolve differently (Knossos takes the completion's to be what
 * was written, we the invocation's), so that a verdict would be one on another history. It is refused.
 *
 * Some clients put the answer there instead. A compare-and-set may be answered with what it found, which is what it expected,
 * with what it wrote, or with true or false. A put may be answered with what was there before, an addition with the sum, so
 * that nothing follows from their values; nor does anything from nil. What is passed over of these is told of.
 *
 * Whether values are `[key value]` tuples (tuples.ts), or operations transactions by another name (micro-operations.ts), shows when
 * all is read: until then all meanings are followed.
 */

import type { Json } from '../operation.ts';
import type { GrowingOperation } from './event.ts';
import { HistoryError, shortJson } from './format.ts';
import { stepsContradict } from './repeated-steps.ts';
import { sameJson } from './same-json.ts';

/** How a format says what is wrong, or was passed over. */
export interface RepeatedWords {
  contradiction(operation: Repeating, answered: Json, expected: string): string;
  passedOver(operations: number, first: string, line: number): string;
}

type Repeating = Pick<GrowingOperation, 'f' | 'process' | 'value'>;

/** What operations prove to be. */
export interface Meant {
  readonly tuples: boolean;
  readonly transactions: boolean;
}

const MEANINGS: readonly Meant[] = [false, true].flatMap((tuples) =>
  [false, true].map((transactions) => ({ tuples, transactions })),
);

/** Their answers, whatever these are, bind no model. */
const ANSWER_UNUSED: ReadonlySet<string> = new Set(['put', 'add', 'inc', 'dec', 'enqueue', 'push', 'insert']);

export const EVENT_WORDS: RepeatedWords = {
  contradiction({ f, process, value }, answered, expected) {
    const who = process < 0 ? '' : ` of process ${process}`;
    return `:ok of :${f} ${shortJson(answered)}, whose invocation${who} has the value ${shortJson(value)}; expected ${expected}`;
  },
  passedOver(operations, first, line) {
    const were = operations === 1 ? 'operation was' : 'operations were';
    return `${operations} ${were} completed with another value than was asked: what was asked counts (the first, :${first}, on line ${line})`;
  },
};

export class RepeatedValues {
  readonly #words: RepeatedWords;
  /** The first contradiction, for each of MEANINGS. */
  readonly #found: (HistoryError | undefined)[] = [];
  #passedOver = 0;
  #first: { readonly f: string; readonly line: number } | null = null;

  constructor(words: RepeatedWords) {
    this.#words = words;
  }

  /** Looks at what an operation that is ok was completed with. The line is asked for a few times at most: readers may have to count. */
  see(operation: Repeating, answered: Json, line: () => number): void {
    const { f, value: asked } = operation;
    if (asked === answered) return;
    const unused = ANSWER_UNUSED.has(f);
    const repeats = unused || f === 'write' || f === 'cas';
    if (!repeats && !(Array.isArray(asked) && Array.isArray(answered))) return;
    if (sameJson(asked, answered)) return;
    MEANINGS.forEach(({ tuples, transactions }, at) => {
      if (this.#found[at] !== undefined) return;
      const [a, b] = tuples ? [behindKey(asked), behindKey(answered)] : [asked, answered];
      const steps = transactions || f === 'txn';
      if (steps ? stepsContradict(a, b) : repeats && !unused && contradicts(f, a, b))
        this.#found[at] = new HistoryError(
          this.#words.contradiction(operation, answered, expectedOf(f, steps)),
          line(),
        );
    });
    if (repeats && (unused || answered === null)) {
      this.#passedOver++;
      this.#first ??= { f, line: line() };
    }
  }

  /** Throws HistoryError for the first contradiction, by what operations proved to be. */
  refuse(meant: Meant, hint = ''): void {
    const at = MEANINGS.findIndex(
      ({ tuples, transactions }) => tuples === meant.tuples && transactions === meant.transactions,
    );
    const found = this.#found[at];
    if (found === undefined) return;
    const { line } = found;
    throw new HistoryError(found.message.replace(/^line \d+: /, '') + hint, line);
  }

  notes(): string[] {
    if (this.#first === null) return [];
    return [this.#words.passedOver(this.#passedOver, this.#first.f, this.#first.line)];
  }
}

function expectedOf(f: string, steps: boolean): string {
  if (steps) return 'the same steps again, with what was read in its place';
  return f === 'cas' ? 'that value again, what it found or wrote, or true or false' : 'that value again';
}

function contradicts(f: string, asked: Json, answered: Json): boolean {
  if (answered === null || sameJson(asked, answered)) return false;
  if (f === 'write') return true;
  if (typeof answered === 'boolean') return false;
  return !isPair(asked) || !asked.some((value) => sameJson(value, answered));
}

function behindKey(value: Json): Json {
  return isPair(value) ? value[1] : value;
}

function isPair(value: Json): value is readonly [Json, Json] {
  return Array.isArray(value) && value.length === 2;
}
