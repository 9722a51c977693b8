/** Several registers, read and written by transactions: each takes effect at one instant, all of it. */

import { generalSearch } from '../general-search.ts';
import { withGivers } from '../givers.ts';
import { SightingsByKey } from '../impossible-result.ts';
import { LIST, misfitOf, misfitOutput, refuseInput, TEXT, told, VALUE } from '../misfit.ts';
import { type Model, partitionByConnected, type Value, VETTED } from '../model.ts';
import type { CheckOperation } from '../operation.ts';
import { withModelsRefuter } from '../refuter.ts';
import type { Search } from '../search.ts';
import { layOut, type Timeline } from '../timeline.ts';
import { focusOnRegisters } from '../transaction-focus.ts';
import { type Told, type TransactionHistory, transactionHistory } from '../transaction-history.ts';
import { type Registers, transactionOutlook } from '../transaction-outlook.ts';
import { contradictionIn, type ReadAs, transactionSearch } from '../transaction-search.ts';
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

export type MultiRegisterModel = Model<Registers, MultiRegisterInput, MultiRegisterOutput>;

const NOTHING: Registers = new Map();

/** In place of a value: it may be any. No history has it, for it is known by identity, and its text is that of no value. */
const ANY: Value = { 'any value': true };
const ANY_TEXT = 'any';

/** What a transaction found before it wrote, where its answer is known, and what it leaves. */
const toldBy = ({ steps }: MultiRegisterInput, output: MultiRegisterOutput | undefined): Told => {
  const found = new Map<string, Value>();
  const left = new Map<string, Value>();
  let contradictsItself = false;
  for (const [at, step] of steps.entries()) {
    const answer = output?.[at];
    if (step.f === 'write') left.set(step.key, step.value);
    else if (answer !== undefined) {
      const before = left.has(step.key) ? left : found;
      if (!before.has(step.key)) found.set(step.key, answer);
      else if (!sameValue(before.get(step.key)!, answer)) contradictsItself = true;
    }
  }
  return { found: [...found], left: [...left], contradictsItself };
};

/** @param optional as in Relaxation */
export const readTransactions = (
  timeline: Timeline<MultiRegisterInput, MultiRegisterOutput>,
  optional: Uint8Array | null,
  initial: Value,
): TransactionHistory => {
  const { operations } = timeline;
  const told = (index: number): Told => toldBy(operations[index]!.input, operations[index]!.output);
  return transactionHistory(timeline, told, optional, initial);
};

const misfitOfStep = misfitOf({
  read: { input: { key: TEXT }, output: VALUE },
  write: { input: { key: TEXT, value: VALUE } },
});

const misfit = (input: unknown, output: unknown): string | undefined => {
  const { steps } = (input ?? {}) as { readonly steps?: unknown };
  if (!Array.isArray(steps)) return `its input is ${told(input)}; expected { steps: a list }`;
  const wrong = misfitOutput(LIST, output);
  if (wrong !== undefined) return wrong;
  const outputs = output as readonly unknown[] | undefined;
  if (outputs !== undefined && outputs.length !== steps.length)
    return `it has ${steps.length} steps and ${outputs.length} outputs; expected one for each step`;
  for (const [at, step] of steps.entries()) {
    const wrong = misfitOfStep(step, outputs?.[at]);
    if (wrong !== undefined) return `of step ${at}, ${wrong}`;
  }
  return undefined;
};

export const multiRegister = (options: MultiRegisterOptions = {}): MultiRegisterModel => {
  const initial = options.initial ?? null;
  /** What the transaction writes, or undefined if it can't have given this output. */
  const writtenBy = (
    state: Registers,
    { steps }: MultiRegisterInput,
    output: MultiRegisterOutput | undefined,
  ): Registers | undefined => {
    if (output !== undefined && output.length !== steps.length) return undefined;
    let written: Map<string, Value> | null = null;
    for (const [at, step] of steps.entries()) {
      if (step.f === 'write') {
        written ??= new Map();
        written.set(step.key, step.value);
      } else if (step.f !== 'read') refuseInput(step);
      else if (output?.[at] !== undefined) {
        const holder = written?.has(step.key) ? written : state;
        const value = holder.get(step.key);
        if (value !== ANY && !sameValue(value === undefined ? initial : value, output[at])) return undefined;
      }
    }
    return written ?? NOTHING;
  };
  const holds = (state: Registers, key: string, value: Value): boolean => {
    const held = state.get(key);
    return held === ANY || sameValue(held === undefined ? initial : held, value);
  };
  const readAs: ReadAs<MultiRegisterInput, MultiRegisterOutput> = (timeline, optional) =>
    readTransactions(timeline, optional, initial);
  const model: MultiRegisterModel = {
    name: 'multi-register',
    [VETTED]: true,
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
      Array.from(state, ([key, value]) => `${JSON.stringify(key)}:${value === ANY ? ANY_TEXT : canonical(value)}`)
        .sort()
        .join(),
    causes() {
      const written = new SightingsByKey(initial);
      return {
        note({ steps }) {
          for (const step of steps) if (step.f === 'write') written.at(step.key).add(step.value);
        },
        accountFor: ({ steps }, output) =>
          steps.every((step, at) => {
            const found = output[at];
            return step.f === 'write' || found === undefined || written.at(step.key).has(found);
          }),
      };
    },
    misfit,
    partition: partitionByConnected(({ steps }) => steps.map(({ key }) => key)),
    specialised(timeline, relaxation) {
      const { operations } = timeline;
      const optional = relaxation?.optional ?? null;
      const search = (): Search => {
        const told = (index: number): Told => toldBy(operations[index]!.input, operations[index]!.output);
        const outlook = transactionOutlook(timeline, told, optional, holds);
        const general = generalSearch(model, timeline, relaxation, outlook, 'search for what transactions found');
        return relaxation === undefined ? withModelsRefuter(model, timeline, general) : general;
      };
      const isFromStart = relaxation?.initial === undefined || relaxation.initial.size === 0;
      if (!isFromStart || relaxation?.unlimited === true) return search();
      return transactionSearch(timeline, optional, readAs, search);
    },
    focus(operations, stuck, isOver) {
      const blamed = contradictionIn(layOut(operations), readAs, isOver);
      const suspects =
        blamed &&
        withGivers(
          model,
          operations,
          blamed.map((index) => operations[index]!),
        );
      return focusOnRegisters(operations, stuck, suspects, (weaker) => isViolation(model, weaker, isOver), isOver);
    },
    cutStates: (operations) => [
      new Map(operations.flatMap(({ input }) => input.steps.map(({ key }) => [key, ANY] as const))),
    ],
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
  return model;
};

/** Steps that may be spent on a part of the registers. */
const PART_STEPS = 20_000;

const isViolation = (
  model: MultiRegisterModel,
  operations: readonly CheckOperation<MultiRegisterInput, MultiRegisterOutput>[],
  isOver: () => boolean,
): boolean => model.specialised?.(layOut(operations))?.advance(PART_STEPS, isOver) === 'violation';
