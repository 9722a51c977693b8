import { describe, expect, it } from 'vitest';
import type { Model } from '../src/model.ts';
import { multiRegister } from '../src/models/multi-register.ts';
import { priorityQueue, queue, stack } from '../src/models/queues.ts';
import { register } from '../src/models/register.ts';
import { set } from '../src/models/set.ts';
import type { CheckOperation } from '../src/operation.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { verify } from '../src/verify.ts';
import { createDice, randomHistory, type Subject } from './histories.ts';
import * as subjects from './subjects.ts';

type Operations<I, O> = readonly CheckOperation<I, O>[];

/** The definition of a linearization, word by word: quadratic, and no code of the verifier's. */
const isLinearization = <S, I, O>(model: Model<S, I, O>, operations: Operations<I, O>, order: readonly number[]) => {
  if (new Set(order).size !== order.length) return false;
  const placed = order.map((id) => operations.find((operation) => operation.id === id));
  if (placed.includes(undefined)) return false;
  if (operations.some(({ id, return: end }) => end !== null && !order.includes(id))) return false;
  const inTime = placed.every((before, at) =>
    placed.slice(at + 1).every((after) => after!.return === null || after!.return >= before!.call),
  );
  let state: S | undefined = model.init();
  for (const one of placed) if (state !== undefined) state = model.step(state, one!.input, one!.output);
  return inTime && state !== undefined;
};

const SUBJECTS: { readonly [name: string]: Subject<unknown, unknown, unknown> } = {
  register: subjects.registerSubject(3) as never,
  'cas-register': subjects.casSubject(3) as never,
  kv: subjects.kvSubject() as never,
  'multi-register': subjects.multiRegisterSubject() as never,
  set: subjects.setSubject() as never,
  'set, read as a whole': subjects.wholeSetSubject(false) as never,
  queue: subjects.queueSubject() as never,
  stack: subjects.stackSubject() as never,
  'priority queue': subjects.priorityQueueSubject() as never,
  counter: subjects.counterSubject() as never,
  mutex: subjects.mutexSubject() as never,
  semaphore: subjects.semaphoreSubject() as never,
};

describe('the verifier', () => {
  for (const [name, subject] of Object.entries(SUBJECTS))
    it(`accepts what the definition of a linearization does, and nothing else (${name})`, () => {
      const told = { accepted: 0, rejected: 0 };
      for (let seed = 0; seed < 150; seed++) {
        const shape = { operations: 8, processes: 3, openPercent: 20, wrongPercent: 0 };
        const operations = randomHistory(subject, shape, seed);
        const order = [...(textbookSearch(subject.model, operations).linearization ?? [])];
        const dice = createDice(seed);
        for (let change = 0; change < 6; change++) {
          const isRight = isLinearization(subject.model, operations, order);
          expect(verify(subject.model, operations, order) === null, `seed ${seed}: ${order}`).toBe(isRight);
          told[isRight ? 'accepted' : 'rejected']++;
          const [from, to] = [dice.roll(order.length), dice.roll(order.length)];
          const kind = dice.roll(4);
          if (kind < 2) order.splice(to, 0, ...order.splice(from, 1));
          else if (kind === 2) order.splice(from, 1);
          else order.splice(to, 0, dice.roll(9));
        }
      }
      expect(Math.min(told.accepted, told.rejected)).toBeGreaterThan(150);
    });

  for (const [name, { model, input, answer, wrong }] of Object.entries(SUBJECTS))
    if (model.replay !== undefined)
      it(`replays in place as step by step (${name})`, () => {
        let refused = 0;
        for (let seed = 0; seed < 300; seed++) {
          const dice = createDice(seed);
          const allows = model.replay!();
          let state: unknown = model.init();
          for (let index = 0; index < 40; index++) {
            const asked = input(dice, index);
            const right = answer(state, asked);
            if (right === undefined) continue;
            const kind = dice.roll(20);
            const told = kind === 0 ? wrong(dice, asked, right.output) : kind < 4 ? undefined : right.output;
            const next = model.step(state, asked, told);
            expect(allows(asked, told), `seed ${seed}, operation ${index}`).toBe(next !== undefined);
            if (next === undefined) refused++;
            if (next === undefined) break;
            state = next;
          }
        }
        expect(refused).toBeGreaterThan(20);
      });

  // With a copy of the state in each step these would take minutes; and a model that may not step can't.
  const DEEP = 50_000;
  const inOrder = (inputs: readonly (readonly [unknown, unknown])[]): Operations<unknown, unknown> =>
    inputs.map(([input, output], id) => ({ id, process: 0, input, output, call: 2 * id, return: 2 * id + 1 }));
  const numbers = Array.from({ length: DEEP }, (_, n) => (n * 7919) % DEEP);
  const puts = numbers.map((value) => [{ f: 'put', value }, null] as const);
  const takes = (values: readonly number[]) => values.map((value) => [{ f: 'take' }, value] as const);
  const deep: readonly (readonly [unknown, Operations<unknown, unknown>])[] = [
    [queue(), inOrder([...puts, ...takes(numbers)])],
    [stack(), inOrder([...puts, ...takes([...numbers].reverse())])],
    [priorityQueue(), inOrder([...puts, ...takes([...numbers].sort((a, b) => a - b))])],
    [
      set(),
      inOrder([...numbers.map((value) => [{ f: 'add', value }, null] as const), [{ f: 'read' }, numbers] as const]),
    ],
    [
      multiRegister(),
      inOrder(numbers.map((value) => [{ steps: [{ f: 'write', key: `k${value}`, value }] }, [null]] as const)),
    ],
  ];
  for (const [model, operations] of deep) {
    const { name } = model as Model<unknown, unknown, unknown>;
    it(`replays ${operations.length} operations on a large state of ${name}, and sees one that is out of place`, () => {
      const noSteps = { ...(model as Model<unknown, unknown, unknown>), step: () => undefined };
      const order = operations.map(({ id }) => id);
      expect(verify(noSteps, operations, order)).toBeNull();
      const last = operations.at(-1)!;
      const other = { ...last, output: [17, 17] };
      expect(verify(noSteps, [...operations.slice(0, -1), other], order)).toContain('is not allowed at its place');
    });
  }

  it('says what is wrong with an order', () => {
    const write = (id: number, value: number, call: number, end: number | null) => ({
      id,
      process: id,
      input: { f: 'write' as const, value },
      output: undefined,
      call,
      return: end,
    });
    const read = { id: 2, process: 2, input: { f: 'read' as const }, output: 1, call: 4, return: 5 };
    const history = [write(0, 1, 0, 1), write(1, 2, 2, null), read];
    const wrongs = [[0, 2], [0, 2, 1], [0, 2, 0], [0, 2, 7], [0], [2, 0], [0, 1, 2]].map((order) =>
      verify(register(), history, order),
    );
    expect(wrongs).toEqual([
      null,
      null,
      'operation 0 is not in the history, or occurs twice',
      'operation 7 is not in the history, or occurs twice',
      'operation 2 returned, but is not in the order',
      'operation 2 is not allowed at its place',
      'operation 2 is not allowed at its place',
    ]);
    expect(verify(register(), [write(0, 1, 0, 1), write(1, 2, 2, 3)], [1, 0])).toBe(
      'operation 0 returned before the call of an operation that is ordered before it',
    );
  });
});
