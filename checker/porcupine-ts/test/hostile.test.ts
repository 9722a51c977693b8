import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import { type KvInput, kv } from '../src/models/kv.ts';
import { type QueueInput, type QueueOutput, stack } from '../src/models/queues.ts';
import { casRegister, type RegisterInput, register } from '../src/models/register.ts';
import { type CheckOperation, operationsFromEvents } from '../src/operation.ts';

type RegisterOperation = CheckOperation<RegisterInput, null | boolean | number | string>;

const write = (id: number, value: number | string, call: number, end: number | null): RegisterOperation => ({
  id,
  process: id,
  input: { f: 'write', value },
  output: end === null ? undefined : null,
  call,
  return: end,
});
const read = (id: number, value: number | string | null, call: number, end: number): RegisterOperation => ({
  id,
  process: id,
  input: { f: 'read' },
  output: value,
  call,
  return: end,
});

describe('hostile histories', () => {
  it('refuses two returns, or two calls, of one operation', () => {
    const call = { type: 'call', id: 7, process: 0, input: { f: 'read' } } as const;
    const end = { type: 'return', id: 7, output: null } as const;
    expect(() => operationsFromEvents([call, end, end])).toThrow('event 2: operation 7 returns a second time');
    expect(() => operationsFromEvents([call, call])).toThrow('event 1: operation 7 is called a second time');
    expect(() => operationsFromEvents([end])).toThrow('event 0: operation 7 returns, but was never called');
  });

  it('refuses times that run backwards, and times that are none', () => {
    expect(() => check(register(), [write(3, 1, 10, 9)])).toThrow('operation 3 returns at 9, before its call at 10');
    expect(() => check(register(), [write(3, 1, Number.NaN, 9)])).toThrow('operation 3: its call time is NaN');
    expect(() => check(register(), [write(3, 1, 1, Number.POSITIVE_INFINITY)])).toThrow('write null');
    expect(() => check(register(), [write(3, 1, 1, 2), write(3, 1, 3, 4)])).toThrow('two operations have the id 3');
  });

  it('refuses what is no list of operations, and what is no operation, by its position', () => {
    const given = (operations: unknown) => (): unknown => check(register(), operations as RegisterOperation[]);
    expect(given(null)).toThrow('the operations are null; expected a list');
    expect(given(new Set([write(0, 1, 0, 1)]))).toThrow('expected a list');
    expect(given([write(0, 1, 0, 1), null])).toThrow('at position 1 of the operations is null; expected an operation');
    expect(given(new Array(2))).toThrow('at position 0 of the operations is undefined');
    const { id: _, ...nameless } = write(0, 1, 0, 1);
    expect(given([nameless])).toThrow('the operation at position 0 has the id undefined; expected a number');
    expect(() => check(null as never, [])).toThrow('a model is a record of functions, not null');
  });

  it('takes an empty history, and one of open operations only', () => {
    expect(check(register(), []).outcome).toBe('pass');
    expect(check(casRegister(), [write(0, 1, 0, null), write(1, 2, 0, null)]).outcome).toBe('pass');
  });

  it('takes touching operations as concurrent', () => {
    expect(check(register(), [write(0, 1, 0, 5), read(1, null, 5, 6)]).outcome).toBe('pass');
    expect(check(register(), [write(0, 1, 0, 5), read(1, null, 6, 7)]).outcome).toBe('violation');
  });

  it('judges 10,000 open writes with reads among them', () => {
    const open = Array.from({ length: 10_000 }, (_, id) => write(id, id, id, null));
    const reads = [
      read(10_000, 4321, 10_000, 10_001),
      read(10_001, 17, 10_002, 10_003),
      read(10_002, 4321, 10_004, 10_005),
    ];
    expect(check(register(), [...open, ...reads.slice(0, 2)]).outcome).toBe('pass');
    // No write of 4321 is left for the third read.
    const result = check(register(), [...open, ...reads]);
    expect(result.outcome).toBe('violation');
    expect(result.partitions[0]!.violation!.core).toContain(10_002);
  });

  it('judges 1,000 clients at once', () => {
    const writes = Array.from({ length: 1000 }, (_, id) => write(id, id % 7, 0, 100 + id));
    const reads = Array.from({ length: 1000 }, (_, at) => read(1000 + at, at % 7, 1, 99));
    expect(check(register(), [...writes, ...reads]).outcome).toBe('pass');
  });

  it('takes values of a megabyte, and tells them apart by their last character', () => {
    const long = 'x'.repeat(2 ** 20);
    expect(check(register(), [write(0, `${long}a`, 0, 1), read(1, `${long}a`, 2, 3)]).outcome).toBe('pass');
    const result = check(register(), [write(0, `${long}a`, 0, 1), read(1, `${long}b`, 2, 3)]);
    expect(result.outcome).toBe('violation');
    expect(JSON.stringify(result).length).toBeLessThan(10_000);
  });

  it('takes __proto__ for a key like any other', () => {
    const operation = (id: number, input: KvInput, output: null | number): CheckOperation<KvInput, null | number> => ({
      id,
      process: 0,
      input,
      output,
      call: 2 * id,
      return: 2 * id + 1,
    });
    const key = '__proto__';
    const put = operation(0, { f: 'put', key, value: 1 }, null);
    expect(check(kv(), [put, operation(1, { f: 'get', key }, 1)]).outcome).toBe('pass');
    expect(check(kv(), [put, operation(1, { f: 'get', key }, null)]).outcome).toBe('violation');
  });

  it('says unknown, with the cause and the operations responsible, when its limits are reached', () => {
    // Concurrent pushes, two of one value, and three pops of that value: each order of the pushes has to be tried.
    const pushes = Array.from(
      { length: 12 },
      (_, id): CheckOperation<QueueInput, QueueOutput> => ({
        id,
        process: id,
        input: { f: 'put', value: id % 11 },
        output: null,
        call: id,
        return: 100,
      }),
    );
    const pops = Array.from(
      { length: 3 },
      (_, at): CheckOperation<QueueInput, QueueOutput> => ({
        id: 12 + at,
        process: 0,
        input: { f: 'take' },
        output: 0,
        call: 101 + 2 * at,
        return: 102 + 2 * at,
      }),
    );
    const result = check(stack(), [...pushes, ...pops], { stepsMax: 5000 });
    expect(result.outcome).toBe('unknown');
    const [partition] = result.partitions;
    expect(partition!.unknown).toMatchObject({ cause: 'steps', widest: pushes.map(({ id }) => id) });
  });

  it('stops when its signal is aborted', () => {
    const result = check(register(), [write(0, 1, 0, 1)], { signal: AbortSignal.abort() });
    expect(result.partitions[0]!.unknown!.cause).toBe('aborted');
  });
});
