/**
 * The same history told otherwise: its operations in another order, its times on another clock, its values by other names; in worker
 * threads; with more before and after it that says nothing. The verdict is the same. And where less is said than in a history that has an
 * order, or more than in one that has none, it stays so.
 */

import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import { checkInWorkers } from '../src/check-in-workers.ts';
import type { CheckOperation } from '../src/operation.ts';
import { verify } from '../src/verify.ts';
import type { AnyModel, AnyOperation, Operations } from './core-rules.ts';
import { createDice, type Dice } from './histories.ts';
import { LOOSENINGS, longerHistory } from './longer-histories.ts';
import { LONGER_CASES, type LongerCase } from './longer-subjects.ts';
import { idsFrom, manyHistories } from './many-histories.ts';

const LONG_RUN = process.env.PORCUPINE_HISTORIES !== undefined;
const HISTORIES = Number(process.env.PORCUPINE_HISTORIES ?? 2);
const FIRST_SEED = Number(process.env.PORCUPINE_SEED ?? 1);
const PATIENCE_MS = LONG_RUN ? 24 * 3_600_000 : 600_000;
const STEPS_MAX = LONG_RUN ? 100_000 : 3000;
/** Of many histories in one check: what is hard would take all there are. */
const STEPS_EACH = 3000;

type Outcome = 'pass' | 'violation' | 'unknown';

/** Every order of a pass replays. */
const outcomeOf = (model: AnyModel, operations: Operations, name: string): Outcome => {
  const { outcome, partitions } = check(model, operations, { explainMax: 0, stepsMax: STEPS_MAX });
  const parts = new Map(
    (model.partition?.(operations) ?? [{ key: '', operations }]).map((part) => [part.key, part.operations]),
  );
  for (const { key, linearization } of partitions)
    if (linearization !== null) expect(verify(model, parts.get(key)!, linearization), name).toBeNull();
  return outcome;
};

interface Retelling {
  tell(operations: Operations, dice: Dice, one: LongerCase): Operations | null;
  /** What may become of a verdict; by default nothing else. */
  readonly allows?: readonly (readonly [before: Outcome, after: Outcome])[];
}

const timed = (operations: Operations, told: (time: number) => number): Operations =>
  operations.map((one) => ({
    ...one,
    call: told(one.call),
    return: one.return === null ? null : told(one.return),
  }));

const shuffled = <T>(all: readonly T[], dice: Dice): T[] => {
  const mixed = [...all];
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = dice.roll(at + 1);
    [mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!];
  }
  return mixed;
};

/** Every value, in inputs and outputs alike; what names an operation, or is an answer of its own, stays. */
const renamed = (operations: Operations, name: (value: number | string) => unknown): Operations => {
  const told = (value: unknown): unknown => {
    if (typeof value === 'number' || (typeof value === 'string' && value !== 'aborted')) return name(value);
    if (Array.isArray(value)) return value.map(told);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([field, own]) => [field, field === 'f' ? own : told(own)]));
  };
  return operations.map((one) => ({ ...one, input: told(one.input), output: told(one.output) }));
};

/** Keeps the order of texts and of numbers, sums, and what one text has of another. */
const scaled = (value: number | string): unknown =>
  typeof value === 'number'
    ? 3 * value
    : String.fromCharCode(...Array.from(value, (letter) => letter.charCodeAt(0) + 5));

const endOf = (operations: Operations): number =>
  operations.reduce((last, { call, return: end }) => Math.max(last, end ?? call), Number.NEGATIVE_INFINITY);

/** One after the other, from a time on. */
const inTurn = (
  steps: readonly { readonly input: unknown; readonly output: unknown }[],
  from: number,
): readonly AnyOperation[] =>
  steps.map(({ input, output }, at) => ({
    id: idsFrom(1) - 1 - at,
    process: -1,
    input,
    output,
    call: from + 2 * at,
    return: from + 2 * at + 1,
  }));

