import { expect, test } from 'vitest';
import { judge } from '../../checker/judge.ts';
import type { Anomaly } from '../../checker/verdict.ts';
import type { Operation } from '../../history/operation.ts';

const OPERATIONS = 40;
const CLIENTS = 5;

/** Overlapping adds and reads of a counter, each right but for one acknowledged add that is lost. */
function counted(seed: number): Operation[] {
  let dice = seed;
  const roll = (sides: number): number => {
    dice = (Math.imul(dice, 1_103_515_245) + 12_345) >>> 0;
    return (dice >>> 16) % sides;
  };
  const free = new Array<number>(CLIENTS).fill(0);
  const drawn = Array.from({ length: OPERATIONS }, (_, at) => {
    const process = at % CLIENTS;
    const invokedAt = (free[process] as number) + roll(300);
    const point = invokedAt + 1 + roll(300);
    const completedAt = point + 1 + roll(300);
    free[process] = completedAt + 1;
    return {
      process,
      f: ['add', 'read', 'add-and-get'][roll(3)] as string,
      amount: 1 + roll(9),
      invokedAt,
      point,
      completedAt,
    };
  });
  const lost = drawn.findLastIndex(({ f }, at) => f === 'add' && at < OPERATIONS - CLIENTS);
  const results = new Map<number, number>();
  let count = 0;
  const inOrder = drawn.map((one, at) => ({ ...one, at })).sort((a, b) => a.point - b.point);
  for (const { at, f, amount } of inOrder) {
    if (f !== 'read' && at !== lost) count += amount;
    if (f !== 'add') results.set(at, count);
  }
  return drawn
    .map((one, at) => ({ ...one, result: results.get(at) ?? null }))
    .sort((a, b) => a.invokedAt - b.invokedAt)
    .map(({ process, f, amount, invokedAt, completedAt, result }, index) => {
      const value = f === 'read' ? null : amount;
      const times = { invokedAt, completedAt };
      return { index, process, f, key: null, value, outcome: 'ok', result, error: null, ...times, node: null };
    });
}

const startOf = ({ facts }: Anomaly): number | null => {
  const { startsFrom } = facts as { startsFrom?: { operation: number } };
  return startsFrom?.operation ?? null;
};

test('where an answer tells the state that others do not fit, this state is told, and who told it is not to blame', async () => {
  let begun = 0;
  for (let seed = 0; seed < 60; seed++) {
    const operations = counted(seed);
    const { anomalies } = await judge(operations, { model: 'counter' });
    for (const anomaly of anomalies) {
      const start = startOf(anomaly);
      if (start === null) continue;
      begun++;
      const texts = anomaly.argument.map(({ text }) => text);
      expect(texts[0], `seed ${seed}`).toMatch(
        new RegExp(`^After the .* by process \\d the state was ${operations[start]?.result}, whatever went before.$`),
      );
      expect(texts.join(' '), `seed ${seed}`).not.toMatch(/At first|the state is 0/);
      expect(anomaly.core, `seed ${seed}`).toContain(start);
      expect(anomaly.culprit, `seed ${seed}`).not.toBe(start);
      expect(anomaly.argument[0]?.operations, `seed ${seed}`).toEqual([start]);
    }
  }
  expect(begun).toBeGreaterThan(0);
});
