import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import { type Causes, impossibleResult } from '../src/impossible-result.ts';
import type { Model, Value } from '../src/model.ts';
import { type CounterInput, counter } from '../src/models/counter.ts';
import { type KvInput, kv } from '../src/models/kv.ts';
import { queue } from '../src/models/queues.ts';
import { casRegister } from '../src/models/register.ts';
import { set } from '../src/models/set.ts';
import type { CheckOperation } from '../src/operation.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { layOut } from '../src/timeline.ts';
import { randomHistory, type Subject } from './histories.ts';
import * as subjects from './subjects.ts';

const HISTORIES = 400;

type AnySubject = Subject<unknown, unknown, unknown>;

/** Of random histories, in how many an answer is said to be impossible, and of how many of these the textbook search finds an order. */
const told = (subject: AnySubject, model: AnySubject['model']): { told: number; wrongly: number } => {
  let [count, wrongly] = [0, 0];
  for (let seed = 0; seed < HISTORIES; seed++) {
    const shape = { operations: 9, processes: 4, openPercent: 20, wrongPercent: 60 };
    const operations = randomHistory(subject, shape, seed);
    for (const part of model.partition?.(operations) ?? [{ key: '', operations }]) {
      if (impossibleResult(model, layOut(part.operations)) < 0) continue;
      count++;
      if (textbookSearch(model, part.operations).outcome !== 'violation') wrongly++;
    }
  }
  return { told: count, wrongly };
};

const isNeverWrong = (name: string, made: Subject<never, never, never>): void =>
  it(`is never claimed of a history that has an order (${name})`, () => {
    const subject = made as unknown as AnySubject;
    const { told: count, wrongly } = told(subject, subject.model);
    expect(wrongly).toBe(0);
    expect(count).toBeGreaterThan(10);
  });

/** An operation after the one before it, unless it says otherwise. */
const inARow = <I, O>(...operations: readonly { input: I; output?: O; open?: true }[]): CheckOperation<I, O>[] =>
  operations.map(({ input, output, open }, id) => ({
    id,
    process: id,
    input,
    output,
    call: 2 * id,
    return: open ? null : 2 * id + 1,
  }));

const indexIn = <S, I, O>(model: Model<S, I, O>, operations: readonly CheckOperation<I, O>[]): number =>
  impossibleResult(model, layOut(operations));

