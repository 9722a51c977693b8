import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonBytes, RaftLog } from '../../cluster/raft/log.ts';
import type { Entry } from '../../cluster/raft/ready.ts';
import type { Json } from '../../history/operation.ts';

type Step =
  | { readonly do: 'append'; readonly terms: readonly number[] }
  | { readonly do: 'truncate'; readonly back: number }
  | { readonly do: 'drop'; readonly ahead: number }
  | { readonly do: 'reset'; readonly ahead: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('append' as const), terms: fc.array(fc.nat(2), { maxLength: 6 }) }),
  fc.record({ do: fc.constant('truncate' as const), back: fc.nat(5) }),
  fc.record({ do: fc.constant('drop' as const), ahead: fc.nat(6) }),
  fc.record({ do: fc.constant('reset' as const), ahead: fc.nat(6) }),
);

/** The naive twin: all entries that ever were, by index, and what of them still counts. */
class NaiveLog {
  terms = new Map<number, number>([[0, 0]]);
  base = 0;
  last = 0;

  take(action: Step, log: RaftLog): void {
    if (action.do === 'append') {
      const entries: Entry[] = [];
      for (const growth of action.terms) {
        const term = (this.terms.get(this.last) as number) + growth;
        this.terms.set(++this.last, term);
        entries.push({ index: this.last, term, kind: 'command', data: `x${growth}` });
      }
      log.append(entries);
    } else if (action.do === 'truncate') {
      const index = Math.max(this.base + 1, this.last - action.back);
      this.last = Math.min(this.last, index - 1);
      log.truncateFrom(index);
    } else if (action.do === 'drop') {
      this.base = Math.min(this.last, this.base + action.ahead);
      log.dropThrough(this.base);
    } else {
      const term = (this.terms.get(this.last) as number) + 1;
      this.base = this.last = this.last + action.ahead;
      this.terms.set(this.base, term);
      log.reset(this.base, term);
    }
  }

  term(index: number): number | null {
    return index < this.base || index > this.last ? null : (this.terms.get(index) as number);
  }
}

describe('the log', () => {
  it('is the same as a naive map of indexes, whatever is appended, cut, compacted and replaced', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.nat(40), fc.nat(6), (steps, probe, term) => {
        const log = new RaftLog(0, 0, []);
        const naive = new NaiveLog();
        for (const action of steps) {
          naive.take(action, log);
          expect([log.baseIndex, log.lastIndex]).toEqual([naive.base, naive.last]);
          for (let index = 0; index <= naive.last + 1; index++) {
            expect(log.termAt(index)).toBe(naive.term(index));
            expect(log.entryAt(index)?.term ?? null).toBe(index === naive.base ? null : naive.term(index));
          }
          expect(log.lastTerm).toBe(naive.term(naive.last));
        }
        const from = Math.max(naive.base + 1, Math.min(probe, naive.last));
        expect(log.slice(from, naive.last).map((entry) => entry.index)).toEqual(
          Array.from({ length: Math.max(0, naive.last - from + 1) }, (_, i) => from + i),
        );
        let fits = Math.min(probe, naive.last);
        while (fits >= naive.base && (naive.term(fits) as number) > term) fits--;
        expect(log.lastIndexWithTermAtMost(probe, term)).toBe(fits);
      }),
      { numRuns: 300 },
    );
  });

  it('cuts runs that stay within both limits, and never less than one entry going forward', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(200), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 1000 }),
        (sizes, countMax, bytesMax) => {
          const entries = sizes.map(
            (size, i): Entry => ({ index: i + 1, term: 1, kind: 'command', data: 'x'.repeat(size) }),
          );
          const log = new RaftLog(0, 0, entries);
          const bytes = (from: number, to: number): number =>
            entries.slice(from - 1, to).reduce((sum, entry) => sum + 50 + (sizes[entry.index - 1] as number), 0);
          const to = log.lastWithin(1, countMax, bytesMax);
          expect(to).toBeGreaterThanOrEqual(1);
          expect(to).toBeLessThanOrEqual(countMax);
          if (to > 1) expect(bytes(1, to)).toBeLessThanOrEqual(bytesMax);
          if (to < Math.min(countMax, sizes.length)) expect(bytes(1, to + 1)).toBeGreaterThan(bytesMax);
          const from = log.firstWithin(sizes.length, countMax, bytesMax);
          if (from <= sizes.length) expect(bytes(from, sizes.length)).toBeLessThanOrEqual(bytesMax);
          if (from > Math.max(1, sizes.length - countMax + 1))
            expect(bytes(from - 1, sizes.length)).toBeGreaterThan(bytesMax);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('refuses entries that leave a gap', () => {
    const log = new RaftLog(3, 1, []);
    expect(() => log.append([{ index: 5, term: 1, kind: 'noop' }])).toThrow('does not continue a log that ends at 3');
  });

  it('estimates the bytes of plain JSON from a third of it to eight times as much, give or take a few', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '0') });
    const values = [word, fc.integer(), fc.boolean(), fc.constant(null)];
    fc.assert(
      fc.property(fc.object({ key: word, values, maxDepth: 3 }), (value) => {
        const exact = JSON.stringify(value).length;
        expect(jsonBytes(value as Json)).toBeGreaterThan(exact / 3 - 8);
        expect(jsonBytes(value as Json)).toBeLessThan(exact * 8 + 8);
      }),
    );
  });
});
