import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { hunt, startHunters } from '../../trial/hunt.ts';
import { Learning } from '../../trial/learning.ts';
import { parseSpec } from '../../trial/spec.ts';
import { swarmSpec } from '../../trial/swarm.ts';
import { variantSpec } from '../../trial/variant.ts';

const options = { bugs: [], timeMs: 1000 };
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe('a variant', () => {
  it('is a trial that can be run, the same each time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.array(uint32, { maxLength: 6 }), (seed, changes) => {
        const spec = variantSpec({ seed, changes }, options);
        expect(parseSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
        expect(variantSpec({ seed, changes }, options)).toEqual(spec);
      }),
      { numRuns: 25 },
    );
  });

  it('without changes is what its seed stands for', () => {
    expect(variantSpec({ seed: 7, changes: [] }, options)).toEqual(swarmSpec(7, options));
  });
});

describe('a hunt that learns', () => {
  const one = startHunters(1);
  const two = startHunters(2);
  afterAll(() => Promise.all([one.close(), two.close()]));

  it('tries the same trials on any number of threads, half of them variants in the end', async () => {
    const base = {
      ...options,
      bugs: ['follower-read'],
      from: 5,
      seedsMax: 72,
      budgetMs: null,
      keepGoing: true,
      learn: true,
    };
    const told = async (hunters: typeof one) =>
      (await hunt(hunters, { ...base, timeMs: 250 })).finds.map(({ seed, changes, traceHash }) => ({
        seed,
        changes,
        traceHash,
      }));
    const alone = await told(one);
    expect(alone.some(({ changes }) => changes.length > 0)).toBe(true);
    expect(await told(two)).toEqual(alone);
  });

  it('keeps what met new situations, and makes variants of that alone', () => {
    const learning = new Learning(1);
    expect(learning.next()).toBeNull();
    const met = (seed: number, situations: number[]) => ({ variant: { seed, changes: [] }, situations });
    learning.learn([met(1, [1, 2, 3, 4]), met(2, [1, 2, 3, 4]), met(3, [5])]);
    for (let i = 0; i < 20; i++) expect(learning.next()?.seed).toBe(1);
  });
});
