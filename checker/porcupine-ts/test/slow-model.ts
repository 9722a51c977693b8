/** A model whose steps misbehave on purpose: for the tests of limits. */

import { type Model, partitionBy } from '../src/model.ts';

const busyFor = (ms: number): void => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

/** "hang": the step never ends. "hoard": it takes memory without end. "crawl": it takes its time. "wrong" is never allowed. */
export const slow: Model<number, string, unknown> = {
  name: 'slow',
  init: () => 0,
  step(state, input) {
    while (input === 'hang');
    for (const hoard: unknown[] = []; input === 'hoard'; ) hoard.push(new Array(500_000).fill(hoard));
    if (input === 'crawl') busyFor(10);
    return input === 'wrong' ? undefined : state + 1;
  },
  key: (state) => state,
  partition: partitionBy((input) => input),
};

/** Parts that have one name. */
export const twins: typeof slow = {
  ...slow,
  partition: (operations) => operations.map((operation) => ({ key: 'twin', operations: [operation] })),
};

/** Each order leads to a state of its own, and "never" is never allowed. By what stands before the colon. */
export const endless: typeof slow = {
  ...slow,
  step: (state, input) => (input.endsWith('never') ? undefined : (state * 31 + input.length) % 1_000_003),
  partition: partitionBy((input) => input.split(':')[0]!),
};
