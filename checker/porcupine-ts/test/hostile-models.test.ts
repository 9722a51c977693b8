import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import type { Model } from '../src/model.ts';
import { counter } from '../src/models/counter.ts';
import { kv } from '../src/models/kv.ts';
import { mutex, semaphore } from '../src/models/locks.ts';
import { multiRegister } from '../src/models/multi-register.ts';
import { priorityQueue, queue, stack } from '../src/models/queues.ts';
import { casRegister } from '../src/models/register.ts';
import { set } from '../src/models/set.ts';
import type { CheckOperation } from '../src/operation.ts';

type AnyModel = Model<unknown, unknown, unknown>;
type AnyOperation = CheckOperation<unknown, unknown>;

/** What changes the state by a value, and what finds that it has. */
interface Ways {
  readonly model: AnyModel;
  change(value: string): unknown;
  readonly look: unknown;
  /** The answer of the look after one change by the value, and one that is wrong after any. */
  right(value: string): unknown;
  readonly wrong: unknown;
}

const ways = (model: unknown, rest: Omit<Ways, 'model'>): Ways => ({ model: model as AnyModel, ...rest });
const collection = {
  change: (value: string) => ({ f: 'put', value }),
  look: { f: 'take' },
  right: (value: string) => value,
  wrong: 'never',
};

const MODELS: readonly Ways[] = [
  ways(casRegister(), {
    change: (value) => ({ f: 'write', value }),
    look: { f: 'read' },
    right: (value) => value,
    wrong: 'never',
  }),
  ways(multiRegister(), {
    change: (value) => ({ steps: [{ f: 'write', key: '__proto__', value }] }),
    look: { steps: [{ f: 'read', key: '__proto__' }] },
    right: (value) => [value],
    wrong: ['never'],
  }),
  ways(kv(), {
    change: (value) => ({ f: 'append', key: '__proto__', value }),
    look: { f: 'get', key: '__proto__' },
    right: (value) => value,
    wrong: 'never',
  }),
  ways(set(), {
    change: (value) => ({ f: 'add', value }),
    look: { f: 'read' },
    right: (value) => [value],
    wrong: ['never'],
  }),
  ways(queue(), collection),
  ways(stack(), collection),
  ways(priorityQueue(), collection),
  ways(counter(), {
    change: () => ({ f: 'add', amount: 1 }),
    look: { f: 'read' },
    right: () => 1,
    wrong: -1,
  }),
  ways(mutex(), {
    change: (value) => ({ f: 'acquire', owner: value }),
    look: { f: 'acquire', owner: '__proto__' },
    right: () => false,
    wrong: undefined,
  }),
  ways(semaphore({ permits: 1 }), {
    change: () => ({ f: 'acquire' }),
    look: { f: 'acquire' },
    right: () => false,
    wrong: undefined,
  }),
];

const operation = (id: number, input: unknown, output: unknown, call: number, end: number | null): AnyOperation => ({
  id,
  process: id,
  input,
  output: end === null ? undefined : output,
  call,
  return: end,
});

/** Where a search is at a loss, it has to say so. How far it gets until then depends on the machine: any honest answer will do. */
const LIMITS = { timeMs: 700 };

for (const { model, change, look, right, wrong } of MODELS)
  describe(`a hostile history of ${model.name}`, () => {
    const done = { mutex: true, semaphore: true, 'multi-register': [null] }[model.name] ?? null;

    it('may have 10,000 operations that never returned', () => {
      const open = Array.from({ length: 10_000 }, (_, id) => operation(id, change(`v${id}`), null, id, null));
      const looks = (answer: unknown): AnyOperation[] => [...open, operation(10_000, look, answer, 10_000, 10_001)];
      expect(['pass', 'unknown']).toContain(check(model, looks(right('v17')), LIMITS).outcome);
      if (wrong !== undefined) expect(['violation', 'unknown']).toContain(check(model, looks(wrong), LIMITS).outcome);
    });

    it('may have 1,000 clients at once', () => {
      const changes = Array.from({ length: 1000 }, (_, id) =>
        operation(id, change(`v${id}`), id === 0 ? done : undefined, 0, 100 + id),
      );
      const answered = check(model, changes, LIMITS);
      expect(['pass', 'unknown']).toContain(answered.outcome);
    });

    it('may have values of a megabyte, and __proto__ for a value', () => {
      const long = 'x'.repeat(2 ** 20);
      for (const value of [long, '__proto__']) {
        const history = (answer: unknown) => [
          operation(0, change(value), done, 0, 1),
          operation(1, look, answer, 2, 3),
        ];
        expect(check(model, history(right(value))).outcome).toBe('pass');
        if (wrong === undefined) continue;
        const result = check(model, history(wrong));
        expect(result.outcome).toBe('violation');
        expect(JSON.stringify(result).length).toBeLessThan(10_000);
      }
    });
  });
