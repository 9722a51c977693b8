import { expect, test } from 'vitest';
import type { Host } from '../../cluster/replica/host.ts';
import { Ticker } from '../../cluster/replica/ticker.ts';

const MS = 1_000_000;

/** A clock that a test moves by hand; timers fire when `fire` says so. */
function bench(): { readonly host: Host; clock: number; ticks: number[]; armed: { at: number; fire: () => void }[] } {
  const state = { clock: 1_000 * MS, ticks: [] as number[], armed: [] as { at: number; fire: () => void }[] };
  const host = {
    now: () => state.clock,
    after: (delayNs: number, fire: () => void) => state.armed.push({ at: state.clock + delayNs, fire }),
  } as unknown as Host;
  return Object.assign(state, { host });
}

/** Something is due every `due` ticks. */
function tickerOf(state: ReturnType<typeof bench>, due = () => 1): Ticker {
  const ticker = new Ticker(state.host, 10 * MS, (count) => state.ticks.push(count), due);
  ticker.arm();
  return ticker;
}

test('a tick passes with each length of a tick on the clock, however late the timers are', () => {
  const state = bench();
  const ticker = tickerOf(state);
  for (const step of [4, 4, 4, 25, 3, 10, 0, 50]) {
    state.clock += step * MS;
    ticker.catchUp();
  }
  expect(state.ticks).toEqual([1, 2, 1, 1, 5]);
});

test('a jump forward passes many ticks at once, but ten seconds of them at most', () => {
  const state = bench();
  const ticker = tickerOf(state);
  state.clock += 400 * MS;
  ticker.catchUp();
  state.clock += 3_600_000 * MS;
  ticker.catchUp();
  ticker.catchUp();
  expect(state.ticks).toEqual([40, 1000]);
});

test('a jump back passes no tick, and the next one comes a tick later, not when the clock is back where it was', () => {
  const state = bench();
  const ticker = tickerOf(state);
  const [stale] = state.armed;
  state.clock -= 500 * MS;
  ticker.catchUp();
  expect(state.ticks).toEqual([]);
  const timer = state.armed.at(-1);
  expect(timer?.at).toBe(state.clock + 10 * MS);
  state.clock += 10 * MS;
  timer?.fire();
  expect(state.ticks).toEqual([1]);
  const armed = state.armed.length;
  stale?.fire();
  expect(state.armed.length).toBe(armed);
});

test('exactly one timer is armed at any time', () => {
  const state = bench();
  tickerOf(state);
  for (let n = 0; n < 20; n++) {
    const [timer] = state.armed.splice(0);
    expect(state.armed.length).toBe(0);
    state.clock = timer?.at ?? 0;
    timer?.fire();
    expect(state.armed.length).toBe(1);
  }
  expect(state.ticks).toEqual(Array(20).fill(1));
});

test('the timer is set for the next due tick, and a new one only if that has come nearer', () => {
  const state = bench();
  let due = 7;
  const ticker = tickerOf(state, () => due);
  expect(state.armed.map(({ at }) => at - state.clock)).toEqual([70 * MS]);
  due = 9;
  ticker.arm();
  expect(state.armed.length).toBe(1);
  state.clock += 25 * MS;
  ticker.catchUp();
  due = 3;
  ticker.arm();
  expect(state.armed.map(({ at }) => at - state.clock)).toEqual([45 * MS, 25 * MS]);
  state.clock += 25 * MS;
  state.armed[1]?.fire();
  expect(state.ticks).toEqual([2, 3]);
  // The first one is out of date.
  const armed = state.armed.length;
  state.clock += 20 * MS;
  state.armed[0]?.fire();
  expect([state.armed.length, state.ticks.length]).toEqual([armed, 2]);
});

test('no wait is so long that it counts as a jump', () => {
  const state = bench();
  tickerOf(state, () => 1_000_000);
  for (let n = 0; n < 5; n++) {
    const [timer] = state.armed.splice(0);
    state.clock = timer?.at ?? 0;
    timer?.fire();
  }
  expect(state.ticks).toEqual(Array(5).fill(500));
});
