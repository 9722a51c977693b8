/**
 * What completions say of writes and compare-and-sets once more. Jepsen prints the value that was asked for again with :ok: a
 * different one is a contradiction in the record, which readers resolve differently (Knossos takes the completion's to be what
 * was written, we the invocation's), so that a verdict would be one on another history. It is refused.
 *
 * Some clients put the answer there instead. A compare-and-set may be answered with what it found, which is what it expected,
 * with what it wrote, or with true or false. A put may be answered with what was there before, an addition with the sum, so
 * that nothing follows from their values; nor does anything from nil. What is passed over of these is told of.
 *
 * Whether values are `[key value]` tuples shows when all is read (tuples.ts): until then both meanings are followed.
 */

import type { Json } from '../operation.ts';
import type { GrowingOperation } from './event.ts';
import { HistoryError, shortJson } from './format.ts';
import { canonical } from './map-name.ts';

interface Contradiction {
  readonly what: string;
  readonly line: number;
}

/** Their answers, whatever these are, bind no model. */
const ANSWER_UNUSED: ReadonlySet<string> = new Set(['put', 'add', 'inc', 'dec', 'enqueue', 'push', 'insert']);

export class RepeatedValues {
  #plain: Contradiction | null = null;
  #asTuple: Contradiction | null = null;
  #passedOver = 0;
  #first: { readonly f: string; readonly line: number } | null = null;

  /** Looks at what an operation that is ok was completed with. The line is asked for at most thrice: readers may have to count. */
  see(operation: GrowingOperation, answered: Json, line: () => number): void {
    const { f, value: asked } = operation;
    if (asked === answered) return;
    const unused = ANSWER_UNUSED.has(f);
    if (!unused && f !== 'write' && f !== 'cas') return;
    if (sameJson(asked, answered)) return;
    if (unused || answered === null) {
      this.#passedOver++;
      this.#first ??= { f, line: line() };
      return;
    }
    if (this.#plain === null && contradicts(f, asked, answered))
      this.#plain = contradiction(operation, answered, line());
    if (this.#asTuple === null && contradicts(f, behindKey(asked), behindKey(answered)))
      this.#asTuple = contradiction(operation, answered, line());
  }

  /** Throws HistoryError for the first contradiction, by what values proved to be. */
  refuse(tuples: boolean, hint = ''): void {
    const found = tuples ? this.#asTuple : this.#plain;
    if (found !== null) throw new HistoryError(found.what + hint, found.line);
  }

  notes(): string[] {
    if (this.#first === null) return [];
    const { f, line } = this.#first;
    const were = this.#passedOver === 1 ? 'operation was' : 'operations were';
    return [
      `${this.#passedOver} ${were} completed with another value than was asked: what was asked counts (the first, :${f}, on line ${line})`,
    ];
  }
}

function contradiction({ f, process, value }: GrowingOperation, answered: Json, line: number): Contradiction {
  const expected = f === 'cas' ? 'that value again, what it found or wrote, or true or false' : 'that value again';
  const who = process < 0 ? '' : ` of process ${process}`;
  return {
    what: `:ok of :${f} ${shortJson(answered)}, whose invocation${who} has the value ${shortJson(value)}; expected ${expected}`,
    line,
  };
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

/** The order in which a map is printed says nothing. */
export function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, at) => sameJson(item as Json, b[at] as Json));
  return JSON.stringify(a) === JSON.stringify(b) || canonical(a) === canonical(b);
}
