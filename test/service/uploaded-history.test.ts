import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type CheckedFile, type CheckFilesOptions, checkFiles } from '../../checker/check-files.ts';
import { openStore } from '../../history/store.ts';
import { verdictSentence } from '../../reports/sentence.ts';
import { sentenceOf } from '../../service/work/sentence.ts';
import { judgeHistory, keepHistory } from '../../service/work/uploaded-history.ts';
import { checkCommandLine } from '../../trial/check-command-line.ts';
import { rejudge } from '../../trial/rejudge.ts';
import { storedSpec } from '../../trial/repeat.ts';
import { shrinkHistory } from '../../trial/shrink-history.ts';
import { trialData } from '../../trial/trial-report.ts';
import { ednHistory } from '../history/edn-history.ts';
import { scratchDirectory } from '../history/scratch.ts';

/** What `ordeal check` makes of a file. */
async function checked(path: string, said: CheckFilesOptions): Promise<CheckedFile> {
  for await (const one of checkFiles([path], said)) return one;
  throw new Error('no file was checked');
}

/** A log of Porcupine's: its format implies what a key holds at first. */
function kvLog(...operations: readonly [f: string, asked: string, answered: string][]): string {
  return operations
    .flatMap(([f, asked, answered], process) => [
      `{:process ${process}, :type :invoke, :f :${f}, :key "0", :value ${asked}}`,
      `{:process ${process}, :type :ok, :f :${f}, :key "0", :value ${answered}}`,
    ])
    .join('\n');
}

const HISTORIES: readonly [name: string, text: string, expected: readonly string[]][] = [
  ['nil after a write', ednHistory(['write', '1', '1'], ['read', 'nil', 'nil']), ['pass', 'violation']],
  ['0 at first', ednHistory(['read', 'nil', '0'], ['write', '1', '1'], ['read', 'nil', 'nil']), ['pass', 'violation']],
  [
    'tuples',
    ednHistory(['write', '[:x 1]', '[:x 1]'], ['write', '[:y 2]', '[:y 2]'], ['read', '[:x nil]', '[:x 1]']),
    ['pass', 'violation'],
  ],
  ['tuples or pairs', ednHistory(['cas', '[[1 2] [nil 4]]', '[[1 2] [nil 4]]']), ['pass', 'violation']],
  ['an empty string at first', kvLog(['get', 'nil', '""'], ['put', '"1"', '"1"'], ['get', 'nil', '"1"']), ['pass']],
  ['an empty string after a put', kvLog(['put', '"1"', '"1"'], ['get', 'nil', '""']), ['violation']],
];

it('of a history that its model refuses the uploader is told what `ordeal check` says, with the line, and nothing is kept', async () => {
  const directory = scratchDirectory();
  const path = join(directory, 'upload');
  const store = openStore(directory, 'write');
  onTestFinished(() => store.close());
  const refused: readonly [model: string, text: string, line: number | null][] = [
    ['register', ednHistory(['write', '1', '1'], ['cas', '[1 2]', '[1 2]']), 3],
    ['semaphore', ednHistory(['acquire', 'nil', 'nil']), null],
    ['auto', ednHistory(['inc', '1', '1'], ['inc', '"x"', '"x"']), 3],
    ['auto', ednHistory(['read', 'nil', 'nil'], ['inc', '1', '1']), null],
  ];
  for (const [model, text, line] of refused) {
    writeFileSync(path, text);
    const { error } = await checked(path, { model });
    const upload = { name: 'odd.edn', model, format: 'auto' };
    await expect(keepHistory(store, path, upload, '1')).rejects.toThrow(error?.replace(path, 'odd.edn') ?? 'nothing');
    if (line !== null) expect(error).toContain(`: line ${line}: operation `);
  }
  expect([...store.listTrials()]).toEqual([]);
});

