/**
 * How fast porcupine-ts decides, against a faithful textbook search (Wing, Gong and Lowe's, as Porcupine has it) in the same
 * run: `npx tsx bench/checker.ts`; some fifteen minutes. `--quick` gives the textbook search ten seconds for each history
 * instead of sixty and leaves out the long ones; `--cpu` measures processor time, which other work on the machine disturbs
 * less. Each generated row, and each first call, has a process of its own, so that nothing is compiled yet and memory is its
 * own. Warm times are the best of several runs. The column "Go" is what Porcupine itself took elsewhere, on another machine
 * that was like this one: to be compared with care.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import {
  type Container,
  containerHistory,
  growingStrings,
  registerHistory,
  transactionHistory,
  withFracturedRead,
  withTwoExchanged,
} from '../checker/porcupine-ts/bench/histories.ts';
import { check } from '../checker/porcupine-ts/src/check.ts';
import type { Model } from '../checker/porcupine-ts/src/model.ts';
import { kv } from '../checker/porcupine-ts/src/models/kv.ts';
import { multiRegister } from '../checker/porcupine-ts/src/models/multi-register.ts';
import { priorityQueue, queue, stack } from '../checker/porcupine-ts/src/models/queues.ts';
import { casRegister } from '../checker/porcupine-ts/src/models/register.ts';
import type { CheckOperation } from '../checker/porcupine-ts/src/operation.ts';
import { textbookSearch } from '../checker/porcupine-ts/src/textbook-search.ts';

type AnyModel = Model<unknown, unknown, unknown>;
type AnyHistory = readonly CheckOperation<unknown, unknown>[];

const flags = process.argv.slice(2);
const quick = flags.includes('--quick');
const TEXTBOOK_MS = quick ? 10_000 : 60_000;
const OURS_MS = 60_000;
const FRESH_PROCESSES = 5;

const milliseconds = (run: () => void): number => {
  const started = performance.now();
  const before = process.cpuUsage();
  run();
  if (!flags.includes('--cpu')) return performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

/** Short runs are timed so many at a time that the clock's own time does not count. */
const BATCH_MS = 1;
const BATCH_MAX = 300;

/** The best of several runs: at least three, and more of short ones. */
const best = (run: () => void): number => {
  let least = milliseconds(run);
  const until = performance.now() + Math.min(2000, 5 * least + 200);
  const times = Math.ceil(Math.min(BATCH_MAX, Math.max(1, BATCH_MS / least)));
  const batch = (): void => {
    for (let time = 0; time < times; time++) run();
  };
  for (let runs = 1; runs < 3 || (performance.now() < until && runs < 500); runs++)
    least = Math.min(least, milliseconds(batch) / times);
  return least;
};

const ours = (model: AnyModel, history: AnyHistory, explainMax = 0): string =>
  check(model, history, { explainMax, timeMs: OURS_MS }).outcome;

const textbook = (model: AnyModel, history: AnyHistory): string => {
  const parts = model.partition?.(history) ?? [{ operations: history }];
  const outcomes = parts.map(({ operations }) => textbookSearch(model, operations, { timeMs: TEXTBOOK_MS }).outcome);
  return outcomes.find((outcome) => outcome !== 'pass') ?? 'pass';
};

const shown = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(3);
const line = (...cells: readonly (string | number)[]): void =>
  console.log(`| ${cells.map((cell) => (typeof cell === 'number' ? shown(cell) : cell)).join(' | ')} |`);
const heading = (...cells: readonly string[]): void => {
  console.log();
  line(...cells);
  line(...cells.map(() => '---'));
};

interface Recorded {
  readonly name: string;
  readonly model: 'cas-register' | 'kv';
  readonly valid: boolean;
  readonly operations: AnyHistory;
}

const data = new URL('../checker/porcupine-ts/test/data/recorded.json.gz', import.meta.url);
const recorded = (): readonly Recorded[] => JSON.parse(gunzipSync(readFileSync(data)).toString());
const keyValue = kv({ initial: '' }) as AnyModel;
const models = { 'cas-register': casRegister() as AnyModel, kv: keyValue };
const { partition: _, ...kvWhole } = keyValue;

const ETCD = '50 Jepsen logs of etcd';
const RECORDED: readonly {
  readonly name: string;
  readonly go: string;
  readonly has: (history: Recorded) => boolean;
}[] = [
  { name: ETCD, go: '482 for all 102', has: ({ model }) => model === 'cas-register' },
  { name: 'key-value c10-ok, by key', go: '0.86', has: ({ name }) => name === 'c10-ok.txt' },
  { name: 'key-value c10-bad, by key', go: '0.55', has: ({ name }) => name === 'c10-bad.txt' },
  { name: 'key-value c01-ok, by key', go: '–', has: ({ name }) => name === 'c01-ok.txt' },
  { name: 'key-value c01-bad, by key', go: '–', has: ({ name }) => name === 'c01-bad.txt' },
];

