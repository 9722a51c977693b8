/** Random histories for the tests: right ones, ones that were tampered with, and unknown outcomes. */

import type { Model } from '../src/model.ts';
import type { CheckOperation } from '../src/operation.ts';

/** A small generator of pseudo-random numbers (mulberry32), so that a failing history can be named by its seed. */
export interface Dice {
  /** An integer from 0 to below - 1. */
  roll(below: number): number;
}

export const createDice = (seed: number): Dice => {
  let state = seed | 0;
  return {
    roll(below) {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
    },
  };
};

/** How a model's inputs are drawn and answered; one record per model under test. */
export interface Subject<S, I, O> {
  readonly model: Model<S, I, O>;
  input(dice: Dice, index: number): I;
  /** What a correct system answers, and its next state; undefined where the operation has to wait. */
  answer(state: S, input: I): { state: S; output: O } | undefined;
  /** A wrong answer, plausible where possible. */
  wrong(dice: Dice, input: I, output: O): O;
}

export interface Shape {
  readonly operations: number;
  readonly processes: number;
  /** Of a hundred operations: how many have an unknown outcome; how many of the histories are tampered with. */
  readonly openPercent: number;
  readonly wrongPercent: number;
}

/**
 * A history of a correct system: each operation takes effect at an instant between call and return. Then, maybe, one
 * answer is changed. Times are small integers, so that ties occur.
 */
export const randomHistory = <S, I, O>(
  subject: Subject<S, I, O>,
  shape: Shape,
  seed: number,
): CheckOperation<I, O>[] => {
  const dice = createDice(seed);
  const clocks = new Array<number>(shape.processes).fill(0);
  const drawn: { process: number; input: I; call: number; at: number; end: number; order: number }[] = [];
  for (let index = 0; index < shape.operations; index++) {
    const process = dice.roll(shape.processes);
    const call = clocks[process]! + 1 + dice.roll(3);
    const at = call + dice.roll(4);
    const end = at + dice.roll(4);
    clocks[process] = end;
    drawn.push({ process, input: subject.input(dice, index), call, at, end, order: dice.roll(1 << 20) });
  }
  let state = subject.model.init();
  const operations: CheckOperation<I, O>[] = [];
  drawn.sort((a, b) => a.at - b.at || a.order - b.order);
  for (const { process, input, call, end } of drawn) {
    const answer = subject.answer(state, input);
    const isOpen = answer === undefined || dice.roll(100) < shape.openPercent;
    const happened = answer !== undefined && (!isOpen || dice.roll(2) === 0);
    if (answer !== undefined && happened) state = answer.state;
    const base = { id: 0, process, input, call };
    if (!isOpen) operations.push({ ...base, output: answer.output, return: end });
    // A returned operation may have an unknown output, too; it has taken effect.
    else if (happened && dice.roll(3) === 0) operations.push({ ...base, output: undefined, return: end });
    else operations.push({ ...base, output: undefined, return: null });
  }
  operations.sort((a, b) => a.call - b.call);
  const numbered = operations.map((operation, id) => ({ ...operation, id }));
  if (dice.roll(100) < shape.wrongPercent) {
    const victim = dice.roll(numbered.length);
    const { input, output } = numbered[victim]!;
    if (output !== undefined) numbered[victim] = { ...numbered[victim]!, output: subject.wrong(dice, input, output) };
  }
  return numbered;
};
