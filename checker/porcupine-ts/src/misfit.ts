/**
 * Operations that make no sense to a model: an operation it does not know, a value that none of its states could hold. Each of
 * them would be judged somehow, and the verdict would mean nothing.
 *
 * Nobody is asked twice. A search is told of a whole part at once (`refuseMisfits`, before it is laid out), unless it notices by
 * itself as it writes the operations down. A quick attempt, which may be over before it has looked at everything, refuses what it
 * comes to; what it does not come to can't change its verdict.
 */

import type { Model } from './model.ts';
import { type CheckOperation, HistoryError } from './operation.ts';
import { isPlain, JSON_VALUES, oddityOf } from './value.ts';

/** What may stand somewhere in an input or output. */
export interface Kind {
  accepts(value: unknown): boolean;
  readonly expected: string;
}

export const VALUE: Kind = { accepts: (value) => oddityOf(value) === null, expected: JSON_VALUES };
export const ELEMENT: Kind = {
  accepts: (value) => value !== null && oddityOf(value) === null,
  expected: `a value other than null, which stands for nothing: ${JSON_VALUES.replace('null, ', '')}`,
};
export const TEXT: Kind = { accepts: (value) => typeof value === 'string', expected: 'a string' };
export const NUMBER: Kind = { accepts: Number.isFinite, expected: 'a finite number' };
export const FLAG: Kind = { accepts: (value) => typeof value === 'boolean', expected: 'true or false' };
export const LIST: Kind = { accepts: Array.isArray, expected: 'a list' };
export const LIST_OF_VALUES: Kind = {
  accepts: (value) => Array.isArray(value) && VALUE.accepts(value),
  expected: `a list of values, each ${JSON_VALUES}`,
};
export const orNull = ({ accepts, expected }: Kind): Kind => ({
  accepts: (value) => value === null || accepts(value),
  expected: `${expected}, or null`,
});

/** The fields of an input, and the output; one that is not named may be anything. */
export interface Fields {
  readonly input?: { readonly [name: string]: Kind };
  readonly output?: Kind;
}

/** The `misfit` of a model, from the operations it knows, by their `f`. */
export const misfitOf = (
  known: Readonly<Record<string, Fields>>,
): ((input: unknown, output: unknown) => string | undefined) => {
  const byName = new Map(
    Object.entries(known).map(([f, { input = {}, output }]) => {
      const fields = Object.entries(input).map(([name, kind]) => ({ name, kind }));
      return [f, { fields, output }];
    }),
  );
  return (input, output) => {
    if (typeof input !== 'object' || input === null) return `its input is ${told(input)}; expected an object`;
    const given = input as { readonly f?: unknown; readonly [name: string]: unknown };
    const own = byName.get(given.f as string);
    if (own === undefined) return `its f is ${told(given.f)}; expected ${[...byName.keys()].join(', ')}`;
    for (const { name, kind } of own.fields)
      if (!kind.accepts(given[name])) return `its ${name} is ${told(given[name])}; expected ${kind.expected}`;
    return own.output === undefined ? undefined : misfitOutput(own.output, output);
  };
};

/** @param output undefined, where nobody knows it, always fits */
export const misfitOutput = (kind: Kind, output: unknown): string | undefined =>
  output === undefined || kind.accepts(output)
    ? undefined
    : `its output is ${told(output)}; expected ${kind.expected} (or undefined, if nobody knows it)`;

const TOLD_MAX = 80;

export const told = (value: unknown): string => {
  const oddity = oddityOf(value);
  if (oddity !== null) {
    if (typeof value !== 'object' || value === null) return oddity;
    return Array.isArray(value)
      ? `a list with ${oddity} in it`
      : isPlain(value)
        ? `an object with ${oddity} in it`
        : oddity;
  }
  const text = JSON.stringify(value);
  return text.length > TOLD_MAX ? `${text.slice(0, TOLD_MAX)}…` : text;
};

/** @throws HistoryError for the first operation that makes no sense to the model */
export const refuseMisfits = <S, I, O>(model: Model<S, I, O>, operations: readonly CheckOperation<I, O>[]): void => {
  if (model.misfit === undefined) return;
  for (let at = 0; at < operations.length; at++) {
    const { id, input, output } = operations[at]!;
    const misfit = model.misfit(input, output);
    if (misfit !== undefined)
      throw new HistoryError(`operation ${id} makes no sense to the model ${model.name}: ${misfit}`, id);
  }
};

/** For what comes to an operation that it does not know. `check` finds out which it is. */
export const refuseInput = (input: { readonly f: unknown } | undefined): never => {
  throw new HistoryError(`no operation of the model is called ${told(input?.f)}`);
};

/** An answer that says yes or no, or that nobody knows. */
export const flagOf = (output: unknown): boolean | undefined => {
  if (typeof output === 'boolean' || output === undefined) return output;
  throw new HistoryError(`an output is ${told(output)}; expected true or false`);
};
