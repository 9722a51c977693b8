import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeRate, wilsonInterval } from '../../trial/rate.ts';

describe('a rate', () => {
  it('is told with its interval', () => {
    expect(describeRate(3, 20)).toBe('3 of 20, 15 %, 95 % CI 5–36 %');
    expect(describeRate(0, 20)).toBe('0 of 20, 0 %, 95 % CI 0–16 %');
  });

  it('lies within its interval, which lies within 0 and 1 and mirrors', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(), (tries, drawn) => {
        const found = drawn % (tries + 1);
        const { low, high } = wilsonInterval(found, tries);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(found / tries);
        expect(high).toBeGreaterThanOrEqual(found / tries);
        expect(wilsonInterval(tries - found, tries).low).toBeCloseTo(1 - high, 10);
      }),
    );
  });
});
