import { expect, test, vi } from 'vitest';
import { findAppendShape } from '../../checker/append-shapes.ts';
import { judge } from '../../checker/judge.ts';
import type { Operation } from '../../history/operation.ts';

vi.mock('../../checker/append-shapes.ts', { spy: true });

/** What a look at the clock takes, and a look for a shape. */
const LOOK_MS = 0.5;
const SLOW_LOOK_MS = 100;
const SHAPE_MS = 20;

/** Values are put there and taken, one after the other; the last take answers the one before the last. */
function row(key: string, length: number): Operation[] {
  return Array.from({ length }, (_, at) => {
    const f = at % 2 === 0 ? 'enqueue' : 'dequeue';
    const value = (at >> 1) % 5;
    const result = at === length - 1 ? (value + 4) % 5 : value;
    return {
      index: 0,
      process: 0,
      f,
      key,
      value: f === 'enqueue' ? value : null,
      outcome: 'ok',
      result: f === 'dequeue' ? result : null,
      error: null,
      invokedAt: at * 10,
      completedAt: at * 10 + 5,
      node: null,
    };
  });
}

function numbered(...keys: readonly Operation[][]): Operation[] {
  return keys
    .flat()
    .sort((a, b) => a.invokedAt - b.invokedAt)
    .map((operation, index) => ({ ...operation, index }));
}

/** What judging takes by a clock that goes on with what is done. */
async function timed(operations: readonly Operation[], timeMs: number, lookMs = LOOK_MS) {
  const shapes = vi.mocked(findAppendShape);
  shapes.mockClear();
  let looks = 0;
  const clock = (): number => lookMs * looks + SHAPE_MS * shapes.mock.calls.length;
  const watch = vi.spyOn(performance, 'now').mockImplementation(() => {
    looks++;
    return clock();
  });
  try {
    return { verdict: await judge(operations, { timeMs }), ms: clock() };
  } finally {
    watch.mockRestore();
  }
}

test('the time given is for all: for explanations that find no small core, too', async () => {
  for (const timeMs of [400, 2000]) {
    const { verdict, ms } = await timed(numbered(row('k', 1200)), timeMs);
    expect(['violation', 'unknown']).toContain(verdict.outcome);
    expect(ms).toBeLessThan(1.2 * timeMs);
  }
});

test('keys that are rejected share what is left of the time', async () => {
  const easy: Operation[] = row('easy', 2);
  const { verdict, ms } = await timed(numbered(row('a', 600), row('b', 600), easy), 1500);
  expect(verdict.outcome).toBe('violation');
  expect(verdict.keys.find(({ key }) => key === 'easy')?.valid).toBe(false);
  expect(ms).toBeLessThan(1.2 * 1500);
});

test('where time runs out the limit is named as it was given', async () => {
  // The second look at the clock finds that it is up, before anything is decided.
  const { verdict } = await timed(numbered(row('k', 200)), 1.2 * SLOW_LOOK_MS, SLOW_LOOK_MS);
  expect(verdict.reasons[0]).toContain(`out of time after ${1.2 * SLOW_LOOK_MS} ms; at the widest moment`);
  expect(verdict.keys[0]?.reason).toContain(`out of time after ${1.2 * SLOW_LOOK_MS} ms`);
});
