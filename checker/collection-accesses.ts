/** What operations put into a queue, stack or priority queue, and what came out of it: what explanations reason about. */

import type { Operation } from '../history/operation.ts';
import type { Value } from './porcupine-ts/src/model.ts';
import { canonical } from './porcupine-ts/src/value.ts';
import type { Presence } from './presence.ts';
import type { Part } from './shapes.ts';

/** An operation that put a value there, or may have. */
export interface Put {
  readonly operation: Operation;
  readonly call: number;
  /** When it was acknowledged; null if it never was. */
  readonly done: number | null;
}

/** An operation that answered which value is next, or that there is none. */
export interface Answer {
  readonly operation: Operation;
  /** Canonical text; null for "empty". */
  readonly value: string | null;
  readonly takes: boolean;
  readonly call: number;
  readonly done: number;
}

/** All of one value. */
export interface Element {
  readonly name: string;
  readonly value: Value;
  /** By their call. */
  readonly puts: readonly Put[];
  /** By their end. */
  readonly takes: readonly Answer[];
  readonly peeks: readonly Answer[];
}

export interface Collection {
  readonly elements: ReadonlyMap<string, Element>;
  readonly empties: readonly Answer[];
  /** Takes of which nobody knows what they got, if anything; by their call. */
  readonly unknownTakes: readonly Operation[];
  /** Puts that surely failed, by value. */
  readonly failed: ReadonlyMap<string, Operation>;
}

/** What histories call an operation that puts a value there. */
const PUTS = new Set(['enqueue', 'push', 'insert']);

interface Growing extends Element {
  readonly puts: Put[];
  readonly takes: Answer[];
  readonly peeks: Answer[];
}

export function collectionOf(part: Part, operations: readonly Operation[]): Collection {
  const byIndex = new Map(operations.map((operation) => [operation.index, operation]));
  const elements = new Map<string, Growing>();
  const elementOf = (value: Value): Growing => {
    const name = canonical(value);
    const known = elements.get(name);
    if (known !== undefined) return known;
    const element = { name, value, puts: [], takes: [], peeks: [] };
    elements.set(name, element);
    return element;
  };
  const empties: Answer[] = [];
  const unknownTakes: Operation[] = [];
  for (const { id, input, output, call, return: end } of part) {
    const { f, value } = input as { readonly f: string; readonly value?: Value };
    const operation = byIndex.get(id);
    if (operation === undefined) continue;
    if (f === 'put') elementOf(value ?? null).puts.push({ operation, call, done: end });
    else if (output === undefined || end === null) {
      if (f === 'take') unknownTakes.push(operation);
    } else {
      const answer = {
        operation,
        value: output === null ? null : canonical(output),
        takes: f === 'take',
        call,
        done: end,
      };
      if (output === null) empties.push(answer);
      else elementOf(output)[f === 'take' ? 'takes' : 'peeks'].push(answer);
    }
  }
  for (const { puts, takes, peeks } of elements.values()) {
    puts.sort((a, b) => a.call - b.call);
    takes.sort((a, b) => a.done - b.done);
    peeks.sort((a, b) => a.done - b.done);
  }
  unknownTakes.sort((a, b) => a.invokedAt - b.invokedAt);
  const failed = new Map<string, Operation>();
  for (const operation of operations)
    if (operation.outcome === 'fail' && operation.value !== null && PUTS.has(operation.f))
      failed.set(canonical(operation.value), operation);
  return { elements, empties, unknownTakes, failed };
}

/** By whose end the element, which is put there once, had surely been put there; null if nothing shows it. */
function shownFirst({ puts, takes, peeks }: Element): { readonly by: Operation; readonly at: number } | null {
  const [put] = puts;
  const shows = [
    ...(put === undefined || put.done === null ? [] : [{ by: put.operation, at: put.done }]),
    ...[takes[0], peeks[0]].flatMap((answer) =>
      answer === undefined ? [] : [{ by: answer.operation, at: answer.done }],
    ),
  ];
  return shows.reduce<(typeof shows)[number] | null>(
    (first, one) => (first === null || one.at < first.at ? one : first),
    null,
  );
}

/** Where the element surely was there; null for one that was put there several times, or never for sure. */
export function presenceOf(element: Element, unknownTakes: readonly Operation[]): Presence | null {
  const { puts, takes, name } = element;
  const [put] = puts;
  const first = shownFirst(element);
  if (put === undefined || puts.length > 1 || takes.length > 1 || first === null) return null;
  const [take] = takes;
  const unknown = take === undefined ? unknownTakes[0] : undefined;
  return {
    value: name,
    put: put.operation,
    from: first.at,
    shownBy: first.by,
    until: take?.call ?? unknown?.invokedAt ?? Number.POSITIVE_INFINITY,
    endedBy: take?.operation ?? unknown ?? null,
  };
}