describe('an answer that nothing accounts for', () => {
  isNeverWrong('register', subjects.registerSubject(6) as never);
  isNeverWrong('cas-register', subjects.casSubject(6) as never);
  isNeverWrong('kv', subjects.kvSubject() as never);
  isNeverWrong('multi-register', subjects.multiRegisterSubject() as never);
  isNeverWrong('set', subjects.setSubject() as never);
  isNeverWrong('queue', subjects.queueSubject() as never);
  isNeverWrong('set, read as a whole', subjects.wholeSetSubject(false) as never);
  isNeverWrong('stack', subjects.stackSubject() as never);
  isNeverWrong('priority queue', subjects.priorityQueueSubject() as never);
  isNeverWrong('counter', subjects.counterSubject() as never);

  it('would be claimed wrongly if operations that never returned did not count', () => {
    const subject = subjects.casSubject(6) as unknown as AnySubject;
    const unsound = (causes: Causes<unknown, unknown>): Causes<unknown, unknown> => ({
      note: (input, output) => output !== undefined && causes.note(input, output),
      accountFor: causes.accountFor,
    });
    const model = { ...subject.model, causes: () => unsound(subject.model.causes!()) };
    expect(told(subject, model).wrongly).toBeGreaterThan(0);
  });

  it('is told by time: what is called after the answer cannot have caused it, what is open may have', () => {
    const write = { input: { f: 'write', value: 7 } as const, output: null };
    const read = { input: { f: 'read' } as const, output: 7 };
    const cas = { input: { f: 'cas', expected: 7, value: 8 } as const, output: true };
    expect(indexIn(casRegister(), inARow<never, Value>(...([read, write] as never[])))).toBe(0);
    expect(indexIn(casRegister(), inARow<never, Value>(...([cas, write] as never[])))).toBe(0);
    const open = { input: write.input, open: true };
    expect(indexIn(casRegister(), inARow<never, Value>(...([open, read, cas] as never[])))).toBe(-1);
  });

  it('of a counter is one beyond all that may have been added and taken away', () => {
    const add = (amount: number) => ({ input: { f: 'add', amount } as const, output: null });
    const read = (output: number) => ({ input: { f: 'read' } as const, output });
    const told = (amounts: readonly number[], count: number): number =>
      indexIn(counter({ initial: 10 }), inARow<CounterInput, number | null>(...amounts.map(add), read(count)));
    expect([12, 13, 5, 4].map((count) => told([2, -5], count))).toEqual([-1, 2, -1, 2]);
    // Fractions are not exact in whatever order they are added.
    expect(told([0.1, 0.2], 11)).toBe(-1);
    expect(told([Number.MAX_SAFE_INTEGER, 1], -3)).toBe(-1);
  });

  it('of a key that is appended to is no text, and of a transaction each step counts', () => {
    const ops = (...inputs: readonly { input: KvInput; output?: Value; open?: true }[]) =>
      inARow<KvInput, Value>(...inputs);
    const get = (output: Value) => ({ input: { f: 'get', key: 'a' } as const, output });
    const append = { input: { f: 'append', key: 'a', value: 'x' } as const, output: null };
    expect(indexIn(kv(), ops(append, get('who knows')))).toBe(-1);
    expect(indexIn(kv(), ops(append, get(3)))).toBe(1);
    const txn = (output: Value) => ({
      input: { f: 'txn', steps: [{ f: 'put', key: 'b', value: 1 }, get(0).input] } as const,
      output,
    });
    expect(indexIn(kv(), ops(txn([null, 1])))).toBe(0);
    expect(indexIn(kv(), ops(txn('aborted'), txn([null, null])))).toBe(-1);
  });

  it('decides what no search could, and is a core of its own', () => {
    // Forty open takes and puts of few values: too many orders for any search, and one take of what nobody put there.
    const crowd = Array.from({ length: 1500 }, (_, id) => ({
      id,
      process: id,
      input: id % 2 === 0 ? ({ f: 'put', value: id % 10 } as const) : ({ f: 'take' } as const),
      output: id % 2 === 0 ? null : id % 30 === 29 ? undefined : ((((id * 7) % 5) * 2) as Value),
      call: id,
      return: id % 30 === 29 ? null : id + 45,
    }));
    const stray = { id: 1500, process: 1, input: { f: 'take' } as const, output: 99, call: 1600, return: 1601 };
    const { outcome, partitions } = check(queue(), [...crowd, stray], { stepsMax: 1_000_000, explainMax: 1 });
    expect(outcome).toBe('violation');
    expect(partitions[0]!.violation).toMatchObject({
      core: [1500],
      minimal: true,
      confirmedBy: 'enumeration',
      stuckAt: 1500,
    });
  });

  it('of a set that is read as a whole is a core of its own, however many were adding what else it found', () => {
    const adds = Array.from({ length: 60 }, (_, value) => ({
      id: value,
      process: value,
      input: { f: 'add', value } as const,
      output: null,
      call: value,
      return: 100,
    }));
    const output = [...adds.keys(), 99];
    const read = { id: 60, process: 60, input: { f: 'read' } as const, output, call: 60, return: 101 };
    const [part] = check(set(), [...adds, read]).partitions;
    expect(part!.violation).toMatchObject({ core: [60], minimal: true, confirmedBy: 'enumeration' });
  });

  it('needs no writers beside it whose amounts do not make it up', () => {
    const adds = Array.from({ length: 5 }, (_, at) => ({ input: { f: 'add', amount: at + 1 } as const, output: null }));
    const history = inARow<CounterInput, number | null>(...adds, { input: { f: 'read' }, output: 5000 });
    expect(check(counter(), history).partitions[0]!.violation).toMatchObject({ core: [5], minimal: true });
  });
});
