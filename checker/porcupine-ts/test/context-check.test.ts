import { describe, expect, it } from 'vitest';
import { checkInContext } from '../src/context-check.ts';
import { counter } from '../src/models/counter.ts';
import { casRegister } from '../src/models/register.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { createDice, randomHistory, type Subject } from './histories.ts';
import { casSubject, kvSubject, mutexSubject, setSubject, stackSubject } from './subjects.ts';

const HISTORIES = 60;
const SHAPE = { operations: 12, processes: 4, openPercent: 15, wrongPercent: 0 };

const neverBlames = <S, I, O>(name: string, subject: Subject<S, I, O>, told: number): void =>
  it(`takes no part of a legal history for a proof of a violation (${name})`, () => {
    let legal = 0;
    for (let seed = 0; seed < HISTORIES; seed++) {
      const operations = randomHistory(subject, SHAPE, seed);
      expect(textbookSearch(subject.model, operations).outcome).toBe('pass');
      const dice = createDice(seed);
      const core = operations.filter(() => dice.roll(2) === 0);
      const rest = operations.filter((operation) => !core.includes(operation));
      const verdict = checkInContext(subject.model, core, rest);
      expect(verdict, `seed ${seed}`).not.toBe('violation');
      if (verdict === 'legal') legal++;
    }
    expect(legal).toBeGreaterThanOrEqual(told);
  });

describe('checkInContext', () => {
  neverBlames('cas-register', casSubject(3), HISTORIES);
  neverBlames('kv', kvSubject(), HISTORIES / 2);
  neverBlames('mutex', mutexSubject(), HISTORIES);
  neverBlames('set', setSubject(), HISTORIES);
  neverBlames('stack', stackSubject(), HISTORIES / 4);

  it('gives up on a core of so many orders that nobody could try them, though there is no rest to ask', () => {
    const adds = Array.from({ length: 30 }, (_, id) => {
      const input = { f: 'add' as const, amount: 1 };
      return { id, process: id, input, output: null, call: 0, return: 10 };
    });
    const read = { id: 30, process: 30, input: { f: 'read' as const }, output: 29, call: 20, return: 30 };
    expect(checkInContext(counter(), [...adds.slice(0, 5), { ...read, output: 4 }], [])).toBe('violation');
    expect(checkInContext(counter(), [...adds, read], [])).toBe('unknown');
  });

  it('rejects a core that is wrong only for the want of a write that was left out', () => {
    const write = (id: number, value: number, call: number, end: number | null) => ({
      id,
      process: id,
      input: { f: 'write' as const, value },
      output: end === null ? undefined : null,
      call,
      return: end,
    });
    const read = { id: 9, process: 9, input: { f: 'read' as const }, output: 1, call: 20, return: 30 };
    const core = [write(0, 1, 0, 5), write(1, 2, 6, 10), read];
    // By itself the core has no order. But another write of 1 may have come in between, or may not have.
    expect(textbookSearch(casRegister(), core).outcome).toBe('violation');
    expect(checkInContext(casRegister(), core, [write(2, 1, 0, null)])).toBe('legal');
    expect(checkInContext(casRegister(), core, [write(2, 1, 0, 8)])).toBe('legal');
    expect(checkInContext(casRegister(), core, [write(2, 1, 0, 5)])).toBe('violation');
    expect(checkInContext(casRegister(), core, [])).toBe('violation');
  });
});
