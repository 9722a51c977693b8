/**
 * How fast porcupine-ts decides, against a faithful textbook search (Wing, Gong and Lowe's, as Porcupine has it) in the same
 * run: `npx tsx bench/checker.ts`. `--quick` leaves out the longest histories, `--cpu` measures
 * processor time. The textbook search gets ten seconds for
 * each history, and none where it is known to need far more. Times are the best of several runs, in milliseconds.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { type GeneratedShape, growingString, registerHistory } from '../checker/porcupine-ts/bench/histories.ts';
import { check } from '../checker/porcupine-ts/src/check.ts';
import type { Model } from '../checker/porcupine-ts/src/model.ts';
import { kv } from '../checker/porcupine-ts/src/models/kv.ts';
import { casRegister } from '../checker/porcupine-ts/src/models/register.ts';
import type { CheckOperation } from '../checker/porcupine-ts/src/operation.ts';
import { textbookSearch } from '../checker/porcupine-ts/src/textbook-search.ts';

type AnyModel = Model<unknown, unknown, unknown>;
type AnyHistory = readonly CheckOperation<unknown, unknown>[];

const TEXTBOOK_MS = 10_000;
const quick = process.argv.includes('--quick');

/** Of wall time or, with `--cpu`, of processor time: what a busy machine leaves more or less as it is. */
const milliseconds = (run: () => void): number => {
  const started = performance.now();
  const before = process.cpuUsage();
  run();
  if (!process.argv.includes('--cpu')) return performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

/** The best of several runs: at least three, and more of short ones. */
const best = (run: () => void): number => {
  let least = milliseconds(run);
  const until = performance.now() + Math.min(400, 5 * least + 20);
  for (let runs = 1; runs < 3 || (performance.now() < until && runs < 200); runs++)
    least = Math.min(least, milliseconds(run));
  return least;
};

const ours = (model: AnyModel, history: AnyHistory): string =>
  check(model, history, { explainMax: 0, timeMs: 60_000 }).outcome;

const textbook = (model: AnyModel, history: AnyHistory): string => {
  const parts = model.partition?.(history) ?? [{ operations: history }];
  const outcomes = parts.map(({ operations }) => textbookSearch(model, operations, { timeMs: TEXTBOOK_MS }).outcome);
  return outcomes.find((outcome) => outcome !== 'pass') ?? 'pass';
};

const shown = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(3);
const line = (...cells: readonly (string | number)[]): void =>
  console.log(`| ${cells.map((cell) => (typeof cell === 'number' ? shown(cell) : cell)).join(' | ')} |`);

interface Recorded {
  readonly name: string;
  readonly model: 'cas-register' | 'kv';
  readonly valid: boolean;
  readonly operations: AnyHistory;
}

const data = new URL('../checker/porcupine-ts/test/data/recorded.json.gz', import.meta.url);
const recorded = (): readonly Recorded[] => JSON.parse(gunzipSync(readFileSync(data)).toString());
const models = { 'cas-register': casRegister() as AnyModel, kv: kv({ initial: '' }) as AnyModel };

/** In a process of its own, nothing compiled yet: all etcd logs once, by the one or the other. */
const firstCall = (): void => {
  const judge = process.argv.includes('--textbook') ? textbook : ours;
  const logs = recorded().filter(({ model }) => model === 'cas-register');
  const judgeAll = (): void => {
    for (const { model, operations } of logs) judge(models[model], operations);
  };
  console.log(milliseconds(judgeAll));
};

const inFreshProcess = (flag: string): number => {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), '--first-call', flag];
  return Math.min(...[1, 2, 3].map(() => Number(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout)));
};

