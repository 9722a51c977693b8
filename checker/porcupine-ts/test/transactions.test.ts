import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Transaction, transactionHistory, withFracturedRead } from '../bench/histories.ts';
import { check } from '../src/check.ts';
import type { Value } from '../src/model.ts';
import { multiRegister, readTransactions } from '../src/models/multi-register.ts';
import type { PartitionResult } from '../src/outcome.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { layOut } from '../src/timeline.ts';
import { Saturation } from '../src/transaction-saturation.ts';
import { decideTransactions } from '../src/transaction-search.ts';
import { verify } from '../src/verify.ts';
import { drawnHistory } from './drawn-histories.ts';
import { randomHistory } from './histories.ts';
import { multiRegisterSubject } from './subjects.ts';
import { uniqueTransactionSubject } from './transaction-subjects.ts';

const model = multiRegister();

/** What a search would take is far more. */
const STEPS_MAX = 100_000;

const judged = (operations: readonly Transaction[]): PartitionResult =>
  check(model, operations, { stepsMax: STEPS_MAX }).partitions[0]!;

/** 20 clients, 12 registers, every value written once: long, so that nobody finds an order by trying. */
const busy = (operations: number, seed = 1): Transaction[] =>
  transactionHistory({ operations, clients: 20, values: Number.POSITIVE_INFINITY, seed }, 12);

type Found = Readonly<Record<string, Value>>;

const transaction = (process: number, found: Found, written: Found, call: number, end: number | null): Transaction => ({
  id: process,
  process,
  input: {
    steps: [
      ...Object.keys(found).map((key) => ({ f: 'read', key }) as const),
      ...Object.entries(written).map(([key, value]) => ({ f: 'write', key, value }) as const),
    ],
  },
  output: end === null ? undefined : [...Object.values(found), ...Object.keys(written).map(() => null)],
  call,
  return: end,
});

/** These come after the others, whose times begin anew; in the core they are known by their process. */
const followedBy = (others: readonly Transaction[], last: readonly Transaction[]): Transaction[] => {
  const end = others.reduce((latest, one) => Math.max(latest, one.return ?? one.call), 0) + 1;
  const moved = last.map((one) => ({
    ...one,
    process: 1000 + one.process,
    call: end + one.call,
    return: end + one.return!,
  }));
  return [...others, ...moved].map((one, id) => ({ ...one, id }));
};

const coreOf = (operations: readonly Transaction[]): number[] => {
  const { violation, outcome } = judged(operations);
  expect(outcome).toBe('violation');
  expect(violation).toMatchObject({ minimal: true, confirmedBy: 'enumeration' });
  return violation!.core.map((id) => operations[id]!.process - 1000).sort((a, b) => a - b);
};

