import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { checkHistory } from '../../checker/check-files.ts';
import { MODELS } from '../../checker/models.ts';
import { readHistory } from '../../history/read-history.ts';

/** Events as "process f value → answer", one after the other; times are positions. */
interface Told {
  readonly model: string;
  readonly good: readonly (readonly [string, string, string?])[];
  /** Replaces the last answer. */
  readonly wrong: string;
  readonly initial?: number;
}

/** Each model with its operations as Jepsen writes them: function, value, answer (the value again if left out). */
const HISTORIES: readonly Told[] = [
  {
    model: 'register',
    good: [
      ['write', '1'],
      ['read', 'nil', '1'],
    ],
    wrong: '2',
  },
  {
    model: 'cas-register',
    good: [
      ['write', '1'],
      ['cas', '[1 2]'],
      ['read', 'nil', '2'],
    ],
    wrong: '1',
  },
  {
    model: 'multi-register',
    good: [
      ['txn', '[[:w :x 1] [:w :y 2]]'],
      ['txn', '[[:r :x nil] [:r :y nil]]', '[[:r :x 1] [:r :y 2]]'],
    ],
    wrong: '[[:r :x 1] [:r :y 3]]',
  },
  {
    model: 'set',
    good: [
      ['add', '1'],
      ['add', '2'],
      ['remove', '1', 'true'],
      ['contains', '2', 'true'],
      ['read', 'nil', '#{2}'],
    ],
    wrong: '#{1 2}',
  },
  {
    model: 'counter',
    good: [
      ['add', '2'],
      ['inc', 'nil'],
      ['dec', '2'],
      ['read', 'nil', '1'],
    ],
    wrong: '3',
  },
  {
    model: 'queue',
    good: [
      ['enqueue', '1'],
      ['enqueue', '2'],
      ['peek', 'nil', '1'],
      ['dequeue', 'nil', '1'],
    ],
    wrong: '2',
  },
  {
    model: 'stack',
    good: [
      ['push', '1'],
      ['push', '2'],
      ['pop', 'nil', '2'],
      ['top', 'nil', '1'],
    ],
    wrong: '2',
  },
  {
    model: 'priority-queue',
    good: [
      ['insert', '5'],
      ['insert', '3'],
      ['delete-min', 'nil', '3'],
    ],
    wrong: '5',
  },
  {
    model: 'mutex',
    good: [
      ['acquire', ':a'],
      ['release', ':a'],
      ['acquire', ':b', ':b'],
    ],
    wrong: 'false',
  },
  {
    model: 'semaphore',
    initial: 1,
    good: [
      ['acquire', 'nil'],
      ['acquire', 'nil', 'false'],
    ],
    wrong: 'nil',
  },
];

const events = ({ good, wrong }: Told, isWrong: boolean): [type: string, f: string, value: string][] =>
  good.flatMap(([f, value, answer], at): [string, string, string][] => [
    [':invoke', f, value],
    [':ok', f, isWrong && at === good.length - 1 ? wrong : (answer ?? value)],
  ]);

const FORMATS: { readonly [format: string]: (told: Told, isWrong: boolean) => string } = {
  'jepsen-edn': (told, isWrong) =>
    events(told, isWrong)
      .map(([type, f, value], at) => `{:process 0, :type ${type}, :f :${f}, :value ${value}, :time ${at}}`)
      .join('\n'),
  'jepsen-txt': (told, isWrong) =>
    events(told, isWrong)
      .map(([type, f, value]) => `0\t${type}\t:${f}\t${value}`)
      .join('\n'),
  'jepsen-log': (told, isWrong) =>
    events(told, isWrong)
      .map(([type, f, value]) => `INFO  jepsen.util - 0\t${type}\t:${f}\t${value}`)
      .join('\n'),
};

const judged = async (text: string, options: { model?: string; format?: string; initial?: number }) => {
  const { format, ...rest } = options;
  const history = await readHistory(Readable.from([Buffer.from(text)]), format === undefined ? {} : { format });
  return checkHistory('a history', history, rest);
};

