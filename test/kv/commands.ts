/** Arbitrary commands for the key-value machine: few keys and values, so that they meet; awkward ones among them. */

import fc from 'fast-check';
import type { LoggedCommand } from '../../cluster/kv/machine.ts';
import type { KvStep } from '../../cluster/kv/store.ts';
import type { KvCommand } from '../../cluster/replica/client-protocol.ts';
import type { Json } from '../../history/operation.ts';

export const keys = fc.constantFrom('a', 'b', '', '__proto__', 'constructor', 'ключ', '\ud800');

const someValues: fc.Arbitrary<Json> = fc.constantFrom<Json>(
  null,
  0,
  -0,
  1,
  0.5,
  'x',
  '',
  true,
  [],
  [1, [2]],
  {},
  { a: 1, b: [null] },
  { b: [null], a: 1 },
  JSON.parse('{"__proto__": 1}') as Json,
  JSON.parse('{"__proto__": {"a": 1}}') as Json,
);

export const values: fc.Arbitrary<Json> = fc.oneof(someValues, someValues, fc.jsonValue() as fc.Arbitrary<Json>);

export const steps: fc.Arbitrary<KvStep> = fc.oneof(
  fc.record({ f: fc.constant('get' as const), key: keys }),
  fc.record({ f: fc.constant('put' as const), key: keys, value: values }),
  fc.record({ f: fc.constant('cas' as const), key: keys, expected: values, value: values }),
  fc.record({ f: fc.constant('append' as const), key: keys, value: fc.constantFrom('', 'p', 'q\ud800') }),
  fc.record({ f: fc.constant('delete' as const), key: keys }),
);

export const commands: fc.Arbitrary<KvCommand> = fc.oneof(
  { weight: 4, arbitrary: steps },
  { weight: 1, arbitrary: fc.record({ f: fc.constant('txn' as const), steps: fc.array(steps, { maxLength: 4 }) }) },
);

/** Sessions are log indexes; small numbers often hit one that a short log opened. */
export const loggedCommands: fc.Arbitrary<LoggedCommand> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('open' as const),
      nonce: fc.constantFrom('n1', 'n2', 'n3', 'n4', 'n5'),
      sessionsMax: fc.constant(3),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('run' as const),
      session: fc.integer({ min: 1, max: 8 }),
      sequence: fc.integer({ min: 1, max: 12 }),
      command: commands,
    }),
  },
);

/** A log: it begins by opening a session, so that something happens. */
export const logs: fc.Arbitrary<LoggedCommand[]> = fc
  .array(loggedCommands, { maxLength: 60 })
  .map((log) => [{ op: 'open', nonce: 'n1', sessionsMax: 3 }, { op: 'open', nonce: 'n2', sessionsMax: 3 }, ...log]);
