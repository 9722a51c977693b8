/**
 * A model's states by number, and its steps: what an operation makes of a state is asked of the model once, or again if
 * another answer took its place in the table.
 */

import type { Memory } from './memory.ts';
import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';
import type { Timeline } from './timeline.ts';

const ILLEGAL = -1;
const STATE_BYTES = 100;
const ROWS_MIN = 128;
const ROWS_MAX = 1 << 16;

export class StepTable<S, I, O> {
  /** True once the interruption asked to stop: a step can take long. */
  mustStop = false;
  private readonly model: Model<S, I, O>;
  private readonly operations: readonly CheckOperation<I, O>[];
  private readonly states: S[] = [];
  /** By key: equal states have one number. */
  private readonly numbers = new Map<string | number, number>();
  private stateBytes = 0;
  private interrupted: () => boolean = () => false;
  /** Rows of (state + 1, operation, next state), each where its hash says. */
  private readonly rows: Int32Array;
  private readonly mask: number;

  constructor(
    model: Model<S, I, O>,
    { operations, memory }: { operations: Timeline<I, O>['operations']; memory: Memory },
  ) {
    this.model = model;
    this.operations = operations;
    const wanted = Math.min(ROWS_MAX, Math.max(ROWS_MIN, 4 * operations.length));
    const rows = 1 << (32 - Math.clz32(wanted - 1));
    this.rows = memory.ints(3 * rows);
    this.mask = rows - 1;
  }

  begin(interrupted: () => boolean): void {
    this.interrupted = interrupted;
    this.mustStop = false;
  }

  numberOf(state: S): number {
    const key = this.model.key(state);
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.states.length;
      this.numbers.set(key, number);
      this.states.push(state);
      this.stateBytes += STATE_BYTES + (typeof key === 'string' ? 4 * key.length : 0);
    }
    return number;
  }

  stateOf(number: number): S {
    return this.states[number]!;
  }

  /** The number of the state after the operation, or -1 if it is not allowed. */
  step(state: number, index: number): number {
    const { rows } = this;
    const hash = Math.imul(state, 0x9e3779b1) ^ Math.imul(index, 0x85ebca6b);
    const row = 3 * ((hash ^ (hash >>> 15)) & this.mask);
    if (rows[row] === state + 1 && rows[row + 1] === index) return rows[row + 2]!;
    const { input, output } = this.operations[index]!;
    const next = this.model.step(this.states[state]!, input, output);
    const number = next === undefined ? ILLEGAL : this.numberOf(next);
    rows[row] = state + 1;
    rows[row + 1] = index;
    rows[row + 2] = number;
    this.poll();
    return number;
  }

  /** Whether to stop. */
  poll(): boolean {
    if (this.interrupted()) this.mustStop = true;
    return this.mustStop;
  }

  get memoryBytes(): number {
    return this.stateBytes + this.rows.byteLength;
  }
}