describe('models of recorded histories', () => {
  for (const told of HISTORIES)
    for (const [format, write] of Object.entries(FORMATS))
      it(`judges a ${told.model} as ${format} has it`, async () => {
        const options = { model: told.model, format, ...(told.initial === undefined ? {} : { initial: told.initial }) };
        expect(await judged(write(told, false), options)).toMatchObject({ outcome: 'pass', error: null });
        const wrong = await judged(write(told, true), options);
        expect(wrong).toMatchObject({ outcome: 'violation', error: null });
        const [anomaly] = wrong.verdict!.anomalies;
        expect(anomaly!.confirmedBy).not.toBeNull();
        expect(anomaly!.argument.length).toBeGreaterThan(0);
      });

  it('recognises the model by the operations, and by what they answer', async () => {
    for (const told of HISTORIES) {
      const { model } = await judged(FORMATS['jepsen-edn']!(told, false), {});
      // What has the same operations is taken for the commoner one.
      const expected = { register: 'cas-register', semaphore: 'mutex' }[told.model] ?? told.model;
      expect(model).toBe(expected);
    }
  });

  it('has a history here for each model but kv, which has its own tests', () => {
    const names = new Set([...HISTORIES.map(({ model }) => model), 'kv']);
    expect(MODELS.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([]);
  });

  it('takes the steps of a transaction by keyword, and their answers in place, as Jepsen writes them', async () => {
    const transaction = (asked: string, answered: string, at: number): string =>
      `{:process 0, :type :invoke, :f :txn, :value ${asked}, :time ${2 * at}}
       {:process 0, :type :ok, :f :txn, :value ${answered}, :time ${2 * at + 1}}`;
    const told = (found: string): string =>
      [
        ['[[:put "a" 1] [:get "a" nil]]', '[[:put "a" 1] [:get "a" 1]]'],
        ['[[:cas "a" 1 "x"] [:append "a" "y"]]', '[[:cas "a" 1 "x"] [:append "a" "y"]]'],
        ['[[:get "a" nil] [:delete "a"] [:get "a" nil]]', `[[:get "a" "xy"] [:delete "a"] [:get "a" ${found}]]`],
      ]
        .map(([asked, answered], at) => transaction(asked!, answered!, at))
        .join('\n');
    expect(await judged(told('nil'), {})).toMatchObject({ model: 'kv', outcome: 'pass', error: null });
    expect(await judged(told('"xy"'), {})).toMatchObject({ model: 'kv', outcome: 'violation', error: null });
    const plain = (answers: string): string => transaction('[[:put "a" 1] [:get "a" nil]]', answers, 0);
    expect(await judged(plain('[nil 1]'), {})).toMatchObject({ outcome: 'pass', error: null });
    expect(await judged(plain('[nil 2]'), {})).toMatchObject({ outcome: 'violation', error: null });
    // Not told is not nil, unless there was a place for it.
    const untold = transaction('[[:put "a" 1] [:get "a"]]', '[[:put "a" 1] [:get "a"]]', 0);
    expect(await judged(untold, {})).toMatchObject({ outcome: 'pass', error: null });
    const nil = transaction('[[:put "a" 1] [:get "a" nil]]', '[[:put "a" 1] [:get "a" nil]]', 0);
    expect(await judged(nil, {})).toMatchObject({ outcome: 'violation', error: null });
  });

  it('orders texts in a priority queue, and finds a nil that was put where a key holds something else at first', async () => {
    const line = (rest: string, at: number): string =>
      `{"process":0,"outcome":"ok","invokedAt":${2 * at},"completedAt":${2 * at + 1},${rest}}`;
    const history = (...lines: string[]): string => lines.map(line).join('\n');
    const inserts = ['"f":"insert","value":"a"', '"f":"insert","value":"a b"'];
    const takes = ['"f":"delete-min","result":"a"', '"f":"delete-min","result":"a b"'];
    expect(await judged(history(...inserts, ...takes), {})).toMatchObject({ outcome: 'pass' });
    expect(await judged(history(...inserts, ...takes.reverse()), {})).toMatchObject({ outcome: 'violation' });
    const puts = ['"f":"put","key":"a","value":5', '"f":"put","key":"a","value":null'];
    const get = (result: string): string => `"f":"get","key":"a","result":${result}`;
    expect(await judged(history(...puts, get('null')), { initial: 0 })).toMatchObject({ outcome: 'pass' });
    expect(await judged(history(...puts, get('0')), { initial: 0 })).toMatchObject({ outcome: 'violation' });
  });

  it('says which operation makes no sense, and what was expected', async () => {
    const error = async (line: string, model: string): Promise<string | null> =>
      (await judged(`{"process":0,"outcome":"ok","invokedAt":0,"completedAt":1,${line}}`, { model })).error;
    expect(await error('"f":"requeue"', 'queue')).toContain(
      'operation 0 is called "requeue"; the model queue knows enqueue',
    );
    expect(await error('"f":"enqueue"', 'queue')).toContain('operation 0 (enqueue) has no value; expected the value');
    expect(await error('"f":"read","result":"x"', 'counter')).toContain('answered "x"; expected a number');
    expect(await error('"f":"add","value":"x"', 'counter')).toContain('has the value "x"; expected the number to add');
    expect(await error('"f":"read","result":3', 'set')).toContain('answered 3; expected a list');
    expect(await error('"f":"contains","result":true', 'set')).toContain('operation 0 (contains) has no value');
    expect(await error('"f":"contains","value":3,"result":3', 'set')).toContain('answered 3; expected true or false');
    // What contradicts what was asked is refused by who reads it.
    await expect(error('"f":"txn","value":[["r","x",null]],"result":[]', 'multi-register')).rejects.toThrow(
      'line 1: a "txn" that is ok has the "value" [["r","x",null]] and the "result" []',
    );
    expect(await error('"f":"acquire","value":[1]', 'mutex')).toContain('expected the name of an owner');
    expect(await error('"f":"txn","value":[["get","x"]],"result":7', 'kv')).toContain(
      'operation 0 makes no sense to the model kv: its output is 7; expected a list',
    );
    expect(await error('"f":"acquire"', 'semaphore')).toContain('--initial 3');
  });

  it('takes one permit of a semaphore at a time, and refuses a value that may ask for more', async () => {
    const lines = (value: string): string =>
      [0, 1, 2]
        .map(
          (n) =>
            `{"process":${n},"f":"acquire","outcome":"ok","invokedAt":${n * 2},"completedAt":${n * 2 + 1},"value":${value}}`,
        )
        .join('\n');
    const semaphore = async (value: string): Promise<Awaited<ReturnType<typeof judged>>> =>
      judged(lines(value), { model: 'semaphore', initial: 3 });
    for (const value of ['null', '1', '"n1"']) expect((await semaphore(value)).outcome).toBe('pass');
    for (const value of ['2', '0', 'true', '[1]', '{"permits":2}'])
      expect((await semaphore(value)).error).toContain(
        `operation 0 (acquire) has the value ${value}; expected none, 1 or`,
      );
  });

  it("says of Elle's list-append that it is not supported, whatever the model and whichever step comes first", async () => {
    const read =
      '{:process 0, :type :invoke, :f :txn, :value [[:r 1 nil]]}\n{:process 0, :type :ok, :f :txn, :value [[:r 1 []]]}';
    for (const element of ['1', '"text"']) {
      const append = ['invoke', 'ok']
        .map((type) => `{:process 0, :type :${type}, :f :txn, :value [[:append 1 ${element}]]}`)
        .join('\n');
      for (const model of ['auto', 'kv', 'multi-register'])
        expect((await judged(`${read}\n${append}`, { model })).error).toMatch(
          /operation 1 \(txn\) has the step .*list-append, which is not supported.*multi-register.*kv/,
        );
    }
  });

  it('names the nearest model and what it lacks where none knows all functions, in a sentence', async () => {
    const line = (f: string): string =>
      `{"process":0,"outcome":"ok","invokedAt":0,"completedAt":1,"f":"${f}","value":1}`;
    const { error } = await judged(
      `${line('enqueue')}\n${line('requeue').replace(/0,"c/, '1,"c').replace(/1,"f/, '2,"f')}`,
      {},
    );
    expect(error).toContain('no model knows all of enqueue, requeue; nearest is queue, which lacks requeue and knows');
    expect(error?.length).toBeLessThan(250);
    expect((await judged(line('dance'), {})).error).toContain('no model knows dance (');
  });
});
