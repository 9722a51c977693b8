import { afterAll, describe, expect, it } from 'vitest';
import { hunt, outcomeOfHunt, startHunters } from '../../trial/hunt.ts';

const hunters = startHunters(2);
const base = { bugs: [], from: 1, seedsMax: 24, budgetMs: null, timeMs: 1000, keepGoing: true };
afterAll(() => hunters.close());

describe('hunting', () => {
  it('finds the same violations in the same seeds each time, and tries exactly the seeds it was given', async () => {
    const options = { ...base, bugs: ['ack-at-append'] };
    const first = await hunt(hunters, options);
    const second = await hunt(hunters, options);
    expect(first.seeds).toBe(24);
    expect(first.finds.length).toBeGreaterThan(0);
    expect(outcomeOfHunt(first)).toBe('violation');
    const told = ({ finds }: typeof first) => finds.map(({ seed, traceHash, oracle }) => ({ seed, traceHash, oracle }));
    expect(told(second)).toEqual(told(first));
    // The lowest seed with a violation is found first also by a hunt that stops there.
    const [found] = (await hunt(hunters, { ...options, keepGoing: false })).finds;
    expect(found?.seed).toBe(first.finds[0]?.seed);
  });

  it('finds nothing wrong with the correct replica, and reaches interesting states', async () => {
    const result = await hunt(hunters, base);
    expect(result.finds).toEqual([]);
    expect(result.spoiled).toEqual([]);
    expect(result.marks.size).toBeGreaterThan(15);
    // Not every world of the swarm takes all of the time.
    expect(result.virtualNs).toBeGreaterThan(12e9);
  });

  it('that tried nothing is vacuous, never green', async () => {
    expect(outcomeOfHunt(await hunt(hunters, { ...base, seedsMax: 0 }))).toBe('vacuous');
  });

  it('ends when it is told to', async () => {
    const abort = new AbortController();
    const running = hunt(hunters, { ...base, seedsMax: null, signal: abort.signal, onProgress: () => abort.abort() });
    expect((await running).interrupted).toBe(true);
  });
});
