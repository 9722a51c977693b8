/** A drain of a queue is the dequeues that it stands for, and says no more than they do. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judge } from '../../../checker/judge.ts';
import { writeNdjson } from '../../../history/formats/ndjson.ts';
import type { Json, Operation } from '../../../history/operation.ts';
import { operation, read } from './text.ts';

const EVENTS = `
{:type :invoke, :f :enqueue, :value 1, :process 0, :time 0}
{:type :ok, :f :enqueue, :value 1, :process 0, :time 10}
{:type :invoke, :f :enqueue, :value 2, :process 0, :time 20}
{:type :ok, :f :enqueue, :value 2, :process 0, :time 30}
{:type :invoke, :f :drain, :value nil, :process 3, :time 40}
`;
const drained = (type: string, value: string): ReturnType<typeof read> =>
  read(`${EVENTS}{:type :${type}, :f :drain, :value ${value}, :process 3, :time 90}\n`);
const outcomeOf = async (type: string, value: string): Promise<string> =>
  (await judge((await drained(type, value)).operations, { model: 'auto' })).outcome;

test('an ok drain is a dequeue of each element within its interval, by different clients', async () => {
  const { operations, notes } = await drained('ok', '[1 2]');
  const dequeues = operations.slice(2);
  expect(dequeues).toMatchObject([
    { index: 2, process: 3, f: 'dequeue', value: null, outcome: 'ok', result: 1, invokedAt: 40, completedAt: 90 },
    { index: 3, process: 4, f: 'dequeue', value: null, outcome: 'ok', result: 2, invokedAt: 40, completedAt: 90 },
  ]);
  expect(notes.join()).toContain(
    '1 drain is read as 2 dequeues at some time of the drain, in any order, by clients from 4 on',
  );
});

test.each([
  ['ok', '[1 2]', 'pass'],
  // A set has no order, and neither has a list.
  ['ok', '#{1 2}', 'pass'],
  ['ok', '[2 1]', 'pass'],
  ['ok', '[1]', 'pass'],
  // In order, 2 comes out only after 1.
  ['ok', '[2]', 'violation'],
  ['ok', '[1 2 2]', 'violation'],
  ['ok', '[1 2 3]', 'violation'],
  // What says that the queue was empty.
  ['ok', '[1 2 nil]', 'pass'],
  ['ok', '[1 nil]', 'violation'],
  ['ok', '[]', 'violation'],
  ['ok', ':exhausted', 'violation'],
  ['info', 'nil', 'pass'],
  ['fail', 'nil', 'pass'],
])('of two elements, a drain that is %s %s makes a %s', async (type, value, outcome) => {
  expect(await outcomeOf(type, value)).toBe(outcome);
});

test('a drain of unknown outcome can have taken what nobody else got, and no more', async () => {
  const ending = (...got: readonly string[]): string =>
    `${EVENTS}{:type :info, :f :drain, :value nil, :process 3, :time 90}\n${got
      .map(
        (value, at) =>
          `{:type :invoke, :f :dequeue, :value nil, :process ${5 + at}, :time ${100 + at * 10}}\n{:type :ok, :f :dequeue, :value ${value}, :process ${5 + at}, :time ${105 + at * 10}}\n`,
      )
      .join('')}`;
  const unknown = async (text: string): Promise<number> =>
    (await read(text)).operations.filter(({ outcome }) => outcome === 'info').length;
  const outcome = async (text: string): Promise<string> =>
    (await judge((await read(text)).operations, { model: 'queue' })).outcome;
  expect([await unknown(ending('nil')), await outcome(ending('nil'))]).toEqual([2, 'pass']);
  expect([await unknown(ending('2')), await outcome(ending('2'))]).toEqual([1, 'pass']);
  expect([await unknown(ending('1', '2')), await outcome(ending('1', '2'))]).toEqual([0, 'pass']);
  expect(await outcome(ending('2', '1'))).toBe('violation');
});

test('a drain that is ok without a list is refused', async () => {
  await expect(drained('ok', 'nil')).rejects.toThrow(
    'operation 2 (drain, of process 3) is ok and answered null; expected the list of elements that it took',
  );
});

test('of independent queues each drain is its own', async () => {
  const text = EVENTS.replaceAll(/:value (\w+)/g, ':value [7 $1]');
  const { operations } = await read(`${text}{:type :ok, :f :drain, :value [7 [1 2]], :process 3, :time 90}\n`);
  expect(operations.map(({ f, key, result }) => [f, key, result])).toEqual([
    ['enqueue', '7', null],
    ['enqueue', '7', null],
    ['dequeue', '7', 1],
    ['dequeue', '7', 2],
  ]);
});

/** A moment at which a queue is acted on; drains act at several. */
const moment = fc.record({
  act: fc.constantFrom('enqueue', 'enqueue', 'enqueue', 'dequeue', 'drain 0', 'drain 1', 'drain 2'),
  before: fc.nat({ max: 25 }),
  after: fc.nat({ max: 25 }),
});
const answered = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean());

/** What a real queue does at these moments, as its clients record it. Drains that are not answered are info. */
function recorded(
  moments: readonly { act: string; before: number; after: number }[],
  isAnswered: readonly boolean[],
): Operation[] {
  const queue: number[] = [];
  const operations: Operation[] = [];
  const drains = new Map<string, { result: Json[]; from: number; to: number }>();
  moments.forEach(({ act, before, after }, at) => {
    const [invokedAt, completedAt] = [100 + at * 10 - before, 100 + at * 10 + after];
    const own = { index: operations.length, process: operations.length, invokedAt, completedAt };
    if (act === 'enqueue') {
      queue.push(at);
      operations.push(operation({ ...own, f: act, value: at }));
    } else {
      const result = queue.shift() ?? null;
      if (act === 'dequeue') operations.push(operation({ ...own, f: act, result }));
      else {
        const drain = drains.get(act) ?? { result: [], from: invokedAt, to: completedAt };
        drains.set(act, { result: [...drain.result, result], from: Math.min(drain.from, invokedAt), to: completedAt });
      }
    }
  });
  for (const [name, { result, from, to }] of drains) {
    const index = operations.length;
    const told: Partial<Operation> = isAnswered[Number(name.slice(-1))]
      ? { outcome: 'ok', result: [...result].reverse() }
      : { outcome: 'info', error: 'timeout' };
    operations.push(operation({ index, process: index, f: 'drain', invokedAt: from, completedAt: to, ...told }));
  }
  return operations;
}

const verdictOn = async (operations: readonly Operation[]): Promise<string> =>
  (await judge((await read([...writeNdjson(operations)].join(''))).operations, { model: 'queue' })).outcome;

test('what a queue really did passes, however it was drained', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 14 }), answered, async (moments, isAnswered) => {
      expect(await verdictOn(recorded(moments, isAnswered))).toBe('pass');
    }),
    { numRuns: 150 },
  );
});

test('an element that a drain took once more is a violation', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 14 }), answered, async (moments, isAnswered) => {
      const operations = recorded(moments, isAnswered);
      const at = operations.findIndex(
        ({ f, result }) => f === 'drain' && Array.isArray(result) && result.some((e) => e !== null),
      );
      const drain = operations[at];
      fc.pre(drain !== undefined);
      const taken = (drain.result as readonly Json[]).filter((element) => element !== null);
      operations[at] = { ...drain, result: [...taken, taken[0] ?? null] };
      expect(await verdictOn(operations)).toBe('violation');
    }),
    { numRuns: 60 },
  );
});