it('a read of nil that is said to say nothing is no reason to refuse a history', async () => {
  const directory = scratchDirectory();
  const path = join(directory, 'upload');
  writeFileSync(path, ednHistory(['inc', '1', '1'], ['read', 'nil', 'nil'], ['read', 'nil', '1']));
  const store = openStore(directory, 'write');
  onTestFinished(() => store.close());
  const upload = { name: 'h.edn', model: 'counter', format: 'auto' };
  await expect(keepHistory(store, path, upload, '1')).rejects.toThrow('answered null');
  const trial = await keepHistory(store, path, { ...upload, nilReads: 'any' }, '1');
  expect((await judgeHistory(store, trial)).outcome).toBe('pass');
});

it('a history that begins with what its uploader says is judged so, judged so again, and by the command that its page gives', async () => {
  const directory = scratchDirectory();
  const path = join(directory, 'upload');
  writeFileSync(path, ednHistory(['read', 'nil', '7'], ['write', '1', '1'], ['read', 'nil', '7']));
  const store = openStore(directory, 'write');
  onTestFinished(() => store.close());
  const outcomes = new Map([
    [7, 'late'],
    [8, 'at once'],
  ]);
  for (const initial of outcomes.keys()) {
    const said = { initial, nilReads: 'value' as const };
    const { verdict } = await checked(path, { model: 'register', ...said });
    const { id } = await keepHistory(store, path, { name: 'h.edn', model: 'register', format: 'auto', ...said }, '1');
    const judged = await judgeHistory(store, store.getTrial(id));
    expect(judged.anomalies.map(({ core }) => core)).toEqual(verdict?.anomalies.map(({ core }) => core));
    outcomes.set(initial, String(judged.anomalies[0]?.core));
    expect(await rejudge(store, store.getTrial(id), true)).toMatchObject({ agrees: true });
    const core = store.getTrial((await shrinkHistory(store, store.getTrial(id)))?.id ?? 'none');
    expect(await rejudge(store, core, true)).toMatchObject({ agrees: true });
    expect(trialData(store, id).repeat[0]?.command).toContain(` --initial ${initial} --nil-reads value `);
  }
  // 7 was read before it was written and after it was overwritten: it matters which of the two is to blame.
  expect(new Set(outcomes.values()).size).toBe(2);
});

it.each(HISTORIES)(
  'a history with %s is judged as `ordeal check` does by what is said of nil and of tuples, and judged so again',
  async (name, text, expected) => {
    const directory = scratchDirectory();
    const path = join(directory, 'upload');
    writeFileSync(path, text);
    const store = openStore(directory, 'write');
    onTestFinished(() => store.close());
    const seen = new Set<string>();
    for (const nilReads of [undefined, 'value', 'any'] as const)
      for (const tuples of [undefined, true, false]) {
        const said = { ...(nilReads && { nilReads }), ...(tuples !== undefined && { tuples }) };
        const { error, outcome, verdict, model, format } = await checked(path, said);
        const kept = keepHistory(store, path, { name, model: 'auto', format: 'auto', ...said }, '1');
        if (error !== null) {
          await expect(kept).rejects.toThrow(error.slice(path.length));
          continue;
        }
        const { id } = await kept;
        const judged = await judgeHistory(store, store.getTrial(id));
        expect([said, judged.outcome, judged.reasons]).toEqual([said, outcome, verdict?.reasons]);
        seen.add(outcome);
        const trial = store.getTrial(id);
        expect([said, await rejudge(store, trial)]).toMatchObject([said, { agrees: true }]);
        expect(() => storedSpec(trial)).toThrow('is a history without a spec');
        if (outcome === 'violation') {
          const core = store.getTrial((await shrinkHistory(store, trial))?.id ?? 'none');
          expect([said, await rejudge(store, core, true)]).toMatchObject([said, { agrees: true }]);
          expect([said, (await judgeHistory(store, core)).outcome]).toEqual([said, outcome]);
        }
        const told = verdictSentence(trialData(store, id));
        expect(sentenceOf(store, trial, [...store.readOperations(id)], [])).toBe(told);
        // A file without times has events, but no nanoseconds.
        expect(told).not.toMatch(/\d ns\b/);
        const command = checkCommandLine(name, { model: model ?? 'auto', format: format ?? 'auto', ...said });
        expect(trialData(store, id).repeat).toMatchObject([{ command }]);
      }
    expect([...seen].sort()).toEqual(expected);
  },
);
