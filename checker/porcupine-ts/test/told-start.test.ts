import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import { type CounterInput, type CounterOutput, counter } from '../src/models/counter.ts';
import { type SemaphoreInput, semaphore } from '../src/models/locks.ts';
import type { CheckOperation } from '../src/operation.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { type AnyModel, isLegal, judgedFrom, type Operations } from './core-rules.ts';

type Step<I, O> = readonly [input: I, output: O, call: number, end: number];

const history = <I, O>(steps: readonly Step<I, O>[]): CheckOperation<I, O>[] =>
  steps.map(([input, output, call, end], id) => ({ id, process: id, input, output, call, return: end }));

/** One after another, each right. */
const COUNTED = Array.from({ length: 40 }, (_, at): Step<CounterInput, CounterOutput> => {
  return [{ f: 'add-and-get', amount: 2 }, 2 * at + 2, 10 * at, 10 * at + 5];
});

const add: CounterInput = { f: 'add', amount: 5 };
const read: CounterInput = { f: 'read' };

const violationOf = (model: unknown, operations: unknown) => {
  const [part] = check(model as AnyModel, operations as Operations).partitions;
  return judgedFrom(model as AnyModel, operations as Operations, part!.violation!).core.length > 0
    ? part!.violation!
    : expect.fail('nothing but who tells the state');
};

describe('a core that begins where an answer tells the state', () => {
  it('says so, and is judged and told from there', () => {
    const operations = history([...COUNTED, [add, null, 410, 415], [read, 80, 420, 425]]);
    const violation = violationOf(counter(), operations);
    expect(violation).toMatchObject({
      core: [39, 40, 41],
      startsFrom: { operation: 39, state: '80' },
      confirmedBy: 'enumeration',
      minimal: true,
    });
    expect(violation.longest).toEqual([
      { ids: [40], state: '85', blocked: [{ id: 41, why: 'read → 80 is not possible when the state is 85' }] },
    ]);
  });

  it('shows with it what its answers need', () => {
    // The last read lacks an add; the one before it is right, but only with the add that nobody contradicts.
    const operations = history([
      ...COUNTED,
      [{ f: 'add', amount: 3 }, null, 410, 412],
      [add, null, 410, 440],
      [{ f: 'add-and-get', amount: 1 }, 84, 420, 425],
      [read, 83, 430, 445],
    ]);
    const violation = violationOf(counter(), operations);
    const { model, core, rest } = judgedFrom(counter() as AnyModel, operations as Operations, violation);
    expect(isLegal(model, core)).toBe(false);
    expect(rest.length + core.length).toBeLessThan(operations.length);
    for (const one of violation.longest[0]!.blocked) expect(one.why).not.toContain('when the state is 0');
  });

  it('takes what ran with that operation as what may have come before it', () => {
    const running: Step<CounterInput, CounterOutput> = [add, null, 400, 408];
    const teller: Step<CounterInput, CounterOutput> = [read, 80, 401, 407];
    // 85 where the add came after the read, 80 where it came before: never 90.
    const right = history([...COUNTED, running, teller, [read, 85, 420, 425]]);
    expect(check(counter(), right).outcome).toBe('pass');
    const wrong = history([...COUNTED, running, teller, [read, 85, 420, 425], [read, 80, 430, 435]]);
    const violation = violationOf(counter(), wrong);
    expect(violation).toMatchObject({ confirmedBy: 'enumeration', minimal: true });
    expect(violation.core).toContain(43);
    expect(violation.startsFrom).toEqual({ operation: 42, state: '85' });
  });

  it('is not said to start anywhere where the told state is the initial one', () => {
    const acquire: SemaphoreInput = { f: 'acquire' };
    const release: SemaphoreInput = { f: 'release' };
    const pairs = Array.from({ length: 60 }, (_, at): Step<SemaphoreInput, boolean> => {
      return [at % 2 === 0 ? acquire : release, true, 10 * at, 10 * at + 5];
    });
    const full = history<SemaphoreInput, boolean>([...pairs, [release, false, 610, 615], [acquire, false, 620, 625]]);
    const violation = violationOf(semaphore({ permits: 2 }), full);
    expect(violation).toMatchObject({ startsFrom: null, confirmedBy: 'enumeration' });
  });

  it('holds from the told state in every history in which one is found', () => {
    let begun = 0;
    for (let lost = 5; lost < 35; lost++) {
      const operations = overlapping(lost);
      const [part] = check(counter(), operations).partitions;
      if (part!.outcome !== 'violation') continue;
      const { model, core } = judgedFrom(counter() as AnyModel, operations as Operations, part!.violation!);
      expect(textbookSearch(model, core).outcome, `${lost}`).toBe('violation');
      if (part!.violation!.startsFrom === null) continue;
      begun++;
      const teller = operations[part!.violation!.startsFrom.operation]!;
      expect(part!.violation!.startsFrom.state, `${lost}`).toBe(String(teller.output));
    }
    expect(begun).toBeGreaterThan(5);
  });
});

/** Adds and answers by turns, each running with its neighbours, in which one add is lost. */
const overlapping = (lost: number): CheckOperation<CounterInput, CounterOutput>[] => {
  let count = 0;
  return history(
    Array.from({ length: 60 }, (_, at): Step<CounterInput, CounterOutput> => {
      const amount = 1 + ((at * 7) % 5);
      if (at !== lost) count += at % 3 === 2 ? 0 : amount;
      const times = [10 * at, 10 * at + 14] as const;
      if (at % 3 === 0) return [{ f: 'add', amount }, null, ...times];
      return at % 3 === 1 ? [{ f: 'add-and-get', amount }, count, ...times] : [read, count, ...times];
    }),
  );
};
