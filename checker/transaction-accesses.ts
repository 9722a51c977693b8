/** What transactions read and wrote, key by key, as far as that is known: what explanations of them reason about. */

import type { Json, Operation } from '../history/operation.ts';
import type { Value } from './porcupine-ts/src/model.ts';
import { canonical } from './porcupine-ts/src/value.ts';
import type { Part } from './shapes.ts';

/** One read or write within a transaction, in its order. */
export interface Step {
  readonly isRead: boolean;
  readonly key: string;
  /** Canonical text. */
  readonly value: string;
}

export interface Transaction {
  readonly operation: Operation;
  readonly steps: readonly Step[];
  /** What it read of each key before it wrote there itself. */
  readonly reads: ReadonlyMap<string, string>;
  /** What it left of each key. */
  readonly writes: ReadonlyMap<string, string>;
  readonly call: number;
  /** When it was acknowledged; infinite if it never was. */
  readonly done: number;
  /** Whether it took effect for sure by what it answered itself. */
  readonly isSure: boolean;
}

export interface Transactions {
  readonly all: readonly Transaction[];
  /** What each key holds at first. */
  readonly initial: string;
  /** Who left this value of this key, or may have, by `versionOf`. */
  readonly writersOf: ReadonlyMap<string, readonly Transaction[]>;
  /** Who wrote it, and then something else. */
  readonly replacedBy: ReadonlyMap<string, readonly Transaction[]>;
}

export const versionOf = (key: string, value: string): string => `${JSON.stringify(key)} ${value}`;

export function transactionsOf(part: Part, operations: readonly Operation[], initial: Json): Transactions {
  const byIndex = new Map(operations.map((operation) => [operation.index, operation]));
  const first = canonical(initial);
  const opaque = new Set<string>();
  const parsed = part.flatMap((one) => {
    const operation = byIndex.get(one.id);
    const steps = stepsOf(one.input, one.output, first, opaque);
    return operation === undefined || steps === null ? [] : [{ operation, one, ...steps }];
  });
  const all = parsed.map(({ operation, one, steps: told, isSure }): Transaction => {
    const steps = told.filter(({ key }) => !opaque.has(key));
    const reads = new Map<string, string>();
    const writes = new Map<string, string>();
    for (const { isRead, key, value } of steps)
      if (!isRead) writes.set(key, value);
      else if (!writes.has(key) && !reads.has(key)) reads.set(key, value);
    return {
      operation,
      steps,
      reads,
      writes,
      call: one.call,
      done: one.return ?? Number.POSITIVE_INFINITY,
      isSure: isSure && one.return !== null,
    };
  });
  const writersOf = new Map<string, Transaction[]>();
  const replacedBy = new Map<string, Transaction[]>();
  const note = (map: Map<string, Transaction[]>, version: string, by: Transaction): void => {
    const known = map.get(version);
    if (known === undefined) map.set(version, [by]);
    else if (known.at(-1) !== by) known.push(by);
  };
  for (const transaction of all)
    for (const { isRead, key, value } of transaction.steps)
      if (!isRead)
        note(transaction.writes.get(key) === value ? writersOf : replacedBy, versionOf(key, value), transaction);
  return { all, initial: first, writersOf, replacedBy };
}

/** The only transaction that can have left what the reader found there; "at first" if it was there; null if that can't be told. */
export function sourceOf(
  { writersOf, replacedBy, initial }: Transactions,
  reader: Transaction,
  key: string,
  value: string,
): Transaction | 'at first' | null {
  const version = versionOf(key, value);
  // What it wrote itself it wrote later.
  const writers = (writersOf.get(version) ?? []).filter((one) => one !== reader);
  if ((replacedBy.get(version) ?? []).some((one) => one !== reader)) return null;
  if (value === initial) return writers.length === 0 ? 'at first' : null;
  return writers.length === 1 ? (writers[0] ?? null) : null;
}

interface Input {
  readonly f?: string;
  readonly key?: string;
  readonly value?: Value;
  readonly expected?: Value;
  readonly steps?: readonly Input[];
}

/** Null for what did nothing. Keys that are written in ways that are not "this value instead" are noted as opaque. */
function stepsOf(
  given: unknown,
  output: Value | undefined,
  initial: string,
  opaque: Set<string>,
): { readonly steps: readonly Step[]; readonly isSure: boolean } | null {
  const input = given as Input;
  const steps: Step[] = [];
  let isSure = true;
  const add = (isRead: boolean, key: string, value: string): void => {
    steps.push({ isRead, key, value });
  };
  const many = input.steps;
  if (many !== undefined && output !== undefined && !Array.isArray(output)) return null;
  const list = many ?? [input];
  for (const [at, { f, key = '', value = null, expected = null }] of list.entries()) {
    const answer = many === undefined ? output : (output as readonly Value[] | undefined)?.[at];
    switch (f) {
      case 'read':
      case 'get':
        if (answer !== undefined) add(true, key, canonical(answer));
        break;
      case 'write':
      case 'put':
        add(false, key, canonical(value));
        break;
      case 'delete':
        add(false, key, initial);
        break;
      case 'cas':
        if (answer === false) break;
        if (answer === true) add(true, key, canonical(expected));
        else isSure = false;
        add(false, key, canonical(value));
        break;
      default:
        opaque.add(key);
    }
  }
  return { steps, isSure };
}

/** Of each operation only its writes to these keys, and those of its reads that are named: "index key". */
export function onlySteps(keys: ReadonlySet<string>, reads: ReadonlySet<string>): (part: Part) => Part {
  return (part) =>
    part.flatMap((one) => {
      const input = one.input as Input;
      const many = input.steps;
      const outputs = one.output as readonly Value[] | undefined;
      const kept = (many ?? [input]).flatMap((step, at) => {
        const output = many === undefined ? one.output : outputs?.[at];
        if (step.key === undefined || !keys.has(step.key)) return [];
        const isNamed = reads.has(readOf(one.id, step.key));
        if (step.f === 'read' || step.f === 'get') return isNamed ? [{ step, output }] : [];
        if (step.f !== 'cas' || isNamed || output === undefined) return [{ step, output }];
        return output === true ? [{ step: { f: 'put', key: step.key, value: step.value ?? null }, output: null }] : [];
      });
      if (many !== undefined)
        return [
          {
            ...one,
            input: { ...input, steps: kept.map(({ step }) => step) },
            output: outputs === undefined ? undefined : kept.map(({ output }) => output ?? null),
          },
        ];
      const [only] = kept;
      return only === undefined ? [] : [{ ...one, input: only.step, output: only.output }];
    });
}

export const readOf = (index: number, key: string): string => `${index} ${key}`;

/** A key in a sentence beside values: a number is told to be one. */
export const keyWords = (key: string): string => (/^-?\d+$/.test(key) ? `key ${key}` : key);
