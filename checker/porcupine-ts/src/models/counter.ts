/** A counter: add (a negative number subtracts), read, and both at once. */

import type { Model } from '../model.ts';

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
  init: () => options.initial ?? 0,
  step(state, input, output) {
    if (input.f === 'add') return state + input.amount;
    const next = input.f === 'read' ? state : state + input.amount;
    return output === undefined || output === next ? next : undefined;
  },
  key: (state) => state,
  observes: (input) => input.f === 'read' || input.amount === 0,
  effect(input, output) {
    if (input.f === 'read') return undefined;
    return input.f === 'add' ? `add ${input.amount}` : `add-and-get ${input.amount} ${output ?? '?'}`;
  },
  provides: (writer, reader) =>
    writer.input.f !== 'read' && reader.input.f !== 'add' && typeof reader.output === 'number'
      ? `${writer.input.amount}`
      : undefined,
  describe: (input, output) =>
    input.f === 'read'
      ? `read → ${output ?? '?'}`
      : `${input.f} ${input.amount}${input.f === 'add' ? '' : ` → ${output ?? '?'}`}`,
});
