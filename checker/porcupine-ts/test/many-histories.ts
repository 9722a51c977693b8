/** Many histories in one, so that a check in workers need be begun but once: each is a partition, or several, of its own. */

import type { Model } from '../src/model.ts';
import type { CheckOperation } from '../src/operation.ts';
import { LONGER_CASES } from './longer-subjects.ts';

/** Ids of history i begin here: none is as long. */
export const idsFrom = (history: number): number => history * 100_000;

/** @param name of one of the longer cases, whose model it is */
export const manyHistories = (name: string): Model<unknown, unknown, unknown> => {
  const { model } = LONGER_CASES[name]!.subject;
  return {
    ...model,
    partition(operations) {
      const histories = new Map<number, CheckOperation<unknown, unknown>[]>();
      for (const operation of operations) {
        const history = Math.floor(operation.id / idsFrom(1));
        const own = histories.get(history);
        if (own === undefined) histories.set(history, [operation]);
        else own.push(operation);
      }
      return Array.from(histories, ([history, own]) =>
        (model.partition?.(own) ?? [{ key: '', operations: own }]).map((part) => ({
          ...part,
          key: `${history} ${part.key}`,
        })),
      ).flat();
    },
  };
};
