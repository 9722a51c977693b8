import { describe, expect, it } from 'vitest';
import { generalSearch } from '../src/general-search.ts';
import type { QueueInput, QueueOutput } from '../src/models/queues.ts';
import type { CheckOperation } from '../src/operation.ts';
import { repeatedQueueSearch } from '../src/repeated-queue.ts';
import type { Search } from '../src/search.ts';
import { layOut } from '../src/timeline.ts';
import { verify } from '../src/verify.ts';
import { createDice, randomHistory } from './histories.ts';
import { queueSubject } from './subjects.ts';

/** More, and others, in the long run. */
const HISTORIES = Number(process.env.PORCUPINE_HISTORIES ?? 1500);

const subject = queueSubject();

interface Drawn {
  readonly operations: readonly CheckOperation<QueueInput, QueueOutput>[];
  readonly optional: Uint8Array;
}

/** Of some, the answer is known though they never returned: they may have taken effect, but if so, with that answer. */
const drawn = (seed: number): Drawn => {
  const dice = createDice(~seed);
  const shape = { operations: 8 + dice.roll(10), processes: 4, openPercent: 10, wrongPercent: 80 };
  const operations = randomHistory(subject, shape, seed).map((one) =>
    dice.roll(12) === 0 ? { ...one, return: null } : one,
  );
  const share = dice.roll(10);
  return { operations, optional: Uint8Array.from(operations, () => (dice.roll(10) < share ? 1 : 0)) };
};

const outcomeOf = (search: Search): string => search.advance(Number.POSITIVE_INFINITY, () => false);

const general = ({ operations, optional }: Drawn): string =>
  outcomeOf(generalSearch(subject.model, layOut(operations), { optional }));

const inQueueOrder = ({ operations, optional }: Drawn): string =>
  outcomeOf(repeatedQueueSearch(layOut(operations) as never, optional)!);

const countWrong = (variant: (drawn: Drawn) => string): { wrong: number; violations: number; passes: number } => {
  const count = { wrong: 0, violations: 0, passes: 0 };
  for (let seed = 0; seed < HISTORIES; seed++) {
    const history = drawn(seed);
    const outcome = general(history);
    count[outcome === 'pass' ? 'passes' : 'violations']++;
    if (variant(history) !== outcome) count.wrong++;
  }
  return count;
};

describe('the search in the order of the queue, where operations may be left out', () => {
  it('decides as the general search does', () => {
    const { wrong, violations, passes } = countWrong(inQueueOrder);
    expect(wrong).toBe(0);
    expect(Math.min(violations, passes)).toBeGreaterThan(HISTORIES / 10);
  });

  it('gives an order of a pass, in which all that must take effect does', () => {
    let passes = 0;
    for (let seed = 0; seed < HISTORIES; seed++) {
      const { operations, optional } = drawn(seed);
      const timeline = layOut(operations);
      const search = repeatedQueueSearch(timeline as never, optional)!;
      if (outcomeOf(search) !== 'pass') continue;
      passes++;
      const order = Array.from(search.linearization());
      const used = new Set(order);
      const left = operations.filter((_, at) => used.has(at) || optional[at] === 0);
      const wrong = verify(
        subject.model,
        left,
        order.map((at) => operations[at]!.id),
      );
      expect(wrong, `seed ${seed}`).toBeNull();
    }
    expect(passes).toBeGreaterThan(HISTORIES / 10);
  });

  it('would be found out if those that may be left out could take effect at any later time', () => {
    const late = ({ operations, optional }: Drawn): string =>
      inQueueOrder({
        operations: operations.map((one, at) => (optional[at] === 1 ? { ...one, return: null } : one)),
        optional,
      });
    expect(countWrong(late).wrong).toBeGreaterThan(0);
  });

  it('would be found out if they had to take effect, or could not', () => {
    const bound = (history: Drawn): string => inQueueOrder({ ...history, optional: history.optional.map(() => 0) });
    const gone = ({ operations, optional }: Drawn): string => {
      const kept = operations.filter((_, at) => optional[at] === 0);
      return inQueueOrder({ operations: kept, optional: new Uint8Array(kept.length) });
    };
    expect(countWrong(bound).wrong).toBeGreaterThan(0);
    expect(countWrong(gone).wrong).toBeGreaterThan(0);
  });
});
