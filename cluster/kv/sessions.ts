/**
 * Replicated client sessions (Raft dissertation, section 6.3): they make a command that is sent again apply at most once. A
 * session remembers the sequence number and the outcome of its last command; a client has one command under way at a time,
 * so the last is all that can be asked for again.
 *
 * Everything here is decided by the log alone. Numbers and times of use are log indexes, so all nodes agree on which session
 * is the least recently used and is closed to make room.
 */

import type { Json } from '../../history/operation.ts';
import { type RecordHash, SetHash } from './state-hash.ts';
import type { KvOutcome } from './store.ts';

/** How a sequence number compares with the last one that a session applied. */
export type SequenceVerdict = 'new' | 'repeat' | 'stale';

/** The decisions about sessions that a planted bug may replace. */
export interface SessionRules {
  /** `last` is 0 in a session that has applied nothing. Only a new command is applied (dissertation, section 6.3). */
  readonly judgeSequence: (last: number, sequence: number) => SequenceVerdict;
}

export const CORRECT_SESSION_RULES: SessionRules = {
  judgeSequence: (last, sequence) => (sequence > last ? 'new' : sequence === last ? 'repeat' : 'stale'),
};

interface Session {
  readonly number: number;
  readonly nonce: string;
  /** Log index at which it was opened or last used. */
  used: number;
  sequence: number;
  /** Outcome of `sequence`; null before the first command. */
  outcome: KvOutcome | null;
  hash: RecordHash;
}

/** A session as a record of a snapshot: number, nonce, used, sequence, outcome. */
export type SessionRecord = readonly [number, string, number, number, KvOutcome | null];

export class Sessions {
  /** By number, least recently used first. */
  readonly #open = new Map<number, Session>();
  readonly #byNonce = new Map<string, number>();
  readonly #hash = new SetHash();

  get size(): number {
    return this.#open.size;
  }

  /** Opens a session at a log index, or finds the one that this nonce opened before. Closes the least recently used over `max`. */
  open(index: number, nonce: string, max: number): number {
    const known = this.#byNonce.get(nonce);
    if (known !== undefined) {
      this.touch(known, index);
      return known;
    }
    while (this.#open.size > 0 && this.#open.size >= max) this.#closeOldest();
    this.load([index, nonce, index, 0, null]);
    return index;
  }

  has(number: number): boolean {
    return this.#open.has(number);
  }

  /** Sequence and outcome of the last command applied in a session; undefined for a session that is not open. */
  last(number: number): { readonly sequence: number; readonly outcome: KvOutcome | null } | undefined {
    return this.#open.get(number);
  }

  /** Marks a session as used at a log index. */
  touch(number: number, index: number): void {
    this.#change(number, index, null);
  }

  /** Remembers the outcome of a command that was applied at a log index. */
  remember(number: number, index: number, sequence: number, outcome: KvOutcome): void {
    this.#change(number, index, { sequence, outcome });
  }

  /** All sessions, least recently used first. */
  records(): SessionRecord[] {
    return [...this.#open.values()].map(recordOf);
  }

  /** Adds a session as the most recently used one. */
  load(record: SessionRecord): void {
    const [number, nonce, used, sequence, outcome] = record;
    this.#open.set(number, { number, nonce, used, sequence, outcome, hash: this.#hash.add(asJson(record)) });
    this.#byNonce.set(nonce, number);
  }

  hash(): string {
    return this.#hash.text();
  }

  #change(number: number, index: number, applied: { sequence: number; outcome: KvOutcome } | null): void {
    const session = this.#open.get(number);
    if (session === undefined) return;
    this.#hash.remove(session.hash);
    session.used = index;
    if (applied !== null) {
      session.sequence = applied.sequence;
      session.outcome = applied.outcome;
    }
    session.hash = this.#hash.add(asJson(recordOf(session)));
    this.#open.delete(number);
    this.#open.set(number, session);
  }

  #closeOldest(): void {
    for (const oldest of this.#open.values()) {
      this.#hash.remove(oldest.hash);
      this.#open.delete(oldest.number);
      this.#byNonce.delete(oldest.nonce);
      return;
    }
  }
}

function recordOf(session: Session): SessionRecord {
  return [session.number, session.nonce, session.used, session.sequence, session.outcome];
}

/** The state hash covers all of a session. An outcome holds plain JSON only, so the record is JSON too. */
function asJson(record: SessionRecord): Json {
  return record as unknown as Json;
}
