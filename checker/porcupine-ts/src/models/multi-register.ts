/** Several registers, read and written by transactions: each takes effect at one instant, all of it. */

import { type Model, partitionByConnected, type Value } from '../model.ts';
import { canonical, sameValue, show } from '../value.ts';

export type MultiRegisterStep =
  | { readonly f: 'read'; readonly key: string }
  | { readonly f: 'write'; readonly key: string; readonly value: Value };

export interface MultiRegisterInput {
  readonly steps: readonly MultiRegisterStep[];
}

/** One for each step: the value read; anything for a write. */
export type MultiRegisterOutput = readonly Value[];

export interface MultiRegisterOptions {
  readonly initial?: Value;
}

export type MultiRegisterModel = Model<ReadonlyMap<string, Value>, MultiRegisterInput, MultiRegisterOutput>;

export const multiRegister = (options: MultiRegisterOptions = {}): MultiRegisterModel => {
  const initial = options.initial ?? null;
  return {
    name: 'multi-register',
    init: () => new Map(),
    step(state, { steps }, output) {
      if (output !== undefined && output.length !== steps.length) return undefined;
      let next: Map<string, Value> | null = null;
      for (const [at, step] of steps.entries()) {
        if (step.f === 'write') {
          next ??= new Map(state);
          next.set(step.key, step.value);
        } else if (output !== undefined && !sameValue((next ?? state).get(step.key) ?? initial, output[at]!)) {
          return undefined;
        }
      }
      return next ?? state;
    },
    key: (state) =>
      Array.from(state, ([key, value]) => `${JSON.stringify(key)}:${canonical(value)}`)
        .sort()
        .join(),
    partition: partitionByConnected(({ steps }) => steps.map(({ key }) => key)),
    observes: ({ steps }) => steps.every(({ f }) => f === 'read'),
    effect: ({ steps }, output) =>
      steps.some(({ f }) => f === 'read')
        ? undefined
        : `${canonical(steps as unknown as Value)} ${output === undefined}`,
    provides(writer, reader) {
      for (const [at, step] of reader.input.steps.entries()) {
        const wanted = reader.output?.[at];
        if (step.f !== 'read' || wanted === undefined) continue;
        const isGiven = writer.input.steps.some(
          (write) => write.f === 'write' && write.key === step.key && sameValue(write.value, wanted),
        );
        if (isGiven) return `${step.key} ${canonical(wanted)}`;
      }
      return undefined;
    },
    describe: ({ steps }, output) =>
      steps
        .map((step, at) =>
          step.f === 'read' ? `read ${step.key} → ${show(output?.[at])}` : `write ${step.key} ${show(step.value)}`,
        )
        .join('; '),
    describeState: (state) =>
      state.size === 0 ? 'empty' : Array.from(state, ([key, value]) => `${key} = ${show(value)}`).join(', '),
  };
};
