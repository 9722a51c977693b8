import { describe, expect, it, vi } from 'vitest';
import { check } from '../src/check.ts';
import { checkInWorkers } from '../src/check-in-workers.ts';
import { enumerate } from '../src/enumerate.ts';
import type { Model } from '../src/model.ts';
import { counter } from '../src/models/counter.ts';
import { type KvInput, type KvOutput, kv } from '../src/models/kv.ts';
import { register } from '../src/models/register.ts';
import type { CheckOperation } from '../src/operation.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { layOut } from '../src/timeline.ts';
import { endless as endlessModel, slow } from './slow-model.ts';

const slowModel = { module: new URL('./slow-model.ts', import.meta.url).href, export: 'slow' };

/** So many operations of each input, all at once. */
const concurrently = (count: number, ...inputs: readonly string[]): CheckOperation<string, unknown>[] =>
  inputs.flatMap((input, group) =>
    Array.from({ length: count }, (_, at) => ({
      id: group * count + at,
      process: at,
      input,
      output: null,
      call: at,
      return: count + at,
    })),
  );

/** Counts the steps that are made, none of which is ever allowed to be the last. */
const endless = (): { model: Model<number, string, unknown>; steps: () => number } => {
  let steps = 0;
  const step = (state: number, input: string): number | undefined => {
    steps++;
    return input === 'never' ? undefined : state * 31 + input.length;
  };
  return { model: { ...slow, step }, steps: () => steps };
};

