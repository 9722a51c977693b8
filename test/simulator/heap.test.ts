import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventHeap } from '../../cluster/simulator/heap.ts';

describe('the event heap', () => {
  it('gives events back as a stable sort by time would, whatever the mix of pushes and pops', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ push: fc.integer({ min: 0, max: 12 }) }) },
      { weight: 2, arbitrary: fc.constant('pop' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const heap = new EventHeap<string>();
        // The naive twin: an array that is searched for the first of the earliest.
        const twin: { time: number; name: string }[] = [];
        let pushed = 0;
        const popBoth = () => {
          const earliest = twin.reduce((best, event, at) => (event.time < (twin[best]?.time ?? 0) ? at : best), 0);
          const expected = twin.splice(earliest, 1)[0];
          expect(heap.pop()).toBe(expected !== undefined);
          if (expected === undefined) return;
          expect([heap.time, heap.subject, heap.kind]).toEqual([expected.time, expected.name, expected.time % 5]);
        };
        for (const what of steps) {
          const waiting = twin.map((event, at) => ({ ...event, at })).filter(({ time }) => time % 5 === 2);
          waiting.sort((a, b) => a.time - b.time || a.at - b.at);
          expect(heap.waiting(2)).toEqual(waiting.map(({ name }) => name));
          if (what === 'pop') popBoth();
          else {
            // A world never schedules into the past; the heap would not mind.
            const name = `event ${pushed++}`;
            heap.push(what.push, what.push % 5, 1, name);
            twin.push({ time: what.push, name });
          }
          expect(heap.length).toBe(twin.length);
        }
        while (twin.length > 0) popBoth();
        expect(heap.pop()).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('grows beyond its first capacity without losing an event', () => {
    const heap = new EventHeap<number>();
    for (let i = 0; i < 10_000; i++) heap.push((i * 7919) % 10_007, 0, 0, i);
    let last = -1;
    let count = 0;
    while (heap.pop()) {
      expect(heap.time).toBeGreaterThanOrEqual(last);
      expect(heap.time).toBe(((heap.subject as number) * 7919) % 10_007);
      last = heap.time;
      count++;
    }
    expect(count).toBe(10_000);
  });
});
