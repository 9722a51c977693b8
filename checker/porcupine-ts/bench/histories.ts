/** Generated histories for benchmarks: right by construction, of any length. */

import type { Value } from '../src/model.ts';
import type { KvInput, KvOutput } from '../src/models/kv.ts';
import type { MultiRegisterInput, MultiRegisterOutput } from '../src/models/multi-register.ts';
import type { QueueInput, QueueOutput } from '../src/models/queues.ts';
import type { RegisterInput, RegisterOutput } from '../src/models/register.ts';
import type { CheckOperation } from '../src/operation.ts';
import { createDice, type Dice } from '../test/histories.ts';

export interface BusyShape {
  readonly operations: number;
  readonly clients: number;
  /** Of a hundred operations, how many never return; half of them took effect, or nearly so. */
  readonly openPercent?: number;
  readonly seed?: number;
}

export interface GeneratedShape extends BusyShape {
  /** Infinite: each write has a value of its own. */
  readonly values: number;
  readonly cas?: boolean;
}

interface Running<I, O> {
  readonly id: number;
  readonly process: number;
  readonly input: I;
  readonly call: number;
  output: O | undefined;
  return: number | null;
  tookEffect: boolean;
}

/** All clients are busy most of the time; each event is a call, an effect or a return, drawn by lot. */
export const busyHistory = <I, O>(
  shape: BusyShape,
  draw: (dice: Dice) => I,
  apply: (input: I) => O,
): CheckOperation<I, O>[] => {
  const dice = createDice(shape.seed ?? 1);
  const idle = Array.from({ length: shape.clients }, (_, client) => client);
  const running: Running<I, O>[] = [];
  const operations: Running<I, O>[] = [];
  let nextProcess = shape.clients;
  for (let time = 0; operations.length < shape.operations || running.length > 0; time++) {
    const mayCall = operations.length < shape.operations && idle.length > 0;
    if (mayCall && (running.length === 0 || dice.roll(2) === 0)) {
      const process = idle.splice(dice.roll(idle.length), 1)[0]!;
      const operation: Running<I, O> = {
        id: operations.length,
        process,
        input: draw(dice),
        call: time,
        output: undefined,
        return: null,
        tookEffect: false,
      };
      operations.push(operation);
      running.push(operation);
      continue;
    }
    const at = dice.roll(running.length);
    const operation = running[at]!;
    const isLost = operation.output === undefined && dice.roll(100) < (shape.openPercent ?? 0);
    if (!operation.tookEffect && !(isLost && dice.roll(2) === 0)) {
      operation.tookEffect = true;
      operation.output = apply(operation.input);
      if (!isLost) continue;
    }
    running.splice(at, 1);
    if (isLost) {
      operation.output = undefined;
      idle.push(nextProcess++);
      continue;
    }
    operation.return = time;
    idle.push(operation.process);
  }
  return operations.map(({ id, process, input, call, output, return: end }) => ({
    id,
    process,
    input,
    output,
    call,
    return: end,
  }));
};

/** Reads, writes and, if asked for, cas, in equal parts. */
export const registerHistory = (shape: GeneratedShape): CheckOperation<RegisterInput, RegisterOutput>[] => {
  let state: RegisterOutput = null;
  let writes = 0;
  return busyHistory<RegisterInput, RegisterOutput>(
    shape,
    (dice) => {
      if (shape.values === Number.POSITIVE_INFINITY)
        return dice.roll(2) === 0 ? { f: 'read' } : { f: 'write', value: writes++ };
      const kind = dice.roll(shape.cas === true ? 3 : 2);
      if (kind === 0) return { f: 'read' };
      if (kind === 1) return { f: 'write', value: dice.roll(shape.values) };
      return { f: 'cas', expected: dice.roll(shape.values), value: dice.roll(shape.values) };
    },
    (input) => {
      if (input.f === 'read') return state;
      if (input.f === 'write') {
        state = input.value;
        return null;
      }
      const matches = state === input.expected;
      if (matches) state = input.value;
      return matches;
    },
  );
};