describe('limits', () => {
  it('look at the clock after every step where steps are slow', () => {
    const history = concurrently(40, 'crawl');
    for (const steps of [
      check(slow, history, { timeMs: 50 }).statistics.steps,
      textbookSearch(slow, history, { timeMs: 50 }).steps,
    ]) {
      expect(steps).toBeLessThan(12);
    }
  });

  it('stop a step that takes memory without end, and keep what was decided before', async () => {
    // More keys than there are tasks: the greedy one travels with another.
    const history = concurrently(1, 'a', 'b', 'c', 'd', 'e', 'hoard');
    const result = await checkInWorkers(slowModel, history, { workers: 1, memoryBytes: 2 ** 20, timeMs: 60_000 });
    const undecided = result.partitions.filter(({ outcome }) => outcome !== 'pass');
    expect(undecided.map(({ key, unknown }) => [key, unknown?.cause])).toEqual([['hoard', 'memory']]);
    expect(undecided[0]!.unknown?.widest).toEqual([5]);
  });

  it('give keys their budgets in turns: one that never ends does not keep the others waiting', () => {
    const { model } = endless();
    const hard = concurrently(14, 'x').map((operation, at) => ({ ...operation, input: `x${'y'.repeat(at)}` }));
    const history = [
      ...hard,
      { ...hard[0]!, id: 90, input: 'never', call: 100, return: 101 },
      ...concurrently(3, 'easy').map((operation, at) => ({ ...operation, id: 91 + at })),
    ];
    const byFirstLetter: typeof model = {
      ...model,
      partition: (operations) => [
        { key: 'hard', operations: operations.filter(({ id }) => id <= 90) },
        { key: 'easy', operations: operations.filter(({ id }) => id > 90) },
      ],
    };
    const result = check(byFirstLetter, history, { stepsMax: 60_000 });
    expect(result.partitions.map(({ key, outcome }) => [key, outcome])).toEqual([
      ['hard', 'unknown'],
      ['easy', 'pass'],
    ]);
    expect(result.partitions[0]!.unknown).toMatchObject({ cause: 'steps', widest: hard.map(({ id }) => id) });
    expect(result.statistics.decided).toBe(1);
  });

  it('give each key its first turn in time, where steps are slow', () => {
    const { model } = endless();
    const stepMs = 1;
    let clock = 0;
    const watch = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    const byFirstLetter: typeof model = {
      ...model,
      step(state, input, output) {
        clock += stepMs;
        return model.step(state, input, output);
      },
      partition: (operations) =>
        ['x', 'e'].map((key) => ({ key, operations: operations.filter((one) => one.input[0] === key) })),
    };
    // The hard key is the shorter one: it has the first turn, of 20,000 steps.
    const hard = concurrently(14, 'x').map((operation, at) => ({ ...operation, input: `x${'y'.repeat(at)}` }));
    const never = { ...hard[0]!, id: 90, call: 100, return: 101, input: 'xever' };
    const easy = concurrently(1, ...new Array<string>(40).fill('easy'));
    const row = easy.map((operation, at) => ({ ...operation, id: 100 + at, call: 2 * at, return: 2 * at + 1 }));
    const withWrong: typeof model = {
      ...byFirstLetter,
      step: (state, input, output) => (input === 'xever' ? undefined : byFirstLetter.step(state, input, output)),
    };
    try {
      const { partitions } = check(withWrong, [...hard, never, ...row], { timeMs: 4000 });
      expect(partitions.map(({ key, outcome, unknown }) => [key, outcome, unknown?.cause])).toEqual([
        ['x', 'unknown', 'time'],
        ['e', 'pass', undefined],
      ]);
      expect(clock).toBeLessThan(4200);
    } finally {
      watch.mockRestore();
    }
  });

  it('of memory are no reason to leave another key undecided: who holds most gives it back, and starts over later', () => {
    /** A row of so many operations; then many orders of others, in each of which a last one is not allowed. */
    const key = (name: string, row: number, width: number, id: number): CheckOperation<string, unknown>[] => [
      ...concurrently(row, name).map((one, at) => ({ ...one, id: id + at, call: 2 * at, return: 2 * at + 1 })),
      ...concurrently(width, name).map((one, at) => ({
        ...one,
        id: id + row + at,
        input: `${name}${'y'.repeat(at)}`,
        call: 100 + at,
        return: 200 + at,
      })),
      { ...concurrently(1, 'never')[0]!, id: id + row + width, process: id, call: 300, return: 301 },
    ];
    const keys = [key('a', 0, 12, 0), key('b', 0, 12, 20), key('c', 20, 7, 40), key('d', 20, 7, 80)];
    const several: typeof slow = {
      ...endlessModel,
      partition: () => keys.map((operations, at) => ({ key: 'abcd'[at]!, operations })),
    };
    const outcomes = (memoryBytes: number): readonly string[] => {
      const { partitions } = check(several, keys.flat(), { memoryBytes, explainMax: 0 });
      return partitions.map((part) => part.unknown?.cause ?? part.outcome);
    };
    // Two short keys, which need more than there is, come before two that need half of it.
    expect(outcomes(4e6)).toEqual(['memory', 'memory', 'violation', 'violation']);
    expect(outcomes(4e5)).toEqual(['memory', 'memory', 'memory', 'memory']);
    const told = (memoryBytes: number): string | undefined =>
      check(several, keys.flat(), { memoryBytes, explainMax: 0 }).partitions[0]?.unknown?.text;
    expect(told(4e6)).toMatch(/^the search needs more memory than 4 MB; /);
    expect(told(123_456)).toMatch(/^the search needs more memory than 123 kB; /);
  });

  it('hold where they are smaller than what a quick attempt takes', async () => {
    const kvModel = { module: new URL('../src/models/kv.ts', import.meta.url).href, export: 'kv' };
    const history = Array.from({ length: 10 }, (_, id) => ({
      id,
      process: 0,
      input: id % 2 === 0 ? ({ f: 'put', key: 'a', value: id } as const) : ({ f: 'get', key: 'a' } as const),
      output: id % 2 === 0 ? null : id - 1,
      call: 2 * id,
      return: 2 * id + 1,
    }));
    for (const [cause, limits] of Object.entries({ steps: { stepsMax: 1 }, memory: { memoryBytes: 100 } })) {
      expect(check(kv(), history, limits).partitions[0]!.unknown).toMatchObject({ cause });
      const inWorkers = await checkInWorkers(kvModel, history, { ...limits, workers: 2 });
      expect(inWorkers.partitions[0]!.unknown).toMatchObject({ cause });
    }
    expect(check(kv(), history, { stepsMax: 100, memoryBytes: 10_000 }).outcome).toBe('pass');
  });

  it('hold for explanations, too: a core that there is no time for is left as it is, soon', () => {
    const model = counter();
    const stop = new AbortController();
    let stepsAfter = 0;
    const counted: typeof model = {
      ...model,
      step(state, input, output) {
        if (stop.signal.aborted) stepsAfter++;
        return model.step(state, input, output);
      },
    };
    const count = 5000;
    const history = Array.from({ length: count + 1 }, (_, id) => ({
      id,
      process: 0,
      input: id < count ? ({ f: 'add', amount: 1 } as const) : ({ f: 'read' } as const),
      output: id < count ? null : 0,
      call: 2 * id,
      return: 2 * id + 1,
    }));
    const result = check(counted, history, { signal: stop.signal, onDecided: () => stop.abort() });
    const { violation } = result.partitions[0]!;
    expect(violation).toMatchObject({ minimal: false, confirmedBy: null });
    expect(violation!.core).toHaveLength(count + 1);
    // To make it small would take some ten million.
    expect(stepsAfter).toBeLessThan(5 * count);
  });

  it('hold for explanations where each step takes its time', () => {
    // Thirty operations in a row, of which the last is not allowed: found in thirty steps or so, and explained in thousands.
    const history = Array.from({ length: 30 }, (_, id) => ({
      ...concurrently(1, id === 29 ? 'wrong' : 'a')[0]!,
      id,
      call: 2 * id,
      return: 2 * id + 1,
    }));
    const [stepMs, timeMs] = [10, 3000];
    let clock = 0;
    const watch = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    const step: typeof slow.step = (state, input, output) => {
      clock += stepMs;
      return slow.step(state, input, output);
    };
    try {
      const whole = { name: slow.name, init: slow.init, key: slow.key, step };
      const { outcome, partitions } = check(whole, history, { timeMs });
      expect(outcome).toBe('violation');
      expect(partitions[0]!.violation!.core).toContain(29);
      expect(clock).toBeLessThan(1.5 * timeMs);
    } finally {
      watch.mockRestore();
    }
  });

  it('hold for the textbook search, whose cache grows with the length of the history', () => {
    const [short, long] = [8, 8000].map((count) => concurrently(1, ...new Array<string>(count).fill('a')));
    const sequential = long!.map((operation, id) => ({ ...operation, id, call: 2 * id, return: 2 * id + 1 }));
    const memoryBytes = 2 ** 20;
    expect(textbookSearch(slow, short!, { memoryBytes }).outcome).toBe('pass');
    const { outcome, steps } = textbookSearch(slow, sequential, { memoryBytes });
    expect(outcome).toBe('unknown');
    expect(steps).toBeLessThan(2000);
    expect(textbookSearch(slow, sequential, {}).outcome).toBe('pass');
  });

  it('hold for enumeration', () => {
    const history = concurrently(8, 'x');
    let asked = 0;
    expect(enumerate(slow, history, () => ++asked > 5).outcome).toBe('unknown');
    expect(asked).toBe(6);
    // One order is enough, however many there are.
    expect(enumerate(slow, history, () => ++asked > 5000).outcome).toBe('pass');
  });

  it('are told of on the way, while one key is searched, and where they are reached', () => {
    const { model } = endless();
    const hard = concurrently(14, 'x').map((operation, at) => ({ ...operation, input: `x${'y'.repeat(at)}` }));
    const never = { ...hard[0]!, id: 90, input: 'never', output: undefined, call: 100, return: 101 };
    const open = { ...hard[0]!, id: 91, input: 'open', output: undefined, call: 102, return: null };
    const single = { name: model.name, init: model.init, step: model.step, key: model.key };
    let clock = 0;
    const watch = vi.spyOn(performance, 'now').mockImplementation(() => clock++);
    const told: number[] = [];
    const stop = new AbortController();
    const onProgress = ({ steps, decided }: { steps: number; decided: number }): void => {
      told.push(steps);
      expect(decided).toBe(0);
      if (told.length === 5) stop.abort();
    };
    try {
      const { partitions } = check(single, [...hard, never, open], { onProgress, signal: stop.signal });
      expect(partitions[0]!.unknown).toMatchObject({ cause: 'aborted', open: [91, 90] });
      expect(partitions[0]!.unknown!.text).toContain('1 operations never returned, of 1 more nobody knows the answer');
    } finally {
      watch.mockRestore();
    }
    expect(told).toHaveLength(5);
    expect([...told].sort((a, b) => a - b)).toEqual(told);
  });

  it('hold in the middle of a choice among many open operations, and the choice goes on from there', () => {
    const append = (id: number): CheckOperation<KvInput, KvOutput> => ({
      id,
      process: id,
      input: { f: 'append', key: 'a', value: `<${id % 150}>` },
      output: undefined,
      call: id,
      return: null,
    });
    const get = (id: number, output: string): CheckOperation<KvInput, KvOutput> => ({
      ...append(id),
      input: { f: 'get', key: 'a' },
      output,
      return: id,
    });
    const appends = Array.from({ length: 300 }, (_, id) => append(id));
    for (const [last, outcome] of [
      ['<7><140><140>', 'pass'],
      ['<7><140><140><140>', 'violation'],
    ] as const) {
      const model = kv({ initial: '' });
      const search = model.specialised!(layOut([...appends, get(300, '<7><140>'), get(301, last)]))!;
      let polls = 0;
      let pauses = 0;
      let status = search.advance(1_000_000, () => ++polls % 3 === 0);
      for (; status === 'more' && pauses < 100_000; pauses++)
        status = search.advance(1_000_000, () => ++polls % 3 === 0);
      expect(status).toBe(outcome);
      expect(pauses).toBeGreaterThan(3);
    }
  });

  it('are refused where they would limit nothing', async () => {
    for (const limits of [{ timeMs: Number.NaN }, { memoryBytes: -1 }, { stepsMax: '9' as never }]) {
      const [[name, value]] = Object.entries(limits) as [[string, unknown]];
      const message = `the limit ${name} is ${value}; expected a number from 0 on, or none`;
      expect(() => check(register(), [], limits)).toThrow(message);
      await expect(checkInWorkers(slowModel, [], limits)).rejects.toThrow(message);
    }
  });

  it('stop at the first violation, if asked to', () => {
    const read = (id: number, output: number) => ({
      id,
      process: 0,
      input: { f: 'read' } as const,
      output,
      call: 0,
      return: 1,
    });
    const byOutput = {
      ...register(),
      partition: (operations: readonly CheckOperation<{ readonly f: 'read' }, number>[]) =>
        operations.map((operation) => ({ key: `${operation.id}`, operations: [operation] })),
    };
    const history = [read(0, 1), read(1, 1)];
    const outcomes = (stopAtViolation: boolean) =>
      check(byOutput as never, history as never, { stopAtViolation }).partitions.map(({ outcome }) => outcome);
    expect(outcomes(false)).toEqual(['violation', 'violation']);
    expect(outcomes(true)).toEqual(['violation', 'unknown']);
  });
});