/** All histories of a row once, by the one or the other: in a fresh process it is the first call. */
const judgeRow = (name: string): number => {
  const judge = flags.includes('--textbook') ? textbook : ours;
  const row = RECORDED.find((candidate) => candidate.name === name)!;
  const histories = recorded().filter(row.has);
  return milliseconds(() => {
    for (const { model, operations } of histories) judge(models[model], operations);
  });
};

const inFreshProcess = (...args: readonly string[]): string => {
  const shared = flags.filter((flag) => flag === '--cpu' || flag === '--quick');
  const command = [...process.execArgv, fileURLToPath(import.meta.url), ...args, ...shared];
  return spawnSync(process.execPath, command, { encoding: 'utf8' }).stdout;
};

const firstCall = (name: string, ...args: readonly string[]): number =>
  Math.min(...Array.from({ length: FRESH_PROCESSES }, () => Number(inFreshProcess('--first-call', name, ...args))));

const recordedRows = (): void => {
  heading(
    'recorded, warm, ms',
    'Go, elsewhere',
    'textbook',
    'porcupine-ts',
    'ratio of sums',
    'geometric mean',
    'slowest',
  );
  const histories = recorded();
  for (let round = 0; round < 50; round++)
    for (const { model, operations } of histories) ours(models[model], operations);
  for (const { name, go, has } of RECORDED) {
    let [sumTextbook, sumOurs, logs, least] = [0, 0, 0, Number.POSITIVE_INFINITY];
    const group = histories.filter(has);
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
    const mean = Math.exp(logs / group.length);
    line(name, go, sumTextbook, sumOurs, ...[sumTextbook / sumOurs, mean, least].map((ratio) => `${shown(ratio)} ×`));
  }
  heading('recorded, first call of a fresh process, ms', 'textbook', 'porcupine-ts', 'ratio');
  for (const { name } of RECORDED) {
    const [slow, fast] = [firstCall(name, '--textbook'), firstCall(name)];
    line(name, slow, fast, `${shown(slow / fast)} ×`);
  }
};

interface GeneratedRow {
  readonly name: string;
  readonly go: string;
  readonly model: AnyModel;
  readonly history: () => AnyHistory;
  /** False where the textbook search has no chance: each of its steps copies a bit for every operation. */
  readonly forTextbook: boolean;
  /** Of a violation the core is looked for, too. */
  readonly isExplained?: boolean;
}

const thousands = (count: number): string => (count >= 1_000_000 ? `${count / 1_000_000}M` : `${count / 1000}k`);

const registerRow = (
  go: string,
  operations: number,
  clients: number,
  values: number,
  { cas = false, openPercent = 0 } = {},
): GeneratedRow => ({
  name:
    `${cas ? 'cas-register' : 'register'}, ${values} values, ${clients} clients, ${thousands(operations)}` +
    (openPercent > 0 ? `, ${openPercent}% open` : ''),
  go,
  model: models['cas-register'],
  history: () => registerHistory({ operations, clients, values, cas, openPercent }),
  forTextbook: operations < 100_000,
});

const recordedWhole = (name: string, go: string): GeneratedRow => ({
  name: `key-value ${name}, not split by key`,
  go,
  model: kvWhole,
  history: () => recorded().find((history) => history.name === `${name}.txt`)!.operations,
  forTextbook: true,
});

const unlikeRow = (name: string, model: AnyModel, isWrong: boolean): GeneratedRow => ({
  name: `${name}, values all unlike, 20 clients, 1M${isWrong ? ', two answers exchanged, with its core' : ''}`,
  go: '–',
  model,
  history: () => {
    const shape = { operations: 1_000_000, clients: 20, values: Number.POSITIVE_INFINITY };
    const right: AnyHistory = name === 'register' ? registerHistory(shape) : containerHistory(shape, name as Container);
    return isWrong ? withTwoExchanged(right) : right;
  },
  forTextbook: false,
  isExplained: true,
});

const UNLIKE: readonly (readonly [name: string, model: AnyModel])[] = [
  ['register', casRegister() as AnyModel],
  ['queue', queue() as AnyModel],
  ['stack', stack() as AnyModel],
  ['priority queue', priorityQueue() as AnyModel],
];