/** Operations that lead a system from its first state back to that. */
const roundTrip = ({ model, ...subject }: LongerCase['subject'], dice: Dice) => {
  const steps: { input: unknown; output: unknown }[] = [];
  let state = model.init();
  let back = 0;
  for (let at = 0; at < 12; at++) {
    const input = subject.input(dice, 50_000 + at);
    const answer = subject.answer(state, input);
    if (answer === undefined) break;
    steps.push({ input, output: answer.output });
    state = answer.state;
    if (model.key(state) === model.key(model.init())) back = steps.length;
  }
  return steps.slice(0, back);
};

/** What was called and what returned up to then. */
const until = (operations: Operations, time: number): Operations =>
  operations
    .filter(({ call }) => call <= time)
    .map((one) => (one.return !== null && one.return > time ? { ...one, return: null, output: undefined } : one));

const LESS_IS_SAID = [['violation', 'pass']] as const;
const MORE_IS_SAID = [['pass', 'violation']] as const;

const loosened = Object.fromEntries(
  Object.entries(LOOSENINGS).map(([name, change]): [string, Retelling] => [
    name,
    { tell: (operations, dice, { subject }) => change(operations, dice, subject), allows: LESS_IS_SAID },
  ]),
);

const RETELLINGS: { readonly [name: string]: Retelling } = {
  'operations in any order': { tell: (operations, dice) => shuffled(operations, dice) },
  'on a later clock': { tell: (operations) => timed(operations, (time) => time + 1e12) },
  'on a clock of fractions below zero': { tell: (operations) => timed(operations, (time) => time / 7 - 1e4) },
  'on a clock that runs ever faster': { tell: (operations) => timed(operations, (time) => (time + 100) ** 3) },
  'by other ids': {
    tell: (operations, dice) => {
      const ids = shuffled([...operations.keys()], dice);
      return operations.map((one, at) => ({ ...one, id: 10 * ids[at]! + 3 }));
    },
  },
  'with other values': {
    tell: (operations, _, { names }) => (names === 'none' ? null : renamed(operations, scaled)),
  },
  'with structures for numbers': {
    tell: (operations, _, { names }) =>
      names === 'any' ? renamed(operations, (value) => (typeof value === 'number' ? { n: [value] } : value)) : null,
  },
  'after a round trip': {
    tell: (operations, dice, { subject }) => {
      const steps = roundTrip(subject, dice);
      const start = operations.reduce((first, { call }) => Math.min(first, call), 0);
      return [...inTurn(steps, start - 2 * steps.length), ...operations];
    },
  },
  'before operations of which nothing is known': {
    tell: (operations, dice, { subject }) => {
      const steps = Array.from({ length: 4 }, (_, at) => ({
        input: subject.input(dice, 60_000 + at),
        output: undefined,
      }));
      return [...operations, ...inTurn(steps, endOf(operations) + 1)];
    },
  },
  'up to a moment': {
    tell: (operations, dice) => until(operations, dice.roll(endOf(operations) + 1)),
    allows: LESS_IS_SAID,
  },
  ...loosened,
  'intervals shrunk': {
    tell: (operations, dice) =>
      operations.map((one) => {
        if (one.return === null || dice.roll(2) === 0) return one;
        const by = dice.roll(Math.floor(one.return - one.call) + 1);
        return dice.roll(2) === 0 ? { ...one, call: one.call + by } : { ...one, return: one.return - by };
      }),
    allows: MORE_IS_SAID,
  },
  'open operations returned': {
    tell: (operations) => {
      const end = endOf(operations) + 1;
      return operations.map((one) => (one.return === null ? { ...one, return: end } : one));
    },
    allows: MORE_IS_SAID,
  },
};

const historiesOf = (one: LongerCase, count = HISTORIES): Operations[] =>
  Array.from({ length: count }, (_, at) => {
    const seed = FIRST_SEED + at;
    const dice = createDice(seed ^ 0x5bd1e995);
    const shape = { operations: one.lengths[dice.roll(2)]!, clients: 2 + dice.roll(4) };
    return longerHistory(one.subject, shape, seed).operations;
  });

