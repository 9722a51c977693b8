/** A model whose steps misbehave on purpose: for the tests of limits. */

import { type Model, partitionBy } from '../src/model.ts';

const busyFor = (ms: number): void => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

/** "hang": the step never ends. "hoard": it takes memory without end. "crawl": it takes its time. */
export const slow: Model<number, string, unknown> = {
  name: 'slow',
  init: () => 0,
  step(state, input) {
    while (input === 'hang');
    for (const hoard: unknown[] = []; input === 'hoard'; ) hoard.push(new Array(500_000).fill(hoard));
    if (input === 'crawl') busyFor(10);
    return state + 1;
  },
  key: (state) => state,
  partition: partitionBy((input) => input),
};
