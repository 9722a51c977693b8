import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import { type SetInput, type SetOutput, set } from '../src/models/set.ts';
import type { CheckOperation } from '../src/operation.ts';
import type { Violation } from '../src/outcome.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { randomHistory, type Subject } from './histories.ts';
import { wholeSetSubject } from './subjects.ts';

type Operation = CheckOperation<SetInput, SetOutput>;

const model = set();
const never = (): boolean => false;

const add = (value: number, call: number, end: number | null): Operation => {
  const input = { f: 'add', value } as const;
  return { id: call, process: value, input, output: end === null ? undefined : null, call, return: end };
};
const read = (output: readonly number[], call: number, end: number): Operation => ({
  id: call,
  process: 1000,
  input: { f: 'read' },
  output,
  call,
  return: end,
});

const violationIn = (operations: readonly Operation[]): Violation => check(model, operations).partitions[0]!.violation!;

describe('a set that is read as a whole', () => {
  it('has lost an element if a read lacks it: that and its add are the core, however many others there are', () => {
    const adds = Array.from({ length: 3000 }, (_, value) => add(value, 2 * value, 2 * value + 1));
    const found = adds.map(({ process }) => process).filter((value) => value !== 1234);
    const violation = violationIn([...adds, read(found, 6000, 6001)]);
    expect(violation).toMatchObject({ core: [2468, 6000], minimal: true, about: 'whether it has 1234' });
    expect(violation.confirmedBy).not.toBeNull();
  });

  it('has no order where each of two reads lacks what the other has', () => {
    const adds = [add(1, 0, 50), add(2, 1, 51), ...Array.from({ length: 40 }, (_, at) => add(10 + at, 2 + at, 45))];
    const others = adds.slice(2).map(({ process }) => process);
    const violation = violationIn([...adds, read([1, ...others], 43, 60), read([...others, 2], 44, 61)]);
    expect(violation).toMatchObject({ core: [0, 1, 43, 44], minimal: true, about: 'whether it has 1 and 2' });
  });

  it('has no order where an element is there that was added after one that is not', () => {
    const violation = violationIn([add(1, 10, 20), add(2, 30, 40), add(3, 0, 1), read([2, 3], 5, 60)]);
    expect(violation).toMatchObject({ core: [5, 10, 30], about: 'whether it has 1 and 2' });
  });

  it('does not hold an element twice', () => {
    const violation = violationIn([add(1, 0, 1), add(2, 2, 3), read([1, 2, 2], 4, 5)]);
    expect(violation).toMatchObject({ core: [2, 4], about: 'whether it has 2' });
  });

  it('is never said to be a violation for an element, or two, of which it has an order', () => {
    for (const grows of [false, true]) {
      const subject = wholeSetSubject(grows) as Subject<unknown, SetInput, SetOutput>;
      const count = { pass: 0, told: 0 };
      for (let seed = 0; seed < 500; seed++) {
        const shape = { operations: 10, processes: 4, openPercent: 15, wrongPercent: 50 };
        const operations = randomHistory(subject, shape, seed);
        const focus = model.focus!(operations, never);
        const { outcome } = textbookSearch(model, operations);
        if (outcome === 'pass') {
          count.pass++;
          expect(focus, `seed ${seed}`).toBeNull();
        } else if (focus !== null) {
          count.told++;
          expect(textbookSearch(model, focus.operations).outcome, `seed ${seed}`).toBe('violation');
        }
      }
      expect(Math.min(count.pass, count.told)).toBeGreaterThan(25);
    }
  });
});
