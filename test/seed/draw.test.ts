import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { below, between, chance, draws, pick, SEED_MAX, shuffled } from '../../seed/draw.ts';

const seeds = fc.integer({ min: 0, max: SEED_MAX });

describe('keyed draws', () => {
  it('are a function of seed, purpose and which, whatever was drawn in between', () => {
    fc.assert(
      fc.property(seeds, fc.string(), fc.nat(), fc.nat(), (seed, purpose, a, b) => {
        const draw = draws(seed, purpose);
        const first = draw(a, b);
        for (let i = 0; i < 5; i++) draw(i, a);
        expect(draws(seed, purpose)(a, b)).toBe(first);
      }),
    );
  });

  it('keep the values they have today, so that old seeds keep replaying', () => {
    expect([draws(0, '')(), draws(42, 'election')(1, 2), draws(SEED_MAX, 'x')(2 ** 40)]).toMatchInlineSnapshot(`
      [
        1746148347,
        2504815066,
        127798767,
      ]
    `);
  });

  it('differ when the seed, the purpose or which differs', () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 20; seed++)
      for (const purpose of ['a', 'b', 'ab'])
        for (let which = 0; which < 50; which++) seen.add(draws(seed, purpose)(which, seed));
    expect(seen.size).toBe(20 * 3 * 50);
  });

  it('spread evenly: each of 16 buckets gets its share of 64,000 draws within a tenth', () => {
    const buckets = new Array<number>(16).fill(0);
    const draw = draws(7, 'spread');
    for (let i = 0; i < 64_000; i++) {
      const bucket = below(draw(i), 16);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    for (const count of buckets) expect(Math.abs(count - 4000)).toBeLessThan(400);
  });

  it('tell words of different halves of a large index apart', () => {
    const draw = draws(1, 'large');
    expect(draw(5)).not.toBe(draw(5 + 2 ** 32));
  });

  it('refuse a seed that is no integer in range', () => {
    for (const seed of [-1, 1.5, SEED_MAX + 1, Number.NaN]) expect(() => draws(seed, 'x')).toThrow(RangeError);
  });

  it('map to ranges without leaving them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(1000), fc.nat(1000), (drawn, min, more) => {
        expect(between(drawn, min, min + more)).toBeGreaterThanOrEqual(min);
        expect(between(drawn, min, min + more)).toBeLessThanOrEqual(min + more);
        expect(chance(drawn, 0)).toBe(false);
        expect(chance(drawn, 1_000_000)).toBe(true);
      }),
    );
  });

  it('shuffle into a permutation and pick an element', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.nat(), { minLength: 1 }), (seed, list) => {
        const draw = draws(seed, 'shuffle');
        expect(shuffled(draw, 0, list).sort((a, b) => a - b)).toEqual([...list].sort((a, b) => a - b));
        expect(list).toContain(pick(draw(1), list));
      }),
    );
    expect(() => pick(0, [])).toThrow(RangeError);
  });
});
