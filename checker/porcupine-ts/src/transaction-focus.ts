/**
 * Of transactions over several registers: one or two registers that no order explains, whatever there is beside them.
 *
 * Where the other registers are taken no notice of, each transaction still says something, if less: what it wrote and found in
 * these. An order that explains all of it explains that, too; so if nothing explains that, nothing explains the whole. Most
 * anomalies are of one register (a stale read) or of two (a read that saw one write of a transaction and not the other), and a few
 * transactions show them; in the whole, somebody must have written all that these found in other registers.
 */

import type { Focus } from './model.ts';
import type { CheckOperation } from './operation.ts';

export interface Step {
  readonly key: string;
}

type Transaction<S extends Step, Output> = CheckOperation<{ readonly steps: readonly S[] }, readonly Output[]>;

/** More are not tried: most of them have nothing to do with it. */
const PAIRS_MAX = 200;

/**
 * @param operations in order of call
 * @param stuck position of an operation that has no place: its registers are looked at first
 * @param suspects those who are known to be to blame, with the writers of what they found: only what no order of these explains is looked at
 * @param isViolation whether it can be told, without much effort, that no order explains these
 */
export const focusOnRegisters = <S extends Step, Output>(
  operations: readonly Transaction<S, Output>[],
  stuck: number,
  suspects: readonly Transaction<S, Output>[] | null,
  isViolation: (operations: readonly Transaction<S, Output>[]) => boolean,
  isOver: () => boolean,
): Focus<{ readonly steps: readonly S[] }, readonly Output[]> | null => {
  const keysOf = ({ input }: Transaction<S, Output>): string[] => [...new Set(input.steps.map(({ key }) => key))];
  const inOrder = [operations[stuck]!, ...operations.slice(0, stuck).reverse(), ...operations.slice(stuck + 1)];
  const all = [...new Set(inOrder.flatMap(keysOf))];
  const violationOf = (keys: readonly string[]): readonly Transaction<S, Output>[] | null => {
    if (suspects !== null && !isViolation(seenOf(suspects, keys))) return null;
    const weaker = seenOf(operations, keys);
    return isViolation(weaker) ? weaker : null;
  };
  if (all.length < 2) return null;
  for (const key of suspects === null ? all : new Set(suspects.flatMap(keysOf))) {
    if (isOver()) return null;
    const weaker = violationOf([key]);
    if (weaker !== null) return { operations: weaker, about: key };
  }
  if (all.length < 3) return null;
  const tried = new Set<string>();
  for (const operation of suspects ?? inOrder)
    for (const [at, key] of keysOf(operation).entries())
      for (const other of keysOf(operation).slice(at + 1)) {
        const pair = [key, other].sort();
        const name = JSON.stringify(pair);
        if (tried.has(name)) continue;
        if (isOver() || tried.size >= PAIRS_MAX) return null;
        tried.add(name);
        const weaker = violationOf(pair);
        if (weaker !== null) return { operations: weaker, about: pair.join(' and ') };
      }
  return null;
};

/** What the transactions say of these registers; those that say nothing are left out. */
const seenOf = <S extends Step, Output>(
  operations: readonly Transaction<S, Output>[],
  keys: readonly string[],
): readonly Transaction<S, Output>[] =>
  operations.flatMap((operation) => {
    const { input, output } = operation;
    const kept = [...input.steps.keys()].filter((at) => keys.includes(input.steps[at]!.key));
    if (kept.length === 0) return [];
    const steps = kept.map((at) => input.steps[at]!);
    return [{ ...operation, input: { ...input, steps }, output: output && kept.map((at) => output[at]!) }];
  });
