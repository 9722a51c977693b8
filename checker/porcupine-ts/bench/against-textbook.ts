/**
 * How much slower than the textbook search a check can be: `npx tsx checker/porcupine-ts/bench/against-textbook.ts`, some three
 * minutes. Random histories of each kind that the textbook search decides within 300 ms; wall time, the best of up to
 * forty runs, once everything is compiled. Prints the median and the largest of the ratios, and how many are above two.
 */

import { check } from '../src/check.ts';
import type { Model } from '../src/model.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { randomHistory, type Shape, type Subject } from '../test/histories.ts';
import * as subjects from '../test/subjects.ts';

const HISTORIES = 40;
const WARM_UP = 30;
const TEXTBOOK_MS = 300;

const SHAPES: readonly Shape[] = [
  { operations: 20, processes: 5, openPercent: 10, wrongPercent: 60 },
  { operations: 40, processes: 5, openPercent: 5, wrongPercent: 50 },
  { operations: 100, processes: 5, openPercent: 3, wrongPercent: 50 },
];

const SUBJECTS = {
  register: subjects.registerSubject(3),
  'cas-register': subjects.casSubject(3),
  kv: subjects.kvSubject(),
  'growing strings': subjects.appendSubject(false),
  'multi-register': subjects.multiRegisterSubject(),
  set: subjects.setSubject(),
  queue: subjects.queueSubject(),
  'queue, unique values': subjects.uniqueQueueSubject(),
  stack: subjects.stackSubject(),
  'stack, unique values': subjects.uniqueStackSubject(),
  'priority queue': subjects.priorityQueueSubject(),
  counter: subjects.counterSubject(),
  mutex: subjects.mutexSubject(),
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

const ratios = (subject: Subject<unknown, unknown, unknown>, shape: Shape): number[] => {
  const model: Model<unknown, unknown, unknown> = subject.model;
  const found: number[] = [];
  for (let seed = -WARM_UP; seed < HISTORIES; seed++) {
    const operations = randomHistory(subject, shape, seed + WARM_UP);
    const parts = model.partition?.(operations) ?? [{ operations }];
    const outcomes = parts.map((part) => textbookSearch(model, part.operations, { timeMs: TEXTBOOK_MS }).outcome);
    const ours = (): unknown => check(model, operations, { explainMax: 0 });
    ours();
    if (seed < 0 || outcomes.includes('unknown')) continue;
    const slow = best(() => {
      for (const part of parts) textbookSearch(model, part.operations, { timeMs: TEXTBOOK_MS });
    });
    found.push(best(ours) / slow);
  }
  return found.sort((a, b) => a - b);
};

console.log('| kind | operations | histories | median | largest | above 2 |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const [name, subject] of Object.entries(SUBJECTS))
  for (const shape of SHAPES) {
    const found = ratios(subject as unknown as Subject<unknown, unknown, unknown>, shape);
    const [median, largest] = [found[found.length >> 1]!, found[found.length - 1]!];
    const above = found.filter((ratio) => ratio > 2).length;
    console.log(
      `| ${name} | ${shape.operations} | ${found.length} | ${median.toFixed(2)} | ${largest.toFixed(1)} | ${above} |`,
    );
  }
