import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import { generalSearch } from '../src/general-search.ts';
import type { Value } from '../src/model.ts';
import { priorityQueue, type QueueInput, type QueueModel, queue, stack } from '../src/models/queues.ts';
import type { CheckOperation } from '../src/operation.ts';
import { refuteWindow, type Windows } from '../src/refuter.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { layOut } from '../src/timeline.ts';
import { UNKNOWN_CONTENTS } from '../src/unknown-contents.ts';
import { randomHistory, type Subject } from './histories.ts';
import { priorityQueueSubject, queueSubject, stackSubject } from './subjects.ts';

/** More, and others, in the long run. */
const HISTORIES = Number(process.env.PORCUPINE_HISTORIES ?? 500);

type Operation = CheckOperation<QueueInput, Value>;
type Container = Subject<readonly Value[], QueueInput, Value> & { readonly model: QueueModel };

const SUBJECTS = {
  queue: queueSubject() as Container,
  stack: stackSubject() as Container,
  'priority queue': priorityQueueSubject() as Container,
} as const;

const drawn = (subject: Container, seed: number, operations = 14): readonly Operation[] =>
  randomHistory(subject, { operations, processes: 4, openPercent: 12, wrongPercent: 60 }, seed);

const isLegal = (model: QueueModel, operations: readonly Operation[]): boolean =>
  textbookSearch(model, operations).outcome === 'pass';

/** How often something is said to be illegal, and how often wrongly, of histories as they are told. */
const count = (
  subject: Container,
  isRefuted: (operations: readonly Operation[]) => boolean,
): { told: number; wrongly: number; illegal: number } => {
  const counts = { told: 0, wrongly: 0, illegal: 0 };
  for (let seed = 0; seed < HISTORIES; seed++) {
    const operations = drawn(subject, seed);
    const legal = isLegal(subject.model, operations);
    if (!legal) counts.illegal++;
    if (!isRefuted(operations)) continue;
    counts.told++;
    if (legal) counts.wrongly++;
  }
  return counts;
};

const hasFocus =
  ({ model }: Container, change: (operation: Operation) => Operation | null = (operation) => operation) =>
  (operations: readonly Operation[]): boolean => {
    const told = operations.flatMap((one) => change(one) ?? []);
    return model.focus!(told, told.length >> 1, () => false, true) !== null;
  };

describe('a few values of a container', () => {
  for (const [name, subject] of Object.entries(SUBJECTS))
    it(`are never said to be a violation that is none, and mostly tell one that is (${name})`, () => {
      const { told, wrongly, illegal } = count(subject, hasFocus(subject));
      expect(wrongly).toBe(0);
      expect(told).toBeGreaterThan(0.5 * illegal);
    });

  it('are illegal operations of the history, by themselves', () => {
    for (const subject of Object.values(SUBJECTS))
      for (let seed = 0; seed < HISTORIES / 5; seed++) {
        const operations = drawn(subject, seed);
        const focus = subject.model.focus!(operations, 0, () => false, true);
        if (focus === null) continue;
        const isUnknown = operations.some(({ input, output }) => input.f === 'take' && output === undefined);
        expect(focus.about === null, `seed ${seed}`).toBe(!isUnknown);
        expect(isLegal(subject.model, focus.operations), `seed ${seed}`).toBe(false);
        const answers = new Map(operations.map(({ id, output }) => [id, output]));
        for (const { id, output } of focus.operations) expect(output, `seed ${seed}`).toBe(answers.get(id));
      }
  });

  it('would be found out if takes of unknown answer took none of them', () => {
    const subject = SUBJECTS.queue;
    const unsound = hasFocus(subject, (one) => (one.input.f === 'take' && one.output === undefined ? null : one));
    expect(count(subject, unsound).wrongly).toBeGreaterThan(0);
  });

  it('would be found out if puts that never returned had not put anything', () => {
    const subject = SUBJECTS.stack;
    const unsound = hasFocus(subject, (one) => (one.input.f === 'put' && one.return === null ? null : one));
    expect(count(subject, unsound).wrongly).toBeGreaterThan(0);
  });
});

describe('contents that nobody knows', () => {
  const windowsOf = (model: QueueModel, initial = UNKNOWN_CONTENTS): Windows<readonly Value[], QueueInput, Value> => ({
    cutStates: () => [initial],
    searchPart: (part, relaxation) => generalSearch(model, part, relaxation),
    knowsAnswers: true,
  });
  const isRefuted =
    (windows: Windows<readonly Value[], QueueInput, Value>) =>
    (operations: readonly Operation[]): boolean => {
      const timeline = layOut(operations);
      return timeline.events.some(
        (event, at) =>
          event < 0 && [3, 6].some((length) => refuteWindow(timeline, at, length, windows, () => false).refutes),
      );
    };

  for (const name of ['stack', 'priority queue'] as const)
    it(`allow all that some contents allow (${name})`, () => {
      const subject = SUBJECTS[name];
      const { told, wrongly } = count(subject, isRefuted(windowsOf(subject.model)));
      expect(wrongly).toBe(0);
      expect(told).toBeGreaterThan(HISTORIES / 25);
    });

  it('would be found out if there were none', () => {
    for (const name of ['stack', 'priority queue'] as const) {
      const subject = SUBJECTS[name];
      expect(count(subject, isRefuted(windowsOf(subject.model, []))).wrongly, name).toBeGreaterThan(0);
    }
  });

  it('would be found out if what is put in a queue hid them', () => {
    const windows = windowsOf(SUBJECTS.stack.model);
    expect(count(SUBJECTS.queue, isRefuted(windows)).wrongly).toBeGreaterThan(0);
  });
});

describe('a container in which values repeat', () => {
  /** A client at a time: so many puts and takes of five values, and then a take of what can't come next. */
  const long = (model: QueueModel, length: number): Operation[] => {
    const operations: Operation[] = [];
    let state = model.init();
    const add = (input: QueueInput, output: Value): void => {
      const id = operations.length;
      operations.push({ id, process: 0, input, output, call: 2 * id, return: 2 * id + 1 });
      state = model.step(state, input, output)!;
    };
    for (let at = 0; at < length; at++) {
      if (at % 5 < 3) add({ f: 'put', value: (at * at) % 7 }, null);
      else add({ f: 'take' }, state[0] ?? null);
    }
    const wrong = state.find((value) => value !== state[0])!;
    const id = operations.length;
    operations.push({ id, process: 0, input: { f: 'take' }, output: wrong, call: 2 * id, return: 2 * id + 1 });
    return operations;
  };

  for (const model of [stack(), priorityQueue()])
    it(`has the last few operations to blame, however many came before (${model.name})`, () => {
      const [part] = check(model, long(model, 1000)).partitions;
      expect(part!.violation).toMatchObject({ minimal: true, confirmedBy: expect.any(String) });
      expect(part!.violation!.core.length).toBeLessThanOrEqual(20);
    });

  it('has operations of two values to blame where it is a queue', () => {
    const operations = long(queue(), 60);
    const { violation } = check(queue(), operations).partitions[0]!;
    const core = new Set(violation!.core);
    const values = operations
      .filter(({ id }) => core.has(id))
      .map(({ input, output }) => (input.f === 'put' ? input.value : output));
    expect(new Set(values).size).toBeLessThanOrEqual(2);
    expect(violation!.confirmedBy).not.toBeNull();
  });
});
