/** A counter: add (a negative number subtracts), read, and both at once. */

import type { Causes } from '../impossible-result.ts';
import { misfitOf, NUMBER, refuseInput } from '../misfit.ts';
import { type Model, VETTED } from '../model.ts';
import type { CheckOperation } from '../operation.ts';

export type CounterInput =
  | { readonly f: 'add'; readonly amount: number }
  | { readonly f: 'read' }
  | { readonly f: 'add-and-get'; readonly amount: number };

/** Of read: the count. Of add-and-get: the count after. Of add: anything. */
export type CounterOutput = number | null;

export interface CounterOptions {
  readonly initial?: number;
}

export const counter = (options: CounterOptions = {}): Model<number, CounterInput, CounterOutput> => ({
  name: 'counter',
  [VETTED]: true,
  init: () => options.initial ?? 0,
  step(state, input, output) {
    if (input.f === 'add') return state + input.amount;
    if (input.f !== 'read' && input.f !== 'add-and-get') return refuseInput(input);
    const next = input.f === 'read' ? state : state + input.amount;
    return output === undefined || output === next ? next : undefined;
  },
  key: (state) => state,
  misfit: misfitOf({
    add: { input: { amount: NUMBER } },
    read: { output: NUMBER },
    'add-and-get': { input: { amount: NUMBER }, output: NUMBER },
  }),
  observes: (input) => input.f === 'read' || input.amount === 0,
  effect(input, output) {
    if (input.f === 'read') return undefined;
    return input.f === 'add' ? `add ${input.amount}` : `add-and-get ${input.amount} ${output ?? '?'}`;
  },
  causes: () => countsReachable(options.initial ?? 0),
  cutStates: (operations) => countsBefore(operations),
  stateAfter: (input, output) => (input.f !== 'add' && typeof output === 'number' ? output : undefined),
  provides: (writer, reader) =>
    writer.input.f !== 'read' && reader.input.f !== 'add' && typeof reader.output === 'number'
      ? `${writer.input.amount}`
      : undefined,
  describe: (input, output) =>
    input.f === 'read'
      ? `read → ${output ?? '?'}`
      : `${input.f} ${input.amount}${input.f === 'add' ? '' : ` → ${output ?? '?'}`}`,
});

const countsReachable = (initial: number): Causes<CounterInput, CounterOutput> => {
  let [least, most] = [initial, initial];
  return {
    note(input) {
      if (input.f === 'read') return;
      least += Math.min(0, input.amount);
      most += Math.max(0, input.amount);
      // Once sums are no longer exact, nothing is told any more: NaN is neither below nor above anything.
      if (![input.amount, least, most].every(Number.isSafeInteger)) [least, most] = [Number.NaN, Number.NaN];
    },
    accountFor: (input, output) => input.f === 'add' || output === null || !(output < least || output > most),
  };
};

/** More are not worth trying. */
const COUNTS_MAX = 400;

/**
 * What the count may have been before these operations: what one of them found, less what may have been added since. One from
 * which nothing that was found can be reached stands for all others. Undefined where these are too many, or no whole numbers.
 */
const countsBefore = (
  operations: readonly CheckOperation<CounterInput, CounterOutput>[],
): readonly number[] | undefined => {
  let [least, most] = [0, 0];
  const found: number[] = [];
  for (const { input, output } of operations) {
    if (input.f !== 'read') {
      least += Math.min(0, input.amount);
      most += Math.max(0, input.amount);
    }
    if (input.f !== 'add' && typeof output === 'number') found.push(output);
  }
  const isWhole = [least, most, ...found].every(Number.isSafeInteger);
  if (!isWhole || most - least >= COUNTS_MAX) return undefined;
  const counts = new Set<number>();
  for (const count of found) for (let added = least; added <= most; added++) counts.add(count - added);
  counts.add(found.reduce((highest, count) => Math.max(highest, count), 0) - least + 1);
  return counts.size > COUNTS_MAX ? undefined : [...counts];
};
