/** Trials and operations for tests. */

import fc from 'fast-check';

import type { Json, Operation } from '../../history/operation.ts';
import type { NewTrial } from '../../history/store.ts';

export function newTrial(over: Partial<NewTrial> = {}): NewTrial {
  return {
    spec: { world: 'simulator', nested: { list: [1, 'two', null] } },
    seed: 42,
    system: 'raft',
    world: 'simulator',
    workload: 'register',
    nodes: ['n1', 'n2', 'n3'],
    startedAt: Date.UTC(2026, 10, 21, 4, 3),
    provenance: { version: '0.1.0' },
    ...over,
  };
}

/** Any JSON but -0, which JSON.stringify writes as 0. */
export const anyJson: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as Json);

export const signedZero: fc.Arbitrary<Json> = fc.constantFrom<Json>(-0, [-0], { a: [0, -0] });

const time = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

/** Any history that the types allow: indexes count up, invocations are in order, times are not otherwise sensible. */
export const anyOperations: fc.Arbitrary<Operation[]> = fc
  .array(
    fc.record({
      process: fc.nat(),
      f: fc.oneof(fc.constantFrom('read', 'write', 'cas'), fc.string({ minLength: 1 })),
      key: fc.option(fc.string()),
      value: anyJson,
      outcome: fc.constantFrom('ok' as const, 'fail' as const, 'info' as const),
      result: anyJson,
      error: fc.option(fc.string()),
      invokedAt: time,
      completedAt: fc.option(time),
      node: fc.option(fc.string()),
    }),
    { maxLength: 30 },
  )
  .map((list) => list.map((operation, index) => ({ index, ...operation })));
