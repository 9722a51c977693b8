/**
 * The keys and values of the key-value machine, and what each command does to them. Deterministic: the same commands in the
 * same order give the same state and the same answers on every node.
 *
 * A key whose value is null is the same as one that was never written: both read as null, both match a cas that expects null.
 * So null is not stored, and equal observable states are equal states.
 */

import type { Json } from '../../history/operation.ts';
import type { KvCommand, KvResult } from '../replica/client-protocol.ts';
import { jsonEqual } from './json-value.ts';
import { type RecordHash, SetHash } from './state-hash.ts';

export type KvStep = Exclude<KvCommand, { readonly f: 'txn' }>;

/** Answer of a txn in which a cas did not match: nothing of it was done. */
export const ABORTED = 'aborted';

/** An append that would make a string longer than this (in UTF-16 code units) is refused. Part of the machine, so the same everywhere. */
export const APPENDED_LENGTH_MAX = 1 << 20;

/** What a command came to. A refused one changed nothing; like any answer it is the same on every node. */
export type KvOutcome =
  | { readonly done: true; readonly result: KvResult }
  | { readonly done: false; readonly error: 'bad-request' | 'too-large'; readonly message: string };

interface Stored {
  readonly value: Json;
  readonly hash: RecordHash;
}

/** A key's value before a change, to take it back. */
interface Undo {
  readonly key: string;
  readonly value: Json;
}

export class KvStore {
  readonly #values = new Map<string, Stored>();
  readonly #hash = new SetHash();

  /** The value of a key; null if it has none. */
  get(key: string): Json {
    return this.#values.get(key)?.value ?? null;
  }

  get size(): number {
    return this.#values.size;
  }

  /** Carries out one command, all of it or nothing. */
  execute(command: KvCommand): KvOutcome {
    return command.f === 'txn' ? this.#transaction(command.steps, []) : this.#step(command, null);
  }

  /** What `execute` would answer now, without doing it. */
  preview(command: KvCommand): KvOutcome {
    const undo: Undo[] = [];
    const outcome = command.f === 'txn' ? this.#transaction(command.steps, undo) : this.#step(command, undo);
    this.#rollBack(undo);
    return outcome;
  }

  /** Records of the state in an order that depends on nothing but the state. */
  entries(): [string, Json][] {
    const keys = [...this.#values.keys()].sort();
    return keys.map((key) => [key, this.get(key)]);
  }

  /** Sets a key while restoring a snapshot. */
  load(key: string, value: Json): void {
    this.#set(key, value, null);
  }

  /** 16 hexadecimal digits, equal for equal states. */
  hash(): string {
    return this.#hash.text();
  }

  /** Leaves in `undo` what it changed; nothing if it changed nothing. */
  #transaction(steps: readonly KvStep[], undo: Undo[]): KvOutcome {
    const results: KvResult[] = [];
    for (const step of steps) {
      const outcome = this.#step(step, undo);
      if (!outcome.done || (step.f === 'cas' && outcome.result === false)) {
        this.#rollBack(undo);
        return outcome.done ? { done: true, result: ABORTED } : outcome;
      }
      results.push(outcome.result);
    }
    return { done: true, result: results };
  }

  #rollBack(undo: Undo[]): void {
    for (let change = undo.pop(); change !== undefined; change = undo.pop()) this.#set(change.key, change.value, null);
  }

  #step(step: KvStep, undo: Undo[] | null): KvOutcome {
    switch (step.f) {
      case 'get':
        return { done: true, result: this.get(step.key) };
      case 'put':
        this.#set(step.key, step.value, undo);
        return { done: true, result: null };
      case 'cas': {
        const matches = jsonEqual(this.get(step.key), step.expected);
        if (matches) this.#set(step.key, step.value, undo);
        return { done: true, result: matches };
      }
      case 'append':
        return this.#append(step.key, step.value, undo);
      case 'delete':
        this.#set(step.key, null, undo);
        return { done: true, result: null };
    }
  }

  #append(key: string, suffix: string, undo: Undo[] | null): KvOutcome {
    const old = this.get(key) ?? '';
    if (typeof old !== 'string') {
      return { done: false, error: 'bad-request', message: `append to ${quoted(key)}: its value is not a string` };
    }
    if (old.length + suffix.length > APPENDED_LENGTH_MAX) {
      const message = `append to ${quoted(key)}: the value would be longer than ${APPENDED_LENGTH_MAX} characters`;
      return { done: false, error: 'too-large', message };
    }
    const value = old + suffix;
    this.#set(key, value, undo);
    return { done: true, result: value };
  }

  #set(key: string, value: Json, undo: Undo[] | null): void {
    const old = this.#values.get(key);
    undo?.push({ key, value: old?.value ?? null });
    if (old !== undefined) this.#hash.remove(old.hash);
    if (value === null) this.#values.delete(key);
    else this.#values.set(key, { value, hash: this.#hash.add([key, value]) });
  }
}

function quoted(key: string): string {
  return JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key);
}
