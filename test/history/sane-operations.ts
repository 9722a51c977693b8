/** Histories that a recorder could have written: invocations in order, one operation at a time for each process. */

import fc from 'fast-check';
import type { Operation } from '../../history/operation.ts';
import { anyJson, signedZero } from './sample.ts';

/** JSON in which every integer is exact: others are refused, as two of them might read as one. */
const exactJson = fc.oneof(
  { arbitrary: anyJson.filter((value) => !/(?<![.\d])\d{16,}(?![.\deE])/.test(JSON.stringify(value))), weight: 15 },
  { arbitrary: signedZero, weight: 1 },
);

const name = fc.oneof(
  fc.constantFrom('read', 'write', 'cas', 'get', 'append'),
  fc.string({ minLength: 1, unit: 'binary' }),
);

export const saneOperations: fc.Arbitrary<Operation[]> = fc
  .array(
    fc.record({
      f: name,
      key: fc.option(fc.oneof(fc.constantFrom('__proto__', 'constructor', ''), fc.string({ unit: 'binary' }))),
      value: exactJson,
      outcome: fc.constantFrom('ok' as const, 'fail' as const, 'info' as const),
      result: exactJson,
      error: fc.option(fc.string()),
      gap: fc.nat(3_000_000_000),
      length: fc.nat(3_000_000_000),
      node: fc.option(fc.constantFrom('n1', 'n2', 'a "node"')),
      answered: fc.boolean(),
      skipped: fc.nat(2),
    }),
    { maxLength: 25 },
  )
  .map((list) => {
    let now = 0;
    let index = -1;
    return list.map(({ gap, length, answered, skipped, f, ...rest }, process) => {
      now += gap;
      index += 1 + skipped;
      const open = rest.outcome === 'info' && !answered;
      // A read asks for nothing.
      const value = f === 'read' || f === 'get' ? null : rest.value;
      const operation: Operation = {
        index,
        process,
        f,
        ...rest,
        value,
        invokedAt: now,
        completedAt: open ? null : now + length,
        ...(open ? { error: null, result: null } : {}),
        // What is written is answered with nothing else.
        ...(rest.outcome === 'ok' && f === 'write' ? { result: null } : {}),
        ...(rest.outcome === 'ok' && f === 'cas' ? { result: skipped === 0 } : {}),
      };
      return operation;
    });
  });
