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

  it('says which operation makes no sense, and what was expected', async () => {
    const error = async (line: string, model: string): Promise<string | null> =>
      (await judged(`{"process":0,"outcome":"ok","invokedAt":0,"completedAt":1,${line}}`, { model })).error;
    expect(await error('"f":"drain"', 'queue')).toContain(
      'operation 0 is called "drain"; the model queue knows enqueue',
    );
    expect(await error('"f":"enqueue"', 'queue')).toContain('operation 0 (enqueue) has no value; expected the value');
    expect(await error('"f":"read","result":"x"', 'counter')).toContain('answered "x"; expected a number');
    expect(await error('"f":"add","value":"x"', 'counter')).toContain('has the value "x"; expected the number to add');
    expect(await error('"f":"read","result":3', 'set')).toContain('answered 3; expected a list');
    expect(await error('"f":"contains","value":3,"result":3', 'set')).toContain('answered 3; expected true or false');
    expect(await error('"f":"txn","value":[["append","x",1]]', 'multi-register')).toContain(
      'the step ["append","x",1]',
    );
    expect(await error('"f":"txn","value":[["r","x",null]],"result":[]', 'multi-register')).toContain('answered []');
    expect(await error('"f":"acquire","value":[1]', 'mutex')).toContain('expected the name of an owner');
    expect(await error('"f":"acquire"', 'semaphore')).toContain('--initial 3');
  });
});
