import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NodeClock } from '../../cluster/simulator/clock.ts';
import { MS, SECOND } from './stand-in.ts';

describe("a node's clock", () => {
  it('reads as exact arithmetic says, over hours, at any rate', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3600 * SECOND }),
        fc.integer({ min: -500_000, max: 500_000 }),
        fc.integer({ min: -10 * SECOND, max: 10 * SECOND }),
        (later, rate, offset) => {
          const clock = new NodeClock();
          clock.set(SECOND, offset, rate);
          const exact = BigInt(SECOND + offset) + (BigInt(later) * BigInt(1_000_000 + rate)) / 1_000_000n;
          expect(Math.abs(clock.read(SECOND + later) - Number(exact))).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('says when it will first show a reading', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100 * SECOND }),
        fc.integer({ min: -500_000, max: 500_000 }),
        (wait, rate) => {
          const clock = new NodeClock();
          clock.set(0, 0, rate);
          const now = 12_345;
          const due = clock.read(now) + wait;
          const time = clock.when(due, now);
          expect(clock.read(time)).toBeGreaterThanOrEqual(due);
          if (time > now) expect(clock.read(time - 1)).toBeLessThan(due);
        },
      ),
    );
  });

  it('refuses rates at which time would stand still or run back', () => {
    expect(() => new NodeClock().set(0, 0, -1_000_000)).toThrow(/clock rate/);
    expect(() => new NodeClock().set(0, 0.5 * MS + 0.5, 0)).toThrow(/clock offset/);
  });
});
