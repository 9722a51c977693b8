/**
 * A 64-bit hash of a set of records, kept up to date in time proportional to a change: the sum, in two 32-bit lanes, of the
 * hashes of the records. A sum does not depend on order, so equal sets have equal hashes whatever their history (an
 * AdHash: Bellare and Micciancio 1997). It guards against mistakes, not against an adversary.
 */

import type { Json } from '../../history/operation.ts';
import { hashJson } from './json-value.ts';

const SEED_LOW = 0x1b873593;
const SEED_HIGH = 0x68e31da4;

/** Hash of one record, kept by whoever added it, so that removing costs nothing. */
export interface RecordHash {
  readonly low: number;
  readonly high: number;
}

export class SetHash {
  #low = 0;
  #high = 0;

  add(record: Json): RecordHash {
    const hash = { low: hashJson(record, SEED_LOW), high: hashJson(record, SEED_HIGH) };
    this.#low = (this.#low + hash.low) | 0;
    this.#high = (this.#high + hash.high) | 0;
    return hash;
  }

  remove(hash: RecordHash): void {
    this.#low = (this.#low - hash.low) | 0;
    this.#high = (this.#high - hash.high) | 0;
  }

  /** 16 hexadecimal digits. */
  text(): string {
    return hex(this.#high) + hex(this.#low);
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
