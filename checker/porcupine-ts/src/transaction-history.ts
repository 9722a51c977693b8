/** A history of transactions over several registers, by number: who leaves a value in a register, and who found it there. */

import { callPositions } from './decision.ts';
import type { Value } from './model.ts';
import type { Timeline } from './timeline.ts';
import type { Touched } from './transaction-outlook.ts';
import { canonical } from './value.ts';

/** What is known of a transaction: nothing was found where its answers are not known. */
export interface Told extends Touched {
  /** Whether its answers can't be those of one moment: it did not read what it wrote, or read twice and found two values. */
  readonly contradictsItself: boolean;
}

/** Transactions are positions in the timeline. */
export interface TransactionHistory {
  readonly timeline: Timeline<unknown, unknown>;
  /** Stands for the transaction that wrote, before all others, what was there at first. */
  readonly initial: number;
  /** Positions in `events` of the calls. */
  readonly calls: Int32Array;
  /** Whether it surely took effect: it returned, and is not optional. */
  readonly isBound: Uint8Array;
  /** By register: who leaves a value in it, in order of call. */
  readonly writers: readonly (readonly number[])[];
  /** In order of the readers' calls. */
  readonly reads: readonly Read[];
  /** Whether it can't have taken effect, for its answers contradict one another. */
  readonly contradictsItself: Uint8Array;
}

export interface Read {
  readonly reader: number;
  readonly register: number;
  readonly found: Found;
}

/** A value in a register. */
export interface Found {
  /** Who leaves it there, in order of call. */
  readonly writers: readonly number[];
  /** The latest return of these up to each. */
  readonly returnsSoFar: readonly number[];
  /** Whether it was there at first. */
  readonly isInitial: boolean;
}

/** @param optional as in Relaxation */
export const transactionHistory = (
  timeline: Timeline<unknown, unknown>,
  told: (index: number) => Told,
  optional: Uint8Array | null,
  initialValue: Value,
): TransactionHistory => {
  const { operations, returns, events } = timeline;
  const n = operations.length;
  const registers = new Map<string, Register>();
  const registerOf = (key: string): Register => {
    let register = registers.get(key);
    if (register === undefined) {
      register = { number: registers.size, writers: [], values: new Map() };
      registers.set(key, register);
    }
    return register;
  };
  const first = identityOf(initialValue);
  const foundOf = ({ values }: Register, value: Value): Writers => {
    const identity = identityOf(value);
    let found = values.get(identity);
    if (found === undefined) {
      found = { writers: [], returnsSoFar: [], isInitial: identity === first };
      values.set(identity, found);
    }
    return found;
  };
  const isBound = new Uint8Array(n + 1);
  const reads: Read[] = [];
  const isContradictory = new Uint8Array(n + 1);
  for (let index = 0; index < n; index++) {
    const { found, left, contradictsItself } = told(index);
    const isOptional = optional?.[index] === 1;
    if (returns[index]! < events.length && !isOptional) isBound[index] = 1;
    if (contradictsItself && !isOptional) isContradictory[index] = 1;
    for (const [key, value] of left) {
      const register = registerOf(key);
      const { writers, returnsSoFar } = foundOf(register, value);
      register.writers.push(index);
      writers.push(index);
      returnsSoFar.push(Math.max(returnsSoFar.at(-1) ?? 0, returns[index]!));
    }
    if (isOptional) continue;
    for (const [key, value] of found) {
      const register = registerOf(key);
      reads.push({ reader: index, register: register.number, found: foundOf(register, value) });
    }
  }
  return {
    timeline,
    initial: n,
    calls: callPositions(timeline),
    isBound,
    writers: Array.from(registers.values(), ({ writers }) => writers),
    reads,
    contradictsItself: isContradictory,
  };
};

interface Writers extends Found {
  readonly writers: number[];
  readonly returnsSoFar: number[];
}

interface Register {
  readonly number: number;
  readonly writers: number[];
  readonly values: Map<Value, Writers>;
}

/** Equal for equal values, and for no others. */
const identityOf = (value: Value): Value => {
  if (typeof value === 'string') return `"${value}`;
  return typeof value === 'object' && value !== null ? canonical(value) : value;
};
