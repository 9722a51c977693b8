/**
 * How much slower than the textbook search a check can be: `npx tsx checker/porcupine-ts/bench/against-textbook.ts`, some five
 * minutes; other histories with another first seed: `… against-textbook.ts 1000`. Random histories of each kind that the textbook search
 * decides within 300 ms; wall time, the best of up to forty runs, once everything is compiled. Prints the median and the
 * largest of the ratios, and how many are above two, with their seeds; these are measured again first, for a moment at which the
 * machine was busy with something else looks like a slow check.
 */

import { check } from '../src/check.ts';
import type { Model } from '../src/model.ts';
import type { CheckOperation } from '../src/operation.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { createDice, type Dice, randomHistory, type Shape, type Subject } from '../test/histories.ts';
import * as subjects from '../test/subjects.ts';
import { uniqueTransactionSubject } from '../test/transaction-subjects.ts';

const HISTORIES = 40;
const WARM_UP = 30;
const TEXTBOOK_MS = 300;

/** Of a history that is tampered with, it is any answer, or one of the last. */
const SHAPES: readonly (Shape & { readonly late?: true })[] = [
  { operations: 20, processes: 5, openPercent: 10, wrongPercent: 60 },
  { operations: 40, processes: 5, openPercent: 5, wrongPercent: 50 },
  { operations: 100, processes: 5, openPercent: 3, wrongPercent: 50 },
  { operations: 30, processes: 6, openPercent: 30, wrongPercent: 50 },
  { operations: 80, processes: 4, openPercent: 5, wrongPercent: 0, late: true },
  { operations: 400, processes: 4, openPercent: 1, wrongPercent: 30 },
];

interface Move {
  readonly from: number;
  readonly to: number;
  readonly amount: number;
}

/** Somebody's own model, of nothing but four functions: accounts that are read together, and between which amounts are moved. */
const accounts: Model<readonly number[], Move | 'read', boolean | readonly number[]> = {
  name: 'accounts',
  init: () => [10, 10, 10],
  step(state, input, output) {
    if (input === 'read') return output === undefined || state.join() === `${output}` ? state : undefined;
    const { from, to, amount } = input;
    const isCovered = state[from]! >= amount;
    if (output !== undefined && output !== isCovered) return undefined;
    return isCovered ? state.map((held, at) => held - (at === from ? amount : 0) + (at === to ? amount : 0)) : state;
  },
  key: (state) => state.join(),
};

const accountsSubject: Subject<readonly number[], Move | 'read', boolean | readonly number[]> = {
  model: accounts,
  input: (dice: Dice) =>
    dice.roll(3) === 0 ? 'read' : { from: dice.roll(3), to: dice.roll(3), amount: 1 + dice.roll(4) },
  answer(state, input) {
    for (const output of input === 'read' ? [state] : [true, false]) {
      const next = accounts.step(state, input, output);
      if (next !== undefined) return { state: next, output };
    }
    return undefined;
  },
  wrong: (_, __, output) => (typeof output === 'boolean' ? !output : [output[0]! + 1, output[1]! - 1, output[2]!]),
};

const SUBJECTS = {
  register: subjects.registerSubject(3),
  'cas-register': subjects.casSubject(3),
  kv: subjects.kvSubject(),
  'growing strings': subjects.appendSubject(false),
  'multi-register': subjects.multiRegisterSubject(),
  'multi-register, unique values': uniqueTransactionSubject(),
  set: subjects.setSubject(),
  queue: subjects.queueSubject(),
  'queue, unique values': subjects.uniqueQueueSubject(),
  stack: subjects.stackSubject(),
  'stack, unique values': subjects.uniqueStackSubject(),
  'priority queue': subjects.priorityQueueSubject(),
  'priority queue, unique values': subjects.uniquePriorityQueueSubject(),
  counter: subjects.counterSubject(),
  mutex: subjects.mutexSubject(),
  semaphore: subjects.semaphoreSubject(),
  "somebody's own model": accountsSubject,
};

const best = (run: () => void): number => {
  let least = Number.POSITIVE_INFINITY;
  const until = performance.now() + 40;
  for (let runs = 0; runs < 3 || (runs < 40 && performance.now() < until); runs++) {
    const started = performance.now();
    run();
    least = Math.min(least, performance.now() - started);
  }
  return least;
};

const FIRST_SEED = Number(process.argv[2] ?? 0);
const MEASURED_AGAIN = 3;

const historyOf = (
  subject: Subject<unknown, unknown, unknown>,
  shape: (typeof SHAPES)[number],
  seed: number,
): CheckOperation<unknown, unknown>[] => {
  const operations = randomHistory(subject, shape, seed);
  if (shape.late !== true) return operations;
  const at = operations.findLastIndex(({ output }) => output !== undefined);
  const victim = operations[at];
  if (victim !== undefined)
    operations[at] = { ...victim, output: subject.wrong(createDice(seed), victim.input, victim.output) };
  return operations;
};

const ratios = (
  subject: Subject<unknown, unknown, unknown>,
  shape: (typeof SHAPES)[number],
): { ratio: number; seed: number }[] => {
  const model: Model<unknown, unknown, unknown> = subject.model;
  const found: { ratio: number; seed: number }[] = [];
  for (let at = -WARM_UP; at < HISTORIES; at++) {
    const seed = FIRST_SEED + WARM_UP + at;
    const operations = historyOf(subject, shape, seed);
    const parts = model.partition?.(operations) ?? [{ operations }];
    const outcomes = parts.map((part) => textbookSearch(model, part.operations, { timeMs: TEXTBOOK_MS }).outcome);
    if (outcomes.includes('unknown')) continue;
    const ours = (): unknown => check(model, operations, { explainMax: 0 });
    ours();
    if (at < 0) continue;
    const textbook = (): void => {
      for (const part of parts) textbookSearch(model, part.operations);
    };
    let [least, slow] = [best(ours), best(textbook)];
    for (let again = 0; again < MEASURED_AGAIN && least > 2 * slow; again++) {
      least = Math.min(least, best(ours));
      slow = Math.min(slow, best(textbook));
    }
    found.push({ ratio: least / slow, seed });
  }
  return found.sort((a, b) => a.ratio - b.ratio);
};

console.log('| kind | operations | histories | median | largest | above 2 | their seeds |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const [name, subject] of Object.entries(SUBJECTS))
  for (const shape of SHAPES) {
    const found = ratios(subject as unknown as Subject<unknown, unknown, unknown>, shape);
    const [median, largest] = [found[found.length >> 1]?.ratio ?? 0, found.at(-1)?.ratio ?? 0];
    const above = found.filter(({ ratio }) => ratio > 2).map(({ seed }) => seed);
    const kind = `${shape.operations}${shape.openPercent > 20 ? ', many open' : ''}${shape.late ? ', wrong at the end' : ''}`;
    console.log(
      `| ${name} | ${kind} | ${found.length} | ${median.toFixed(2)} | ${largest.toFixed(1)} | ${above.length} | ${above.join(' ')} |`,
    );
  }