const recordedRows = (): void => {
  console.log(
    '\n| recorded histories, warm | textbook | porcupine-ts | ratio of sums | geometric mean | slowest file |',
  );
  console.log('|---|---|---|---|---|---|');
  const groups: readonly (readonly [string, (history: Recorded) => boolean])[] = [
    ['50 Jepsen logs of etcd', ({ model }) => model === 'cas-register'],
    ...['c10-ok', 'c10-bad', 'c01-ok', 'c01-bad'].map(
      (name) => [`key-value ${name}, by key`, (history: Recorded) => history.name === `${name}.txt`] as const,
    ),
  ];
  const histories = recorded();
  for (let round = 0; round < 20; round++)
    for (const { model, operations } of histories) ours(models[model], operations);
  for (const [name, isIn] of groups) {
    let [sumTextbook, sumOurs, logs, least] = [0, 0, 0, Number.POSITIVE_INFINITY];
    const group = histories.filter(isIn);
    for (const { model: modelName, valid, operations, name: file } of group) {
      const model = models[modelName];
      if ((ours(model, operations) === 'pass') !== valid) throw new Error(`${file}: wrong verdict`);
      const slow = best(() => textbook(model, operations));
      const fast = best(() => ours(model, operations));
      sumTextbook += slow;
      sumOurs += fast;
      logs += Math.log(slow / fast);
      least = Math.min(least, slow / fast);
    }
    line(
      name,
      sumTextbook,
      sumOurs,
      `${shown(sumTextbook / sumOurs)} ×`,
      `${shown(Math.exp(logs / group.length))} ×`,
      `${shown(least)} ×`,
    );
  }
  const [slow, fast] = [inFreshProcess('--textbook'), inFreshProcess('--ours')];
  line('etcd logs, first call of a fresh process', slow, fast, `${shown(slow / fast)} ×`, '', '');
};

const generatedRow = (name: string, model: AnyModel, history: AnyHistory, withTextbook: boolean): void => {
  global.gc?.();
  let outcome = '';
  const first = milliseconds(() => {
    outcome = ours(model, history);
  });
  const warm = first > 5000 ? first : best(() => ours(model, history));
  let peer = '–';
  if (withTextbook) {
    let answer = '';
    const ms = milliseconds(() => {
      answer = textbook(model, history);
    });
    peer = answer === 'unknown' ? `gives up after ${shown(ms)}` : shown(ms);
  }
  line(name, peer, first, warm, `${Math.round(process.memoryUsage().rss / 1e6)} MB`, outcome);
};

const generatedRows = (): void => {
  console.log('\n| generated histories | textbook | first of its kind | warm | resident | outcome |');
  console.log('|---|---|---|---|---|---|');
  const register = models['cas-register'];
  const rows: readonly (readonly [string, GeneratedShape, boolean])[] = [
    ['register, 5 values, 10 clients, 1k', { operations: 1000, clients: 10, values: 5 }, true],
    ['register, 5 values, 5 clients, 10k', { operations: 10_000, clients: 5, values: 5 }, true],
    ['register, 5 values, 10 clients, 10k', { operations: 10_000, clients: 10, values: 5 }, true],
    ['register, 5 values, 20 clients, 1k', { operations: 1000, clients: 20, values: 5 }, true],
    ['register, 5 values, 30 clients, 1k', { operations: 1000, clients: 30, values: 5 }, true],
    ['register, 5 values, 50 clients, 1k', { operations: 1000, clients: 50, values: 5 }, true],
    [
      'cas-register, 5 values, 10 clients, 1k, 20% open',
      { operations: 1000, clients: 10, values: 5, cas: true, openPercent: 20 },
      true,
    ],
    [
      'cas-register, 10 values, 20 clients, 1k, 10% open',
      { operations: 1000, clients: 20, values: 10, cas: true, openPercent: 10 },
      true,
    ],
    ['register, 5 values, 10 clients, 100k', { operations: 100_000, clients: 10, values: 5 }, false],
    ['register, 5 values, 5 clients, 1M', { operations: 1_000_000, clients: 5, values: 5 }, false],
    ['register, 5 values, 30 clients, 1M', { operations: 1_000_000, clients: 30, values: 5 }, false],
    ['register, 5 values, 100 clients, 1M', { operations: 1_000_000, clients: 100, values: 5 }, false],
    ['cas-register, 5 values, 30 clients, 1M', { operations: 1_000_000, clients: 30, values: 5, cas: true }, false],
    ['cas-register, 5 values, 100 clients, 1M', { operations: 1_000_000, clients: 100, values: 5, cas: true }, false],
  ];
  for (const [name, shape, withTextbook] of rows)
    if (!quick || shape.operations < 100_000) generatedRow(name, register, registerHistory(shape), withTextbook);
  for (const clients of [10, 20])
    generatedRow(
      `one key of get/put/append, ${clients} clients, 1k`,
      models.kv,
      growingString({ operations: 1000, clients, values: 0 }),
      true,
    );
};

if (process.argv.includes('--first-call')) {
  firstCall();
} else {
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`);
  recordedRows();
  generatedRows();
}
