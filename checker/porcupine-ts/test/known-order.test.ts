import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { because, KnownOrder, Reach } from '../src/known-order.ts';

interface Case {
  /** By transaction: from the call to the return. */
  readonly windows: readonly (readonly [call: number, end: number])[];
  readonly pairs: readonly (readonly [first: number, second: number])[];
}

/** Calls and returns at different moments, as the events of a history. */
const cases: fc.Arbitrary<Case> = fc
  .array(fc.tuple(fc.nat(30), fc.nat(12)), { minLength: 2, maxLength: 8 })
  .chain((drawn) => {
    const moments = drawn
      .flatMap(([call, length], at) => [
        { at, isCall: true, time: call },
        { at, isCall: false, time: call + length + 0.5 },
      ])
      .sort((a, b) => a.time - b.time || a.at - b.at);
    const moment = (at: number, isCall: boolean): number =>
      moments.findIndex((one) => one.at === at && one.isCall === isCall);
    const windows = drawn.map((_, at) => [moment(at, true), moment(at, false)] as const);
    const transaction = fc.nat(drawn.length - 1);
    return fc.record({
      windows: fc.constant(windows),
      pairs: fc.array(fc.tuple(transaction, transaction), { maxLength: 8 }),
    });
  });

/** All that follows, by Warshall's algorithm. */
const closureOf = ({ windows, pairs }: Case): boolean[][] => {
  const isBefore = windows.map(([, end]) => windows.map(([call]) => end < call));
  for (const [first, second] of pairs) isBefore[first]![second] = true;
  for (const by of windows.keys())
    for (const from of windows.keys())
      for (const to of windows.keys()) if (isBefore[from]![by]! && isBefore[by]![to]!) isBefore[from]![to] = true;
  return isBefore;
};

const hasCircle = (one: Case): boolean => closureOf(one).some((row, at) => row[at]);

const orderOf = ({ windows, pairs }: Case): KnownOrder => {
  const [earliest, latest] = [0, 1].map((side) => Int32Array.from(windows, (window) => window[side]!)) as [
    Int32Array,
    Int32Array,
  ];
  const order = new KnownOrder(earliest, latest, 2 * windows.length);
  for (const [first, second] of pairs) order.add(first, second, order.reason(because(first), because(second)));
  return order;
};

/** By windows, or by a path of pairs. */
const known = (order: KnownOrder, size: number): boolean[][] =>
  Array.from({ length: size }, (_, first) => {
    const [after, before] = [new Reach(order, 'after'), new Reach(order, 'before')];
    after.lookFrom(first);
    return Array.from({ length: size }, (_, second) => {
      before.lookFrom(second);
      const isReached = after.has(second) && second !== first;
      if (order.isApart(first, second)) return true;
      expect(before.has(first)).toBe(isReached);
      return isReached;
    });
  });

describe('what is known of an order', () => {
  it('is all that follows from real time and from the pairs, and a contradiction is seen if windows are in the circle', () => {
    let circles = 0;
    fc.assert(
      fc.property(cases, (one) => {
        const order = orderOf(one);
        if (order.contradiction !== 0) {
          circles++;
          expect(hasCircle(one)).toBe(true);
        } else if (!hasCircle(one)) expect(known(order, one.windows.length)).toEqual(closureOf(one));
        else expect(hasCircle({ ...one, windows: one.windows.map(() => [0, 99]) })).toBe(true);
      }),
      { seed: 1, numRuns: 2000 },
    );
    expect(circles).toBeGreaterThan(300);
  });

  it('rests on the transactions that a reason names: with the pairs between them alone it is as much a contradiction', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const order = orderOf(one);
        if (order.contradiction === 0) return;
        const blamed = order.restsOn(order.contradiction);
        const pairs = one.pairs.filter(([first, second]) => blamed.has(first) && blamed.has(second));
        // All others may take as long as they like.
        const windows = one.windows.map((window, at) => (blamed.has(at) ? window : ([0, 99] as const)));
        expect(hasCircle({ windows, pairs })).toBe(true);
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  it('is as it was once what came after is forgotten', () => {
    fc.assert(
      fc.property(cases, fc.nat(8), (one, kept) => {
        const before = { ...one, pairs: one.pairs.slice(0, kept) };
        const order = orderOf(before);
        if (hasCircle(before)) return;
        const mark = order.mark();
        for (const [first, second] of one.pairs.slice(kept)) order.add(first, second, order.reason(because(first)));
        order.forget(mark);
        expect(order.contradiction).toBe(0);
        expect(known(order, one.windows.length)).toEqual(closureOf(before));
      }),
      { seed: 3, numRuns: 1000 },
    );
  });
});
