import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import { ownMemory } from '../src/memory.ts';
import type { Model, Value } from '../src/model.ts';
import { counter } from '../src/models/counter.ts';
import { kv } from '../src/models/kv.ts';
import { multiRegister } from '../src/models/multi-register.ts';
import { precedes, priorityQueue } from '../src/models/queues.ts';
import { register } from '../src/models/register.ts';
import type { CheckOperation } from '../src/operation.ts';
import { layOut } from '../src/timeline.ts';
import { verify } from '../src/verify.ts';

type AnyOperation = CheckOperation<never, never>;

/** Inputs with outputs, one after the other. */
const sequential = (...told: readonly (readonly [input: unknown, output: unknown])[]): AnyOperation[] =>
  told.map(([input, output], at) => ({
    id: at,
    process: 0,
    input: input as never,
    output: output as never,
    call: 2 * at,
    return: 2 * at + 1,
  }));

const outcomeOf = (model: unknown, operations: AnyOperation[]): string => {
  const known = model as Model<unknown, never, never>;
  const result = check(known, operations);
  for (const { linearization } of result.partitions)
    if (linearization !== null && result.partitions.length === 1)
      expect(verify(known, operations, linearization)).toBeNull();
  return result.outcome;
};

describe('a null that was written', () => {
  const key = 'k';
  const initial = 0;
  const put = (value: Value) => [{ f: 'put', key, value }, null] as const;
  const get = (value: Value) => [{ f: 'get', key }, value] as const;
  const append = (value: string) => [{ f: 'append', key, value }, null] as const;
  const inTransaction = ([step, output]: readonly [unknown, unknown]) =>
    [{ f: 'txn', steps: [step] }, [output]] as const;

  it('is found in a key-value store, whatever a key holds at first', () => {
    for (const wrap of [(one: readonly [unknown, unknown]) => one, inTransaction])
      for (const first of [0, '', 'x', false, null]) {
        const judged = (...told: (readonly [unknown, unknown])[]) =>
          outcomeOf(kv({ initial: first }), sequential(...told.map(wrap)));
        expect(judged(get(first), put(5), put(null), get(null))).toBe('pass');
        expect(judged(put(null), get(5))).toBe('violation');
        expect(judged(put(5), [{ f: 'delete', key }, null], get(first))).toBe('pass');
        expect(judged([{ f: 'cas', key, expected: first, value: null }, true], get(null))).toBe('pass');
        expect(judged(put('y'), put(null), append('z'), get('z'))).toBe('pass');
        if (first !== null) expect(judged(put(null), get(first))).toBe('violation');
      }
  });

  it('is found in registers, one or several', () => {
    const write = [{ f: 'write', value: null }, null] as const;
    const read = (value: Value) => [{ f: 'read' }, value] as const;
    expect(outcomeOf(register({ initial }), sequential(read(0), write, read(null)))).toBe('pass');
    expect(outcomeOf(register({ initial }), sequential(write, read(0)))).toBe('violation');
    const steps = (step: object, output: Value) => [{ steps: [{ key, ...step }] }, [output]] as const;
    const [writes, reads] = [steps({ f: 'write', value: null }, null), steps({ f: 'read' }, null)];
    expect(outcomeOf(multiRegister({ initial }), sequential(writes, reads))).toBe('pass');
    expect(outcomeOf(multiRegister({ initial }), sequential(writes, steps({ f: 'read' }, 0)))).toBe('violation');
    expect(outcomeOf(counter(), sequential([{ f: 'read' }, 0]))).toBe('pass');
  });

  it('is what a search of a part may begin with', () => {
    const read = (value: Value) => sequential([{ f: 'read' }, value]);
    const search = (value: Value) => {
      const model = register({ initial }) as unknown as Model<Value, never, never>;
      return model.specialised!(layOut(read(value), ownMemory), { initial: null })!.advance(1000, () => false);
    };
    expect(search(null)).toBe('pass');
    expect(search(0)).toBe('violation');
  });
});

describe('a priority queue', () => {
  const put = (value: Value) => [{ f: 'put', value }, null] as const;
  const take = (value: Value) => [{ f: 'take' }, value] as const;

  it('orders texts by their characters, and not by what JSON writes around them', () => {
    const taken = (...values: string[]) =>
      outcomeOf(priorityQueue(), sequential(put('a'), put('a b'), ...values.map(take)));
    expect(taken('a', 'a b')).toBe('pass');
    expect(taken('a b', 'a')).toBe('violation');
    for (const [a, b] of [
      ['a', 'a!'],
      ['', ' '],
      ['a', 'a\n'],
      ['Z', 'a'],
      ['"', '#'],
    ] as const) {
      expect(precedes(a, b)).toBe(true);
      expect(precedes(b, a)).toBe(false);
    }
  });

  it('has an order that is total', () => {
    const value = fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true }),
      fc.string({ maxLength: 3 }),
      fc.boolean(),
      fc.array(fc.nat(3)),
    );
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        expect(precedes(a, b) && precedes(b, a)).toBe(false);
        if (precedes(a, b) && precedes(b, c)) expect(precedes(a, c)).toBe(true);
      }),
    );
  });
});