describe('the verdict is the same of a history told otherwise', () => {
  for (const [name, one] of Object.entries(LONGER_CASES))
    it(
      name,
      () => {
        const { model } = one.subject;
        let decided = 0;
        for (const [at, operations] of historiesOf(one).entries()) {
          const seed = FIRST_SEED + at;
          const before = outcomeOf(model, operations, `${name}, seed ${seed}`);
          for (const [how, { tell, allows = [] }] of Object.entries(RETELLINGS)) {
            const told = tell(operations, createDice(seed), one);
            if (told === null) continue;
            const after = outcomeOf(model, told, `${name}, seed ${seed}, ${how}`);
            if (before === 'unknown' || after === 'unknown') continue;
            decided++;
            const isAllowed = before === after || allows.some(([from, to]) => from === before && to === after);
            expect(isAllowed, `${name}, seed ${seed}, ${how}: a ${before} became a ${after}`).toBe(true);
          }
        }
        if (LONG_RUN) process.stderr.write(`${name}: ${decided} retellings agree\n`);
        expect(decided).toBeGreaterThan(HISTORIES);
      },
      PATIENCE_MS,
    );

  for (const limits of [{ stepsMax: 300 }, { memoryBytes: 40_000 }, { memoryBytes: 400_000, stepsMax: STEPS_MAX }])
    it(
      `or nobody can tell, within ${JSON.stringify(limits)}`,
      () => {
        for (const [name, one] of Object.entries(LONGER_CASES)) {
          const histories = historiesOf(one).map((history, at) =>
            history.map((own) => ({ ...own, id: idsFrom(at) + own.id })),
          );
          const many = manyHistories(name);
          const narrow = check(many, histories.flat(), { explainMax: 0, ...limits }).partitions;
          const wide = check(many, histories.flat(), { explainMax: 0, stepsMax: STEPS_EACH * HISTORIES }).partitions;
          for (const [at, { outcome, key }] of narrow.entries())
            if (outcome !== 'unknown' && wide[at]!.outcome !== 'unknown')
              expect(outcome, `${name}, ${key}`).toBe(wide[at]!.outcome);
        }
      },
      PATIENCE_MS,
    );

  it(
    'in workers',
    async () => {
      for (const [name, one] of Object.entries(LONGER_CASES)) {
        if (!LONG_RUN && !IN_WORKERS.includes(name)) continue;
        const operations: CheckOperation<unknown, unknown>[] = historiesOf(one, IN_WORKERS_EACH).flatMap(
          (history, at) => history.map((own) => ({ ...own, id: idsFrom(at) + own.id })),
        );
        const limits = { explainMax: 0, stepsMax: STEPS_EACH * IN_WORKERS_EACH };
        const model = manyHistories(name);
        const here = check(model, operations, limits);
        const reference = { module: new URL('./many-histories.ts', import.meta.url).href, export: 'manyHistories' };
        const there = await checkInWorkers({ ...reference, arguments: [name] }, operations, { ...limits, workers: 2 });
        expect(new Set(here.partitions.map(({ outcome }) => outcome)).size, name).toBeGreaterThan(1);
        const parts = new Map(model.partition!(operations).map((part) => [part.key, part.operations]));
        for (const [at, part] of there.partitions.entries()) {
          const other = here.partitions[at]!;
          expect(part.key).toBe(other.key);
          if (part.outcome !== 'unknown' && other.outcome !== 'unknown')
            expect(part.outcome, `${name}, ${part.key}`).toBe(other.outcome);
          if (part.linearization !== null)
            expect(verify(model, parts.get(part.key)!, part.linearization), `${name}, ${part.key}`).toBeNull();
        }
      }
    },
    PATIENCE_MS,
  );
});

/** A pool takes a while to begin, but then it is quick. */
const IN_WORKERS = ['kv'];
const IN_WORKERS_EACH = Math.max(HISTORIES, 12);
