/** What a model of recorded histories is: how operations are named in them, and what they mean to the checker. */

import type { Json, Operation } from '../history/operation.ts';
import { type Model, type Partition, partitionBy, type Value } from './porcupine-ts/src/model.ts';

/** An operation that a model has no meaning for; `operation` is its index, or null if it is no single one's fault. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly operation: number | null;

  constructor(message: string, operation: number | null = null) {
    super(message);
    this.operation = operation;
  }
}

/** The operation as the checker takes it; output undefined: nobody knows. */
export interface Meaning {
  readonly input: unknown;
  readonly output: Value | undefined;
}

export interface HistoryModel {
  /** As given to --model. */
  readonly name: string;
  readonly summary: string;
  /** How its operations are written: one line for --help and the reference. */
  readonly conventions: string;
  /** Names of operations it knows. */
  readonly functions: readonly string[];
  /** Whether these operations, whose names it knows, look like its own rather than another model's of the same names. */
  recognises?(operations: readonly Operation[]): boolean;
  /** The model for the checker; `initial` is what a register or key holds at first. Throws ModelError if it can't be that. */
  checked(initial: Value): Model<unknown, unknown, Value>;
  /** Throws ModelError for operations that mean something one by one, but not together. */
  refuse?(operations: readonly Operation[]): void;
  /** What there is at first if nobody says otherwise. */
  readonly initial: Value;
  /** Whether the parts of its histories are their keys, as keyTag writes them; else they have names of their own. */
  readonly byKey: boolean;
  /** Throws ModelError for an operation that makes no sense under the model. Only for ok, info, and observed mismatches. */
  meaning(operation: Operation): Meaning;
}

/** A name for a key that no other key and no missing key has. */
export const keyTag = (key: string | null): string => (key === null ? '-' : `=${key}`);
export const keyOfTag = (tag: string): string | null => (tag.startsWith('=') ? tag.slice(1) : null);

interface Keyed {
  readonly key: string | null;
}

/**
 * One object of the model for each key of the history, and of each the parts that the model itself sees. `objectOf` is the key of
 * the object that an operation acts on, where that is not the input's `key`.
 */
export function perKey<S, I, O>(
  model: Model<S, I, O>,
  objectOf: (input: I) => string | null = (input) => (input as Keyed).key,
): Model<unknown, unknown, Value> {
  const byKey = partitionBy<I, O>((input) => keyTag(objectOf(input)));
  const partition: typeof byKey = (operations) => {
    const keys = byKey(operations);
    if (model.partition === undefined) return keys;
    const parts: Partition<I, O>[] = [];
    for (const { key, operations: own } of keys)
      for (const part of model.partition(own))
        parts.push({
          key: [keyOfTag(key), part.key || null].filter((name) => name !== null).join(': '),
          operations: part.operations,
        });
    return parts;
  };
  return { ...model, partition } as unknown as Model<unknown, unknown, Value>;
}

/** An error that names the operation, what it is, and what was expected. */
export function wrongOperation(operation: Operation, what: string, expected: string): ModelError {
  return new ModelError(`operation ${operation.index} (${operation.f}) ${what}; expected ${expected}`, operation.index);
}

export function shortJson(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** EDN's keywords keep their colon when they are read. */
export const plainName = (name: string): string => (name.startsWith(':') ? name.slice(1) : name);
