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

const NOTHING: ReadonlyMap<string, Value> = new Map();

export const multiRegister = (options: MultiRegisterOptions = {}): MultiRegisterModel => {
  const initial = options.initial ?? null;
  /** What the transaction writes, or undefined if it can't have given this output. */
  const writtenBy = (
    state: ReadonlyMap<string, Value>,
    { steps }: MultiRegisterInput,
    output: MultiRegisterOutput | undefined,
  ): ReadonlyMap<string, Value> | undefined => {
    if (output !== undefined && output.length !== steps.length) return undefined;
    let written: Map<string, Value> | null = null;
    for (const [at, step] of steps.entries()) {
      if (step.f === 'write') {
        written ??= new Map();
        written.set(step.key, step.value);
      } else if (output !== undefined) {
        const holder = written?.has(step.key) ? written : state;
        const value = holder.get(step.key);
        if (!sameValue(value === undefined ? initial : value, output[at]!)) return undefined;
      }
    }
    return written ?? NOTHING;
  };
  return {
    name: 'multi-register',
    init: () => new Map(),
    step(state, input, output) {
      const written = writtenBy(state, input, output);
      if (written === undefined || written.size === 0) return written && state;
      return new Map([...state, ...written]);
    },
    replay() {
      const state = new Map<string, Value>();
      return (input, output) => {
        const written = writtenBy(state, input, output);
        for (const [key, value] of written ?? []) state.set(key, value);
        return written !== undefined;
      };
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
