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

test('a tick passes with each length of a tick on the clock, however late the timers are', () => {
  const state = bench();
  const ticker = new Ticker(state.host, 10 * MS, (count) => state.ticks.push(count));
  for (const step of [4, 4, 4, 25, 3, 10, 0, 50]) {
    state.clock += step * MS;
    ticker.catchUp();
  }
  expect(state.ticks).toEqual([1, 2, 1, 1, 5]);
});

test('a jump forward passes many ticks at once, but ten seconds of them at most', () => {
  const state = bench();
  const ticker = new Ticker(state.host, 10 * MS, (count) => state.ticks.push(count));
  state.clock += 400 * MS;
  ticker.catchUp();
  state.clock += 3_600_000 * MS;
  ticker.catchUp();
  ticker.catchUp();
  expect(state.ticks).toEqual([40, 1000]);
});

test('a jump back passes no tick, and the next one comes a tick later, not when the clock is back where it was', () => {
  const state = bench();
  const ticker = new Ticker(state.host, 10 * MS, (count) => state.ticks.push(count));
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
  new Ticker(state.host, 10 * MS, (count) => state.ticks.push(count));
  for (let n = 0; n < 20; n++) {
    const [timer] = state.armed.splice(0);
    expect(state.armed.length).toBe(0);
    state.clock = timer?.at ?? 0;
    timer?.fire();
    expect(state.armed.length).toBe(1);
  }
  expect(state.ticks).toEqual(Array(20).fill(1));
});
