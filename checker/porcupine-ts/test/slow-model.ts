/** A model whose step on "hang" never ends: for the tests of limits. */

import { type Model, partitionBy } from '../src/model.ts';

export const slow: Model<number, string, unknown> = {
  name: 'slow',
  init: () => 0,
  step(state, input) {
    while (input === 'hang');
    return state;
  },
  key: (state) => state,
  partition: partitionBy((input) => input),
};