/** Half gets, half appends of texts that occur once, and a put now and then; each on a key drawn by lot. */
export const growingStrings = (shape: GeneratedShape, keys = 1): CheckOperation<KvInput, KvOutput>[] => {
  const states = new Map<string, string>();
  let texts = 0;
  return busyHistory<KvInput, KvOutput>(
    shape,
    (dice) => {
      const kind = dice.roll(40);
      const key = keys === 1 ? 'k' : `k${dice.roll(keys)}`;
      if (kind < 20) return { f: 'get', key };
      return { f: kind === 20 ? 'put' : 'append', key, value: `x ${texts++} y` };
    },
    (input) => {
      if (input.f === 'txn') throw new RangeError('no transactions are drawn');
      const state = states.get(input.key) ?? '';
      if (input.f === 'get') return state;
      if (input.f === 'put') states.set(input.key, input.value as string);
      else if (input.f === 'append') states.set(input.key, state + input.value);
      return null;
    },
  );
};

export type Transaction = CheckOperation<MultiRegisterInput, MultiRegisterOutput>;

/** Transactions of one to four steps, half of them reads, half writes, each of a register drawn by lot. */
export const transactionHistory = (shape: GeneratedShape, registers: number): Transaction[] => {
  const state = new Map<string, Value>();
  let writes = 0;
  const value = (dice: Dice): number =>
    shape.values === Number.POSITIVE_INFINITY ? writes++ : dice.roll(shape.values);
  return busyHistory<MultiRegisterInput, MultiRegisterOutput>(
    shape,
    (dice) => ({
      steps: Array.from({ length: 1 + dice.roll(4) }, () => {
        const key = `k${dice.roll(registers)}`;
        return dice.roll(2) === 0 ? { f: 'read', key } : { f: 'write', key, value: value(dice) };
      }),
    }),
    ({ steps }) =>
      steps.map((step) => {
        if (step.f === 'read') return state.get(step.key) ?? null;
        state.set(step.key, step.value);
        return null;
      }),
  );
};

/**
 * The same with three more at the end: two that write the registers one after the other, and one that found what the one wrote in
 * some of them, and what the other wrote in the rest.
 */
export const withFracturedRead = (operations: readonly Transaction[], registers: readonly string[]): Transaction[] => {
  const end = operations.reduce((latest, one) => Math.max(latest, one.return ?? one.call), 0);
  const add = (at: number, input: MultiRegisterInput, output: MultiRegisterOutput, call: number): Transaction => {
    const id = operations.length + at;
    return { id, process: -1 - at, input, output, call: end + call, return: end + call + 10 };
  };
  const write = (value: string): MultiRegisterInput => ({
    steps: registers.map((key) => ({ f: 'write', key, value: `${value} of ${key}` })),
  });
  const reads: MultiRegisterInput = { steps: registers.map((key) => ({ f: 'read', key })) };
  const found = registers.map((key, at) => `${at % 2 === 0 ? 'first' : 'second'} of ${key}`);
  const nothing = registers.map(() => null);
  return [
    ...operations,
    add(0, write('first'), nothing, 1),
    add(1, write('second'), nothing, 12),
    add(2, reads, found, 13),
  ];
};

export type Container = 'queue' | 'stack' | 'priority queue';

/** Half puts, half takes: each value is put once. */
export const containerHistory = (
  shape: GeneratedShape,
  container: Container,
): CheckOperation<QueueInput, QueueOutput>[] => {
  const held: number[] = [];
  let first = 0;
  let next = 0;
  const placeOf = (value: number): number => {
    let [low, high] = [0, held.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (held[middle]! > value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return busyHistory<QueueInput, QueueOutput>(
    shape,
    // Not in ascending order: a priority queue would be a queue.
    (dice) => (dice.roll(2) === 0 ? { f: 'take' } : { f: 'put', value: dice.roll(1000) * 10_000_000 + next++ }),
    (input) => {
      if (input.f !== 'put') {
        if (container !== 'queue') return held.pop() ?? null;
        return first < held.length ? held[first++]! : null;
      }
      // The least one last.
      if (container === 'priority queue') held.splice(placeOf(input.value as number), 0, input.value as number);
      else held.push(input.value as number);
      return null;
    },
  );
};

/** So far apart that what they found was not brought at the same time. */
const APART = 1000;

/** The same with two answers exchanged, in the middle: of reads or takes that found something, one long after the other. */
export const withTwoExchanged = <I, O>(operations: readonly CheckOperation<I, O>[]): CheckOperation<I, O>[] => {
  const middle = operations.findIndex(({ id, output }) => id >= operations.length / 2 && typeof output === 'number');
  const one = operations[middle]!;
  const other = operations.find(
    ({ call, output }) => call > (one.return ?? call) + APART && typeof output === 'number',
  )!;
  return operations.map((operation) =>
    operation === one
      ? { ...operation, output: other.output }
      : operation === other
        ? { ...operation, output: one.output }
        : operation,
  );
};
