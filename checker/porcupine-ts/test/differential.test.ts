import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import { ENUMERATION_MAX, enumerate } from '../src/enumerate.ts';
import { generalSearch } from '../src/general-search.ts';
import type { Model } from '../src/model.ts';
import type { CheckOperation } from '../src/operation.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { layOut } from '../src/timeline.ts';
import { verify } from '../src/verify.ts';
import { randomHistory, type Shape, type Subject } from './histories.ts';
import * as subjects from './subjects.ts';

/** Histories per subject and shape. The long run, 100,000 per subject, tells how far it is: `PORCUPINE_HISTORIES=50000 npx vitest run …`. */
const LONG_RUN = process.env.PORCUPINE_HISTORIES !== undefined;
const HISTORIES = Number(process.env.PORCUPINE_HISTORIES ?? 200);
/** In the long run so many violations go without a core for each that has one. */
const EXPLAIN_EVERY = 5;
/** Of the whole run, against a hang; milliseconds. */
const PATIENCE_MS = LONG_RUN ? 24 * 3_600_000 : 600_000;

const SHAPES: readonly Shape[] = [
  { operations: 7, processes: 4, openPercent: 15, wrongPercent: 60 },
  { operations: 25, processes: 6, openPercent: 10, wrongPercent: 60 },
];

/** For the models whose orders matter, so that the textbook search takes long. */
const SMALLER_SHAPES: readonly Shape[] = [
  SHAPES[0]!,
  { operations: 14, processes: 5, openPercent: 10, wrongPercent: 60 },
];

const agrees = <S, I, O>(subject: Subject<S, I, O>, shape: Shape, seed: number): void => {
  const { model } = subject;
  const operations = randomHistory(subject, shape, seed);
  // Most of the long run's time would go into cores, which are made small and confirmed in the same way each time.
  // The quick attempts decide most small histories: every other time they are left out.
  const judge = seed % 2 === 0 ? model : { ...model, attempt: () => null };
  const result = check(judge, operations, { explainMax: LONG_RUN && seed % EXPLAIN_EVERY !== 0 ? 0 : 10 });
  for (const partition of result.partitions) {
    const part = (model.partition?.(operations) ?? [{ key: '', operations }]).find(({ key }) => key === partition.key)!;
    const twin = textbookSearch(model, part.operations);
    favouriteAgrees(model, part.operations, twin.outcome, seed);
    expect(partition.outcome, `seed ${seed}`).toBe(twin.outcome);
    if (part.operations.length <= ENUMERATION_MAX)
      expect(enumerate(model, part.operations).outcome, `seed ${seed}`).toBe(twin.outcome);
    if (partition.linearization !== null)
      expect(verify(model, part.operations, partition.linearization), `seed ${seed}`).toBeNull();
    if (partition.violation !== null) {
      const core = part.operations.filter(({ id }) => partition.violation!.core.includes(id));
      expect(textbookSearch(model, core).outcome, `seed ${seed}: core`).toBe('violation');
      expect(partition.violation.confirmedBy, `seed ${seed}`).not.toBeNull();
    }
  }
};

/** The search that races with the cheap textbook search, by itself: of small histories it would hardly decide one. */
const favouriteAgrees = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  outcome: string,
  seed: number,
): void => {
  const timeline = layOut(operations);
  const search = model.specialised?.(timeline) ?? generalSearch(model, timeline);
  expect(
    search.advance(Number.POSITIVE_INFINITY, () => false),
    `seed ${seed}: ${search.method}`,
  ).toBe(outcome);
  if (outcome !== 'pass') return;
  const ids = Array.from(search.linearization(), (index) => timeline.operations[index]!.id);
  expect(verify(model, operations, ids), `seed ${seed}: ${search.method}`).toBeNull();
};

const differential = <S, I, O>(name: string, subject: Subject<S, I, O>, shapes = SHAPES): void => {
  describe(name, () => {
    for (const shape of shapes)
      it(
        `judges histories of ${shape.operations} operations as the textbook search and enumeration do`,
        () => {
          for (let seed = 0; seed < HISTORIES; seed++) agrees(subject, shape, seed);
          if (LONG_RUN)
            process.stderr.write(`${name}: ${HISTORIES} histories of ${shape.operations} operations agree\n`);
        },
        PATIENCE_MS,
      );
  });
};

/** The quick attempt looks at each key by itself all the same, and puts the orders together. */
const notSplit = <S, I, O>({ model: { partition: _, ...model }, ...rest }: Subject<S, I, O>): Subject<S, I, O> => ({
  ...rest,
  model,
});

differential('register', subjects.registerSubject(3));
differential('register, unique writes', subjects.uniqueSubject(false));
differential('cas-register', subjects.casSubject(3));
differential('cas-register, unique writes', subjects.uniqueSubject(true));
differential('register, narrow', subjects.attemptedNarrowly(subjects.registerSubject(3)));
differential('cas-register, narrow', subjects.attemptedNarrowly(subjects.casSubject(3)));
differential('kv', subjects.kvSubject());
differential('kv, one key that grows', subjects.appendSubject(false), SMALLER_SHAPES);
differential('kv, one key that grows and is reset', subjects.appendSubject(true), SMALLER_SHAPES);
differential('kv, not split by key', notSplit(subjects.kvSubject()), SMALLER_SHAPES);
differential('multi-register', subjects.multiRegisterSubject());
differential('set', subjects.setSubject());
differential('set, each element added and removed once', subjects.uniqueSetSubject());
differential('set, read as a whole', subjects.wholeSetSubject(false), SMALLER_SHAPES);
differential('set that grows, read as a whole', subjects.wholeSetSubject(true), SMALLER_SHAPES);
differential('queue', subjects.queueSubject(), SMALLER_SHAPES);
differential('queue, unique values', subjects.uniqueQueueSubject(), SMALLER_SHAPES);
differential('stack', subjects.stackSubject(), SMALLER_SHAPES);
differential('stack, unique values', subjects.uniqueStackSubject(), SMALLER_SHAPES);
differential('priority queue', subjects.priorityQueueSubject(), SMALLER_SHAPES);
differential('priority queue, unique values', subjects.uniquePriorityQueueSubject(), SMALLER_SHAPES);
differential('counter', subjects.counterSubject());
differential('mutex', subjects.mutexSubject());
differential('semaphore', subjects.semaphoreSubject());