const TRANSACTION_KEYS = ['k0', 'k1', 'k2', 'k3', 'k4'];

const transactionRow = (operations: number, isWrong: boolean): GeneratedRow => ({
  name:
    `transactions, 12 registers, values all unlike, 20 clients, ${thousands(operations)}` +
    (isWrong ? ', a fractured read of five at the end, with its core' : ''),
  go: '–',
  model: multiRegister() as AnyModel,
  history: () => {
    const right = transactionHistory({ operations, clients: 20, values: Number.POSITIVE_INFINITY }, 12);
    return isWrong ? withFracturedRead(right, TRANSACTION_KEYS) : right;
  },
  forTextbook: operations <= 1000,
  isExplained: true,
});

const GENERATED: readonly GeneratedRow[] = [
  recordedWhole('c10-ok', '2700'),
  recordedWhole('c10-bad', '2900'),
  registerRow('5', 1000, 10, 5),
  registerRow('–', 10_000, 10, 5),
  registerRow('15000', 100_000, 10, 5),
  registerRow('out of memory', 1_000_000, 10, 5),
  registerRow('2', 1000, 5, 5),
  registerRow('31', 10_000, 5, 5),
  registerRow('8300', 100_000, 5, 5),
  registerRow('out of memory', 1_000_000, 5, 5),
  registerRow('784', 1000, 20, 5),
  registerRow('gives up', 1000, 30, 5),
  registerRow('gives up', 1000, 50, 5),
  registerRow('gives up', 1000, 10, 5, { cas: true, openPercent: 20 }),
  registerRow('–', 1000, 20, 10, { cas: true, openPercent: 10 }),
  registerRow('out of memory', 1_000_000, 30, 5),
  registerRow('out of memory', 1_000_000, 100, 5),
  registerRow('out of memory', 1_000_000, 5, 5, { cas: true }),
  registerRow('out of memory', 1_000_000, 30, 5, { cas: true }),
  registerRow('out of memory', 1_000_000, 100, 5, { cas: true }),
  ...[
    { clients: 10, keys: 1, go: '5100' },
    { clients: 20, keys: 1, go: 'gives up' },
    { clients: 50, keys: 10, go: '–' },
  ].map(
    ({ clients, keys, go }): GeneratedRow => ({
      name: `get/put/append, ${keys} ${keys === 1 ? 'key' : 'keys'}, ${clients} clients, 1k`,
      go,
      model: keyValue,
      history: () => growingStrings({ operations: 1000, clients, values: 0 }, keys),
      forTextbook: true,
    }),
  ),
  ...[1000, 10_000, 100_000].flatMap((count) => [transactionRow(count, false), transactionRow(count, true)]),
  ...UNLIKE.flatMap(([name, model]) => [unlikeRow(name, model, false), unlikeRow(name, model, true)]),
];

/** In a process of its own: the first call, then warm ones, and the most memory that was held. */
const measureRow = ({ model, history, isExplained = false }: GeneratedRow): string => {
  const operations = history();
  if (flags.includes('--textbook')) {
    let outcome = '';
    const ms = milliseconds(() => {
      outcome = textbook(model, operations);
    });
    return outcome === 'unknown' ? `gives up after ${TEXTBOOK_MS / 1000} s` : shown(ms);
  }
  let outcome = '';
  const first = milliseconds(() => {
    outcome = ours(model, operations, isExplained ? 1 : 0);
  });
  const warm = first > 5000 ? first : best(() => ours(model, operations, isExplained ? 1 : 0));
  return [shown(first), shown(warm), `${Math.round(process.resourceUsage().maxRSS / 1024)} MB`, outcome].join('|');
};

const generatedRows = (): void => {
  heading('generated, ms', 'Go, elsewhere', 'textbook', 'first call', 'warm', 'peak memory', 'outcome');
  for (const row of GENERATED) {
    if (quick && !row.forTextbook) continue;
    const peer = row.forTextbook
      ? inFreshProcess('--row', row.name, '--textbook').trim() || 'out of memory'
      : 'not tried';
    line(row.name, row.go, peer, ...inFreshProcess('--row', row.name).trim().split('|'));
  }
};

const argumentOf = (flag: string): string => process.argv[process.argv.indexOf(flag) + 1]!;

if (flags.includes('--first-call')) {
  console.log(judgeRow(argumentOf('--first-call')));
} else if (flags.includes('--row')) {
  console.log(measureRow(GENERATED.find(({ name }) => name === argumentOf('--row'))!));
} else {
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`);
  recordedRows();
  generatedRows();
}
