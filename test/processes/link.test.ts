import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eachFrame, encodeFrame, frameValue } from '../../cluster/processes/frames.ts';
import { Link, QUEUE_BYTES_MAX } from '../../cluster/processes/link.ts';
import { CLEAR_LINK, type LinkRule } from '../../cluster/world.ts';

const MS = 1_000_000;

interface Arrival {
  readonly message: number;
  readonly at: number;
}

/** A link on virtual time that carries numbers. */
class Bench {
  readonly arrivals: Arrival[] = [];
  readonly link: Link;
  now = 0;
  #next = 0;

  constructor(rule: Partial<LinkRule>, seed = 1) {
    this.link = new Link('a', 'b', seed, (frames) => {
      eachFrame(frames, (start, end) =>
        this.arrivals.push({ message: frameValue(frames, start, end) as number, at: this.now }),
      );
      return true;
    });
    this.link.setRule({ ...CLEAR_LINK, ...rule }, 0);
  }

  send(count = 1): void {
    const frames = Array.from({ length: count }, () => encodeFrame(String(this.#next++)));
    this.link.offer(Buffer.concat(frames), count, this.now);
  }

  /** Lets time pass; everything due arrives at its time. */
  advance(ns: number): void {
    const end = this.now + ns;
    while (this.link.nextDueAt <= end) {
      this.now = Math.max(this.now, this.link.nextDueAt);
      this.link.deliverDue(this.now);
    }
    this.now = end;
  }

  get messages(): number[] {
    return this.arrivals.map(({ message }) => message);
  }
}

const ppm = fc.integer({ min: 0, max: 1_000_000 });
const anyRule = fc.record({
  drop: fc.constant(false),
  cut: fc.constant(false),
  lossPpm: ppm,
  duplicatePpm: ppm,
  reorderPpm: ppm,
  delayNs: fc.integer({ min: 0, max: 50 * MS }),
  jitterNs: fc.integer({ min: 0, max: 20 * MS }),
  bytesPerSecond: fc.constantFrom(0, 1000, 100_000),
});

describe('a link', () => {
  it('without rules passes everything on at once, in order', () => {
    const bench = new Bench({});
    bench.send(3);
    bench.send(2);
    expect(bench.messages).toEqual([0, 1, 2, 3, 4]);
    expect(bench.link.counts()).toMatchObject({ sent: 5, delivered: 5, dropped: 0, delayed: 0 });
  });

  it.each(['drop', 'cut'] as const)('with the rule %s passes nothing on and counts it', (rule) => {
    const bench = new Bench({ [rule]: true });
    bench.send(7);
    bench.advance(1000 * MS);
    expect(bench.messages).toEqual([]);
    expect(bench.link.counts()).toMatchObject({ sent: 7, delivered: 0, dropped: 7 });
  });

  it('accounts for every copy of every message under any rules', () => {
    fc.assert(
      fc.property(anyRule, fc.integer({ min: 0, max: 1000 }), (rule, seed) => {
        const bench = new Bench(rule, seed);
        for (let i = 0; i < 40; i++) {
          bench.send(2);
          bench.advance(MS);
        }
        bench.advance(100_000 * MS);
        const { sent, delivered, dropped, duplicated, reordered } = bench.link.counts();
        expect(sent + duplicated).toBe(delivered + dropped);
        expect(bench.arrivals.length).toBe(delivered);
        const { arrivals } = bench;
        let highest = -1;
        let late = 0;
        for (const { message } of arrivals) {
          if (message < highest) late++;
          highest = Math.max(highest, message);
        }
        expect(reordered).toBe(late);
      }),
    );
  });

  it('keeps the order unless it is told to reorder, and holds every message for its delay', () => {
    fc.assert(
      fc.property(anyRule, fc.array(fc.integer({ min: 0, max: 5 * MS }), { maxLength: 60 }), (rule, gaps) => {
        const bench = new Bench({ ...rule, reorderPpm: 0, duplicatePpm: 0, lossPpm: 0 });
        const sentAt: number[] = [];
        for (const gap of gaps) {
          sentAt.push(bench.now);
          bench.send();
          bench.advance(gap);
        }
        bench.advance(100_000 * MS);
        expect(bench.messages).toEqual(gaps.map((_, message) => message));
        for (const { message, at } of bench.arrivals)
          expect(at - (sentAt[message] as number)).toBeGreaterThanOrEqual(rule.delayNs);
      }),
    );
  });

  it('loses, duplicates and reorders the share it is told to', () => {
    const bench = new Bench({ lossPpm: 200_000, duplicatePpm: 100_000, reorderPpm: 300_000 });
    for (let i = 0; i < 5000; i++) {
      bench.send();
      bench.advance(MS);
    }
    bench.advance(1000 * MS);
    const { dropped, duplicated, reordered, delayed } = bench.link.counts();
    expect(dropped / 5000).toBeCloseTo(0.2, 1);
    expect(duplicated / 4000).toBeCloseTo(0.1, 1);
    expect(delayed / 4000).toBeCloseTo(0.3, 1);
    expect(reordered).toBeGreaterThan(500);
  });

  it('decides the fate of a message by its number alone, the same for the same seed', () => {
    const fates = (seed: number, batches: readonly number[]): number[] => {
      const bench = new Bench({ lossPpm: 500_000 }, seed);
      for (const count of batches) bench.send(count);
      return bench.messages;
    };
    expect(fates(7, [100])).toEqual(fates(7, [1, 30, 69]));
    expect(fates(7, [100])).not.toEqual(fates(8, [100]));
  });

  it('lets no more bytes through a second than its throttle', () => {
    const bench = new Bench({ bytesPerSecond: 1000 });
    bench.send(1000);
    bench.advance(1000 * MS);
    const bytes = bench.messages.reduce((sum, message) => sum + 4 + String(message).length, 0);
    expect(bytes).toBeLessThanOrEqual(1000);
    expect(bytes).toBeGreaterThan(980);
  });

  it('drops and counts what does not fit into its queue', () => {
    const bench = new Bench({ delayNs: 1000 * MS });
    const frame = encodeFrame(JSON.stringify('x'.repeat(1024 * 1024)));
    const fitting = Math.floor(QUEUE_BYTES_MAX / frame.length);
    for (let i = 0; i < fitting + 5; i++) bench.link.offer(frame, 1, bench.now);
    bench.advance(2000 * MS);
    expect(bench.link.counts()).toMatchObject({ delivered: fitting, dropped: 5 });
  });

  it('delivers what it holds back when it is healed, and loses it when it is closed', () => {
    for (const [rule, arrive, lost] of [
      [CLEAR_LINK, [0, 1, 2, 3], 0],
      [{ ...CLEAR_LINK, drop: true }, [], 3],
    ] as const) {
      const bench = new Bench({ delayNs: 1000 * MS, jitterNs: 10 * MS });
      bench.send(3);
      bench.advance(MS);
      bench.link.setRule(rule, bench.now);
      if (!rule.drop) bench.send();
      expect(bench.messages).toEqual(arrive);
      expect(bench.link.counts().dropped).toBe(lost);
    }
  });

  it('counts a message whose receiver is down as sent only', () => {
    const link = new Link('a', 'b', 1, () => false);
    link.offer(encodeFrame('1'), 1, 0);
    expect(link.counts()).toMatchObject({ sent: 1, delivered: 0, dropped: 0 });
  });
});
