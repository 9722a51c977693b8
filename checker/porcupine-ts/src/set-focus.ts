/**
 * Of a set that is read as a whole: one or two elements that no order explains, whatever there is beside them.
 *
 * Where the other elements are taken no notice of, each operation still says something, if less: an operation on another one
 * nothing, a read whether it found these. An order that explains all answers explains what is left of them, too; so if nothing
 * explains that, nothing explains the whole. (The reverse holds only where the set is never read as a whole: Horn and Kroening,
 * FORTE 2015.) It is shown by a few operations, while for the whole somebody must have added each element that a read found.
 */

import { growOnlySet, type SetStep } from './grow-only-set.ts';
import { type Memory, ownMemory } from './memory.ts';
import type { Focus, Value } from './model.ts';
import type { CheckOperation } from './operation.ts';
import { layOut } from './timeline.ts';
import { canonical, show } from './value.ts';

type Operations = readonly CheckOperation<SetStep, Value>[];

/** Whether no order explains these operations on one element. */
export type IsViolation = (operations: Operations, memory: Memory, isOver: () => boolean) => boolean;

/** Null if there is no such element, or time is up. @param operations in order of call */
export const focusOnElements = (
  operations: Operations,
  isViolation: IsViolation,
  isOver: () => boolean,
): Focus<SetStep, Value> | null => {
  const found = new Map<number, ReadonlySet<string>>();
  const own = new Map<string, { readonly value: Value; readonly at: number[] }>();
  for (const [at, { input, output }] of operations.entries()) {
    if (input.f === 'read') {
      if (Array.isArray(output)) found.set(at, new Set((output as readonly Value[]).map(canonical)));
      continue;
    }
    const value = input.value ?? null;
    const name = canonical(value);
    const known = own.get(name);
    if (known === undefined) own.set(name, { value, at: [at] });
    else known.at.push(at);
  }
  const reads = [...found.keys()];
  for (const [name, { value, at }] of own) {
    if (isOver()) return null;
    const seen = reads.map((read) => lookFor(operations[read]!, value, found.get(read)!.has(name)));
    const weaker = merged(at, reads).map((index) => (index >= 0 ? operations[index]! : seen[~index]!));
    if (isViolation(weaker, ownMemory, isOver)) return { operations: weaker, about: `whether it has ${show(value)}` };
  }
  return focusOnTwo(operations);
};

const lookFor = (
  read: CheckOperation<SetStep, Value>,
  value: Value,
  isThere: boolean,
): CheckOperation<SetStep, Value> => ({ ...read, input: { f: 'contains', value }, output: isThere });

/** Two ascending lists in one: i of the first, ~ the position in the second. */
const merged = (first: readonly number[], second: readonly number[]): number[] => {
  const all: number[] = [];
  let next = 0;
  for (const index of first) {
    while (next < second.length && second[next]! < index) all.push(~next++);
    all.push(index);
  }
  while (next < second.length) all.push(~next++);
  return all;
};

/** Each alone may have an order; both together have none: of two reads each lacks what the other has, for one. */
const focusOnTwo = (operations: Operations): Focus<SetStep, Value> | null => {
  const decision = growOnlySet(layOut(operations));
  if (decision?.outcome !== 'violation' || decision.about === undefined) return null;
  const elements = new Set(decision.about.map(canonical));
  const weaker = operations.flatMap((operation) => {
    const { input, output } = operation;
    if (input.f !== 'read') return elements.has(canonical(input.value ?? null)) ? [operation] : [];
    if (!Array.isArray(output)) return [];
    return [{ ...operation, output: (output as readonly Value[]).filter((value) => elements.has(canonical(value))) }];
  });
  return { operations: weaker, about: `whether it has ${decision.about.map(show).join(' and ')}` };
};