describe('transactions of many clients over many registers', () => {
  const many = busy(1500);

  it('have an order, which is found and replays', () => {
    const { outcome, linearization } = judged(many);
    expect(outcome).toBe('pass');
    expect(verify(model, many, linearization!)).toBeNull();
  });

  it('have an order where many never returned, and where values repeat', () => {
    for (const shape of [{ openPercent: 10, values: Number.POSITIVE_INFINITY }, { values: 50 }]) {
      const operations = transactionHistory({ operations: 1200, clients: 20, ...shape }, 12);
      const { outcome, linearization } = judged(operations);
      expect(outcome).toBe('pass');
      expect(verify(model, operations, linearization!)).toBeNull();
    }
  });

  it('have none where one saw parts of what two others wrote, at the end of it all', () => {
    const operations = withFracturedRead(many, ['k0', 'k1', 'k2', 'k3', 'k4']);
    const { outcome, violation } = judged(operations);
    expect(outcome).toBe('violation');
    expect(violation).toMatchObject({ minimal: true, confirmedBy: 'enumeration' });
    expect(violation!.core.map((id) => operations[id]!.process).sort()).toEqual([-1, -2, -3]);
  });

  it('have none where three read what three wrote, each pair of writers the other way round', () => {
    const core = coreOf(
      followedBy(many, [
        transaction(0, {}, { k0: 'a', k1: 'b', k2: 'c' }, 0, 1),
        transaction(1, {}, { k0: 'd' }, 2, 20),
        transaction(2, {}, { k1: 'e' }, 3, 21),
        transaction(3, {}, { k2: 'f' }, 4, 22),
        transaction(4, { k0: 'd', k1: 'b' }, {}, 5, 23),
        transaction(5, { k1: 'e', k2: 'c' }, {}, 6, 24),
        transaction(6, { k2: 'f', k0: 'a' }, {}, 7, 25),
      ]),
    );
    expect(core).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('have none where two read both registers and each overwrote one (write skew), or both the same (a lost update)', () => {
    const first = transaction(0, {}, { k0: 'a', k1: 'b' }, 0, 1);
    const found = { k0: 'a', k1: 'b' };
    const skew = [transaction(1, found, { k0: 'c' }, 2, 10), transaction(2, found, { k1: 'd' }, 3, 11)];
    const lost = [transaction(1, { k0: 'a' }, { k0: 'c' }, 2, 10), transaction(2, { k0: 'a' }, { k0: 'd' }, 3, 11)];
    for (const both of [skew, lost]) expect(coreOf(followedBy(many, [first, ...both]))).toEqual([0, 1, 2]);
  });

  it('have none where a read is stale, late in a long history', () => {
    const core = coreOf(
      followedBy(
        many,
        [
          transaction(0, {}, { k0: 'a' }, 0, 1),
          transaction(1, {}, { k0: 'b', k1: 'c' }, 2, 3),
          transaction(2, { k0: 'a', k5: 'z' }, {}, 6, 9),
          transaction(3, {}, { k5: 'z' }, 4, 8),
        ].sort((a, b) => a.call - b.call),
      ),
    );
    expect(core).toEqual([0, 1, 2]);
  });

  it('took effect if somebody saw it, though they never returned', () => {
    const operations = [
      transaction(0, {}, { x: 1 }, 0, 1),
      transaction(1, {}, { x: 2, y: 2 }, 2, null),
      transaction(2, { y: 2 }, {}, 3, 4),
      transaction(3, { x: 1 }, {}, 5, 6),
    ];
    const decision = decideTransactions(layOut(operations), (timeline, optional) =>
      readTransactions(timeline, optional, null),
    );
    expect(decision?.outcome).toBe('violation');
    expect(judged(operations).violation).toMatchObject({ core: [0, 1, 2, 3], minimal: true });
    expect(judged(operations.slice(0, 3)).outcome).toBe('pass');
    expect(judged(operations.filter(({ id }) => id !== 2)).outcome).toBe('pass');
  });

  it('that never returned need not have taken effect, but if they have then with the answers that are known of them', () => {
    const decided = { pass: 0, violation: 0 };
    const openedUp = drawnHistory(uniqueTransactionSubject(), 10).map((operations) =>
      operations.map((one) => (one.id % 3 === 0 ? { ...one, return: null } : one)),
    );
    fc.assert(
      fc.property(openedUp, (operations) => {
        const decision = decideTransactions(layOut(operations), (timeline, optional) =>
          readTransactions(timeline, optional, null),
        );
        if (decision === null) return;
        decided[decision.outcome]++;
        expect(decision.outcome).toBe(textbookSearch(model, operations).outcome);
        if (decision.outcome === 'violation') return;
        const ids = Array.from(decision.order, (index) => operations[index]!.id);
        expect(verify(model, operations, ids)).toBeNull();
      }),
      { seed: 7, numRuns: 1000 },
    );
    expect(Math.min(decided.pass, decided.violation)).toBeGreaterThan(20);
  });

  it('contradict one another for a reason that names them all: with the others free to do as they please it holds as well', () => {
    const saturated = (operations: readonly Transaction[], optional: Uint8Array | null): Saturation => {
      const saturation = new Saturation(readTransactions(layOut(operations), optional, null));
      while (!saturation.advance(1000));
      return saturation;
    };
    let contradictions = 0;
    for (const subject of [uniqueTransactionSubject(), multiRegisterSubject()])
      for (let seed = 0; seed < 1500; seed++) {
        const shape = { operations: 16, processes: 4 + (seed % 3), openPercent: 15, wrongPercent: 100 };
        const operations = randomHistory(subject, shape, seed);
        const { order } = saturated(operations, null);
        if (order.contradiction === 0) continue;
        contradictions++;
        const named = order.restsOn(order.contradiction);
        const others = Uint8Array.from(operations, (_, index) => (named.has(index) ? 0 : 1));
        expect(saturated(operations, others).order.contradiction, `seed ${seed}`).toBeGreaterThan(0);
      }
    expect(contradictions).toBeGreaterThan(400);
  });

  it('are left to the search where more may have written a value than can be gone through', () => {
    const writers = Array.from({ length: 40 }, (_, at) => transaction(at, {}, { x: 1 }, at, 100));
    const operations = [...writers, transaction(40, { x: 1 }, { y: 1 }, 50, 101)];
    const decision = decideTransactions(layOut(operations), (timeline, optional) =>
      readTransactions(timeline, optional, null),
    );
    expect(decision).toBeNull();
    expect(judged(operations).outcome).toBe('pass');
  });
});
