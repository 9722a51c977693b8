/** Longer histories than enumeration can judge: of busy clients of a right system, then loosened, and maybe spoiled. */

import { busyHistory } from '../bench/histories.ts';
import type { CheckOperation } from '../src/operation.ts';
import { createDice, type Dice, type Subject } from './histories.ts';

export interface LongerHistory<I, O> {
  readonly operations: readonly CheckOperation<I, O>[];
  /** What was done to it, for people. */
  readonly made: string;
  /** True if it has an order for certain: it was loosened at most. */
  readonly isRight: boolean;
}

export interface LongerShape {
  readonly operations: number;
  readonly clients: number;
}

/** By its seed: right but, more often than not, for one thing or a few. */
export const longerHistory = <S, I, O>(
  subject: Subject<S, I, O>,
  { operations, clients }: LongerShape,
  seed: number,
): LongerHistory<I, O> => {
  const dice = createDice(seed);
  let state = subject.model.init();
  let drawn = 0;
  const openPercent = dice.roll(3) === 0 ? 1 + dice.roll(6) : 0;
  let history: readonly CheckOperation<I, O>[] = busyHistory<I, O>(
    { operations, clients, openPercent, seed },
    (lots) => subject.input(lots, drawn++),
    (input) => {
      const answer = subject.answer(state, input);
      if (answer === undefined) throw new RangeError('an operation that has to wait has no place here');
      ({ state } = answer);
      return answer.output;
    },
  );
  const made: string[] = [];
  const change = (by: Change, name: string): void => {
    history = by(history, dice, subject as never);
    made.push(name);
  };
  for (const [name, by] of Object.entries(LOOSENINGS)) if (dice.roll(5) === 0) change(by, name);
  const spoils = Object.entries(SPOILS);
  const spoiled = dice.roll(5) < 3 ? 1 + dice.roll(SPOILS_MAX) : 0;
  for (let at = 0; at < spoiled; at++) {
    const [name, by] = spoils[dice.roll(spoils.length)]!;
    change(by, name);
  }
  return { operations: history, made: made.join(', ') || 'as it was', isRight: spoiled === 0 };
};

type Change = <I, O>(
  operations: readonly CheckOperation<I, O>[],
  dice: Dice,
  subject: Subject<unknown, I, O>,
) => readonly CheckOperation<I, O>[];

/** Of some models it takes several before one shows. */
const SPOILS_MAX = 4;

/** So many of a hundred operations are loosened: a few, or many. */
const LOOSENED_PERCENTS = [3, 6, 25];

const some =
  (change: <I, O>(operation: CheckOperation<I, O>, dice: Dice) => CheckOperation<I, O>): Change =>
  (operations, dice) => {
    const percent = LOOSENED_PERCENTS[dice.roll(LOOSENED_PERCENTS.length)]!;
    return operations.map((one) => (dice.roll(100) < percent ? change(one, dice) : one));
  };

const widened = (by: number): Change =>
  some((one, dice) => ({
    ...one,
    call: one.call - dice.roll(by),
    return: one.return === null ? null : one.return + dice.roll(by),
  }));

/** An order of what it was is an order of what comes of it. */
export const LOOSENINGS: { readonly [name: string]: Change } = {
  'answers unknown': some((one) => ({ ...one, output: undefined })),
  'answers never came': some((one) => ({ ...one, output: undefined, return: null })),
  'returns lost that had an answer': some((one, dice) => (dice.roll(4) === 0 ? { ...one, return: null } : one)),
  'intervals widened': widened(20),
  'intervals widened far': widened(200),
  'a coarse clock': (operations, dice) => {
    const tick = 2 + dice.roll(8);
    const told = (time: number): number => Math.floor(time / tick);
    return operations.map((one) => ({
      ...one,
      call: told(one.call),
      return: one.return === null ? null : told(one.return),
    }));
  },
};

/** How far apart two operations are, at most, of which one is given the answer of the other because they are close. */
const CLOSE = [2, 5, 15];

const MOVED_MAX = 300;

const answered = <I, O>(operations: readonly CheckOperation<I, O>[]): number[] =>
  [...operations.keys()].filter((at) => operations[at]!.output !== undefined && operations[at]!.return !== null);

const drawnOf = (dice: Dice, positions: readonly number[]): number | undefined =>
  positions[dice.roll(positions.length)];

const replaced = <T>(all: readonly T[], at: number, by: (one: T) => T): readonly T[] =>
  all.map((one, index) => (index === at ? by(one) : one));

/** Two that might have answered each other's answer, and did not; fewer where there are none. */
const alike = (operations: readonly CheckOperation<unknown, unknown>[], dice: Dice, distance: number): number[] => {
  const known = answered(operations);
  const one = drawnOf(dice, known);
  if (one === undefined) return [];
  const kind = kindOf(operations[one]!.input);
  const answer = JSON.stringify(operations[one]!.output);
  const others = known.filter(
    (at) =>
      Math.abs(at - one) <= distance &&
      kindOf(operations[at]!.input) === kind &&
      JSON.stringify(operations[at]!.output) !== answer,
  );
  const other = drawnOf(dice, others);
  return other === undefined ? [] : [one, other];
};

const exchanged =
  (distances: readonly number[]): Change =>
  (operations, dice) => {
    const [one, other] = alike(operations, dice, drawnOf(dice, distances)!);
    if (one === undefined || other === undefined) return operations;
    const [first, second] = [operations[one]!.output, operations[other]!.output];
    return operations.map((own, at) =>
      at === one ? { ...own, output: second } : at === other ? { ...own, output: first } : own,
    );
  };

/** Inputs of one kind are answered alike. */
const kindOf = (input: unknown): string => {
  const { f, key, steps } = input as { f?: string; key?: string; steps?: readonly unknown[] };
  return `${f} ${key} ${steps?.map(kindOf)}`;
};

/** After these it may have no order. */
const SPOILS: { readonly [name: string]: Change } = {
  'a wrong answer': (operations, dice, subject) => {
    const at = drawnOf(dice, answered(operations));
    if (at === undefined) return operations;
    return replaced(operations, at, (one) => ({ ...one, output: subject.wrong(dice, one.input, one.output!) }));
  },
  'two answers exchanged': exchanged([Number.POSITIVE_INFINITY]),
  'two close answers exchanged': exchanged(CLOSE),
  'the answer of another': (operations, dice) => {
    const [one, other] = alike(operations, dice, drawnOf(dice, CLOSE)!);
    if (one === undefined || other === undefined) return operations;
    return replaced(operations, one, (own) => ({ ...own, output: operations[other]!.output }));
  },
  'an operation forgotten': (operations, dice) => {
    const at = dice.roll(operations.length);
    return operations.filter((_, index) => index !== at);
  },
  'an operation moved in time': (operations, dice) => {
    const by = (dice.roll(2) === 0 ? 1 : -1) * dice.roll(MOVED_MAX);
    return replaced(operations, dice.roll(operations.length), (one) => ({
      ...one,
      call: one.call + by,
      return: one.return === null ? null : one.return + by,
    }));
  },
  'a return that came at once': (operations, dice) => {
    const at = drawnOf(dice, answered(operations));
    return at === undefined ? operations : replaced(operations, at, (one) => ({ ...one, return: one.call }));
  },
};
