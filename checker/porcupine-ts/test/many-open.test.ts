/** Registers with many operations that never returned, and long histories: what the small ones of the differential test never come to. */

import { describe, expect, it } from 'vitest';
import { registerHistory } from '../bench/histories.ts';
import { check } from '../src/check.ts';
import type { Memory } from '../src/memory.ts';
import { casRegister } from '../src/models/register.ts';
import { attemptNarrow } from '../src/narrow-register.ts';
import { encodeRegister } from '../src/register-history.ts';
import { registerSearch } from '../src/register-search.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { layOut } from '../src/timeline.ts';
import { verify } from '../src/verify.ts';
import { randomHistory } from './histories.ts';
import { casSubject, encodeRegisterOperation, uniqueSubject } from './subjects.ts';

const model = casRegister();

/** What is taken from it is full of what others left behind, unless they are asked to leave nothing. */
const dirty: Memory = { ints: (length) => new Int32Array(length), unset: (length) => new Int32Array(length).fill(77) };

describe('a register with many operations that never returned', () => {
  const shape = { operations: 45, processes: 5, openPercent: 45, wrongPercent: 100 };

  it('is judged as by the textbook search, whether they are spent sparingly or not', () => {
    let [violations, many] = [0, 0];
    for (let seed = 0; seed < 150; seed++) {
      const operations = randomHistory(casSubject(6), shape, seed);
      const twin = textbookSearch(model, operations, { stepsMax: 20_000 });
      if (twin.outcome === 'unknown') continue;
      const search = registerSearch(encodeRegister(layOut(operations, dirty), null, encodeRegisterOperation));
      expect(
        search.advance(1_000_000, () => false),
        `seed ${seed}`,
      ).toBe(twin.outcome);
      if (twin.outcome === 'violation') violations++;
      if (operations.filter((one) => one.return === null).length >= 16) many++;
    }
    expect(violations).toBeGreaterThan(3);
    expect(many).toBeGreaterThan(50);
  });

  it('is judged by the narrow search as by the textbook search', () => {
    const subject = casSubject(5);
    const never = (): boolean => false;
    for (let seed = 0; seed < 150; seed++) {
      const operations = randomHistory(subject, { ...shape, operations: 30, openPercent: 30 }, seed);
      const twin = textbookSearch(model, operations, { stepsMax: 20_000 });
      if (twin.outcome === 'unknown') continue;
      const attempt = attemptNarrow(operations, null, encodeRegisterOperation, dirty, never);
      expect(attempt?.outcome ?? twin.outcome, `seed ${seed}`).toBe(twin.outcome);
    }
  });

  it('is left to others where more are open at once than the quick searches have room for, whenever that shows', () => {
    // In one of these the last room is taken while the search looks ahead, and it goes on.
    const crowd = { operations: 120, processes: 30, openPercent: 10, wrongPercent: 0 };
    const subject = uniqueSubject(true);
    const ends = { decided: 0, left: 0 };
    for (let seed = 0; seed < 400; seed++) {
      const operations = randomHistory(subject, crowd, seed);
      const attempt = attemptNarrow(operations, null, encodeRegisterOperation, dirty, () => false);
      ends[attempt === null ? 'left' : 'decided']++;
      expect(check(model, operations).outcome).toBe('pass');
    }
    expect(ends.left).toBeGreaterThan(0);
    expect(ends.decided).toBeGreaterThan(300);
  });

  for (const clients of [5, 10, 20, 30])
    it(`is decided in few steps: 10,000 operations by ${clients} clients on 50 values, one in twenty open`, () => {
      const shape = { operations: 10_000, clients, values: 50, cas: true, openPercent: 5 };
      const operations = registerHistory(shape);
      const search = registerSearch(encodeRegister(layOut(operations), null, encodeRegisterOperation));
      expect(search.advance(20_000, () => false)).toBe('pass');
      const order = Array.from(search.linearization(), (index) => operations[index]!.id);
      expect(verify(model, operations, order)).toBeNull();
    });
});

describe('a long history of a register', () => {
  const operations = registerHistory({ operations: 60_000, clients: 6, values: 5, cas: true });

  it('has an order, though choice points long past are forgotten', () => {
    const { partitions } = check(model, operations);
    expect(partitions[0]).toMatchObject({ outcome: 'pass', method: 'narrow register search' });
    expect(verify(model, operations, partitions[0]!.linearization!)).toBeNull();
  });

  it('is a violation if its last answer is wrong', () => {
    const last = operations.findLastIndex(({ input }) => input.f === 'read');
    const wrong = operations.map((one, index) => (index === last ? { ...one, output: 99 } : one));
    expect(check(model, wrong, { explainMax: 0 }).outcome).toBe('violation');
  });
});
