/** The naive twin of the key-value machine: lists searched from the front, whole copies, no hash kept. Written from the protocol's text. */

import { isDeepStrictEqual } from 'node:util';
import type { LoggedCommand } from '../../cluster/kv/machine.ts';
import type { KvStep } from '../../cluster/kv/store.ts';
import type { Json } from '../../history/operation.ts';

export interface NaiveAnswer {
  readonly result?: Json;
  readonly error?: string;
}

interface NaiveSession {
  readonly number: number;
  readonly nonce: string;
  used: number;
  answers: { sequence: number; answer: NaiveAnswer }[];
}

/** -0 and 0 are one number to JSON, two to isDeepStrictEqual. */
function same(a: Json, b: Json): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
}

export class NaiveMachine {
  pairs: [string, Json][] = [];
  sessions: NaiveSession[] = [];

  get(key: string): Json {
    return this.pairs.find(([name]) => name === key)?.[1] ?? null;
  }

  apply(index: number, logged: LoggedCommand): NaiveAnswer {
    if (logged.op === 'open') return { result: this.#open(index, logged.nonce, logged.sessionsMax) };
    const session = this.sessions.find(({ number }) => number === logged.session);
    if (session === undefined) return { error: 'bad-session' };
    session.used = index;
    const past = session.answers.find(({ sequence }) => sequence === logged.sequence);
    const newest = Math.max(0, ...session.answers.map(({ sequence }) => sequence));
    if (past !== undefined && past.sequence === newest) return past.answer;
    if (logged.sequence < newest) return { error: 'stale' };
    const { command } = logged;
    const answer = command.f === 'txn' ? this.#txn(command.steps) : this.#step(command);
    session.answers.push({ sequence: logged.sequence, answer });
    return answer;
  }

  #open(index: number, nonce: string, max: number): number {
    const known = this.sessions.find((session) => session.nonce === nonce);
    if (known !== undefined) {
      known.used = index;
      return known.number;
    }
    while (this.sessions.length >= max && this.sessions.length > 0) {
      const oldest = Math.min(...this.sessions.map(({ used }) => used));
      this.sessions = this.sessions.filter(({ used }) => used !== oldest);
    }
    this.sessions.push({ number: index, nonce, used: index, answers: [] });
    return index;
  }

  #txn(steps: readonly KvStep[]): NaiveAnswer {
    const before = [...this.pairs];
    const results: Json[] = [];
    for (const step of steps) {
      const answer = this.#step(step);
      if (answer.error !== undefined || (step.f === 'cas' && answer.result === false)) {
        this.pairs = before;
        return answer.error === undefined ? { result: 'aborted' } : answer;
      }
      results.push(answer.result as Json);
    }
    return { result: results };
  }

  #step(step: KvStep): NaiveAnswer {
    const old = this.get(step.key);
    switch (step.f) {
      case 'get':
        return { result: old };
      case 'put':
        this.#put(step.key, step.value);
        return { result: null };
      case 'delete':
        this.#put(step.key, null);
        return { result: null };
      case 'cas':
        if (!same(old, step.expected)) return { result: false };
        this.#put(step.key, step.value);
        return { result: true };
      case 'append': {
        if (old !== null && typeof old !== 'string') return { error: 'bad-request' };
        this.#put(step.key, (old ?? '') + step.value);
        return { result: (old ?? '') + step.value };
      }
    }
  }

  #put(key: string, value: Json): void {
    this.pairs = this.pairs.filter(([name]) => name !== key);
    if (value !== null) this.pairs.push([key, value]);
  }
}
